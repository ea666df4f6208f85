"""Dataflow on a laptop: a Beam runner for streaming pipelines that read Pub/Sub.

    python -m some.pipeline --streaming --runner=emulators.dataflow.runner.EmulatedDataflowRunner --dataflow_state DIR

A bundle of messages is pulled, made durable, run through the pipeline by Beam's in-process runner, and acknowledged
when every transform has returned: so sinks that commit in `process` or `finish_bundle` lose nothing. Killed at any
moment, the job begins again with the unfinished bundle, of the same messages. What Dataflow does across bundles (state,
windows, grouping) is refused. SIGTERM ends the job after the bundle in hand, or after some seconds without it.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, StandardOptions
from apache_beam.pipeline import Pipeline
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineResult, PipelineRunner, PipelineState
from apache_beam.transforms import environments

from emulators.dataflow.job import Job
from emulators.dataflow.options import EmulatedDataflowOptions
from emulators.dataflow.rewrite import check, rewrite
from emulators.dataflow.worker import Worker

_LOG = logging.getLogger(__name__)
_GRACE = 4.0  # seconds for the bundle in hand after SIGTERM; it is durable, so it may also be cut short


class EmulatedDataflowRunner(PipelineRunner):
    """Runs a streaming pipeline in this process. A pipeline that is not streaming goes to Beam's in-process runner."""

    def run_pipeline(self, pipeline: Pipeline, options: PipelineOptions) -> PipelineResult:
        """Prepares the job; `wait_until_finish` runs it."""
        if not options.view_as(StandardOptions).streaming:
            return FnApiRunner().run_pipeline(pipeline, options)
        subscriptions = rewrite(pipeline)
        proto = pipeline.to_runner_api(default_environment=environments.EmbeddedPythonEnvironment.default())
        check(proto)
        own = options.view_as(EmulatedDataflowOptions)
        name = options.view_as(GoogleCloudOptions).job_name or "streaming"
        job = Job(
            name,
            _pubsub_host(),
            subscriptions,
            Path(own.dataflow_state),
            own.dataflow_bundle_messages,
            own.dataflow_bundle_seconds,
        )
        _LOG.info("reads %s, state in %s", ", ".join(subscriptions), own.dataflow_state)

        def run_bundles(next_bundle: Callable[[], bool]) -> None:
            Worker(next_bundle).run_bundles(proto, options)

        return StreamingResult(job, run_bundles)


class StreamingResult(PipelineResult):
    """A job that runs while somebody waits for it."""

    def __init__(self, job: Job, run_bundles: Callable[[Callable[[], bool]], None]) -> None:
        super().__init__(PipelineState.RUNNING)
        self._job, self._run_bundles = job, run_bundles

    def wait_until_finish(self, duration: float | None = None) -> str:
        """Runs the job until it is stopped, by SIGTERM, Ctrl-C, `cancel` or after `duration` milliseconds."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._on_signal)
        if duration is not None:
            timer = threading.Timer(duration / 1000, self._job.stop)
            timer.daemon = True
            timer.start()
        self._job.run(self._run_bundles)
        self._state = PipelineState.CANCELLED
        return str(PipelineState.CANCELLED)

    def cancel(self) -> str:
        """Ends the job after the bundle in hand."""
        self._job.stop()
        return str(PipelineState.CANCELLED)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        _LOG.info("stops after the bundle in hand")
        cut_short: Any = threading.Timer(_GRACE, os._exit, (0,))
        cut_short.daemon = True
        cut_short.start()
        threading.Thread(target=self._job.stop, daemon=True).start()


def _pubsub_host() -> str:
    host = os.environ.get("PUBSUB_EMULATOR_HOST")
    if not host:
        raise SystemExit("PUBSUB_EMULATOR_HOST is not set: this runner reads a local Pub/Sub, such as 127.0.0.1:8085")
    return host
