"""Parts of earlier batches -> bronze again: the Beam part, and what is written down afterwards."""

from collections.abc import Iterable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from beam_pipelines import objects
from beam_pipelines.keys import derive_key
from beam_pipelines.landing.commit import by_table
from beam_pipelines.landing.envelope import Batch
from beam_pipelines.landing.pipeline import with_runner
from beam_pipelines.landing.plan import Part, Plan, cdc_tables, manifest_name
from beam_pipelines.landing.reload_parts import Reloaded, ReloadParts
from beam_pipelines.store_dead_letters import known_letters, store
from contracts.model import Contract


def execute(contract: Contract, work: Sequence[tuple[Plan, Part]], arguments: Sequence[str]) -> dict[str, Any]:
    """Makes the parts' objects again; {"changed": how many are other ones now, "kept": why some were not made}."""
    name = f"_reloads/{contract.id}/{derive_key(f'{plan.batch_id}/{part.table}/{part.number}' for plan, part in work)}"
    options = with_runner(PipelineOptions(list(arguments)))
    with beam.Pipeline(options=options) as pipeline:
        parts = pipeline | "Parts" >> beam.Create([(Batch(p.batch_id, p.ingested_at), part) for p, part in work])
        done = parts | "Spread" >> beam.Reshuffle() | ReloadParts(cdc_tables(contract))
        done | "One list" >> beam.combiners.ToList() | "Write down" >> beam.Map(write_down, contract.id, f"{name}.json")
    outcome = objects.read_json("bronze", f"{name}.json")
    if outcome is None:
        raise RuntimeError(f"the reload ran and left no {name}.json")
    return outcome


def write_down(results: Sequence[Reloaded], source: str, name: str) -> str:
    """Stores new dead letters, brings the manifests up to date, then writes the outcome to `name`."""
    for batch_id in sorted({result.batch_id for result in results}):
        _finish(source, batch_id, [result for result in results if result.batch_id == batch_id])
    kept = sorted(result.kept for result in results if result.kept)
    outcome = {"changed": sum(result.changed for result in results), "kept": kept}
    objects.replace_json("bronze", name, outcome)
    return name


def _finish(source: str, batch_id: str, results: Iterable[Reloaded]) -> None:
    results = list(results)
    letters = sorted((letter for result in results for letter in result.letters), key=lambda letter: letter.origin)
    known = known_letters([letter.dead_letter_id for letter in letters])
    new = [letter for letter in letters if letter.dead_letter_id not in known]
    if new:
        key = derive_key(letter.dead_letter_id for letter in new)
        store(new, batch_id, f"_manifests/{source}/dead_letters/{batch_id}-{key}.json")
    whole = {result.table for result in results} - {result.table for result in results if result.done is None}
    rows = by_table([result.done for result in results if result.done is not None and result.table in whole])
    manifest = objects.read_json("bronze", manifest_name(source, batch_id)) or {}
    seconds = {name: row["seconds"] for name, row in manifest["tables"].items()}
    made = {name: {**row, "seconds": seconds.get(name, 0.0)} for name, row in rows.items()}
    objects.replace_json(
        "bronze", manifest_name(source, batch_id), {**manifest, "tables": {**manifest["tables"], **made}}
    )
