"""What an operator reads on the page of a bronze table."""

from pathlib import Path
from typing import Any

from dagster import AssetMaterialization, DagsterInstance

from contracts.reader import load
from orchestration import batch, keys

PART = {"rows": 3, "files": 1, "dead_letters": 0, "bytes": 90, "seconds": 0.5}


def test_the_log_position_stays_when_nothing_is_new_and_never_goes_back() -> None:
    """A reload of one day goes through batches of long ago."""
    saas = next(contract for contract in load(Path(__file__).parents[2] / "contracts") if contract.id == "saas")
    users = saas.table("users")
    shown: list[tuple[int, str | None]] = []
    with DagsterInstance.ephemeral() as instance:
        for position in (None, "0B/1", None, "0A/7", "0C/0"):
            table = {"users": {**PART, "max_sort_key": position}} if position else {}
            summary: dict[str, Any] = {"batches": [{"source": "saas", "tables": table}]}
            found = batch.metadata(summary, users, instance)
            instance.report_runless_asset_event(AssetMaterialization(keys.bronze(users), metadata=found))
            shown.append((found["rows"], found["log_position"].value if "log_position" in found else None))
    assert shown == [(0, None), (3, "0B/1"), (0, "0B/1"), (3, "0B/1"), (3, "0C/0")]
