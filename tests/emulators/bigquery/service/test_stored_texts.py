"""What is stored, as a view's query or a function's body, can use nothing that ends with the script or session."""

from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

REFUSED = [
    ("create temp function f(x int64) as (x); create view {d}.v as select f(1) as n",
     "A view cannot use the temporary function f"),
    ("create temp function f(x int64) as (x); create function {d}.g(x int64) as (f(x))",
     "A function cannot use the temporary function f"),
    ("create temp table function f() as select 1 as n; create table function {d}.g() as select n from f()",
     "A table function cannot use the temporary table function f"),
    ("create temp table t as select 1 as n; create view {d}.v as select n from t", "the temporary table t"),
    ("create temp table t as select 1 as n; create view {d}.v as select n from _SESSION.t", "the temporary table t"),
    ("create temp table t as select 1 as n; create function {d}.g() as ((select max(n) from t))", "temporary table t"),
    ("declare z int64 default 1; create view {d}.v as select z as n", "A view cannot use the variable z"),
    ("declare z int64 default 1; create materialized view {d}.v as select n + z as n from {d}.kept", "the variable z"),
    ("declare z int64 default 1; create function {d}.g() as (z)", "A function cannot use the variable z"),
    ("declare z int64 default 1; create row access policy p on {d}.kept grant to ('allUsers') filter using (n = z)",
     "A row access policy cannot use the variable z"),
    ("create temp function upper(x int64) as (x); select 1", "cannot have the name of the built-in function UPPER"),
    ("create temp function f(x int64) options (description = 'x') as (x); select 1",
     "Option description is not supported for a temporary function"),
    ("create view {d}.v as select @p as n", "A view cannot use a query parameter"),
    ("create table {d}.t (n int64) options (expiration_timestamp = timestamp '2020-01-01')", "is in the past"),
    ("create view {d}.v options (expiration_timestamp = timestamp '2020-01-01') as select 1 as n", "is in the past"),
    ("alter table {d}.kept set options (expiration_timestamp = timestamp '2020-01-01')", "is in the past"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "message"), REFUSED)
def test_a_text_that_would_not_work_later(client: bigquery.Client, dataset: str, sql: str, message: str) -> None:
    client.query_and_wait(f"create table {dataset}.kept (n int64)")
    given = bigquery.QueryJobConfig(query_parameters=[bigquery.ScalarQueryParameter("p", "INT64", 1)])
    with pytest.raises(BadRequest) as refused:
        client.query_and_wait(sql.format(d=dataset), job_config=given, retry=None, job_retry=None)
    assert message in refused.value.message
    assert [table.table_id for table in client.list_tables(dataset)] == ["kept"]
    assert list(client.list_routines(dataset)) == []


def test_what_is_not_stored_uses_them(client: bigquery.Client, dataset: str) -> None:
    found: Any = client.query_and_wait(
        "declare z int64 default 2; create temp function f(x int64) as (x * 10); "
        "create temp table t as select 1 as n; create view "
        f"{dataset}.v as select n from unnest([1, 2]) as n; create table {dataset}.made as select f(n) + z as n from t;"
        f"select f(v.n) + z, made.n from {dataset}.v cross join {dataset}.made order by 1"
    )
    assert [tuple(row.values()) for row in found] == [(12, 12), (22, 12)]


NO_VIEWS = [
    ("insert {d}.t values (1)", "is one SELECT statement, not INSERT"),
    ("create table {d}.made as select 1 as n", "is one SELECT statement, not CREATE TABLE AS SELECT"),
    ("select 1 as a; select 2 as b", "is one SELECT statement, not SCRIPT"),
    ("select @p as n", "cannot use query parameters"),
]


@pytest.mark.parametrize(("query", "message"), NO_VIEWS)
@pytest.mark.parametrize("setting", ["view_query", "mview_query"])
def test_a_view_of_the_rest_interface_is_a_query(
    client: bigquery.Client, dataset: str, setting: str, query: str, message: str
) -> None:
    client.query_and_wait(f"create table {dataset}.t (n int64)")
    view = bigquery.Table(f"{client.project}.{dataset}.v")
    setattr(view, setting, query.format(d=dataset))
    with pytest.raises(BadRequest) as refused:
        client.create_table(view, retry=None)
    assert message in refused.value.message
    assert [table.table_id for table in client.list_tables(dataset)] == ["t"]


def test_a_materialized_view_of_the_rest_interface_has_the_same_rules(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t (n int64)")
    view = bigquery.Table(f"{client.project}.{dataset}.v")
    view.mview_query = f"select sum(n) + 1 as n from {dataset}.t -- all of it"
    with pytest.raises(BadRequest, match=r"what is computed of an aggregate; remove it, or set .* and max_staleness$"):
        client.create_table(view, retry=None)
    view.mview_allow_non_incremental_definition = True
    with pytest.raises(BadRequest, match="needs the option max_staleness as well"):
        client.create_table(view, retry=None)
    view._properties["maxStaleness"] = "0-0 0 4:0:0"
    client.create_table(view, retry=None)
    assert [field.name for field in client.get_table(view).schema] == ["n"]


def test_another_query_of_a_view_has_its_own_columns(client: bigquery.Client, dataset: str) -> None:
    view = bigquery.Table(f"{client.project}.{dataset}.v")
    view.view_query = "select 1 as a"
    view = client.create_table(view)
    view.view_query, view.schema = "select 1 as a, 'x' as b", [bigquery.SchemaField("a", "INTEGER", description="it")]
    changed = client.update_table(view, ["view_query", "schema"])
    assert [(field.name, field.description) for field in changed.schema] == [("a", "it"), ("b", None)]
