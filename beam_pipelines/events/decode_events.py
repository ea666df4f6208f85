"""Messages -> JSON objects; bad: what is not UTF-8 JSON, or not an object."""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from beam_pipelines.events.json_text import decode_objects
from beam_pipelines.events.message_batch import Decoded, Faults, Registered
from beam_pipelines.outcome import BAD, GOOD, Outcome


class DecodeEvents(beam.PTransform):
    """Registered -> Outcome of Decoded and Faults."""

    @no_annotations
    def expand(self, batches: beam.PCollection) -> Outcome:
        decoded = batches | "Decode" >> beam.ParDo(_Decode()).with_outputs(BAD, main=GOOD)
        return Outcome(decoded[GOOD], decoded[BAD])


class _Decode(beam.DoFn):
    def process(self, registered: Registered) -> Iterable[Any]:
        objects, indices, faults = decode_objects(registered.batch.messages.column("data"))
        yield Decoded(registered, objects, indices)
        if faults:
            yield TaggedOutput(BAD, Faults(registered, "decode", faults))
