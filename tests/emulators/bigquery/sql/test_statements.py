"""DML, DDL, scripts and routines, in the shapes that dbt-bigquery and people write."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from emulators.bigquery.sql import actions, alterations
from emulators.bigquery.sql.model import Field, QueryParameter, SqlError, TableName
from emulators.bigquery.sql.translate import translate

ACCOUNTS = """
CREATE TABLE d.accounts (id INT64 NOT NULL, name STRING(10), plan STRING DEFAULT 'free', fee NUMERIC(5, 2), day DATE, s STRUCT<a INT64, b STRING>);
INSERT d.accounts (id, name, fee, day) VALUES (1, 'ann', 1.5, '2024-01-01'), (2, 'bob', 2, '2024-01-02');
"""  # noqa: E501


@pytest.fixture
def accounts(warehouse: Any) -> Any:
    warehouse.run(ACCOUNTS)
    return warehouse


def test_insert_fills_defaults(accounts: Any) -> None:
    accounts.run("INSERT INTO d.accounts (id, plan) VALUES (3, DEFAULT), (4, 'gold')")
    assert accounts.run("SELECT id, plan FROM d.accounts ORDER BY id") == [
        (1, "free"),
        (2, "free"),
        (3, "free"),
        (4, "gold"),
    ]


def test_insert_select_coerces(accounts: Any) -> None:
    accounts.run("INSERT INTO d.accounts (id, fee, s) SELECT 5, 7, STRUCT(1, 'x')")
    assert accounts.run("SELECT fee, s FROM d.accounts WHERE id = 5") == [(Decimal(7), {"a": 1, "b": "x"})]


def test_insert_select_reads_literals_as_dates(warehouse: Any) -> None:
    warehouse.run("CREATE TABLE d.days (day DATE, moment TIMESTAMP, hour TIME, parts ARRAY<STRUCT<a STRING, b INT64>>)")
    warehouse.run(
        "INSERT INTO d.days SELECT '2024-2-9', '2024-02-09 8:30:00+02', '8:30:00', [('x', NULL)] FROM UNNEST([1])"
    )
    moment = datetime(2024, 2, 9, 6, 30, tzinfo=UTC)
    assert warehouse.run("SELECT * FROM d.days") == [
        (date(2024, 2, 9), moment, time(8, 30), [{"a": "x", "b": None}]),
    ]
    with pytest.raises(SqlError, match="Invalid date: 'soon'"):
        warehouse.run("INSERT INTO d.days (day) SELECT 'soon'")
    with pytest.raises(SqlError, match="Query column 1 has type STRING which cannot be inserted into column day"):
        warehouse.run("INSERT INTO d.days (day) SELECT s FROM UNNEST(['2024-02-09']) AS s")


def test_a_struct_of_literals_is_compared_with_dates(warehouse: Any) -> None:
    assert warehouse.run(
        "SELECT (DATE '2024-02-09', 1) = ('2024-2-9', 1), (DATE '2024-02-09', 1) IN (('2024-02-08', 1))"
    ) == [(True, False)]


REFUSED = [
    (
        "INSERT INTO d.accounts (id, name) VALUES ('x', 'y')",
        "Value has type STRING which cannot be inserted into column id",
    ),
    ("INSERT INTO d.accounts (id, nope) VALUES (1, 2)", "Column nope is not present in table p.d.accounts"),
    ("INSERT INTO d.accounts (id, name) VALUES (1)", "Inserted row has wrong column count; Has 1, expected 2"),
    ("INSERT INTO d.accounts (name) VALUES ('x')", "Required field id cannot be null"),
    ("INSERT INTO d.accounts (id, name) VALUES (9, 'longer than ten')", "maximum length 10 exceeded: length 15"),
    ("INSERT INTO d.accounts (id, fee) VALUES (9, 12345)", "numeric overflow: 12345"),
    ("UPDATE d.accounts SET fee = 1", "UPDATE must have a WHERE clause"),
    ("DELETE FROM d.accounts", "DELETE must have a WHERE clause"),
    ("UPDATE d.accounts SET fee = 1, Fee = 2 WHERE true", "Update item Fee assigned more than once"),
    ("UPDATE d.accounts SET s.a = 1, s.a = 2 WHERE true", "Update item s.a assigned more than once"),
    ("UPDATE d.accounts SET s = NULL, s.a = 2 WHERE true", "Update item s.a overlaps with s"),
    ("UPDATE d.accounts a SET a.s.a = 2, s = NULL WHERE true", "Update item s overlaps with s.a"),
    ("UPDATE d.accounts SET id = NULL WHERE true", "Required field id cannot be null"),
    (
        "UPDATE d.accounts t SET name = s.n FROM (SELECT 1 AS id, 'a' AS n UNION ALL SELECT 1, 'b') s WHERE s.id = t.id",  # noqa: E501
        "UPDATE/MERGE must match at most one source row for each target row",
    ),
    (
        "MERGE d.accounts t USING (SELECT 1 AS id UNION ALL SELECT 1) s ON t.id = s.id WHEN MATCHED THEN DELETE",
        "UPDATE/MERGE must match at most one source row for each target row",
    ),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_dml_refused(accounts: Any, text: str, message: str) -> None:
    before = accounts.run("SELECT * FROM d.accounts ORDER BY id")
    with pytest.raises(SqlError) as raised:
        accounts.run(text)
    assert raised.value.message.startswith(message)
    assert accounts.run("SELECT * FROM d.accounts ORDER BY id") == before


def test_update_of_a_struct_field(accounts: Any) -> None:
    accounts.run(
        "UPDATE d.accounts SET s = (1, 'x') WHERE id = 1; UPDATE d.accounts a SET a.s.b = 'y', fee = fee * 2 WHERE a.id = 1"  # noqa: E501
    )
    assert accounts.run("SELECT s, fee FROM d.accounts WHERE id = 1") == [({"a": 1, "b": "y"}, Decimal(3))]


def test_delete_with_subquery(accounts: Any) -> None:
    accounts.run("DELETE FROM d.accounts a WHERE a.id IN (SELECT MAX(id) FROM d.accounts)")
    assert accounts.run("SELECT id FROM d.accounts") == [(1,)]


def test_merge_like_dbt(accounts: Any) -> None:
    accounts.run(
        """
        merge into `p`.`d`.`accounts` as DBT_INTERNAL_DEST
        using (select 2 as id, 'rob' as name, 'gold' as plan union all select 3, 'cat', null) as DBT_INTERNAL_SOURCE
        on (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id)
        when matched then update set `name` = DBT_INTERNAL_SOURCE.`name`, `plan` = DBT_INTERNAL_SOURCE.`plan`
        when not matched then insert (`id`, `name`, `plan`) values (`id`, `name`, `plan`)
        """
    )
    assert accounts.run("SELECT id, name, plan FROM d.accounts ORDER BY id") == [
        (1, "ann", "free"),
        (2, "rob", "gold"),
        (3, "cat", None),
    ]


def test_merge_not_matched_by_source_and_conditions(accounts: Any) -> None:
    accounts.run(
        """
        MERGE d.accounts t USING (SELECT 1 AS id UNION ALL SELECT 7) s ON t.id = s.id
        WHEN MATCHED AND t.name = 'nobody' THEN DELETE
        WHEN MATCHED THEN UPDATE SET name = UPPER(t.name)
        WHEN NOT MATCHED BY TARGET AND s.id > 100 THEN INSERT (id) VALUES (s.id)
        WHEN NOT MATCHED BY SOURCE AND t.id = 2 THEN UPDATE SET plan = 'gone'
        """
    )
    assert accounts.run("SELECT id, name, plan FROM d.accounts ORDER BY id") == [(1, "ANN", "free"), (2, "bob", "gone")]


def test_insert_overwrite_like_dbt(accounts: Any) -> None:
    accounts.run(
        """
        declare dbt_partitions_for_replacement array<date>;
        create or replace table `p`.`d`.`accounts__tmp` partition by day as (
          select 9 as id, 'zoe' as name, date '2024-01-02' as day);
        set (dbt_partitions_for_replacement) = (
          select as struct array_agg(distinct day IGNORE NULLS) from `p`.`d`.`accounts__tmp`);
        merge into `p`.`d`.`accounts` as t using (select id, name, day from `p`.`d`.`accounts__tmp`) as s on FALSE
        when not matched by source and t.day in unnest(dbt_partitions_for_replacement) then delete
        when not matched then insert (id, name, day) values (id, name, day);
        drop table if exists `p`.`d`.`accounts__tmp`
        """
    )
    assert accounts.run("SELECT id, day FROM d.accounts ORDER BY id") == [(1, date(2024, 1, 1)), (9, date(2024, 1, 2))]


def test_create_table_action(warehouse: Any) -> None:
    warehouse.run(
        """
        create or replace table `p`.`d`.`t`
        (id INT64 not null OPTIONS(description="the key"), ts TIMESTAMP, primary key (id) not enforced,
         foreign key (id) references d.other (id) not enforced)
        partition by timestamp_trunc(ts, month) cluster by id
        OPTIONS(description="it's", labels=[('team', 'core')], require_partition_filter=true,
                expiration_timestamp=TIMESTAMP_ADD(TIMESTAMP '2030-01-01', INTERVAL 12 hour))
        """
    )
    (action,) = warehouse.actions
    assert isinstance(action, actions.CreateTable)
    assert action.fields == (Field("id", "INT64", "REQUIRED", description="the key"), Field("ts", "TIMESTAMP"))
    assert action.partitioning == actions.Partitioning("time", "ts", "MONTH")
    assert (action.clustering, action.primary_key) == (("id",), ("id",))
    assert action.foreign_keys == (actions.ForeignKey(None, ("id",), TableName("p", "d", "other"), ("id",)),)
    assert action.options["labels"] == [("team", "core")]
    assert action.options["require_partition_filter"] is True
    assert action.options["expiration_timestamp"].isoformat() == "2030-01-01T12:00:00+00:00"


def test_create_table_with_contract_and_query(warehouse: Any) -> None:
    warehouse.run("create table d.t (id INT64, fee NUMERIC(5,2)) as (select 1 as id, 2 as fee)")
    assert warehouse.run("SELECT * FROM d.t") == [(1, Decimal(2))]
    with pytest.raises(SqlError, match="CREATE TABLE columns must be named, but column 1 has no name"):
        warehouse.run("CREATE TABLE d.u AS SELECT 1")


ALTERED = [
    (
        "ALTER TABLE d.accounts ADD COLUMN IF NOT EXISTS x ARRAY<INT64>, DROP COLUMN IF EXISTS y",
        (alterations.AddColumn(Field("x", "INT64", "REPEATED"), True), alterations.DropColumn("y", True)),
    ),
    (
        "ALTER TABLE d.accounts ALTER COLUMN name SET OPTIONS(description='n')",
        (alterations.AlterColumn("name", options={"description": "n"}),),
    ),
    ("ALTER TABLE d.accounts ALTER COLUMN id DROP NOT NULL", (alterations.AlterColumn("id", drop_not_null=True),)),
    (
        "ALTER TABLE d.accounts ALTER COLUMN fee SET DATA TYPE NUMERIC(10, 2)",
        (alterations.AlterColumn("fee", type=Field("fee", "NUMERIC", precision=10, scale=2)),),
    ),
    ("ALTER TABLE d.accounts RENAME TO other", (alterations.RenameTable("other"),)),
    (
        "ALTER TABLE d.accounts SET OPTIONS(expiration_timestamp=NULL)",
        (alterations.SetOptions({"expiration_timestamp": None}),),
    ),
]


@pytest.mark.parametrize(("text", "changes"), ALTERED)
def test_alter(accounts: Any, text: str, changes: tuple[Any, ...]) -> None:
    accounts.actions.clear()
    accounts.run(text)
    assert accounts.actions == [alterations.AlterTable(TableName("p", "d", "accounts"), changes)]


def test_grant_and_external_table(warehouse: Any) -> None:
    warehouse.run("grant `roles/bigquery.dataViewer` on schema d to 'user:a@b.c', 'group:g@b.c'")
    warehouse.run(
        "create external table d.e (id INT64) with partition columns (day DATE) options (format='PARQUET', uris=['gs://b/x/*'], hive_partition_uri_prefix='gs://b/x')"  # noqa: E501
    )
    assert warehouse.actions[0] == actions.Grant(
        TableName("p", "d", ""), "SCHEMA", ("roles/bigquery.dataViewer",), ("user:a@b.c", "group:g@b.c")
    )
    assert warehouse.actions[1].partition_columns == (Field("day", "DATE"),)
    assert warehouse.actions[1].options["uris"] == ["gs://b/x/*"]


SCRIPTS: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("DECLARE x INT64 DEFAULT 1; SET x = x + 1; SELECT x", [(2,)]),
    ("DECLARE x, y STRING; SET (x, y) = ('a', 'b'); SELECT x || y", [("ab",)]),
    (
        "DECLARE n INT64 DEFAULT 0; WHILE n < 3 DO SET n = n + 1; IF n = 2 THEN BREAK; END IF; END WHILE; SELECT n",
        [(2,)],
    ),
    (
        "DECLARE s STRING DEFAULT ''; FOR r IN (SELECT id, name FROM d.accounts ORDER BY id) DO SET s = s || r.name; END FOR; SELECT s",  # noqa: E501
        [("annbob",)],
    ),
    (
        "DECLARE n INT64 DEFAULT 0; LOOP SET n = n + 1; IF n > 4 THEN LEAVE; ELSE CONTINUE; END IF; END LOOP; SELECT n",
        [(5,)],
    ),
    ("DECLARE n INT64 DEFAULT 0; REPEAT SET n = n + 2; UNTIL n >= 5 END REPEAT; SELECT n", [(6,)]),
    (
        "BEGIN\n  SELECT 1 / 0;\nEXCEPTION WHEN ERROR THEN SELECT @@error.formatted_stack_trace, "
        "(SELECT AS STRUCT f.line, f.column, f.location FROM UNNEST(@@error.stack_trace) f); END",
        [("At [2:3]", {"line": 2, "column": 3, "location": None})],
    ),
    ("SET @@query_label = 'a:b'; SET @@query_label = NULL; SELECT @@query_label, @@reservation", [(None, None)]),
    (
        "SET @@time_zone = 'Asia/Tokyo'; "
        "SELECT STRING(TIMESTAMP '2024-06-01'), STRING(TIMESTAMP '2024-06-01 00:00:00Z'), "
        "CAST(TIMESTAMP '2024-06-01 20:00:00Z' AS DATE), EXTRACT(HOUR FROM TIMESTAMP '2024-06-01 20:00:00Z'), "
        "STRING(TIMESTAMP(DATE '2024-06-01'), 'UTC'), STRING(PARSE_TIMESTAMP('%F', '2024-06-01'), 'UTC'), "
        "STRING(TIMESTAMP('2024-06-01 00:00:00+00'), 'UTC'), "
        "STRING(TIMESTAMP_TRUNC('2024-06-01 12:00:00', DAY), 'UTC'), "
        "FORMAT_TIMESTAMP('%H', TIMESTAMP '2024-06-01 20:00:00Z'), FORMAT('%t', TIMESTAMP '2024-06-01 20:00:00Z'), "
        "TO_JSON_STRING(TIMESTAMP '2024-06-01'), SAFE_CAST('nope' AS TIMESTAMP), SAFE.DATE(TIMESTAMP '2024-06-01'), "
        "DATE(DATETIME '2024-06-01 20:00:00'), STRING(DATE '2024-06-01')",
        [
            (
                "2024-06-01 00:00:00+09",
                "2024-06-01 09:00:00+09",
                date(2024, 6, 2),
                5,
                "2024-05-31 15:00:00+00",
                "2024-05-31 15:00:00+00",
                "2024-06-01 00:00:00+00",
                "2024-05-31 15:00:00+00",
                "05",
                "2024-06-02 05:00:00+09",
                '"2024-05-31T15:00:00Z"',
                None,
                date(2024, 6, 1),
                date(2024, 6, 1),
                "2024-06-01",
            )
        ],
    ),
    (
        "SET @@time_zone = 'Asia/Tokyo'; SET @@time_zone = NULL; SELECT STRING(TIMESTAMP '2024-06-01')",
        [("2024-06-01 00:00:00+00",)],
    ),
    ("SET (@@dataset_id, @@time_zone) = ('d', NULL); SELECT @@dataset_id, @@time_zone", [("d", "UTC")]),
    ("SET @@dataset_project_id = 'other'; SELECT @@dataset_project_id, @@project_id", [("other", "p")]),
    (
        "DECLARE m STRING; BEGIN SELECT 1 / 0; EXCEPTION WHEN ERROR THEN SET m = @@error.message; END; SELECT m",
        [("Query error: division by zero: 1 / 0 at [1:25]",)],
    ),
    ("BEGIN SELECT * FROM d.missing; EXCEPTION WHEN ERROR THEN SELECT 'caught'; END", [("caught",)]),
    ("DECLARE c INT64; EXECUTE IMMEDIATE FORMAT('SELECT COUNT(*) FROM d.%s', 'accounts') INTO c; SELECT c", [(2,)]),
    ("DECLARE c INT64; SET c = (SELECT MAX(id) FROM d.accounts); SELECT id FROM d.accounts WHERE id = c", [(2,)]),
    ("CREATE TEMP FUNCTION twice(x ANY TYPE) AS (x * 2); SELECT twice(2), twice(1.5)", [(4, 3.0)]),
    (
        "CREATE FUNCTION d.inc(x INT64) RETURNS INT64 AS (x + 1); SELECT d.inc(id) FROM d.accounts ORDER BY 1",
        [(2,), (3,)],
    ),
    (
        "CREATE TABLE FUNCTION d.above(n INT64) AS SELECT id FROM p.d.accounts WHERE id > n; SELECT * FROM d.above(1)",
        [(2,)],
    ),
    (
        "DECLARE r INT64; CREATE PROCEDURE d.p(x INT64, OUT y INT64) BEGIN SET y = x * 3; END; CALL d.p(4, r); SELECT r",  # noqa: E501
        [(12,)],
    ),
    ("CASE WHEN EXISTS (SELECT 1 FROM d.accounts) THEN SELECT 'some'; ELSE SELECT 'none'; END CASE", [("some",)]),
    ("CREATE TEMP TABLE t AS SELECT 1 AS a; SELECT a FROM t", [(1,)]),
]


@pytest.mark.parametrize(("text", "expected"), SCRIPTS)
def test_script(accounts: Any, text: str, expected: list[tuple[Any, ...]]) -> None:
    assert accounts.run(text) == expected


SCRIPT_ERRORS = [
    ("DECLARE x INT64; SET x = 'a'", "Cannot coerce expression of type STRING to type INT64 at [1:26]"),
    ("SET nope = 1", "Undeclared variable: nope"),
    ("SET @@nope = 1", "Unrecognized system variable: @@nope"),
    ("SET @@row_count = 1", "System variable @@row_count is read-only"),
    ("SET @@time_zone = 'Mars/Olympus'", "Invalid time zone: Mars/Olympus"),
    ("SET @@dataset_id = 'd'; SET @@dataset_id = NULL; SELECT * FROM t", 'Table "t" must be qualified with a dataset'),
    ("BEGIN SELECT 1 / 0; EXCEPTION WHEN ERROR THEN SELECT 1; END; SELECT @@error.message", "Unrecognized system"),
    ("RAISE USING MESSAGE = 'stop'", "stop"),
    ("ASSERT 1 = 2 AS 'no'", "no"),
    ("SET @@time_zone = 'Asia/Tokyo'; SELECT RANGE<TIMESTAMP> '[2024-01-01, UNBOUNDED)'", "RANGE<TIMESTAMP> of a text"),
    ("BREAK", "BREAK without label is only allowed inside of a loop body"),
    ("CALL d.nope()", "Procedure not found: d.nope at [1:1]"),
    (
        "CREATE TEMP FUNCTION f() RETURNS INT64 LANGUAGE python AS 'return 1'",
        "Functions in PYTHON are not supported by this emulator",
    ),
]


@pytest.mark.parametrize(("text", "message"), SCRIPT_ERRORS)
def test_script_error(accounts: Any, text: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        accounts.run(text)
    assert raised.value.message.startswith(message)


def test_script_kind(warehouse: Any) -> None:
    kinds = {}
    for text in (
        "SELECT 1",
        "SELECT 1; SELECT 2",
        "CREATE TEMP FUNCTION f() AS (1); SELECT f()",
        "DECLARE x INT64; SELECT 1",
    ):
        script = translate(text, warehouse, "p")
        for _ in script:
            script.done()
        kinds[text] = script.kind
    assert list(kinds.values()) == ["SELECT", "SCRIPT", "SELECT", "SCRIPT"]


def test_parameters(accounts: Any) -> None:
    struct = Field("p", "STRUCT", fields=(Field("a", "INT64"), Field("b", "STRING")))
    given = [
        QueryParameter("ids", Field("ids", "INT64", "REPEATED"), ["1", "2"]),
        QueryParameter("s", struct, {"a": "5", "b": "x"}),
        QueryParameter("ts", Field("ts", "TIMESTAMP"), "2024-01-15 12:00:00+00:00"),
        QueryParameter("b", Field("b", "BYTES"), "/w=="),
        QueryParameter("n", Field("n", "NUMERIC"), None),
    ]
    (row,) = accounts.run(
        "SELECT ARRAY_LENGTH(@ids), @s.a, UNIX_SECONDS(@ts), @b, @n FROM d.accounts WHERE id IN UNNEST(@ids) AND id = 1",  # noqa: E501
        given,
    )
    assert row == (2, 5, 1705320000, b"\xff", None)
    assert accounts.run(
        "SELECT ?, ?",
        [QueryParameter(None, Field("", "STRING"), "it's"), QueryParameter(None, Field("", "INT64"), "-3")],
    ) == [("it's", -3)]
    with pytest.raises(SqlError, match="Query parameter 'nope' not found at"):
        accounts.run("SELECT @nope")


def test_a_loop_without_statements_can_be_stopped_from_outside(warehouse: Any) -> None:
    script = translate("LOOP IF FALSE THEN BREAK; END IF; END LOOP", warehouse, "p")
    assert next(script).wants_rows
    script.done([(1,)])
    assert next(script).wants_rows


def test_deep_nesting_is_an_error(warehouse: Any) -> None:
    with pytest.raises(SqlError, match="too deeply nested"):
        warehouse.run("SELECT " + "(" * 5000 + "1" + ")" * 5000)


def test_an_aggregate_function_of_ones_own(warehouse: Any) -> None:
    define = "CREATE TEMP AGGREGATE FUNCTION mean(x FLOAT64, k FLOAT64 NOT AGGREGATE) AS (SUM(x) * k / COUNT(*));"
    rows = "UNNEST([STRUCT('a' AS g, 1 AS v), ('a', 3), ('b', 5)])"
    assert warehouse.run(f"{define} SELECT g, mean(v, 10) FROM {rows} GROUP BY g ORDER BY g") == [("a", 20), ("b", 50)]
    with pytest.raises(SqlError):
        warehouse.run(f"{define} SELECT mean(v, 1) OVER () FROM {rows}")
