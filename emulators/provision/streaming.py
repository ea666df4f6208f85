"""Pub/Sub: per event a schema, a topic and its subscription, and the same pair for dead letters."""

from collections.abc import Iterable, Iterator
from typing import Any

from contracts import names
from contracts.avro import avro_schema
from contracts.model import Contract, Table
from emulators.provision.resource import Resource

RETENTION = "604800s"  # seven days: how far back a topic or a subscription can be read again
DEAD_LETTER_RETENTION = "2678400s"  # 31 days, the longest that Pub/Sub keeps anything
ACK_DEADLINE_SECONDS = 60
# The most that Pub/Sub allows: the pipeline judges its input itself, and a message is only given up when it kills its
# reader again and again.
DELIVERY_ATTEMPTS = 100


def streaming(contracts: Iterable[Contract]) -> Iterator[Resource]:
    """Every Pub/Sub resource, each after those that it refers to."""
    for contract in contracts:
        for table in contract.tables:
            if table.capture == "stream":
                yield from _event(table)


def _event(table: Table) -> Iterator[Resource]:
    source, event = table.source, table.name
    schema = _path("schemas", names.topic(source, event))
    topic = _path("topics", names.topic(source, event))
    dead_letters = _path("topics", names.dead_letter_topic(source, event))
    yield Resource("schema", schema, {"type": "AVRO", "definition": avro_schema(table)})
    enforced = {"schemaSettings": {"schema": schema, "encoding": "JSON"}} if table.enforcement == "topic" else {}
    yield Resource("topic", topic, {"messageRetentionDuration": RETENTION, **enforced})
    yield Resource("topic", dead_letters, {"messageRetentionDuration": DEAD_LETTER_RETENTION})
    policy = {"deadLetterTopic": dead_letters, "maxDeliveryAttempts": DELIVERY_ATTEMPTS}
    yield _subscription(names.subscription(source, event), topic, RETENTION, {"deadLetterPolicy": policy})
    yield _subscription(names.dead_letter_subscription(source, event), dead_letters, DEAD_LETTER_RETENTION, {})


def _subscription(name: str, topic: str, retention: str, more: dict[str, Any]) -> Resource:
    """A pull subscription that never expires."""
    body = {
        "topic": topic,
        "ackDeadlineSeconds": ACK_DEADLINE_SECONDS,
        "messageRetentionDuration": retention,
        "expirationPolicy": {},
    }
    return Resource("subscription", _path("subscriptions", name), {**body, **more})


def _path(collection: str, name: str) -> str:
    return f"projects/{names.project()}/{collection}/{name}"
