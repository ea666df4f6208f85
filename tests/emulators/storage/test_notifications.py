"""Notifications: a real Pub/Sub emulator is told of what happens to objects."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.storage.notification import JSON_API_V1_PAYLOAD_FORMAT, NONE_PAYLOAD_FORMAT

from tests.emulators.process import free_port, start
from tests.emulators.pubsub.process import Clients, Emulator

PROJECT = "tests-of-pubsub"


class Pair:
    """Storage that knows a Pub/Sub."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.pubsub = Emulator(folder / "pubsub")
        self.clients = Clients(self.pubsub.target)
        patch.setenv("PUBSUB_EMULATOR_HOST", self.pubsub.target)
        self.folder, self.port = folder / "storage", free_port()
        self.storage = start("storage", self.folder, self.port)
        options = {"api_endpoint": f"http://127.0.0.1:{self.port}"}
        self.client = storage.Client(PROJECT, credentials=AnonymousCredentials(), client_options=options)
        self.topic = self.clients.topic()
        self.subscription = self.clients.subscription(self.topic)

    def bucket(self, name: str, **settings: Any) -> storage.Bucket:
        bucket = self.client.create_bucket(name)
        topic = self.topic.rpartition("/")[2]
        bucket.notification(topic, topic_project=PROJECT, **settings).create()
        return bucket

    def told(self, count: int) -> list[Any]:
        found = self.clients.pull_all(self.subscription, count)
        self.clients.acknowledge(self.subscription, found)
        return [one.message for one in found]

    def close(self) -> None:
        self.clients.close()
        self.storage.terminate()
        self.storage.communicate(timeout=10)
        self.pubsub.stop()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with pytest.MonkeyPatch.context() as patch:
        found = Pair(tmp_path_factory.mktemp("pair"), patch)
        yield found
        found.close()


def test_what_happens_to_objects_is_told(pair: Pair) -> None:
    attributes = {"mine": "x"}
    bucket = pair.bucket("told", payload_format=JSON_API_V1_PAYLOAD_FORMAT, custom_attributes=attributes)
    blob = bucket.blob("a")
    blob.upload_from_string("1", content_type="t/t")
    (made,) = pair.told(1)
    assert (made.attributes["eventType"], made.attributes["mine"]) == ("OBJECT_FINALIZE", "x")
    assert (made.attributes["bucketId"], made.attributes["objectId"]) == ("told", "a")
    assert made.attributes["notificationConfig"] == "projects/_/buckets/told/notificationConfigs/1"
    payload = json.loads(made.data)
    assert (payload["kind"], payload["contentType"]) == ("storage#object", "t/t")
    first = made.attributes["objectGeneration"]
    blob.metadata = {"k": "v"}
    blob.patch()
    assert [one.attributes["eventType"] for one in pair.told(1)] == ["OBJECT_METADATA_UPDATE"]
    blob.upload_from_string("2")
    told = {one.attributes["eventType"]: one.attributes for one in pair.told(2)}
    assert told["OBJECT_FINALIZE"]["overwroteGeneration"] == told["OBJECT_DELETE"]["objectGeneration"] == first
    assert told["OBJECT_DELETE"]["overwrittenByGeneration"] == told["OBJECT_FINALIZE"]["objectGeneration"]
    blob.delete()
    assert [one.attributes["eventType"] for one in pair.told(1)] == ["OBJECT_DELETE"]


def test_only_what_is_asked_for(pair: Pair) -> None:
    settings = {"event_types": ["OBJECT_FINALIZE"], "blob_name_prefix": "in/", "payload_format": NONE_PAYLOAD_FORMAT}
    bucket = pair.bucket("asked", **settings)
    for name in ("out/a", "in/b"):
        bucket.blob(name).upload_from_string("x")
    bucket.blob("in/b").delete()
    bucket.blob("in/c").upload_from_string("x")
    told = pair.told(2)
    assert sorted(one.attributes["objectId"] for one in told) == ["in/b", "in/c"]
    assert {one.data for one in told} == {b""}
    (config,) = bucket.list_notifications()
    assert (config.blob_name_prefix, config.event_types) == ("in/", ["OBJECT_FINALIZE"])
    config.delete()
    assert list(bucket.list_notifications()) == []


def test_a_topic_that_is_not_there_keeps_nobody_waiting(pair: Pair) -> None:
    bucket = pair.bucket("keeps", payload_format=NONE_PAYLOAD_FORMAT)
    late = pair.clients.name("topics").rpartition("/")[2]
    bucket.notification(late, topic_project=PROJECT, payload_format=NONE_PAYLOAD_FORMAT).create()
    bucket.blob("a").upload_from_string("x")
    assert [one.attributes["notificationConfig"][-1] for one in pair.told(1)] == ["1"]
    topic = pair.clients.publisher.create_topic(name=f"projects/{PROJECT}/topics/{late}").name
    subscription = pair.clients.subscription(topic)
    bucket.blob("b").upload_from_string("x")
    seen: set[str] = set()
    while "b" not in seen:  # and perhaps "a", where it came after the subscription
        seen |= {one.message.attributes["objectId"] for one in pair.clients.pull_all(subscription, 1)}
    pair.told(1)


def test_an_event_outlives_both(pair: Pair) -> None:
    """Told after Pub/Sub was away and storage was killed."""
    bucket = pair.bucket("outlives", payload_format=NONE_PAYLOAD_FORMAT)
    pair.pubsub.kill()
    bucket.blob("a").upload_from_string("x")
    pair.storage.kill()
    pair.storage.communicate()
    pair.pubsub.start(pair.pubsub.port)
    pair.storage = start("storage", pair.folder, pair.port)
    assert [one.attributes["objectId"] for one in pair.told(1)] == ["a"]
