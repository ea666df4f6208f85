"""Datastream's files in the landing bucket -> Parquet in the bronze bucket: a batch pipeline.

    python -m beam_pipelines.landing_to_bronze [--source saas] [--runner=...]

Plan, Parquet, manifest: killed at any moment and started again, or started twice, it makes the same objects once. The
last line on stdout is a JSON summary. Beam's own options follow; with none of them, the same steps run in this process
without Beam, part after part.
"""

import argparse
import gc
import json
import logging
import time
from collections.abc import Sequence
from typing import Any

from beam_pipelines import objects
from beam_pipelines.imports import leave_out
from beam_pipelines.landing.plan import Plan, cdc_tables, is_finished, latest_plan, manifest_name, next_plan
from contracts.model import Contract
from contracts.reader import load


def main(arguments: Sequence[str] | None = None) -> None:
    """Loads what has landed for all sources, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", action="append", help="only this source (repeatable)")
    chosen, beam_arguments = parser.parse_known_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    started = time.monotonic()
    batches = [batch for contract in chosen_contracts(chosen.source) for batch in run_source(contract, beam_arguments)]
    summary = {"batches": batches, "seconds": round(time.monotonic() - started, 3)}
    print(json.dumps(summary), flush=True)


def chosen_contracts(sources: Sequence[str] | None) -> list[Contract]:
    """The contracts with cdc tables, or those named. Raises SystemExit for a name that none has."""
    contracts = {contract.id: contract for contract in load() if cdc_tables(contract)}
    unknown = set(sources or ()) - contracts.keys()
    if unknown:
        known = ", ".join(contracts) or "none"
        raise SystemExit(f"no source {', '.join(sorted(unknown))} with cdc tables in the contracts; known: {known}")
    return [contract for source, contract in contracts.items() if not sources or source in sources]


def run_source(contract: Contract, beam_arguments: Sequence[str]) -> list[dict[str, Any]]:
    """Finishes what an earlier run left, then loads what is new; the manifests of both, with the seconds they took."""
    before = latest_plan(contract.id)
    unfinished = before if before and not is_finished(before) else None
    done = [_execute(unfinished, contract, beam_arguments)] if unfinished else []
    new = next_plan(contract, before)
    return [*done, _execute(new, contract, beam_arguments)] if new else done


def _execute(plan: Plan, contract: Contract, beam_arguments: Sequence[str]) -> dict[str, Any]:
    started = time.monotonic()
    files = sum(len(part.files) for part in plan.parts)
    logging.getLogger(__name__).info("batch %s of %s: %d files", plan.batch_id, plan.source, files)
    if beam_arguments:
        from beam_pipelines.landing import pipeline  # Beam takes seconds to import

        pipeline.execute(plan, contract, beam_arguments)
    else:
        from beam_pipelines.landing import in_process

        in_process.execute(plan, contract)
    manifest = objects.read_json("bronze", manifest_name(plan.source, plan.batch_id))
    if manifest is None:
        raise RuntimeError(f"batch {plan.batch_id} of {plan.source} ran and left no manifest")
    return {**manifest, "seconds": round(time.monotonic() - started, 3)}


if __name__ == "__main__":
    leave_out("pandas")
    main()
    gc.freeze()  # or Python looks through all that was imported once more before it ends, for a third of a second
