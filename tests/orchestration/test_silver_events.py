"""The comparison of an event's bronze with its silver: what is in flight, what is lost, and since when it looks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetCheckEvaluation, AssetCheckResult, DagsterInstance

from contracts.reader import load
from orchestration import clients
from orchestration.silver_events import held_back, result
from tests.orchestration.conftest import services_of

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: shop
name: Shop
version: 1.0.0
status: active
schema:
  - name: visits
    customProperties:
      - {property: capture, value: stream}
    properties:
      - {name: shop, logicalType: string, physicalType: text, primaryKey: true, required: true}
      - {name: number, logicalType: integer, physicalType: bigint, primaryKey: true, required: true}
"""
LOST = '{"shop":"a","number":2}'


class Visits:
    """The event in bronze and in silver; `check` is what a run does."""

    def __init__(self, contracts: Path) -> None:
        (self.table,) = load(contracts)[0].tables
        self.instance = DagsterInstance.ephemeral()
        columns = "shop string, number int64, _ingested_at timestamp, _batch_id string"
        clients.query(f"create or replace table bronze.shop_visits ({columns})")
        self.build()

    def arrive(self, batch: str, *numbers: int, ago: str = "0 second") -> None:
        rows = ", ".join(
            f"('a', {number}, timestamp_sub(current_timestamp(), interval {ago}), '{batch}')" for number in numbers
        )
        clients.query(f"insert into bronze.shop_visits values {rows}")

    def build(self) -> None:
        """Silver, as dbt makes it."""
        clients.query("""
            create or replace table silver.shop_visits as
            select *, count(*) over (partition by _batch_id) as _batch_rows from bronze.shop_visits
            qualify row_number() over (partition by shop, number order by _ingested_at) = 1
        """)

    def silver(self, sql: str) -> None:
        clients.query(f"{sql.replace('SILVER', 'silver.shop_visits')}")

    def check(self, built: bool = True) -> AssetCheckResult:
        found = result(self.instance, self.table, built)
        fields = {name: getattr(found, name) for name in ("asset_key", "check_name", "passed", "metadata", "severity")}
        self.instance.report_runless_asset_event(AssetCheckEvaluation(**fields))
        return found

    @property
    def holds_back(self) -> bool:
        return held_back(self.instance, [self.table]) == [self.table]


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("silver_events")
    with services_of(folder, CONTRACT):
        for dataset in ("bronze", "silver"):
            clients.warehouse().create_dataset(dataset)
        yield folder / "contracts"


@pytest.fixture
def visits(contracts: Path) -> Visits:
    found = Visits(contracts)
    found.arrive("b1", 1, 2, 3, 3)
    found.build()
    return found


def value(found: AssetCheckResult, name: str) -> Any:
    return found.metadata[name].value


def test_each_event_once_is_what_is_wanted(visits: Visits) -> None:
    found = visits.check()
    assert found.passed and value(found, "missing") == 0 and not visits.holds_back
    visits.arrive("b2", 3)  # a publisher's duplicate
    visits.build()
    assert visits.check().passed


def test_an_event_that_silver_lost_is_named_at_once_and_gold_waits_until_it_is_there(visits: Visits) -> None:
    assert visits.check().passed
    visits.silver("delete from SILVER where number = 2")
    found = visits.check()
    assert not found.passed and visits.holds_back
    assert found.description == f"Events that differ: {LOST} (missing in silver)"
    assert not visits.check(built=False).passed  # it stays so, whoever asks
    visits.build()
    assert visits.check().passed and not visits.holds_back


def test_an_event_that_silver_has_twice_is_named(visits: Visits) -> None:
    visits.silver("insert into SILVER select * from SILVER where number = 2")
    found = visits.check()
    assert not found.passed and value(found, "sample") == {LOST: "several times in silver"}


def test_what_arrived_after_silver_was_built_is_in_flight_until_a_build_leaves_it_out(visits: Visits) -> None:
    assert visits.check().passed
    visits.arrive("b2", 7, 8)
    assert visits.check().passed and visits.check(built=False).passed
    found = visits.check()  # built again, without the batch
    assert not found.passed and value(found, "missing") == 2
    assert '{"shop":"a","number":8} (missing in silver)' in str(found.description)
    visits.build()
    assert visits.check().passed


def test_more_of_a_batch_that_is_merged_is_in_flight_as_well(visits: Visits) -> None:
    """A writer that died commits the rest of its batch later."""
    assert visits.check().passed
    visits.arrive("b1", 9, ago="3 hour")
    assert visits.check().passed
    visits.build()
    visits.arrive("b1", 10, ago="3 hour")
    assert visits.check().passed  # another event of it: the one that waited has come


def test_it_looks_from_a_day_before_the_last_comparison_that_passed(visits: Visits) -> None:
    visits.arrive("b0", 20, 21, ago="50 hour")
    visits.build()
    visits.silver("delete from SILVER where number = 20")
    first = visits.check()
    assert not first.passed  # nothing has passed yet: all of bronze is asked
    assert not visits.check().passed  # nor later, until it is mended
    visits.build()
    assert visits.check().passed
    visits.silver("delete from SILVER where number = 20")
    assert visits.check().passed


def test_silver_by_hand_that_does_not_count_batches_is_compared_too(visits: Visits) -> None:
    visits.silver("alter table SILVER drop column _batch_rows")
    assert visits.check().passed
    visits.silver("delete from SILVER where number = 2")
    assert visits.check().passed  # it might be on its way
    assert not visits.check().passed


def test_a_question_that_is_refused_is_a_check_that_failed_and_forgets_nothing(visits: Visits) -> None:
    before = visits.check()
    visits.silver("drop table SILVER")
    found = visits.check()
    assert not found.passed and "Not found: Table" in str(found.description)
    assert value(found, "since") == value(before, "since")
