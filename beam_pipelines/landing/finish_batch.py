"""The last step of the batch pipeline: what all parts did, in one place."""

import apache_beam as beam
from apache_beam.typehints.decorators import no_annotations

from beam_pipelines.landing.commit import finish
from beam_pipelines.landing.plan import Plan
from beam_pipelines.outcome import Outcome


class FinishBatch(beam.PTransform):
    """Outcome of all parts -> the manifest, written last."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    @no_annotations
    def expand(self, outcome: Outcome) -> beam.PCollection:
        everything = (outcome.good, outcome.bad) | "All" >> beam.Flatten() | "One list" >> beam.combiners.ToList()
        return everything | "Commit" >> beam.Map(finish, self._plan).with_output_types(str)
