"""Bronze once more from the landing bucket: a source, one table, or what one day brought. Nothing else is touched.

    python -m beam_pipelines.reload_from_landing --source saas [--table accounts] [--day 2026-11-21] [--runner=...]

For after a mended pipeline or contract. The plans say which landing files made which objects; the same objects are
made again, so killed and started again, or run twice, it ends the same. The last line on stdout is a JSON summary, as
that of landing_to_bronze, with `changed` objects and what was `kept` because its landing files are gone.
"""

import argparse
import json
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from beam_pipelines import objects
from beam_pipelines.landing.plan import Part, Plan, cdc_tables, is_finished, manifest_name
from beam_pipelines.landing_to_bronze import chosen_contracts
from contracts.model import Contract, Table


def main(arguments: Sequence[str] | None = None) -> None:
    """Reloads what was chosen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", required=True)
    parser.add_argument("--table", action="append", help="only this table of the source (repeatable)")
    parser.add_argument("--day", type=date.fromisoformat, help="only what was ingested on this day (ingestion_date)")
    chosen, beam_arguments = parser.parse_known_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    started = time.monotonic()
    contract = chosen_contracts([chosen.source])[0]
    tables = _chosen_tables(contract, chosen.table)
    plans = list(_plans(contract, {table.name for table in tables}, chosen.day))
    summary = reload(contract, tables, plans, beam_arguments)
    print(json.dumps({**summary, "seconds": round(time.monotonic() - started, 3)}), flush=True)


def _chosen_tables(contract: Contract, names: Sequence[str] | None) -> list[Table]:
    tables = {table.name: table for table in cdc_tables(contract)}
    unknown = set(names or ()) - tables.keys()
    if unknown:
        raise SystemExit(
            f"source {contract.id} has no cdc table {', '.join(sorted(unknown))}; known: {', '.join(tables)}"
        )
    return [table for name, table in tables.items() if not names or name in names]


def _plans(contract: Contract, tables: set[str], day: date | None) -> Iterable[Plan]:
    """The finished plans, of that day, that took files of the tables. An unfinished one is landing_to_bronze's."""
    for blob in objects.list_from("bronze", f"_plans/{contract.id}/"):
        plan = Plan.from_json(objects.read_json("bronze", blob.name) or {})
        is_chosen = day is None or plan.ingestion_date == day
        if is_chosen and any(part.table in tables for part in plan.parts) and is_finished(plan):
            yield plan


def reload(
    contract: Contract, tables: Sequence[Table], plans: Sequence[Plan], beam_arguments: Sequence[str]
) -> dict[str, Any]:
    """Makes the plans' objects of these tables again; their manifests, as they are then."""
    if not plans:
        return {"batches": [], "changed": 0, "kept": []}
    from beam_pipelines.landing.reload import execute  # Beam takes seconds to import

    names = {table.name for table in tables}
    work = [(plan, part) for plan in plans for part in plan.parts if part.table in names]
    logging.getLogger(__name__).info("%s: %d parts of %d batches again", contract.id, len(work), len(plans))
    outcome = execute(contract, work, beam_arguments)
    batches = [_manifest(plan, work) for plan in plans]
    return {"batches": batches, **outcome}


def _manifest(plan: Plan, work: Sequence[tuple[Plan, Part]]) -> dict[str, Any]:
    """A plan's manifest with the tables that were reloaded."""
    manifest = objects.read_json("bronze", manifest_name(plan.source, plan.batch_id)) or {}
    reloaded = {part.table for made, part in work if made.batch_id == plan.batch_id}
    return {**manifest, "tables": {name: row for name, row in manifest["tables"].items() if name in reloaded}}


if __name__ == "__main__":
    main()
