"""What a materialised view can be made of: all that BigQuery keeps up with, and nothing else unless it is told so."""

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery, storage

_MORE = "options (allow_non_incremental_definition = true, max_staleness = interval 4 hour)"
INCREMENTAL = [
    ("as select k from {d}.t order by k", "ORDER BY"),
    ("as select k from (select k from {d}.t limit 1)", "LIMIT"),
    ("as select k, row_number() over (order by k) as r from {d}.t", "analytic functions"),
    ("as select k, r from (select k, rank() over (order by k) as r from {d}.t)", "analytic functions"),
    ("as select count(*) / 10 as n from {d}.t", "what is computed of an aggregate"),
    ("as select cast(sum(n) as string) as n from {d}.t", "what is computed of an aggregate"),
    ("as select k, count(*) as c from {d}.t group by k having c > 1", "HAVING"),
    ("as select k, string_agg(k) as s from {d}.t group by k", "the aggregate function STRING_AGG"),
    ("as select k, count(*) as c from (select k, n from {d}.t group by k, n) group by k", "aggregates of aggregates"),
    ("as with c as (select k, count(*) as m from {d}.t group by k) select m, count(*) as c from c group by m",
     "aggregates of aggregates"),
    ("as select a.k from {d}.t as a join {d}.t as b using (n)", "joins of a table with itself"),
    ("as select a.k from {d}.t as a right join {d}.other as b using (n)", "RIGHT JOIN"),
    ("as select a.k from {d}.t as a full join {d}.other as b using (n)", "FULL JOIN"),
    ("as select k from {d}.t union distinct select 'x'", "UNION DISTINCT"),
    ("as select array(select n) as l from {d}.t", "ARRAY subqueries"),
    ("as select k from {d}.t where day < current_date()", "CURRENT_DATE, which is not deterministic"),
    ("as select k from {d}.t where day < current_date", "CURRENT_DATE, which is not deterministic"),
    ("as select {d}.twice(n) as n from {d}.t", "the user-defined function"),
    ("as select k from {d}.t tablesample system (10 percent)", "TABLESAMPLE"),
]  # fmt: skip
NEVER = [
    ("as select k from {d}.kept", "other materialized views as"),
    ("as select n from {d}.files", "external tables as"),
    ("as select n from {d}.taken", "snapshots as"),
    ("as select n from `{d}.oth*`", "wildcard tables"),
    ("as select @@session_id as s", "system variables"),
]
OPTIONS = [
    ("options (allow_non_incremental_definition = true) as select k from {d}.t", "needs the option max_staleness"),
    ("options (max_staleness = interval 20 minute) as select k from {d}.t", "from 30 minutes to 3 days"),
    ("partition by day as select date '2020-01-01' as day, n from {d}.other", "only where its base table is"),
]


@pytest.fixture
def base(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> str:
    bucket.blob("one.csv").upload_from_string("1\n")
    client.query_and_wait(
        f"create table {dataset}.t (k string, n int64, day date) partition by day;"
        f"create table {dataset}.other as select 1 as n, 'a' as k;"
        f"insert {dataset}.t values ('a', 1, '2020-01-01');"
        f"create materialized view {dataset}.kept as select k, count(*) as c from {dataset}.t group by k;"
        f"create snapshot table {dataset}.taken clone {dataset}.other;"
        f"create function {dataset}.twice(x int64) as (2 * x);"
        f"create external table {dataset}.files (n int64) "
        f"options (format = 'CSV', uris = ['gs://{bucket.name}/one.csv'])"
    )
    return dataset


def refusal(client: bigquery.Client, sql: str) -> str:
    with pytest.raises(BadRequest) as refused:
        client.query_and_wait(sql, retry=None, job_retry=None)
    return str(refused.value.message)


def test_what_it_cannot_keep_up_with_is_allowed_when_told(client: bigquery.Client, base: str) -> None:
    for number, (definition, message) in enumerate(INCREMENTAL):
        query = definition.format(d=base)
        said = refusal(client, f"create materialized view {base}.m {query}")
        assert f"Materialized view queries do not support {message}" in said
        assert "allow_non_incremental_definition" in said
        client.query_and_wait(f"create materialized view {base}.m{number} {_MORE} {query}")


def test_what_it_never_reads(client: bigquery.Client, base: str) -> None:
    for definition, message in NEVER:
        for options in ("", _MORE):
            said = refusal(client, f"create materialized view {base}.m {options} {definition.format(d=base)}")
            assert f"Materialized view queries do not support {message}" in said


def test_its_options(client: bigquery.Client, base: str) -> None:
    for definition, message in OPTIONS:
        assert message in refusal(client, f"create materialized view {base}.m {definition.format(d=base)}")
    alter = f"alter materialized view {base}.kept set options"
    assert "cannot be changed" in refusal(client, f"{alter} (allow_non_incremental_definition = true)")
    assert "30 minutes to 3 days" in refusal(client, f"{alter} (max_staleness = interval 4 day)")


def test_what_it_keeps_up_with(client: bigquery.Client, base: str) -> None:
    for number, query in enumerate((
        "partition by day as select day, k, sum(n) as s, any_value(n) as v, array_agg(n) as l, hll_count.init(n) as h "
        f"from {base}.t group by day, k",
        f"as with c as (select n, upper(k) as k from {base}.t) select k, count(*) as m from c group by k",
        f"as select a.k, b.n from {base}.t as a left join {base}.other as b using (n)",
        f"as select k from {base}.t union all select k from {base}.t",
        f"as select distinct k, x from {base}.t, unnest([1, 2]) as x where n in (select n from {base}.other)",
    )):  # fmt: skip
        client.query_and_wait(f"create materialized view {base}.m{number} {query}")
