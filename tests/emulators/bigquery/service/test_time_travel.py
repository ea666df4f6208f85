"""Time travel: a table as it was before rows were added, changed and removed, and before it was replaced or dropped."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, GoogleAPICallError, NotFound
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import types
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.bigquery.state.jobs.outcomes import Query
from emulators.bigquery.state.jobs.queries import Execution
from emulators.bigquery.state.service import open_warehouse
from tests.emulators.bigquery.service.conftest import PROJECT, Service


@pytest.fixture
def table(client: bigquery.Client, dataset: str) -> str:
    client.query_and_wait(f"CREATE TABLE {dataset}.t (k INT64, v STRING)")
    return f"{dataset}.t"


def _now() -> datetime:
    """A moment after all that was done and before all that is to come."""
    time.sleep(0.002)
    moment = datetime.now(UTC)
    time.sleep(0.002)
    return moment


def _at(client: bigquery.Client, table: str, moment: datetime) -> list[tuple[Any, ...]]:
    query = f"SELECT * FROM `{table}` FOR SYSTEM_TIME AS OF TIMESTAMP '{moment.isoformat()}'"
    return sorted(tuple(row) for row in client.query_and_wait(query))


_CHANGES = {
    "INSERT": "INSERT INTO {t} VALUES (9, 'new')",
    "UPDATE": "UPDATE {t} SET v = 'changed' WHERE k < 3",
    "UPDATE FROM": "UPDATE {t} SET v = s.v FROM (SELECT 2 AS k, 'other' AS v) s WHERE t.k = s.k",
    "DELETE": "DELETE FROM {t} WHERE k = 2",
    "DELETE all": "DELETE FROM {t} WHERE true",
    "TRUNCATE": "TRUNCATE TABLE {t}",
    "MERGE": "MERGE {t} t USING (SELECT 2 AS k, 'merged' AS v UNION ALL SELECT 7, 'more') s ON t.k = s.k "
    "WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT ROW "
    "WHEN NOT MATCHED BY SOURCE AND t.k = 3 THEN DELETE",
    "replaced": "CREATE OR REPLACE TABLE {t} AS SELECT 'all else' AS other, 1.5 AS x",
    "column added": "ALTER TABLE {t} ADD COLUMN extra STRING",
    "column dropped": "ALTER TABLE {t} DROP COLUMN v",
    "column renamed": "ALTER TABLE {t} RENAME COLUMN v TO w",
    "column widened": "ALTER TABLE {t} ALTER COLUMN k SET DATA TYPE FLOAT64",
    "transaction": "BEGIN TRANSACTION; DELETE FROM {t} WHERE k = 1; INSERT INTO {t} VALUES (1, 'again'); "
    "TRUNCATE TABLE {t}; INSERT INTO {t} VALUES (5, 'e'); COMMIT TRANSACTION",
}


@pytest.mark.parametrize("change", _CHANGES)
def test_a_table_as_it_was_before_a_change(client: bigquery.Client, table: str, change: str) -> None:
    client.query_and_wait(f"INSERT INTO {table} VALUES (1, 'a'), (2, 'b'), (3, NULL)")
    before = _now()
    client.query_and_wait(_CHANGES[change].format(t=table))
    after = _now()
    client.query_and_wait(f"CREATE OR REPLACE TABLE {table} AS SELECT 0 AS n")
    rows = _at(client, table, before)
    if change == "column added":  # a column that is new is there, and empty
        rows = [row[:2] for row in rows]
    assert sorted(rows, key=str) == sorted([(1, "a"), (2, "b"), (3, None)], key=str)
    assert _at(client, table, after) != _at(client, table, before) or change.startswith("column")
    assert _at(client, table, _now()) == [(0,)]


def test_rows_that_come_in_by_other_ways(service: Service, client: bigquery.Client, table: str) -> None:
    moments = [_now()]
    assert client.insert_rows_json(f"{PROJECT}.{table}", [{"k": 1, "v": "streamed"}]) == []
    moments.append(_now())
    client.load_table_from_json([{"k": 2, "v": "loaded"}], f"{PROJECT}.{table}").result()
    moments.append(_now())
    config = bigquery.QueryJobConfig(destination=f"{PROJECT}.{table}", write_disposition="WRITE_TRUNCATE")
    client.query("SELECT 3 AS k, 'queried' AS v", job_config=config).result()
    moments.append(_now())
    expected = [[], [(1, "streamed")], [(1, "streamed"), (2, "loaded")], [(3, "queried")]]
    assert [_at(client, table, moment) for moment in moments] == expected


def test_only_what_was_committed_is_seen(client: bigquery.Client, table: str) -> None:
    client.query_and_wait(f"INSERT INTO {table} VALUES (1, 'a')")
    script = (
        f"DECLARE inside TIMESTAMP; BEGIN TRANSACTION; INSERT INTO {table} VALUES (2, 'b'); "
        f"DELETE FROM {table} WHERE k = 1; SET inside = CURRENT_TIMESTAMP(); COMMIT TRANSACTION; SELECT inside"
    )
    inside = next(iter(client.query_and_wait(script))).inside
    assert _at(client, table, inside) == [(1, "a")]
    assert _at(client, table, _now()) == [(2, "b")]


def test_moments_that_cannot_be_read(client: bigquery.Client, table: str) -> None:
    for moment, why in [
        (datetime.now(UTC) - timedelta(days=8), "Cannot read before"),
        (datetime.now(UTC) - timedelta(hours=1), "Cannot read before"),
        (datetime.now(UTC) + timedelta(hours=1), "Cannot read after"),
    ]:
        with pytest.raises(BadRequest, match=f"Invalid snapshot time .*{why}"):
            _at(client, table, moment)
    script = f"DECLARE moment TIMESTAMP; SELECT * FROM {table} FOR SYSTEM_TIME AS OF moment"
    with pytest.raises(BadRequest, match="FOR SYSTEM_TIME AS OF expression must not be NULL"):
        client.query_and_wait(script)


def test_a_query_reads_a_table_at_one_moment_and_dml_reads_its_own_as_it_is(
    client: bigquery.Client, table: str
) -> None:
    now = f"{table} FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()"
    client.query_and_wait(f"SELECT 1 FROM {now} AS a JOIN {now} AS b ON a.k = b.k")
    twice = f"SELECT 1 FROM {table} AS a JOIN {now} AS b ON a.k = b.k"
    for query in (twice, f"INSERT INTO {table} SELECT * FROM {now}"):
        with pytest.raises(BadRequest, match="more than one point in time"):
            client.query_and_wait(query)


def test_views_and_temporary_tables_have_no_past(client: bigquery.Client, table: str) -> None:
    client.query_and_wait(f"CREATE VIEW {table}_view AS SELECT * FROM {table}")
    as_of = "FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()"
    temporary = f"CREATE TEMP TABLE x AS SELECT 1 AS n; SELECT * FROM x {as_of}"
    for query in (f"SELECT * FROM {table}_view {as_of}", temporary):
        with pytest.raises(BadRequest, match="not supported for"):
            client.query_and_wait(query)


def test_a_dropped_table_is_copied_back(client: bigquery.Client, table: str) -> None:
    client.query_and_wait(f"INSERT INTO {table} VALUES (1, 'a')")
    before = _now()
    client.delete_table(f"{PROJECT}.{table}")
    with pytest.raises(NotFound):
        client.copy_table(f"{PROJECT}.{table}", f"{PROJECT}.{table}_again").result()
    decorated = f"{PROJECT}.{table}@{int(before.timestamp() * 1000) + 1}"
    client.copy_table(decorated, f"{PROJECT}.{table}_again").result()
    assert [tuple(row) for row in client.query_and_wait(f"SELECT * FROM {table}_again")] == [(1, "a")]


def test_snapshots_clones_and_read_sessions_of_a_moment(service: Service, client: bigquery.Client, table: str) -> None:
    reader = service.reader()
    client.query_and_wait(f"INSERT INTO {table} VALUES (1, 'a')")
    moment = _now()
    client.query_and_wait(f"CREATE OR REPLACE TABLE {table} AS SELECT 'b' AS other")
    as_of = f"FOR SYSTEM_TIME AS OF TIMESTAMP '{moment.isoformat()}'"
    client.query_and_wait(f"CREATE SNAPSHOT TABLE {table}_snapshot CLONE {table} {as_of}")
    client.query_and_wait(f"CREATE TABLE {table}_clone CLONE {table} {as_of}")
    for name in ("snapshot", "clone"):
        assert [dict(row) for row in client.query_and_wait(f"SELECT * FROM {table}_{name}")] == [{"k": 1, "v": "a"}]
    dataset, _, name = table.partition(".")
    wanted = types.ReadSession(
        table=f"projects/{PROJECT}/datasets/{dataset}/tables/{name}",
        data_format=types.DataFormat.ARROW,
        table_modifiers=types.ReadSession.TableModifiers(snapshot_time=moment),
    )
    session = reader.create_read_session(parent=f"projects/{PROJECT}", read_session=wanted, max_stream_count=1)
    assert reader.read_rows(session.streams[0].name).to_arrow(session).to_pylist() == [{"k": 1, "v": "a"}]


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path / "state").start()
    yield service
    service.kill()


def test_the_past_survives_a_kill(mortal: Service) -> None:
    client = mortal.client()
    client.create_dataset("d")
    client.query_and_wait("CREATE TABLE d.t (k INT64)")
    moments = []
    for statement in ("INSERT INTO d.t VALUES (1), (2)", "DELETE FROM d.t WHERE k = 1", "TRUNCATE TABLE d.t"):
        client.query_and_wait(statement)
        moments.append(_now())
    mortal.kill()
    client = mortal.start().client()
    assert [_at(client, "d.t", moment) for moment in moments] == [[(1,), (2,)], [(2,)], []]


def test_rows_removed_more_than_seven_days_ago_are_forgotten(tmp_path: Path) -> None:
    def run(query: str) -> None:
        view = warehouse.view("ada@example.com")
        with closing(view.cursor):
            Execution(view, warehouse.ddl, warehouse.results).run(Query("p", query))

    def removed() -> int:
        return int(warehouse.store.cursor().execute('SELECT count(*) FROM "p.d"."t ^past"').fetchall()[0][0])

    warehouse = open_warehouse(tmp_path)
    for query in (
        "CREATE SCHEMA d",
        "CREATE TABLE d.t AS SELECT 1 AS n UNION ALL SELECT 2",
        "DELETE FROM d.t WHERE n = 1",
    ):
        run(query)
    warehouse.store.cursor().execute("""UPDATE "p.d"."t ^past" SET "until ^" = now() - INTERVAL 169 HOUR""")
    run("DELETE FROM d.t WHERE n = 2")
    assert removed() == 2
    warehouse.close()
    warehouse = open_warehouse(tmp_path)
    assert removed() == 1
    warehouse.close()


_STEP = st.sampled_from(
    [
        "INSERT INTO {t} (k, v) VALUES ({n}, 'v')",
        "INSERT INTO {t} (k, v) SELECT k, CONCAT(v, '+') FROM {t}",
        "UPDATE {t} SET v = CONCAT(v, '!') WHERE MOD(k, 2) = MOD({n}, 2)",
        "DELETE FROM {t} WHERE MOD(k, 3) = MOD({n}, 3)",
        "MERGE {t} t USING (SELECT {n} AS k) s ON t.k = s.k WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN "
        "INSERT (k, v) VALUES (s.k, 'm')",
        "TRUNCATE TABLE {t}",
        "CREATE OR REPLACE TABLE {t} AS SELECT k, v FROM {t} WHERE k < 40",
        "ALTER TABLE {t} ADD COLUMN c{n} INT64",
    ]
)


@settings(max_examples=6, deadline=None)
@given(steps=st.lists(st.tuples(_STEP, st.integers(0, 5)), min_size=3, max_size=10))
def test_every_version_is_what_was_read_then(service: Service, steps: list[tuple[str, int]]) -> None:
    client = service.client()
    name = f"history_{time.time_ns()}"
    client.create_dataset(name)
    table = f"{name}.t"
    client.query_and_wait(f"CREATE TABLE {table} AS SELECT n AS k, 'first' AS v FROM UNNEST(GENERATE_ARRAY(1, 9)) n")
    seen = []
    for number, (step, n) in enumerate(steps):
        if sum(given.startswith(("TRUNCATE", "CREATE")) for given, _ in steps[: number + 1]) > 5:
            break  # so many versions of one name are kept
        client.query_and_wait(step.format(t=table, n=n if "ADD COLUMN" not in step else number))
        seen.append((_now(), sorted(map(tuple, client.query_and_wait(f"SELECT k, v FROM {table}")))))
    for moment, rows in seen:
        assert [row[:2] for row in _at(client, table, moment)] == rows


def test_appends_are_the_rows_that_were_added(client: bigquery.Client, dataset: str) -> None:
    table = f"{dataset}.h"
    client.query_and_wait(f"create table {table} (a int64) options (enable_change_history = true)")
    client.query_and_wait(f"insert {table} values (1), (2)")
    (between,) = next(iter(client.query_and_wait("select current_timestamp()")))
    client.query_and_wait(f"delete from {table} where a = 1")
    schema = [bigquery.SchemaField("a", "INT64"), bigquery.SchemaField("b", "STRING")]
    added = bigquery.LoadJobConfig(schema=schema, schema_update_options=["ALLOW_FIELD_ADDITION"])
    client.load_table_from_json([{"a": 3, "b": "x"}], table, job_config=added).result()
    every = f"select *, _CHANGE_TIMESTAMP < @t from appends(table {table}{{}}) order by a"
    config = bigquery.QueryJobConfig(query_parameters=[bigquery.ScalarQueryParameter("t", "TIMESTAMP", between)])

    def appends(arguments: str) -> list[tuple[Any, ...]]:
        rows = client.query_and_wait(every.format(arguments), job_config=config)
        return [(row.a, row.b, row._CHANGE_TYPE, row[-1]) for row in rows]

    first, second = [(1, None, "INSERT", True), (2, None, "INSERT", True)], [(3, "x", "INSERT", False)]
    assert appends("") == appends(", null, null") == first + second
    assert appends(", @t") == second
    assert appends(", null, @t") == first
    client.query_and_wait(f"update {table} set a = 4 where a = 3")
    assert appends(", null, @t") == first
    flags = f"select is_change_history_enabled from {dataset}.INFORMATION_SCHEMA.TABLES"
    assert [tuple(row) for row in client.query_and_wait(flags)] == [("YES",)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("table {d}.h, null, null", "over an UPDATE or MERGE of table .* is not supported by this emulator"),
        ("table {d}.h, timestamp '2020-01-01'", "APPENDS over an UPDATE"),  # the table is younger
        ("table {d}.emptied", "was emptied, replaced or renamed is not supported by this emulator"),
        ("table {d}.v", "APPENDS is not supported for view"),
        ("table {d}.none", "was not found"),
        ("table {d}.h, 1", "must be constants of type TIMESTAMP"),
        ("(select 1)", "needs TABLE and the name of a table"),
        ("table {d}.h, current_timestamp() + interval 1 day", "Cannot read after"),
    ],
)
def test_appends_that_cannot_be_told(client: bigquery.Client, dataset: str, arguments: str, message: str) -> None:
    client.query_and_wait(f"""
        create table {dataset}.h as select 1 as a; update {dataset}.h set a = 2 where true;
        create view {dataset}.v as select * from {dataset}.h;
        create table {dataset}.emptied as select 1 as a; truncate table {dataset}.emptied""")
    with pytest.raises(GoogleAPICallError, match=message):
        client.query_and_wait(f"select * from appends({arguments.format(d=dataset)})")


def _changes(client: bigquery.Client, table: str, start: str = "null", end: str = "null") -> list[tuple[Any, ...]]:
    rows = client.query_and_wait(f"select * from changes(table {table}, {start}, {end}) order by _change_timestamp, 1")
    assert [field.name for field in rows.schema][-3:] == ["_CHANGE_TYPE", "_CHANGE_TIMESTAMP", "_CHANGE_IS_FOR_UPDATE"]
    return [(*row[:-3], row[-3][0] + ("!" if row[-1] else "")) for row in rows]


def test_changes_are_what_happened_to_rows(client: bigquery.Client, dataset: str) -> None:
    table = f"{dataset}.h"
    client.query_and_wait(f"create table {table} (s string, t int64) options (enable_change_history = true)")
    client.query_and_wait(f"insert {table} values ('a', 1), ('b', 2), ('c', 3)")
    client.query_and_wait(f"delete from {table} where s = 'a'")
    client.query_and_wait(f"update {table} set t = t * 10 where s = 'b'")
    told = [("a", 1, "I"), ("b", 2, "I"), ("c", 3, "I"), ("a", 1, "D")]
    update = [("b", 2, "D!"), ("b", 20, "U")]
    assert sorted(_changes(client, table)) == sorted([*told, *update])
    (between,) = next(iter(client.query_and_wait("select format('timestamp %T', string(current_timestamp()))")))
    client.query_and_wait(f"alter table {table} add column more string")
    client.query_and_wait(f"""
        merge {table} h using unnest(['b', 'c', 'd']) k on h.s = k
        when matched and k = 'b' then update set t = 21 when matched then delete
        when not matched then insert (s, t, more) values (k, 4, 'x')""")
    merge = [("b", 20, None, "D!"), ("b", 21, None, "U"), ("c", 3, None, "D"), ("d", 4, "x", "I")]
    assert sorted(_changes(client, table, between), key=str) == merge
    assert sorted(_changes(client, table, end=between)) == sorted((*row[:2], None, row[2]) for row in [*told, *update])
    added = client.query_and_wait(f"select s from appends(table {table}) order by 1")
    assert [row[0] for row in added] == ["a", "b", "c", "d"]
    client.query_and_wait(f"create table {dataset}.made options (enable_change_history = true) as select 1 as a")
    assert _changes(client, f"{dataset}.made") == [(1, "I")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("table {d}.h, null", "needs an end_timestamp"),
        ("table {d}.h, null, current_timestamp() + interval 1 hour", "Cannot read after"),
        ("table {d}.plain, null, null", "needs the option enable_change_history"),
        ("table {d}.h, null, null", "over an UPDATE or MERGE of table .* is not supported"),  # of a transaction
    ],
)
def test_changes_that_cannot_be_told(client: bigquery.Client, dataset: str, arguments: str, message: str) -> None:
    client.query_and_wait(f"""
        create table {dataset}.plain as select 1 as a;
        create table {dataset}.h options (enable_change_history = true) as select 1 as a;
        begin transaction; update {dataset}.h set a = 2 where true; commit transaction""")
    with pytest.raises(GoogleAPICallError, match=message):
        client.query_and_wait(f"select * from changes({arguments.format(d=dataset)})")
