"""A streaming pipeline -> the pipeline of one bundle, or a refusal of what a bundle by itself cannot do."""

from typing import Any

import apache_beam as beam
from apache_beam.io.gcp.pubsub import ReadFromPubSub
from apache_beam.pipeline import AppliedPTransform, Pipeline, PTransformOverride
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.transforms.util import Reshuffle

from emulators.dataflow.source import ROOT, ReadBundle

_GLOBAL_ONLY = "state, timers, windows and grouping reach beyond one bundle, and this runner keeps nothing between two"


class Refused(NotImplementedError):
    """The pipeline needs something that this runner does not have; the message says what."""


def rewrite(pipeline: Pipeline) -> list[str]:
    """Replaces, in place, what Dataflow does between bundles; the subscriptions that the pipeline reads."""
    reads = _Reads()
    pipeline.replace_all([reads, _Reshuffles()])
    if not reads.subscriptions:
        raise Refused("a streaming pipeline without ReadFromPubSub: there is nothing that this runner could wait for")
    return reads.subscriptions


def check(proto: beam_runner_api_pb2.Pipeline) -> None:
    """Raises Refused for transforms whose results would differ from Dataflow's."""
    for transform in proto.components.transforms.values():
        name, urn = transform.unique_name, transform.spec.urn
        if urn == common_urns.primitives.IMPULSE.urn and not name.endswith(ROOT):
            raise Refused(f"{name!r}: only Pub/Sub is read here; a bounded source would be read anew in each bundle")
        if urn == common_urns.primitives.GROUP_BY_KEY.urn:
            raise Refused(f"{name!r}: GroupByKey, Combine and windows are not supported: {_GLOBAL_ONLY}")
        if urn == common_urns.primitives.PAR_DO.urn:
            _check_pardo(name, beam_runner_api_pb2.ParDoPayload.FromString(transform.spec.payload))


def _check_pardo(name: str, payload: beam_runner_api_pb2.ParDoPayload) -> None:
    if payload.state_specs or payload.timer_family_specs:
        raise Refused(f"{name!r}: stateful DoFns are not supported: {_GLOBAL_ONLY}")
    if payload.side_inputs:
        raise Refused(f"{name!r}: side inputs are not supported: {_GLOBAL_ONLY}")
    if payload.restriction_coder_id:
        raise Refused(f"{name!r}: splittable DoFns are not supported: only Pub/Sub is read here")


class _Reads(PTransformOverride):
    """ReadFromPubSub -> ReadBundle."""

    def __init__(self) -> None:
        self.subscriptions: list[str] = []

    def matches(self, applied_ptransform: AppliedPTransform) -> bool:
        return isinstance(applied_ptransform.transform, ReadFromPubSub)

    def get_replacement_transform_for_applied_ptransform(self, applied_ptransform: AppliedPTransform) -> Any:
        source = applied_ptransform.transform._source
        name = applied_ptransform.full_label
        if not source.subscription_name:
            raise Refused(f"{name!r} reads a topic: give ReadFromPubSub a subscription, whose backlog can be kept")
        if source.id_label:
            raise Refused(f"{name!r}: id_label is not supported; messages are told apart by their Pub/Sub id")
        if source.full_subscription in self.subscriptions:
            raise Refused(f"{name!r}: the subscription {source.full_subscription} is read twice")
        self.subscriptions.append(source.full_subscription)
        with_attributes = applied_ptransform.transform.with_attributes
        return ReadBundle(source.full_subscription, with_attributes, source.timestamp_attribute)


class _Reshuffles(PTransformOverride):
    """Reshuffle -> nothing: it fixes what is retried together, and here the bundle on disk does that."""

    def matches(self, applied_ptransform: AppliedPTransform) -> bool:
        return isinstance(applied_ptransform.transform, Reshuffle)

    def get_replacement_transform_for_applied_ptransform(self, applied_ptransform: AppliedPTransform) -> Any:
        return _Pass()


class _Pass(beam.PTransform):
    def expand(self, elements: beam.PCollection) -> beam.PCollection:
        return elements | "Pass" >> beam.Map(_same).with_output_types(elements.element_type)


def _same(element: Any) -> Any:
    return element
