"""A plan -> its batch in bronze: the Beam part, imported only when there is something to do."""

from collections.abc import Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from beam_pipelines.landing.convert_files import ConvertFiles
from beam_pipelines.landing.envelope import Batch
from beam_pipelines.landing.finish_batch import FinishBatch
from beam_pipelines.landing.plan import Plan, cdc_tables
from contracts.model import Contract

# Beam's own default may download a runner written in Go.
_IN_PROCESS = "apache_beam.runners.portability.fn_api_runner.FnApiRunner"


def execute(plan: Plan, contract: Contract, arguments: Sequence[str]) -> None:
    """Runs a plan to its manifest."""
    options = with_runner(PipelineOptions(list(arguments)))
    with beam.Pipeline(options=options) as pipeline:
        parts = pipeline | "Parts" >> beam.Create(plan.parts) | "Spread" >> beam.Reshuffle()
        converted = parts | "Convert" >> ConvertFiles(cdc_tables(contract), Batch(plan.batch_id, plan.ingested_at))
        converted | "Finish" >> FinishBatch(plan)


def with_runner(options: PipelineOptions) -> PipelineOptions:
    """The options, with the in-process runner where they name none."""
    standard = options.view_as(StandardOptions)
    standard.runner = standard.runner or _IN_PROCESS
    return options
