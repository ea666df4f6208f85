"""JSON objects -> rows of bronze; bad: what breaks the contract."""

from collections.abc import Iterable, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from beam_pipelines.events.message_batch import Decoded, Faults, Rows
from beam_pipelines.events.validation import validate
from beam_pipelines.outcome import BAD, GOOD, Outcome
from contracts.model import Table


class ValidateEvents(beam.PTransform):
    """Decoded -> Outcome of Rows and Faults, by the contract's table of each batch (tables by (source, event))."""

    def __init__(self, tables: Mapping[tuple[str, str], Table]) -> None:
        super().__init__()
        self._tables = tables

    @no_annotations
    def expand(self, decoded: beam.PCollection) -> Outcome:
        validated = decoded | "Validate" >> beam.ParDo(_Validate(self._tables)).with_outputs(BAD, main=GOOD)
        return Outcome(validated[GOOD], validated[BAD])


class _Validate(beam.DoFn):
    def __init__(self, tables: Mapping[tuple[str, str], Table]) -> None:
        self._tables = tables

    def process(self, decoded: Decoded) -> Iterable[Any]:
        batch = decoded.registered.batch
        valid = validate(decoded, self._tables[batch.source, batch.event])
        if valid.rows.num_rows:
            yield Rows(decoded.registered, valid.rows, valid.indices)
        if valid.faults:
            yield TaggedOutput(BAD, Faults(decoded.registered, "validate", valid.faults))
