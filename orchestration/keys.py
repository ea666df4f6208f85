"""Asset keys: [layer, table], and what each layer is called in the asset graph."""

from collections.abc import Iterable

from dagster import AssetKey

from contracts import names
from contracts.model import Contract, Table


def source(table: Table) -> AssetKey:
    """A table or an event where it is born."""
    return AssetKey(["source", names.table(table.source, table.name)])


def bronze(table: Table) -> AssetKey:
    """The table's change log, or the event's stream, in the warehouse."""
    return AssetKey(["bronze", names.table(table.source, table.name)])


def silver(table: Table) -> AssetKey:
    """The table's current state."""
    return AssetKey(["silver", names.table(table.source, table.name)])


def group(source: str, layer: str) -> str:
    """A source's assets of one layer: a box of the graph, as their names alone are the same in each layer."""
    return f"{source}_{layer}"


def captured(contracts: Iterable[Contract], capture: str) -> list[Table]:
    """The tables of all contracts that are captured in one way (cdc, stream ...)."""
    return [table for contract in contracts for table in contract.tables if table.capture == capture]
