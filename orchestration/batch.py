"""Landing to bronze: one Beam process moves all new change files of all databases; each table is an asset."""

from collections.abc import Iterator, Sequence
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    DagsterInstance,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from contracts import names
from contracts.model import Contract, Table
from orchestration import conservation, dead_letters, keys, pipelines, quality_gate, side_by_side, verdict
from orchestration.quality_gate import Batch

POSITION = "log_position"


def bronze_tables(contracts: Sequence[Contract]) -> AssetsDefinition | None:
    """The bronze assets of all cdc tables, each with its quality gate."""
    tables = {keys.bronze(table): table for table in keys.captured(contracts, "cdc")}
    if not tables:
        return None

    @multi_asset(
        name="landing_to_bronze",
        specs=[_spec(table) for table in tables.values()],
        check_specs=quality_gate.specs(tables.values()),
        can_subset=True,
    )
    def landing_to_bronze(context: AssetExecutionContext) -> Iterator[MaterializeResult[Any]]:
        selected = [table for key, table in tables.items() if key in context.selected_asset_keys]
        sources = sorted({table.source for table in selected})
        arguments = [word for source in sources for word in ("--source", source)]
        at_first = conservation.at_first(context.instance, selected)
        summary = pipelines.run("landing_to_bronze", arguments, context.log.info)

        def result(table: Table) -> MaterializeResult[Any]:
            batches = batches_of(summary, table)
            return MaterializeResult(
                asset_key=keys.bronze(table),
                metadata={**metadata(summary, table, context.instance), **at_first.get(keys.bronze(table), {})},
                check_results=list(quality_gate.results(context.instance, table, batches)),
            )

        yield from side_by_side.ask(result, selected)
        verdict.end_of_bronze(context, [check for table in selected for check in quality_gate.blocking(table)])

    return landing_to_bronze


def batches_of(summary: dict[str, Any], table: Table) -> list[Batch]:
    """The batches of one table in the pipeline's summary."""
    return [
        Batch(batch["batch_id"], batch["ingestion_date"], batch["tables"][table.name]["rows"])
        for batch in summary["batches"]
        if batch["source"] == table.source and table.name in batch["tables"]
    ]


def metadata(summary: dict[str, Any], table: Table, instance: DagsterInstance) -> dict[str, Any]:
    """What an operator sees of this run: rows, files, bytes, seconds, dead letters, and the log position of the table.

    The position is the highest that was reached so far: a run that finds nothing new shows it as well.
    """
    parts = [
        batch["tables"][table.name]
        for batch in summary["batches"]
        if batch["source"] == table.source and table.name in batch["tables"]
    ]
    added = {name: sum(part[name] for part in parts) for name in ("rows", "files", "dead_letters", "bytes", "seconds")}
    position = max(filter(None, [_position(instance, table), *(part["max_sort_key"] for part in parts)]), default=None)
    letters = dead_letters.recent(table) if added["dead_letters"] else {}
    return {**letters, **added, **({POSITION: MetadataValue.text(position)} if position else {})}


def _position(instance: DagsterInstance, table: Table) -> str | None:
    """What the last materialization says."""
    event = instance.get_latest_materialization_event(keys.bronze(table))
    found = event.asset_materialization.metadata.get(POSITION) if event and event.asset_materialization else None
    return str(found.value) if found is not None else None


def _spec(table: Table) -> AssetSpec:
    return AssetSpec(
        keys.bronze(table),
        deps=[keys.source(table)],
        group_name=keys.group(table.source, "bronze"),
        description=f"The change log of {names.table(table.source, table.name)}. {table.description or ''}",
        kinds={"parquet", "bigquery"},
    )
