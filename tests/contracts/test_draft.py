"""A contract drafted from a real database is right as it stands, and tells what it leaves out."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.draft.catalog import SourceColumn, SourceTable
from contracts.draft.text import draft
from contracts.model import Contract
from contracts.reader import load
from tests.emulators.services import Service

SHOP = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN price AS numeric(12,2) CHECK (VALUE >= 0);
CREATE DOMAIN list_price AS price;
CREATE TABLE "Customers" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email varchar(200) NOT NULL, mood mood, moods mood[],
    balance list_price NOT NULL DEFAULT 0, score real, any_number numeric, big numeric(38,12), born_on date, at time(3),
    seen timestamptz(3), local timestamp, extra jsonb, tags text[], prices numeric(12,2)[], photo bytea, ref uuid,
    span interval day to second, host inet, home point, _secret text, "on" boolean,
    total numeric GENERATED ALWAYS AS (balance * 2) STORED
);
COMMENT ON TABLE "Customers" IS 'Who buys: "us" & them.
Since 2020';
COMMENT ON COLUMN "Customers".ref IS 'no';
CREATE TABLE lines (line int, order_id text, "on" int, PRIMARY KEY (order_id, line));
CREATE TABLE sold (day date NOT NULL, id int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE sold_2026 PARTITION OF sold FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE told (code text NOT NULL, note text);
CREATE UNIQUE INDEX told_code ON told (code);
ALTER TABLE told REPLICA IDENTITY USING INDEX told_code;
CREATE TABLE no_key (a int);
CREATE TABLE float_key (a float8 PRIMARY KEY);
CREATE TABLE "wrong name" (a int PRIMARY KEY);
CREATE VIEW seen AS SELECT 1 AS a;
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the tables of a shop."""
    postgres = Service("postgres", tmp_path_factory.mktemp("draft")).wait()
    found = f"postgresql://postgres@{postgres.address}/postgres"
    connection = psycopg2.connect(found)
    with connection, connection.cursor() as cursor:
        cursor.execute(SHOP)
    connection.close()
    yield found
    postgres.stop()


def run(folder: Path, url: str | None, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "SHOP_DATABASE_URL"}
    environment |= {"SHOP_DATABASE_URL": url} if url else {}
    command = [sys.executable, "-m", "contracts.draft", "--folder", str(folder), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_a_draft_describes_what_a_contract_can_and_tells_the_rest(url: str, tmp_path: Path) -> None:
    ran = run(tmp_path, url, "shop")
    assert ran.returncode == 0, ran.stderr
    (contract,) = load(tmp_path)
    tables = {table.name: table for table in contract.tables}
    assert list(tables) == ["customers", "lines", "sold", "told"]
    assert {name: table.primary_key for name, table in tables.items()} == {
        "customers": ("id",), "lines": ("order_id", "line"), "sold": ("id", "day"), "told": ("code",),
    }  # fmt: skip
    customers = tables["customers"]
    assert customers.physical_name == "Customers"
    assert customers.description == 'Who buys: "us" & them.\nSince 2020'
    assert {column.name: column.bigquery_type for column in customers.columns} == {
        "id": "INT64", "email": "STRING", "mood": "STRING", "moods": "ARRAY<STRING>", "balance": "NUMERIC",
        "score": "FLOAT64", "any_number": "BIGNUMERIC", "big": "BIGNUMERIC", "born_on": "DATE", "at": "TIME",
        "seen": "TIMESTAMP", "local": "DATETIME", "extra": "JSON", "tags": "ARRAY<STRING>", "prices": "ARRAY<NUMERIC>",
        "photo": "BYTES", "ref": "STRING", "span": "STRING", "host": "STRING", "on": "BOOL",
    }  # fmt: skip
    assert customers.column("ref").description == "no"
    assert {column.name for column in customers.columns if column.required} == {"id", "email", "balance"}
    assert [column.name for column in customers.columns if column.classification] == ["email"]
    told = ran.stdout.splitlines()
    assert told[0].endswith("shop.odcs.yaml: 4 tables")
    for note in (
        "Customers.home: left out, its type point has none in BigQuery",
        "Customers._secret: left out, column name `_secret` starts with `_`",
        "Customers.total: left out, it is generated, and PostgreSQL's log does not carry it",
        "Customers.email: marked as pii because of its name",
        "no_key: left out, it has no primary key",
        "float_key: left out, its key has the column a, and a key cannot be FLOAT64",
        "wrong name: left out, its name is not a letter and then letters",
    ):
        assert any(note in line for line in told), (note, told)


def test_some_tables_of_a_schema(url: str, tmp_path: Path) -> None:
    assert run(tmp_path, url, "shop", "--tables", "told,lines").returncode == 0
    assert [table.name for table in load(tmp_path)[0].tables] == ["lines", "told"]


def test_a_contract_that_is_there_is_kept_and_told_what_it_has_not(url: str, tmp_path: Path) -> None:
    run(tmp_path, url, "shop", "--tables", "told,lines")
    file = tmp_path / "shop.odcs.yaml"
    kept = file.read_text().replace("      - {name: note, logicalType: string, physicalType: text}\n", "")
    file.write_text(kept)
    ran = run(tmp_path, url, "shop")
    assert (ran.returncode, file.read_text()) == (0, kept)
    assert "--force" in ran.stdout
    new, _, columns = ran.stdout.partition("  # columns of told\n")
    assert columns == "      - {name: note, logicalType: string, physicalType: text}\n"
    file.write_text(f"{kept}{columns}\n{new}")
    assert {table.name for table in load(tmp_path)[0].tables} == {"customers", "lines", "sold", "told"}
    assert run(tmp_path, url, "shop", "--tables", "told,sold").stdout.endswith("The database has nothing beyond it.\n")
    assert run(tmp_path, url, "shop", "--force").returncode == 0
    assert "left out" in file.read_text()


def test_a_contract_that_is_there_and_wrong_is_told(url: str, tmp_path: Path) -> None:
    (tmp_path / "shop.odcs.yaml").write_text("mine")
    ran = run(tmp_path, url, "shop")
    assert (ran.returncode, (tmp_path / "shop.odcs.yaml").read_text()) == (1, "mine")
    assert "shop.odcs.yaml:1: " in ran.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shop", "--schema", "other"], "Schema `other` has no tables"),
        (["shop", "--tables", "lnes"], "no table `lnes`. Did you mean `lines`?"),
        (["shop", "--tables", "no_key"], "No table can be described"),
        (["Shop"], "`Shop` is no source's name"),
    ],
)
def test_what_cannot_be_drafted_is_said(url: str, tmp_path: Path, words: list[str], said: str) -> None:
    ran = run(tmp_path, url, *words)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert not list(tmp_path.iterdir())


def test_a_database_that_is_not_named_or_not_there_is_told(tmp_path: Path) -> None:
    assert "export SHOP_DATABASE_URL=postgresql://" in run(tmp_path, None, "shop").stderr
    ran = run(tmp_path, "postgresql://postgres@127.0.0.1:1/none", "shop")
    assert ran.stderr.startswith("The database of SHOP_DATABASE_URL cannot be read: ")
    assert "Traceback" not in ran.stderr


NAMES = st.text(st.sampled_from("aeghnostuyNO_0123"), min_size=1, max_size=8).map(lambda text: f"n{text}")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]).filter(lambda c: c != "\0"), max_size=20)
COLUMNS = st.lists(st.tuples(NAMES, TEXTS), min_size=1, max_size=4, unique_by=lambda pair: pair[0].lower())


@given(NAMES, TEXTS, COLUMNS)
def test_any_name_and_description_arrives(
    tmp_path_factory: pytest.TempPathFactory, name: str, text: str, columns: list[tuple[str, str]]
) -> None:
    described = [SourceColumn(own, "text", description=told) for own, told in columns]
    table = SourceTable(name, text, [columns[0][0]], described)
    contract = _read(tmp_path_factory.mktemp("any"), draft("shop", "no", [table]).text)
    assert contract.database is not None
    assert contract.database.schema == "no"
    (found,) = contract.tables
    assert (found.physical_name, found.description or "") == (name, text)
    assert [(column.name, column.description or "") for column in found.columns] == columns


def _read(folder: Path, text: str) -> Contract:
    (folder / "shop.odcs.yaml").write_text(text)
    return load(folder)[0]
