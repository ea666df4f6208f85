"""The comparison of a source table with silver: real Postgres, real BigQuery SQL, every comparable type."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from dagster import AssetCheckEvaluation, AssetCheckResult, AssetMaterialization, DagsterInstance
from google.cloud import bigquery

from contracts.reader import load
from orchestration import clients, conservation, keys
from orchestration.conservation import Before, Comparison, compare, held_back, source_result
from tests.orchestration.conftest import services_of

COLUMNS = [
    ("id", "integer", "bigint"),
    ("code", "string", "char(5)"),
    ("label", "string", "text"),
    ("active", "boolean", "boolean"),
    ("day", "date", "date"),
    ("moment", "timestamp", "timestamptz"),
    ("wall", "timestamp", "timestamp"),
    ("amount", "number", "numeric(20,6)"),
    ("ratio", "number", "double precision"),
]
ROWS = [
    "1, 'ab', 'ün ''x''', true, '2024-02-29', '2024-02-29 23:59:59.999999+00', '2024-01-01 00:00:00.000001', 1.50, 0.1",
    "2, null, '', false, '0001-01-01', '0001-01-01 00:00:00+00', '9999-12-31 23:59:59.999999', -0.000001, -1e-7",
    "3, 'abcde', null, null, '9999-12-31', '9999-12-31 23:59:59.999999+00', null, 12345678901234.654321, 123456.789",
    "4, '', 'NULL', true, null, null, '1969-12-31 23:59:59.5', 0, null",
]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A table in Postgres and its twin in silver; yields run(sql in Postgres), run(sql in BigQuery) and compare()."""
    folder = tmp_path_factory.mktemp("conservation")
    with services_of(folder, _contract(), "postgres") as platform:
        yield Places(platform.environment()["SHOP_DATABASE_URL"], folder / "contracts")


class Places:
    """The two places in which the table is."""

    def __init__(self, url: str, contracts: Path) -> None:
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True
        self.table = load(contracts)[0].tables[0]
        columns = ", ".join(f"{name} {kind}" for name, _, kind in COLUMNS)
        self.postgres(f"create table things ({columns}, primary key (id))")
        for row in ROWS:
            self.postgres(f"insert into things values ({row})")
        clients.warehouse().create_dataset("silver")
        types = {column.name: column.bigquery_type for column in self.table.columns}
        self.bigquery(f"create table silver.shop_things ({', '.join(f'{n} {t}' for n, t in types.items())})")
        self.mirror(list(types))

    def mirror(self, columns: list[str]) -> None:
        """Copies the rows through JSON, as the client loads them."""
        with self._connection.cursor() as cursor:
            cursor.execute("set timezone to 'UTC'")
            cursor.execute(f"select {', '.join(columns)} from things order by id")
            rows = [dict(zip(columns, map(_json, row), strict=True)) for row in cursor.fetchall()]
        config = bigquery.LoadJobConfig(write_disposition="WRITE_TRUNCATE")
        config.schema = clients.warehouse().get_table("silver.shop_things").schema
        clients.warehouse().load_table_from_json(rows, "silver.shop_things", job_config=config).result()

    def restore(self) -> None:
        """Both as in the beginning."""
        self.postgres("truncate things")
        for row in ROWS:
            self.postgres(f"insert into things values ({row})")
        self.mirror([name for name, _, _ in COLUMNS])

    def postgres(self, sql: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)

    def bigquery(self, sql: str) -> None:
        clients.query(sql)

    def compare(self, before: Before | None = None) -> Comparison:
        return compare(self.table, "public", before)

    def check(self, instance: DagsterInstance) -> AssetCheckResult:
        """Evaluates the check as a run does, and records it."""
        result = source_result(instance, self.table, "public")
        fields = {name: getattr(result, name) for name in ("asset_key", "check_name", "passed", "metadata", "severity")}
        instance.report_runless_asset_event(AssetCheckEvaluation(**fields))
        return result


def _json(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _contract() -> str:
    properties = "\n".join(
        f'      - {{name: {name}, logicalType: {logical}, physicalType: "{physical}"'
        + (", primaryKey: true, required: true}" if name == "id" else "}")
        for name, logical, physical in COLUMNS
    )
    return f"""apiVersion: v3.1.0
kind: DataContract
id: shop
name: Shop
version: 1.0.0
status: active
servers:
  - {{server: production, type: postgresql, schema: public}}
schema:
  - name: things
    customProperties:
      - {{property: capture, value: cdc}}
      - {{property: history, value: latest}}
    properties:
{properties}
"""


def test_the_same_rows_are_the_same(places: Places) -> None:
    found = places.compare()
    assert (found.source_rows, found.silver_rows, found.differing) == (len(ROWS), len(ROWS), {})


def test_another_value_names_its_key(places: Places) -> None:
    """Nine rows alike, and in each another column is changed."""
    others = [
        ("code", "'zz'"), ("label", "'x'"), ("active", "false"), ("day", "date '2024-03-01'"),
        ("moment", "timestamp '2024-02-29 23:59:59.999998+00'"), ("wall", "datetime '2024-01-01 00:00:00'"),
        ("amount", "numeric '1.500001'"), ("ratio", "0.100001"), ("label", "null"),
    ]  # fmt: skip
    names = [name for name, _, _ in COLUMNS]
    for key in range(11, 11 + len(others)):
        places.postgres(f"insert into things select {key}, {', '.join(names[1:])} from things where id = 1")
    places.mirror(names)
    assert places.compare().differing == {}
    for key, (column, other) in enumerate(others, 11):
        places.bigquery(f"update silver.shop_things set {column} = {other} where id = {key}")
    assert places.compare().differing == {str(key): "other values" for key in range(11, 11 + len(others))}
    places.restore()
    assert places.compare().differing == {}


def test_a_missing_row_and_one_too_many_are_told_apart(places: Places) -> None:
    places.bigquery("delete from silver.shop_things where id = 2")
    places.bigquery("insert into silver.shop_things (id) values (77)")
    found = places.compare()
    assert found.differing == {"2": "missing in silver", "77": "gone from the source"}
    places.mirror([name for name, _, _ in COLUMNS])


def test_what_bigquery_cannot_hold_compares_as_null(places: Places) -> None:
    places.postgres("insert into things (id, day, moment, amount) values (5, 'infinity', '294276-01-01', 'NaN')")
    places.bigquery("insert into silver.shop_things (id) values (5)")
    assert places.compare().differing == {}
    places.postgres("delete from things where id = 5")
    places.bigquery("delete from silver.shop_things where id = 5")


def test_what_the_source_changed_since_the_last_comparison_is_in_flight(places: Places) -> None:
    last = places.compare()
    before = Before(last.transaction, frozenset({"4"}))
    places.postgres("update things set label = 'later' where id = 1")
    places.postgres("insert into things (id) values (6)")
    places.bigquery("insert into silver.shop_things (id) values (4711), (4)")
    places.bigquery("update silver.shop_things set label = 'damaged' where id = 3")
    places.bigquery("delete from silver.shop_things where id = 4")
    try:
        found = places.compare(before)
        assert found.differing.keys() == {"1", "3", "4", "6", "4711"}
        assert found.lasting == {"3": "other values", "4": "missing in silver"}
        assert places.compare(Before(last.transaction, frozenset({"4711"}))).lasting.keys() == {"3", "4", "4711"}
        assert places.compare().lasting.keys() == found.differing.keys()
    finally:
        places.restore()


def test_what_had_not_landed_as_the_first_run_began_is_in_flight_at_the_first_comparison(places: Places) -> None:
    """The source changes from the first moment: before the run, while it reads, and after it."""
    bronze = keys.bronze(places.table)
    places.postgres("select pg_create_logical_replication_slot('of_a_stream', 'pgoutput')")
    try:
        with DagsterInstance.ephemeral() as instance:
            places.postgres("update things set label = 'not landed yet' where id = 1")
            metadata = conservation.at_first(instance, [places.table])[bronze]
            instance.report_runless_asset_event(AssetMaterialization(bronze, metadata=metadata))
            assert conservation.at_first(instance, [places.table]) == {}
            places.postgres("update things set label = 'later' where id = 2")
            places.postgres("delete from things where id = 4")
            places.bigquery("update silver.shop_things set label = 'damaged' where id = 3")
            damaged = conservation.source_result(instance, places.table, "public")
            assert damaged.description == "1 key differs: 3 (other values)"
            places.bigquery("update silver.shop_things set label = null where id = 3")
            found = places.check(instance)
            assert found.passed and found.metadata["in_flight"].value == 3
            late = places.check(instance)  # they should have come by now
            assert not late.passed and late.metadata["differing_keys"].value == 3
    finally:
        places.postgres("select pg_drop_replication_slot('of_a_stream')")
        places.restore()


def test_a_comparison_that_could_not_ask_the_source_does_not_count_as_the_one_before(places: Places) -> None:
    with DagsterInstance.ephemeral() as instance:
        assert places.check(instance).passed
        places.postgres("alter table things rename to elsewhere")
        assert not places.check(instance).passed
        places.postgres("alter table elsewhere rename to things")
        places.postgres("update things set label = 'later' where id = 1")
        assert places.check(instance).passed
    places.restore()


def test_a_failed_check_names_its_keys_and_holds_back_gold_until_it_passes(places: Places) -> None:
    with DagsterInstance.ephemeral() as instance:
        assert places.check(instance).passed
        places.bigquery("update silver.shop_things set label = 'damaged' where id = 3")
        failed = places.check(instance)
        assert not failed.passed
        assert failed.description == "1 key differs: 3 (other values)"
        assert failed.metadata["sample"].value == {"3": "other values"}
        assert held_back(instance, [places.table]) == [places.table]
        places.restore()
        assert places.check(instance).passed
        assert held_back(instance, [places.table]) == []


def test_a_table_that_stays_locked_fails_the_check_with_the_reason(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "LOCKED", "200ms")
    places.postgres("begin; lock table things in access exclusive mode")
    try:
        with DagsterInstance.ephemeral() as instance:
            result = places.check(instance)
            assert not result.passed and "lock timeout" in str(result.description)
    finally:
        places.postgres("rollback")
    assert places.compare().differing == {}


def test_a_source_without_the_table_fails_the_check_with_the_reason(places: Places) -> None:
    places.postgres("alter table things rename to elsewhere")
    try:
        with DagsterInstance.ephemeral() as instance:
            result = places.check(instance)
            assert not result.passed
            assert result.description is not None and 'relation "public.things" does not exist' in result.description
            assert held_back(instance, [places.table]) == [places.table]
    finally:
        places.postgres("alter table elsewhere rename to things")
