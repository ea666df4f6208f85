"""Asset checks of conservation between an event's bronze and its silver: each event that arrived, once.

The stream goes on while they are compared. Events of a batch that silver has not merged whole are in flight, until a
run that built silver has left them out: then they are a difference, as those of a merged batch are at once. What is
built on the event in gold is held back until the check passes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    DagsterInstance,
)
from google.api_core.exceptions import ClientError

from contracts import names
from contracts.model import Table
from contracts.sql_text import name as quoted
from orchestration import clients, keys, quality_gate, side_by_side
from orchestration.conservation import of_silver

EQUALS_BRONZE = "equals_bronze"
OVERLAP = "interval 1 day"  # a writer that died and was started again commits rows with an older stamp
EVER = "1970-01-02 00:00:00+00"
SAMPLE = 20  # events that are shown
KEPT = 1000  # batches that are told apart
COUNTED = "_batch_rows"  # silver's column: how many rows a batch had when it was merged


@dataclass(frozen=True)
class Missing:
    """Events of one batch that silver lacks. seen: silver has merged the whole batch."""

    count: int
    sample: Sequence[str]
    seen: bool


@dataclass(frozen=True)
class Before:
    """What the last comparison left: from when on to look, and an event of each batch that silver lacked some of."""

    since: str = EVER
    waiting: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """What a comparison of bronze with silver found, up to a moment.

    missing: by batch. repeated: events that silver has several times. built: silver was built just before.
    """

    through: str
    missing: Mapping[str, Missing]
    repeated: Sequence[str]
    before: Before
    built: bool

    @cached_property
    def lasting(self) -> dict[str, str]:
        """Event -> what is wrong with it: a sample of each batch that is not in flight."""
        lacking = {
            event: "missing in silver"
            for batch, found in self.missing.items()
            if found.seen or (self.built and self.before.waiting.get(batch) == found.sample[0])
            for event in found.sample
        }
        return lacking | dict.fromkeys(self.repeated, "several times in silver")


def specs(tables: Iterable[Table]) -> list[AssetCheckSpec]:
    """One check an event with a key: `equals_bronze` on the silver asset."""
    described = "The table has each event of bronze once. Until it passes, gold keeps what it has of it. To mend it: "
    return [
        AssetCheckSpec(
            EQUALS_BRONZE,
            asset=keys.silver(table),
            description=f"{described}job `reload`, partition {table.source}.{table.name}.",
        )
        for table in _checked(tables)
    ]


def results(
    context: AssetExecutionContext, tables: Iterable[Table], built: Collection[AssetKey]
) -> Iterator[AssetCheckResult]:
    """Compares each event whose check is selected, without those that were to be built and are not."""
    selected = {key.asset_key for key in context.selected_asset_check_keys if key.name == EQUALS_BRONZE}
    compared = {
        silver: table
        for table in _checked(tables)
        if (silver := keys.silver(table)) in selected and (silver in built or silver not in context.selected_asset_keys)
    }
    yield from side_by_side.ask(lambda silver: result(context.instance, compared[silver], silver in built), compared)


def held_back(instance: DagsterInstance, tables: Iterable[Table]) -> list[Table]:
    """The events of which the last comparison found a lasting difference."""
    return quality_gate.failing(instance, tables, blocking)


def blocking(table: Table) -> list[AssetCheckKey]:
    """The check that holds back gold of an event."""
    return [AssetCheckKey(keys.silver(each), EQUALS_BRONZE) for each in _checked([table])]


def _checked(tables: Iterable[Table]) -> list[Table]:
    return [table for table in tables if table.capture == "stream" and table.primary_key]


def result(instance: DagsterInstance, table: Table, built: bool) -> AssetCheckResult:
    """Compares an event with bronze; fails with the events that differ, or with why BigQuery refuses to."""
    before = _before(quality_gate.last(instance, *blocking(table)))
    try:
        found = compare(table, before, built)
    except ClientError as refused:
        reason = f"BigQuery refuses: {refused.message}"
        return of_silver(EQUALS_BRONZE, table, False, reason, {"since": before.since, "waiting": dict(before.waiting)})
    told = ", ".join(f"{event} ({what})" for event, what in list(found.lasting.items())[:SAMPLE])
    described = f"Events that differ: {told}" if found.lasting else None
    return of_silver(EQUALS_BRONZE, table, not found.lasting, described, _metadata(found))


def _metadata(found: Comparison) -> dict[str, Any]:
    return {
        "missing": sum(each.count for each in found.missing.values()),
        "several_times": len(found.repeated),
        "sample": dict([*found.lasting.items()][:SAMPLE]),
        "since": found.before.since if found.lasting else found.through,
        "waiting": {batch: each.sample[0] for batch, each in found.missing.items()},
    }


def _before(evaluation: AssetCheckEvaluation | None) -> Before:
    if evaluation is None:
        return Before()
    since: Any = evaluation.metadata["since"].value
    waiting: Any = evaluation.metadata["waiting"].value
    return Before(str(since), dict(waiting))


def compare(table: Table, before: Before, built: bool) -> Comparison:
    """Compares what arrived since a day before the last comparison that passed with silver, by the event's key.

    Raises:
        google.api_core.exceptions.GoogleAPICallError: BigQuery did not answer.
    """
    name = names.table(table.source, table.name)
    bronze, silver = names.qualified("bronze", name), names.qualified("silver", name)
    through = clients.query("select cast(current_timestamp() as string) as moment")[0]["moment"]
    counts = any(field.name == COUNTED for field in clients.warehouse().get_table(silver).schema)
    merged = f"select _batch_id, max({COUNTED}) as counted from `{silver}` group by _batch_id"
    key = ", ".join(quoted(column) for column in table.primary_key)
    rows = clients.query(f"""
        with arrived as (
            select {key}, _batch_id from `{bronze}`
            where _ingested_at >= timestamp_sub(timestamp '{before.since}', {OVERLAP})
        ),
        kept as (select {key}, count(*) as times from `{silver}` group by {key}),
        merged as ({merged if counts else "select '' as _batch_id, 0 as counted"}),
        sizes as (select _batch_id, count(*) as present from arrived group by _batch_id),
        missing as (
            select distinct _batch_id, to_json_string(struct({key})) as event
            from arrived left join kept using ({key}) where times is null
        ),
        lacking as (
            select _batch_id, count(*) as events, array_agg(event order by event limit {SAMPLE}) as sample
            from missing group by _batch_id
        )
        select _batch_id, events, sample, coalesce(counted >= present, false) as is_seen
        from lacking left join sizes using (_batch_id) left join merged using (_batch_id)
        union all
        select cast(null as string), count(*), array_agg(to_json_string(struct({key})) limit {SAMPLE}), true
        from kept where times > 1 having count(*) > 0
        order by 1
        limit {KEPT}
    """)
    missing = {
        row["_batch_id"]: Missing(row["events"], row["sample"], row["is_seen"])
        for row in rows
        if row["_batch_id"] is not None
    }
    repeated = [event for row in rows if row["_batch_id"] is None for event in row["sample"]]
    return Comparison(str(through), missing, repeated, before, built)
