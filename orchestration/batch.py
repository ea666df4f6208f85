"""Landing to bronze: one Beam process moves all new change files of all databases; each table is an asset."""

from collections.abc import Iterator, Sequence
from typing import Any

from contracts import names
from contracts.model import Contract, Table
from dagster import AssetExecutionContext, AssetsDefinition, AssetSpec, MaterializeResult, multi_asset

from orchestration import keys, pipelines, quality_gate


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
        summary = pipelines.run("landing_to_bronze", arguments, context.log.info)
        for table in selected:
            moved = moved_rows(summary, table)
            yield MaterializeResult(
                asset_key=keys.bronze(table),
                metadata=moved,
                check_results=quality_gate.results(table, moved["batches"]),
            )

    return landing_to_bronze


def _spec(table: Table) -> AssetSpec:
    return AssetSpec(
        keys.bronze(table),
        deps=[keys.source(table)],
        group_name=table.source,
        description=f"The change log of {names.table(table.source, table.name)}, in log order. {table.description or ''}",
        kinds={"parquet", "bigquery"},
    )
