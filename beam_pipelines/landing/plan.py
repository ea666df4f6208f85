"""A plan: which landing files one batch takes, fixed before any of them is read.

`gs://<bronze>/_plans/<source>/<batch_id>.json`, written once. A plan without a manifest is unfinished, and whoever runs
next finishes it; two at once make the same objects.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from beam_pipelines import objects
from beam_pipelines.landing.new_files import Cursor, LandingFile, find_new
from contracts.model import Contract, Table

_BYTES_IN_A_PART = 32 << 20
_FILES_IN_A_PART = 2_000
_ID_DIGITS = 10


@dataclass(frozen=True)
class Part:
    """Some files of one table, which become one Parquet file (more, if they are large)."""

    table: str
    number: int
    files: tuple[LandingFile, ...]


@dataclass(frozen=True)
class Plan:
    """`cursors` say, per table, which files this and earlier plans have taken."""

    source: str
    batch_id: str
    ingested_at: datetime
    parts: tuple[Part, ...]
    cursors: dict[str, Cursor] = field(default_factory=dict)

    @property
    def ingestion_date(self) -> date:
        """The partition of all rows of the batch."""
        return self.ingested_at.date()

    def to_json(self) -> dict[str, Any]:
        """The plan as its object holds it."""
        content = asdict(self)
        return {**content, "ingested_at": self.ingested_at.isoformat(), "ingestion_date": str(self.ingestion_date)}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Plan":
        """The way back from to_json."""
        parts = tuple(
            Part(part["table"], part["number"], tuple(LandingFile(**file) for file in part["files"]))
            for part in content["parts"]
        )
        cursors = {
            table: Cursor(cursor["watermark"], tuple(cursor["recent"])) for table, cursor in content["cursors"].items()
        }
        ingested_at = datetime.fromisoformat(content["ingested_at"])
        return cls(content["source"], content["batch_id"], ingested_at, parts, cursors)


def plan_name(source: str, batch_id: str) -> str:
    """The plan's object in the bronze bucket."""
    return f"_plans/{source}/{batch_id}.json"


def manifest_name(source: str, batch_id: str) -> str:
    """The manifest's object in the bronze bucket."""
    return f"_manifests/{source}/{batch_id}.json"


def latest_plan(source: str) -> Plan | None:
    """The plan with the highest batch id."""
    name = objects.last_name(
        "bronze", f"_plans/{source}/", lambda number: plan_name(source, f"{number:0{_ID_DIGITS}d}")
    )
    content = objects.read_json("bronze", name) if name else None
    return Plan.from_json(content) if content else None


def is_finished(plan: Plan) -> bool:
    """Whether the plan's manifest is there."""
    return objects.exists("bronze", manifest_name(plan.source, plan.batch_id))


def next_plan(contract: Contract, before: Plan | None) -> Plan | None:
    """The plan after `before`, written, or that of whoever was faster; None when nothing has landed."""
    known = before.cursors if before else {}
    cursors: dict[str, Cursor] = dict(known)
    parts: list[Part] = []
    for table in cdc_tables(contract):
        files, cursors[table.name] = find_new(contract, table, known.get(table.name, Cursor()))
        parts += _parts(table.name, files)
    if not parts:
        return None
    batch_id = f"{int(before.batch_id) + 1 if before else 1:0{_ID_DIGITS}d}"
    plan = Plan(contract.id, batch_id, datetime.now(UTC), tuple(parts), cursors)
    return Plan.from_json(objects.write_json_once("bronze", plan_name(contract.id, batch_id), plan.to_json()))


def cdc_tables(contract: Contract) -> tuple[Table, ...]:
    """The tables that arrive through the landing bucket."""
    return tuple(table for table in contract.tables if table.capture == "cdc")


def _parts(table: str, files: Sequence[LandingFile]) -> list[Part]:
    groups: list[list[LandingFile]] = []
    room = 0
    for file in files:
        if not groups or file.size > room or len(groups[-1]) == _FILES_IN_A_PART:
            groups.append([])
            room = _BYTES_IN_A_PART
        groups[-1].append(file)
        room -= file.size
    return [Part(table, number, tuple(group)) for number, group in enumerate(groups)]
