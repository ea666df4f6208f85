"""What bronze lacks, has twice or cannot be read holds back its own table or event, with the reason, and no other.

Run one seed alone: pytest tests/orchestration/test_held_back.py -m "long or not long" -k <seed>
"""

import io
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dagster import AssetCheckEvaluation, AssetCheckResult, DagsterInstance

from contracts import bronze, names
from contracts.model import Table
from orchestration import clients, quality_gate, streams
from orchestration.quality_gate import Batch

DAY = "2026-03-01"
TYPES = {
    "INT64": pa.int64(),
    "NUMERIC": pa.decimal128(38, 9),
    "TIMESTAMP": pa.timestamp("us", "UTC"),
}


def put(table: Table, name: str, data: bytes) -> str:
    path = f"{table.source}/{table.name}/ingestion_date={DAY}/{name}.parquet"
    clients.objects().bucket(names.bucket("bronze")).blob(path).upload_from_string(data)
    return path


def remove(path: str) -> None:
    clients.objects().bucket(names.bucket("bronze")).blob(path).delete()


def parquet(table: Table, batch: str, keys: list[int], **other: pa.Array | None) -> bytes:
    """Rows as the pipeline writes them; `other`: columns of another type, unknown ones, missing ones."""
    values: dict[str, list[Any]] = {
        "id": list(keys), "_batch_id": [batch] * len(keys), "_change_type": ["INSERT"] * len(keys),
        "_sort_key": [f"{key:016X}/0000000001" for key in keys],
    }  # fmt: skip
    types = {name: TYPES.get(kind, pa.string()) for name, kind, _ in bronze.bronze_columns(table)}
    arrays = {name: pa.array(values.get(name, [None] * len(keys)), kind) for name, kind in types.items()}
    made = {name: array for name, array in {**arrays, **other}.items() if array is not None}
    out = io.BytesIO()
    pq.write_table(pa.table(made), out)
    return out.getvalue()


def ask(instance: DagsterInstance, table: Table, *batches: Batch) -> dict[str, AssetCheckResult]:
    """Evaluates the gate as a run does, and records it."""
    results = quality_gate.results(instance, table, batches)
    return {result.check_name or "": record(instance, result) for result in results}


def record(instance: DagsterInstance, result: AssetCheckResult) -> AssetCheckResult:
    fields = ("asset_key", "check_name", "passed", "metadata", "severity", "description")
    evaluation: dict[str, Any] = {name: getattr(result, name) for name in fields}
    instance.report_runless_asset_event(AssetCheckEvaluation(**evaluation))
    return result


def test_it_holds_back_its_table_alone_until_it_is_gone(shop: dict[str, Table]) -> None:
    things, others = shop["things"], shop["others"]
    first = [put(table, "0000000001-00000", parquet(table, "0000000001", [1, 2])) for table in (things, others)]
    bad = put(things, "0000000002-00000", parquet(things, "0000000002", [3], price=pa.array(["dear"])))
    with DagsterInstance.ephemeral() as instance:
        for table in (things, others):
            ask(instance, table, Batch("0000000001", DAY, 2))
        assert quality_gate.blocked(instance, shop.values()) == [things]
        refused = ask(instance, things, Batch("0000000002", DAY, 1))
        assert not any(result.passed for result in refused.values())
        for result in refused.values():
            assert (
                result.description is not None
                and bad in result.description
                and "BigQuery refuses" in result.description
            )
        remove(bad)
        mended = put(things, "0000000002-00000", parquet(things, "0000000002", [3]))
        assert all(result.passed for result in ask(instance, things).values())
        assert quality_gate.blocked(instance, shop.values()) == []
    for path in (*first, mended):
        remove(path)


def archive(event: Table, name: str, data: bytes) -> str:
    """An object of the event's archive."""
    path = f"_archive/{event.source}/{event.name}/ingestion_date={datetime.now(UTC):%Y-%m-%d}/{name}.parquet"
    clients.objects().bucket(names.bucket("bronze")).blob(path).upload_from_string(data)
    return path


def store(event: Table, message: str) -> None:
    """A row of bronze."""
    clients.query(
        f"insert into bronze.shop_{event.name} (id, moment, _message_id, _source_timestamp, _ingested_at, _batch_id) "
        f"values (1, current_timestamp(), '{message}', current_timestamp(), current_timestamp(), 'b')"
    )


def bury(event: Table, message: str) -> None:
    """A dead letter."""
    clients.query(
        "insert into ops.dead_letters (dead_letter_id, source, object, reason, origin, dead_lettered_at, _batch_id) "
        f"values ('{message}', 'shop', '{event.name}', 'wrong_type', 'topic/{message}', current_timestamp(), 'b')"
    )


def messages(*ids: str) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"message_id": list(ids), "data": [b"{}"] * len(ids)}), out)
    return out.getvalue()


def test_an_event_waits_for_messages_that_are_lost_or_twice(
    shop: dict[str, Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PATIENCE", 0)
    clicks, views = shop["clicks"], shop["views"]
    with DagsterInstance.ephemeral() as instance:

        def told(event: Table) -> str | None:
            result = record(instance, streams.delivered(event))
            assert result.passed == (result.description is None)
            assert streams.held_back(instance, shop.values()) == ([] if result.passed else [event])
            return result.description

        archive(views, "first", messages("v1"))
        store(views, "v1")
        archive(clicks, "first", messages("m1", "m2", "m3"))
        store(clicks, "m1")
        store(clicks, "m2")
        assert told(views) is None
        assert told(clicks) == "Messages that are not stored once: m3 (0 times)"
        bury(clicks, "m3")
        assert told(clicks) is None
        store(clicks, "m3")
        assert told(clicks) == "Messages that are not stored once: m3 (2 times)"
        clients.query("delete from bronze.shop_clicks where _message_id = 'm3'")
        damaged = archive(clicks, "second", messages("m4")[:-9])
        assert damaged in str(told(clicks))
        remove(damaged)
        assert told(clicks) is None


def _without(name: str) -> Callable[[Table, str], bytes]:
    return lambda table, batch: parquet(table, batch, [9], **{name: None})


def _cut(table: Table, batch: str) -> bytes:
    whole = parquet(table, batch, [9])
    return whole[: random.Random(batch).randrange(len(whole))]


def _noise(table: Table, batch: str) -> bytes:
    dice = random.Random(batch)
    return dice.choice([b"", b"PAR1", b"PAR1" + dice.randbytes(60) + b"PAR1", dice.randbytes(300), b'{"id": 1}\n'])


def _retyped(table: Table, batch: str) -> bytes:
    other = random.Random(batch).choice([
        {"id": pa.array(["one"])}, {"id": pa.array([1.5])}, {"label": pa.array([5])}, {"price": pa.array([True])},
        {"_sort_key": pa.array([7])}, {"_ingested_at": pa.array(["today"])}, {"label": pa.array([["a"]])},
    ])  # fmt: skip
    return parquet(table, batch, [9], **other)


# What is made, and whether the table can still be read with it.
KINDS: list[tuple[Callable[[Table, str], bytes], bool]] = [
    (lambda table, batch: parquet(table, batch, [9]), True),
    (lambda table, batch: parquet(table, batch, []), True),
    (lambda table, batch: parquet(table, batch, [9], surprise=pa.array([1])), True),
    (_without("label"), True), (_without("price"), True), (_without("_raw"), True),
    (_cut, False), (_noise, False), (_retyped, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 8), *(pytest.param(seed, 2500, marks=pytest.mark.long) for seed in (81, 82, 83, 84))]
)
def test_whatever_lies_there_the_gate_says_whether_it_can_be_read(
    shop: dict[str, Table], seed: int, count: int
) -> None:
    print(f"seed {seed}")
    dice, table = random.Random(seed), shop["things"]
    with DagsterInstance.ephemeral() as instance:
        for number in range(count):
            make, is_readable = dice.choice(KINDS)
            batch = f"{seed:03}{number:07}"
            path = put(table, batch, make(table, batch))
            found = ask(instance, table)[quality_gate.REQUIRED_VALUES]
            assert found.passed == is_readable, (make, found.description)
            assert is_readable or path in str(found.description)
            remove(path)
