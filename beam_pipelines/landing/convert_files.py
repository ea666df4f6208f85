"""Parts of a plan -> Parquet files in bronze; bad: the landing files that cannot be read."""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from beam_pipelines.landing.convert_part import convert_part
from beam_pipelines.landing.envelope import Batch, Envelope
from beam_pipelines.landing.plan import Part
from beam_pipelines.outcome import BAD, GOOD, Outcome
from contracts.model import Table


class ConvertFiles(beam.PTransform):
    """Part -> Outcome of PartDone and DeadLetter. Killed and repeated, it writes the same objects."""

    def __init__(self, tables: Iterable[Table], batch: Batch) -> None:
        super().__init__()
        self._tables, self._batch = tuple(tables), batch

    @no_annotations
    def expand(self, parts: beam.PCollection) -> Outcome:
        done = parts | "Convert" >> beam.ParDo(_Convert(self._tables, self._batch)).with_outputs(BAD, main=GOOD)
        return Outcome(done[GOOD], done[BAD])


class _Convert(beam.DoFn):
    def __init__(self, tables: tuple[Table, ...], batch: Batch) -> None:
        self._tables, self._batch = {table.name: table for table in tables}, batch

    def process(self, part: Part) -> Iterable[Any]:
        done, letters = convert_part(part, Envelope(self._tables[part.table], self._batch))
        yield done
        for letter in letters:
            yield TaggedOutput(BAD, letter)
