"""Beam's in-process runner, kept alive: one graph, one set of DoFns, bundle after bundle.

Running a pipeline anew costs a tenth of a second or more (graph, worker, unpickled DoFns). Here the one run does not
end: where Beam would find that all its inputs are consumed, the next bundle is asked for, and the roots run again.
This hooks into `_schedule_ready_bundles` and `_execute_bundle` of the version that the lock pins.
"""

from collections.abc import Callable
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.portability.fn_api_runner.execution import ListBuffer
from apache_beam.runners.portability.fn_api_runner.fn_runner import DataInput
from apache_beam.runners.portability.fn_api_runner.translations import IMPULSE_BUFFER
from apache_beam.transforms import environments


class Worker(FnApiRunner):
    """Runs the roots of a pipeline again for as long as `next_bundle` says that there is a bundle."""

    def __init__(self, next_bundle: Callable[[], bool]) -> None:
        super().__init__(environments.EmbeddedPythonEnvironment.default())
        self._next_bundle = next_bundle
        self._roots: dict[str, dict[str, bytes]] = {}

    def run_bundles(self, proto: beam_runner_api_pb2.Pipeline, options: PipelineOptions) -> None:
        """Returns when there is no bundle any more. What a transform raises is raised."""
        self.run_via_runner_api(proto, options)

    def run_stages(self, stage_context: Any, stages: Any) -> Any:
        """Notes, before Beam starts, which transforms of which stage are roots."""
        self._roots = {
            stage.name: {t.unique_name: b"" for t in stage.transforms if t.spec.payload == IMPULSE_BUFFER}
            for stage in stages
        }
        return super().run_stages(stage_context, stages)

    def _execute_bundle(self, runner_execution_context: Any, bundle_context_manager: Any, bundle_input: Any) -> Any:
        roots = self._roots.get(bundle_context_manager.stage.name, {})
        for name in roots.keys() & bundle_input.data.keys():
            roots[name] = b"".join(bundle_input.data[name])
        return super()._execute_bundle(runner_execution_context, bundle_context_manager, bundle_input)

    def _schedule_ready_bundles(self, runner_execution_context: Any) -> None:
        super()._schedule_ready_bundles(runner_execution_context)
        queues = runner_execution_context.queues
        if len(queues.ready_inputs) or not self._next_bundle():
            return
        for stage, roots in self._roots.items():
            if roots:
                inputs = {name: _buffer(impulse) for name, impulse in roots.items()}
                queues.ready_inputs.enque((stage, DataInput(inputs, {})))


def _buffer(impulse: bytes) -> ListBuffer:
    buffer = ListBuffer(None)
    buffer.append(impulse)
    return buffer
