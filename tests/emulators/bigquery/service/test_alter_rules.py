"""What ALTER TABLE refuses, and what a rename takes along."""

from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery, storage


def rows(client: bigquery.Client, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in client.query_and_wait(sql, retry=None, job_retry=None)]


@pytest.fixture
def keyed(client: bigquery.Client, dataset: str) -> str:
    rows(
        client,
        f"create table {dataset}.people (id int64, primary key (id) not enforced);"
        f"create table {dataset}.t (id int64 not null, owner int64, name string(5), amount numeric(10, 2),"
        "  pair struct<a int64, b string>, list array<int64>, other string, more int64, primary key (id) not enforced,"
        f" constraint fk foreign key (owner) references {dataset}.people (id) not enforced)",
    )
    return dataset


REFUSED = [
    ("drop column id", "Column id is part of a key"),
    ("drop column owner", "Column owner is part of a key"),
    ("rename column id to key", "cannot be renamed"),
    ("rename column name to Other", "Column already exists: Other"),
    ("rename column name to title, add column x int64", "RENAME COLUMN cannot be used with other"),
    ("alter column name set data type string(4)", "existing column type (STRING(5)) is assignable"),
    ("alter column amount set data type numeric(10, 4)", "is assignable to the new type (NUMERIC(10, 4))"),
    ("alter column amount set data type int64", "is assignable to the new type (INT64)"),
    ("alter column more set data type numeric(5)", "is assignable to the new type (NUMERIC(5))"),
    ("alter column pair set data type struct<a int64>", "is assignable"),
    ("alter column pair set data type struct<a string, b string>", "is assignable"),
    ("alter column more set data type array<int64>", "is assignable"),
    ("alter column owner set default 'x'", "INT64"),
    ("alter column id set default 5", "is part of the primary key"),
    ("alter column owner drop not null", "has no NOT NULL constraint"),
    ("add constraint k foreign key (nothing) references {d}.people (id) not enforced", "Foreign key column nothing"),
    ("add constraint k foreign key (owner) references {d}.people (nothing) not enforced", "column nothing does not"),
    ("add constraint fk foreign key (owner) references {d}.people (id) not enforced", "Constraint fk already exists"),
    ("alter column owner set data type numeric", "is part of a key"),
    ("rename to u", "has a primary key and cannot be renamed"),
    ("add foreign key (owner) references {d}.t (id) not enforced", "cannot refer to a column of the same table"),
    ("add foreign key (list) references {d}.people (id) not enforced", "type ARRAY<INT64>, which cannot be part"),
    ("rename to {d}.u", "RENAME TO takes the new name of the table alone"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_a_change_that_a_table_forbids(client: bigquery.Client, keyed: str, change: str, message: str) -> None:
    before = client.get_table(f"{keyed}.t").to_api_repr()
    with pytest.raises(BadRequest) as refused:
        rows(client, f"alter table {keyed}.t " + change.format(d=keyed))
    assert message in refused.value.message
    assert client.get_table(f"{keyed}.t").to_api_repr() == before


def test_a_key_refers_to_a_table_that_is_there(client: bigquery.Client, keyed: str) -> None:
    with pytest.raises(NotFound):
        rows(client, f"alter table {keyed}.t add foreign key (owner) references {keyed}.nowhere (id) not enforced")


def test_changes_that_a_table_allows(client: bigquery.Client, keyed: str) -> None:
    rows(client, f"insert {keyed}.t values (1, 2, 'abc', 1.25, (3, 'x'), [4], 'o', 5)")
    alter = f"alter table {keyed}.t "
    again = f"add constraint if not exists fk foreign key (owner) references {keyed}.people (id) not enforced"
    rows(client, alter + again)
    rows(client, alter + "rename column name to x, rename column other to name, rename column x to other")
    wider = ("numeric(12, 4)", "string", "struct<a float64, b string>")
    for column, kind in zip(("amount", "other", "pair"), wider, strict=True):
        rows(client, f"{alter} alter column {column} set data type {kind}")
    column = "add column newer int64"
    rows(client, f"{alter} {column}, add foreign key (newer) references {keyed}.people (id) not enforced")
    assert len(client.get_table(f"{keyed}.t").table_constraints.foreign_keys) == 2
    assert rows(client, f"select other, name, amount, pair.a, newer from {keyed}.t") == [("abc", "o", 1.25, 3.0, None)]


def test_what_is_read_only_keeps_its_columns(client: bigquery.Client, keyed: str, bucket: storage.Bucket) -> None:
    bucket.blob("one.csv").upload_from_string("1\n")
    options = f"(format = 'CSV', uris = ['gs://{bucket.name}/one.csv'])"
    rows(
        client,
        f"create external table {keyed}.e (n int64) options {options};"
        f"create snapshot table {keyed}.s clone {keyed}.people",
    )
    with pytest.raises(BadRequest, match="table snapshot, which is read-only"):
        rows(client, f"alter table {keyed}.s add column n int64")
    with pytest.raises(BadRequest, match="an external table: only its options"):
        rows(client, f"alter table {keyed}.e rename to f")
    for name in ("e", "s"):
        rows(client, f"alter table {keyed}.{name} set options (description = 'told')")
        assert client.get_table(f"{keyed}.{name}").description == "told"


def test_a_rename_takes_the_rights_along(client: bigquery.Client, dataset: str) -> None:
    rows(
        client,
        f"create table {dataset}.t as select 1 as n;"
        f"grant `roles/bigquery.dataViewer` on table {dataset}.t to 'user:ada@x.com';"
        f"alter table {dataset}.t rename to u;"
        f"create table {dataset}.t as select 2 as n",
    )
    assert [list(b["members"]) for b in client.get_iam_policy(f"{dataset}.u").bindings] == [["user:ada@x.com"]]
    assert not client.get_iam_policy(f"{dataset}.t").bindings
    with pytest.raises(Conflict):
        rows(client, f"alter table {dataset}.t rename to u")


KEYS = [
    ("a struct<b int64>, primary key (a) not enforced", "Primary key column a is of type STRUCT"),
    ("a float64, primary key (a) not enforced", "Primary key column a is of type FLOAT64"),
    ("a int64, primary key (a, A) not enforced", "names a column twice"),
    (f"{', '.join(f'c{n} int64' for n in range(17))}, primary key ({', '.join(f'c{n}' for n in range(17))}) "
     "not enforced",
     "The primary key has 17 columns; it can have 16."),
    ("a int64 references {d}.people(nothing) not enforced", "column nothing does not exist in table"),
    ("a int64, b int64, foreign key (a, b) references {d}.people(id) not enforced", "of 2 columns cannot refer to 1"),
    ("a int64, b int64 references {d}.made(a) not enforced", "cannot refer to a column of the same table"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "message"), KEYS)
def test_keys_of_a_new_table(client: bigquery.Client, keyed: str, columns: str, message: str) -> None:
    with pytest.raises(BadRequest) as refused:
        rows(client, f"create table {keyed}.made ({columns.format(d=keyed)})")
    assert message in refused.value.message


def test_a_new_table_refers_to_one_that_is_there(client: bigquery.Client, keyed: str) -> None:
    with pytest.raises(NotFound):
        rows(client, f"create table {keyed}.made (a int64 references {keyed}.nowhere(id) not enforced)")
