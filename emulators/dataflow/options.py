"""The runner's own pipeline options."""

import argparse

from apache_beam.options.pipeline_options import PipelineOptions


class EmulatedDataflowOptions(PipelineOptions):
    """--dataflow_state and the sizes of bundles."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--dataflow_state", default=".sluice/dataflow", help="directory of the job's durable state")
        parser.add_argument("--dataflow_bundle_messages", type=int, default=10_000, help="most messages of a bundle")
        parser.add_argument("--dataflow_bundle_seconds", type=float, default=1.0, help="longest wait for more messages")
