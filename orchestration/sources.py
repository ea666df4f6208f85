"""Where the data is born: external assets, so that the graph reads from source to gold."""

from collections.abc import Iterable

from dagster import AssetSpec

from contracts.model import Contract
from orchestration import keys

KINDS = {"cdc": "postgres", "stream": "pubsub"}


def source_assets(contracts: Iterable[Contract]) -> list[AssetSpec]:
    """One external asset for each table and each event of the contracts."""
    return [
        AssetSpec(
            keys.source(table),
            group_name=keys.group(table.source, "source"),
            description=table.description,
            kinds={KINDS[table.capture]} if table.capture in KINDS else set(),
        )
        for contract in contracts
        for table in contract.tables
    ]
