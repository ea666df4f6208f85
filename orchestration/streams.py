"""Events that the streaming pipeline has brought: Dagster observes and checks them, it does not move them."""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    DagsterInstance,
    MaterializeResult,
    multi_asset,
)
from google.api_core.exceptions import ClientError

from contracts import names, ops
from contracts.model import Contract, Table
from orchestration import clients, dead_letters, keys, quality_gate, side_by_side, verdict

DELIVERED = "delivered_is_kept_or_dead_lettered"
DAYS = dead_letters.DAYS  # how far back a run looks
PATIENCE = 10  # seconds for what is just being written
SAMPLE = 5


def bronze_events(contracts: Sequence[Contract]) -> AssetsDefinition | None:
    """The bronze assets of all streams, each with the check that every delivered message is somewhere, once."""
    tables = {keys.bronze(table): table for table in keys.captured(contracts, "stream")}
    if not tables:
        return None

    @multi_asset(
        name="events_in_bronze",
        specs=[_spec(table) for table in tables.values()],
        check_specs=[
            AssetCheckSpec(
                DELIVERED,
                asset=key,
                description="Every archived message is in bronze once, or a dead letter once. "
                + quality_gate.HOLDS_BACK,
            )
            for key in tables
        ],
        can_subset=True,
    )
    def events_in_bronze(context: AssetExecutionContext) -> Iterator[MaterializeResult[Any]]:
        selected = [table for key, table in tables.items() if key in context.selected_asset_keys]

        def result(table: Table) -> MaterializeResult[Any]:
            return MaterializeResult(
                asset_key=keys.bronze(table), metadata=arrivals(table), check_results=[delivered(table)]
            )

        yield from side_by_side.ask(result, selected)
        verdict.end_of_bronze(context, [check for table in selected for check in blocking(table)])

    return events_in_bronze


def _spec(table: Table) -> AssetSpec:
    return AssetSpec(
        keys.bronze(table),
        deps=[keys.source(table)],
        group_name=keys.group(table.source, "bronze"),
        description=f"{table.description or table.name} Written by the streaming pipeline events_to_bronze.",
        kinds={"beam", "bigquery"},
    )


def arrivals(table: Table) -> dict[str, Any]:
    """What came since yesterday, how far the stream is, what of it could not be used and why, and a few of those."""
    rows = clients.query(
        "select count(*) as row_count, max(_ingested_at) as newest, max(_source_timestamp) as position, "
        "round(avg(timestamp_diff(_ingested_at, _source_timestamp, millisecond)) / 1000, 3) as seconds "
        f"from {_bronze(table)} where {dead_letters.since('_ingested_at')}"
    )[0]
    return {
        "rows": rows["row_count"],
        "bytes": sum(size for _, size in _archived(table)),
        "newest": str(rows["newest"]),
        "log_position": str(rows["position"]),  # of a stream it is the time of publishing
        "seconds": rows["seconds"],  # from publishing to bronze, on average
        **dead_letters.recent(table),
    }


def _archived(table: Table) -> Iterator[tuple[str, int]]:
    """The archive's objects since yesterday, and their bytes."""
    today = datetime.now(UTC).date()
    for day in (today - timedelta(days=DAYS), today):
        prefix = f"_archive/{table.source}/{table.name}/ingestion_date={day}/"
        for blob in clients.objects().list_blobs(names.bucket("bronze"), prefix=prefix):
            yield blob.name, int(blob.size)


def delivered(table: Table) -> AssetCheckResult:
    """Compares message ids; what the pipeline is just writing is given time to arrive."""
    try:
        differing = _lasting(table)
    except ClientError as refused:  # for an object of the archive that it cannot read, for instance
        return AssetCheckResult(
            check_name=DELIVERED,
            asset_key=keys.bronze(table),
            passed=False,
            description=f"BigQuery refuses: {refused.message}",
        )
    told = ", ".join(f"{row['message_id']} ({row['times']} times)" for row in differing[:SAMPLE])
    more = " ..." if len(differing) > SAMPLE else ""
    return AssetCheckResult(
        check_name=DELIVERED,
        asset_key=keys.bronze(table),
        passed=not differing,
        description=f"Messages that are not stored once: {told}{more}" if differing else None,
        metadata={"messages_that_differ": len(differing), "sample": differing[:SAMPLE]},
    )


def held_back(instance: DagsterInstance, tables: Iterable[Table]) -> list[Table]:
    """The events whose last check found messages that are lost or stored twice."""
    return quality_gate.failing(instance, tables, blocking)


def blocking(table: Table) -> list[AssetCheckKey]:
    """The check that holds an event back."""
    return [AssetCheckKey(keys.bronze(table), DELIVERED)] if table.capture == "stream" else []


def _lasting(table: Table) -> list[dict[str, Any]]:
    """What still differs after a while."""
    differing = _differing(table)
    for _ in range(PATIENCE):
        if not differing:
            break
        time.sleep(1)
        differing = _differing(table)
    return differing


def _differing(table: Table) -> list[dict[str, Any]]:
    """Messages of the archive that are not found exactly once in bronze and the dead letters together.

    A dead letter that a replay brought to bronze stays a letter; it is there once as well.
    """
    return clients.query(f"""
        with delivered as (
            select message_id
            from {_archive(table)}
            where ingestion_date >= date_sub(current_date(), interval {DAYS} day)
        ),
        stored as (
            select _message_id as message_id, starts_with(_batch_id, '{ops.REPLAY}') as is_replayed
            from {_bronze(table)} where {dead_letters.since("_ingested_at", DAYS + 1)}
        ),
        kept as (
            select message_id from stored where not is_replayed
            union all
            select array_reverse(split(origin, '/'))[safe_offset(0)]
            from {dead_letters.relation()}
            where {dead_letters.since("dead_lettered_at", DAYS + 1)} and {dead_letters.of(table)}
        ),
        found as (select message_id, count(*) as times from kept group by message_id)
        select delivered.message_id, coalesce(found.times, 0) as times
        from delivered left join found using (message_id)
        where coalesce(found.times, 0) != 1
        union all
        select message_id, count(*) from stored where is_replayed group by message_id having count(*) > 1
        order by message_id
        limit 1000
    """)


def _bronze(table: Table) -> str:
    return f"`{names.qualified('bronze', names.table(table.source, table.name))}`"


def _archive(table: Table) -> str:
    return f"`{names.qualified('ops', names.archive(table.source, table.name))}`"
