"""What all parts did -> dead letters stored, then the manifest: the batch is committed when it is there."""

from collections.abc import Iterable, Sequence
from typing import Any

from beam_pipelines import objects
from beam_pipelines.dead_letters import DeadLetter
from beam_pipelines.landing.convert_part import PartDone
from beam_pipelines.landing.plan import Plan, manifest_name
from beam_pipelines.store_dead_letters import store


def finish(results: Sequence[PartDone | DeadLetter], plan: Plan) -> str:
    """Stores the dead letters in a fixed order, then writes the manifest; its name."""
    source, batch_id = plan.source, plan.batch_id
    letters = sorted((r for r in results if isinstance(r, DeadLetter)), key=lambda letter: letter.origin)
    if letters:
        store(letters, batch_id, f"_manifests/{source}/dead_letters/{batch_id}.json")
    tables = by_table([r for r in results if isinstance(r, PartDone)])
    name = manifest_name(source, batch_id)
    manifest = {"batch_id": batch_id, "source": source, "ingestion_date": str(plan.ingestion_date), "tables": tables}
    objects.write_json_once("bronze", name, manifest)
    return name


def by_table(parts: Iterable[PartDone]) -> dict[str, dict[str, Any]]:
    """What a manifest says of each table: files, rows, dead letters, bytes, seconds, first and last `_sort_key`."""
    tables: dict[str, dict[str, Any]] = {}
    for part in parts:
        empty = {"files": 0, "rows": 0, "dead_letters": 0, "landing_bytes": 0, "bytes": 0, "seconds": 0.0}
        row = tables.setdefault(part.table, {**empty, "min_sort_key": None, "max_sort_key": None})
        row["files"] += part.files
        row["rows"] += part.written.rows
        row["dead_letters"] += part.dead_letters
        row["landing_bytes"] += part.landing_bytes
        row["bytes"] += part.written.bytes
        row["seconds"] = round(row["seconds"] + part.seconds, 3)
        keys = [key for key in (row["min_sort_key"], part.written.min_sort_key) if key]
        row["min_sort_key"] = min(keys, default=None)
        keys = [key for key in (row["max_sort_key"], part.written.max_sort_key) if key]
        row["max_sort_key"] = max(keys, default=None)
    return tables
