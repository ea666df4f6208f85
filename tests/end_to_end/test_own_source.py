"""Somebody's own database, and nothing of the example: a contract drafted from it, models generated, and it arrives.

The database is a server that the platform did not start, with a partitioned table, names in capitals, types that a
contract cannot describe, and no events at all.
"""

import re
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg2
import pytest

from tests.emulators.services import Service
from tests.end_to_end.conftest import EXAMPLE, LocalPlatform, checkout
from tests.end_to_end.meanwhile import meanwhile

pytestmark = pytest.mark.long
SHOP = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE "Customers" (
    id bigserial PRIMARY KEY, "fullName" varchar(50) NOT NULL, email text, mood mood, tags text[], extra jsonb,
    search tsvector
);
CREATE TABLE payments (at timestamptz, id bigint, amount numeric(12,2) NOT NULL, PRIMARY KEY (at, id))
    PARTITION BY RANGE (at);
CREATE TABLE payments_2025 PARTITION OF payments FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE payments_2026 PARTITION OF payments FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO "Customers" ("fullName", email, mood, tags, extra)
    SELECT 'Zoé ' || i, i || '@example.org', 'good', ARRAY['a', NULL, i::text], jsonb_build_object('i', i)
    FROM generate_series(1, 300) AS i;
INSERT INTO payments SELECT '2025-12-01'::timestamptz + i * interval '6 hours', i, i % 10 + 0.99
    FROM generate_series(1, 400) AS i;
"""
CHANGES = """
UPDATE "Customers" SET mood = 'bad', tags = '{}' WHERE id <= 10;
DELETE FROM "Customers" WHERE id > 290;
UPDATE payments SET at = '2026-06-01' WHERE id = 1;
INSERT INTO payments VALUES ('2026-07-01', 1000, 12.34);
"""
WORK = """
UPDATE "Customers" SET email = email || '.' WHERE id = 1 + floor(random() * 280)::int;
"""
NEXT_MONTH = """
ALTER TABLE "Customers" ADD COLUMN phone text;
UPDATE "Customers" SET phone = '020 ' || id WHERE id < 100;
CREATE TABLE visits (id int PRIMARY KEY, at timestamptz);
INSERT INTO visits VALUES (1, '2026-01-01'), (2, NULL), (3, '2026-01-02');
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the shop's database."""
    postgres = Service("postgres", tmp_path_factory.mktemp("shop")).wait()
    server = f"postgresql://postgres@{postgres.address}"
    connection = psycopg2.connect(f"{server}/postgres")
    connection.autocommit = True
    connection.cursor().execute("CREATE DATABASE shop")
    connection.close()
    execute(f"{server}/shop", SHOP)
    yield f"{server}/shop"
    postgres.stop()


@pytest.fixture(scope="module")
def local(shop: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """A checkout without the example, whose shell knows the shop's database."""
    folder = tmp_path_factory.mktemp("own")
    root = checkout(folder / "sluice", leave_out=EXAMPLE)
    platform = LocalPlatform(root, folder / "state", {"SHOP_DATABASE_URL": shop})
    yield platform
    platform.stop()


def execute(url: str, sql: str) -> list[Any]:
    """Runs SQL in a database; the rows of its last statement."""
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def work(url: str, ended: threading.Event) -> None:
    """The shop's users change rows all the time."""
    while not ended.wait(0.05):
        execute(url, WORK)


def arrived(local: LocalPlatform, sql: str) -> str:
    """What `make sql` prints."""
    asked = local.run("emulators.local_emulate.sql", sql)
    assert asked.returncode == 0, asked.stderr
    return asked.stdout


def run(local: LocalPlatform) -> str:
    """What `make local-run` prints, of a run with which all is well."""
    ran = local.run("emulators.local_emulate", "--no-company", timeout=560)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_a_database_becomes_a_source_and_its_changes_follow(local: LocalPlatform, shop: str) -> None:
    drafted = local.run("contracts.draft", "shop")
    assert drafted.returncode == 0, drafted.stderr
    assert "Customers.search: left out, its type tsvector has none in BigQuery" in drafted.stdout
    assert local.run("contracts.generate", "models", "shop").returncode == 0
    with meanwhile(partial(work, shop)):
        first = run(local)
    assert "✓ agree, " in first and "in flight" in first
    assert "make sql Q='select * from silver.shop_customers limit 5'" in first
    execute(shop, CHANGES)
    assert "✓" in run(local)
    ((count, total, last),) = execute(shop, "SELECT count(*), sum(amount), max(id) FROM payments")
    sums = "SELECT FORMAT('%d, %t, %d', COUNT(*), SUM(amount), MAX(id)) FROM silver.shop_payments"
    assert f"\n{count}, {total}, {last}\n" in arrived(local, sums)
    row = "SELECT {}, mood, extra FROM {} WHERE id = 7"
    assert execute(shop, row.format('"fullName"', '"Customers"')) == [("Zoé 7", "bad", {"i": 7})]
    assert 'Zoé 7     bad   {"i": 7}' in arrived(local, row.format("fullName", "silver.shop_customers"))
    a_month_later(local, shop)


def a_month_later(local: LocalPlatform, shop: str) -> None:
    """The source has a new column and a new table, which are pasted into the contract."""
    execute(shop, NEXT_MONTH)
    told = local.run("contracts.draft", "shop")
    tables, _, columns = told.stdout.partition("  # columns of Customers\n")
    contract = local.root / "contracts/shop.odcs.yaml"
    with_column = re.sub(r"(?m)^( *- .name: fullName.*\n)", lambda found: found[0] + columns, contract.read_text())
    contract.write_text(f"{with_column}\n{tables}")
    models = local.run("contracts.generate", "models", "shop")
    assert models.returncode == 0, models.stderr
    assert "✓" in run(local)
    assert "\n3 rows" in arrived(local, "SELECT id FROM silver.shop_visits")
    assert "020 1" in arrived(local, "SELECT phone FROM silver.shop_customers WHERE id = 1")
