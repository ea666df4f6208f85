"""Parts of earlier batches -> the same objects in bronze, made again from their landing files by today's code.

Each object is exchanged in one step, and only if its content is another, so readers see the old rows or the new ones.
A part whose landing files are no longer there keeps its objects.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import apache_beam as beam

from beam_pipelines import objects
from beam_pipelines.dead_letters import DeadLetter
from beam_pipelines.landing.convert_part import MISSING, Damaged, PartDone, read_landed
from beam_pipelines.landing.envelope import Batch, Envelope
from beam_pipelines.landing.parquet import PartWriter, part_prefix
from beam_pipelines.landing.plan import Part
from contracts.model import Table


@dataclass(frozen=True)
class Reloaded:
    """What became of one part: `done` is None where it was kept, and `kept` says why."""

    batch_id: str
    table: str
    done: PartDone | None
    letters: tuple[DeadLetter, ...] = ()
    changed: int = 0
    kept: str = ""


class ReloadParts(beam.PTransform):
    """(Batch, Part) -> Reloaded."""

    def __init__(self, tables: Sequence[Table]) -> None:
        super().__init__()
        self._tables = tuple(tables)

    def expand(self, parts: beam.PCollection) -> beam.PCollection:
        return parts | "Reload" >> beam.ParDo(_Reload(self._tables)).with_output_types(Reloaded)


class _Reload(beam.DoFn):
    def __init__(self, tables: tuple[Table, ...]) -> None:
        self._tables = {table.name: table for table in tables}

    def process(self, work: tuple[Batch, Part]) -> Iterator[Reloaded]:
        batch, part = work
        envelope = Envelope(self._tables[part.table], batch)
        changed: list[bool] = []
        letters: list[DeadLetter] = []
        try:
            with PartWriter(envelope, part.number, lambda *given: _noted(changed, *given)) as writer:
                for file in part.files:
                    try:
                        writer.add_whole(read_landed(file, envelope))
                    except Damaged as damage:
                        if damage.reason == MISSING:
                            raise
                        letters.append(damage.letter(envelope.table, file))
        except Damaged as damage:
            yield Reloaded(batch.batch_id, part.table, None, kept=f"batch {batch.batch_id}: {damage}")
            return
        changed += [True for _ in _remove_others(part_prefix(envelope, part.number), writer.names)]
        size = sum(file.size for file in part.files)
        done = PartDone(part.table, len(part.files), size, writer.written, len(letters), 0.0)
        yield Reloaded(batch.batch_id, part.table, done, tuple(letters), sum(changed))


def _noted(changed: list[bool], role: str, name: str, data: bytes, content_type: str) -> bool:
    has_changed = objects.replace(role, name, data, content_type)
    changed.append(has_changed)
    return has_changed


def _remove_others(prefix: str, written: Sequence[str]) -> Iterator[str]:
    """Removes objects of the part that are no longer made; their names."""
    for blob in list(objects.list_from("bronze", prefix)):
        if blob.name not in written:
            objects.remove("bronze", blob.name)
            yield blob.name
