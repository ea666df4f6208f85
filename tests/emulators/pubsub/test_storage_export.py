"""Cloud Storage subscriptions: the storage emulator's files hold what was published."""

import asyncio
import datetime
import io
import json
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.pubsub_v1 import types

from emulators.pubsub.messages import v1
from emulators.pubsub.state.batch import Delivery
from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.errors import PubsubError
from emulators.pubsub.state.file_names import check_format, file_name
from emulators.pubsub.wire import storage_export
from emulators.pubsub.wire.http_call import Answer
from tests.emulators.process import running
from tests.emulators.pubsub.process import PROJECT, Clients, Emulator, eventually
from tests.emulators.pubsub.test_publisher import refusal

EVENT = {
    "type": "record",
    "name": "Event",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "note", "type": ["null", "string"]},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
        {"name": "parts", "type": {"type": "array", "items": "long"}},
        {"name": "tags", "type": {"type": "map", "values": "double"}},
        {"name": "raw", "type": "bytes"},
    ],
}


@pytest.fixture(scope="module")
def storage_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("storage", tmp_path_factory.mktemp("storage")) as address:
        yield address


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory, storage_address: str) -> Iterator[Emulator]:
    environment = {"STORAGE_EMULATOR_HOST": storage_address}
    started = Emulator(tmp_path_factory.mktemp("pubsub"), environment=environment)
    yield started
    assert started.stop() == 0


@pytest.fixture
def bucket(storage_address: str) -> storage.Bucket:
    options = {"api_endpoint": storage_address}
    client = storage.Client(project="tests", credentials=AnonymousCredentials(), client_options=options)
    return client.create_bucket(f"bucket-{uuid.uuid4().hex}")


def blobs(bucket: storage.Bucket, count: int) -> list[storage.Blob]:
    return list(eventually(lambda: len(found := list(bucket.list_blobs())) >= count and found))


def exported(clients: Clients, topic: str, bucket: storage.Bucket, **config: Any) -> str:
    return clients.subscription(topic, cloud_storage_config={"bucket": bucket.name, **config})


def test_text_files_hold_the_messages_line_by_line(clients: Clients, bucket: storage.Bucket) -> None:
    topic = clients.topic()
    name = exported(clients, topic, bucket, filename_prefix="in/", filename_suffix=".txt", max_bytes=1000)
    config = clients.subscriber.get_subscription(subscription=name).cloud_storage_config
    assert (config.state.name, config.max_duration) == ("ACTIVE", datetime.timedelta(minutes=5))
    sent = [bytes([65 + number]) * 400 for number in range(4)]
    clients.publish(topic, *sent)
    (blob,) = blobs(bucket, 1)
    assert re.fullmatch(r"in/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00_[A-Za-z0-9]{6}\.txt", blob.name)
    assert blob.download_as_bytes() == b"\n".join(sent[:2])
    assert isinstance(refusal(clients.pull, name), exceptions.FailedPrecondition)


def test_a_thousand_messages_make_a_file_of_avro_with_metadata(clients: Clients, bucket: storage.Bucket) -> None:
    topic = clients.topic()
    name = exported(clients, topic, bucket, avro_config={"write_metadata": True}, max_messages=1000)
    ids = clients.publish(topic, *[b"%d" % number for number in range(999)], colour="red")
    ids += clients.publish(topic, b"last", ordering_key="k")
    (blob,) = blobs(bucket, 1)
    reader = fastavro.reader(io.BytesIO(blob.download_as_bytes()))
    assert reader.writer_schema["name"] == "com.google.pubsub.PubsubMessageWithMetadata"
    records = {record["data"]: record for record in reader}
    assert len(records) == 1000
    assert records[b"7"]["subscription_name"] == name
    assert records[b"7"]["message_id"] == ids[7]
    assert records[b"7"]["attributes"] == {"colour": "red"}
    assert abs(records[b"7"]["publish_time"].timestamp() - time.time()) < 60
    assert records[b"last"]["attributes"] == {"ordering_key": "k"}


@pytest.mark.parametrize("encoding", [types.Encoding.JSON, types.Encoding.BINARY])
@pytest.mark.parametrize("metadata", [False, True])
def test_files_in_the_topics_schema(
    clients: Clients, bucket: storage.Bucket, encoding: types.Encoding, metadata: bool
) -> None:
    id_ = clients.name("schemas").rpartition("/")[2]
    made = types.Schema(type_=types.Schema.Type.AVRO, definition=json.dumps(EVENT))
    schema = clients.schemas.create_schema(parent=PROJECT, schema=made, schema_id=id_)
    topic = clients.topic(schema_settings={"schema": schema.name, "encoding": encoding})
    avro = {"use_topic_schema": True, "write_metadata": metadata}
    exported(clients, topic, bucket, avro_config=avro, max_bytes=1000)
    value = {"id": "a" * 1000, "note": "n", "kind": "B", "parts": [1, -(2**40)], "tags": {"x": 1.5}, "raw": b"\xff\0"}
    if encoding == types.Encoding.JSON:
        text = io.StringIO()
        fastavro.json_writer(text, EVENT, [value])
        clients.publish(topic, text.getvalue().encode())
    else:
        binary = io.BytesIO()
        fastavro.schemaless_writer(binary, EVENT, value)
        clients.publish(topic, binary.getvalue())
    (blob,) = blobs(bucket, 1)
    (record,) = fastavro.reader(io.BytesIO(blob.download_as_bytes()))
    found = {name: record[name] for name in value}
    assert found == value
    assert set(record) - set(value) == (
        {"subscription_name", "message_id", "publish_time", "attributes"} if metadata else set()
    )


def test_a_file_that_was_not_written_is_not_acknowledged(
    clients: Clients, bucket: storage.Bucket, storage_address: str
) -> None:
    topic = clients.topic()
    name = exported(clients, topic, bucket, max_bytes=1000)
    bucket.delete()
    clients.publish(topic, b"a" * 1000)
    state = types.CloudStorageConfig.State.NOT_FOUND
    eventually(lambda: clients.subscriber.get_subscription(subscription=name).cloud_storage_config.state == state)
    assert clients.subscriber.get_subscription(subscription=name).state.name == "RESOURCE_ERROR"
    again = bucket.client.create_bucket(bucket.name)
    assert [blob.size for blob in blobs(again, 1)] == [1000]
    eventually(lambda: clients.subscriber.get_subscription(subscription=name).state.name == "ACTIVE")


def test_messages_of_an_open_file_survive_a_kill(tmp_path: Path, storage_address: str, bucket: storage.Bucket) -> None:
    emulator = Emulator(tmp_path / "state", environment={"STORAGE_EMULATOR_HOST": storage_address})
    clients = Clients(emulator.target)
    topic = clients.topic()
    exported(clients, topic, bucket, max_bytes=1000)
    clients.publish(topic, b"a" * 900)
    time.sleep(0.5)
    emulator.kill()
    emulator.start(emulator.port)
    clients.publish(topic, b"b" * 900)
    assert [blob.download_as_bytes() for blob in blobs(bucket, 1)] == [b"a" * 900]
    clients.close()
    emulator.stop()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"bucket": "gs://bucket"}, "Invalid Cloud Storage bucket"),
        ({"filename_suffix": "a/"}, "filename_suffix"),
        ({"filename_datetime_format": "YYYY"}, "filename_datetime_format"),
        ({"max_duration": datetime.timedelta(seconds=59)}, "max_duration is too small"),
        ({"max_duration": datetime.timedelta(seconds=601)}, "max_duration is too large"),
        ({"max_bytes": 999}, "max_bytes is too small"),
        ({"max_messages": 999}, "max_messages is too small"),
    ],
)
def test_settings_out_of_bounds_are_refused(
    clients: Clients, bucket: storage.Bucket, config: dict[str, Any], words: str
) -> None:
    topic = clients.topic()
    error = refusal(clients.subscription, topic, cloud_storage_config={"bucket": bucket.name} | config)
    assert isinstance(error, exceptions.InvalidArgument)
    assert words in error.message


def test_a_bucket_must_be_there_and_one_delivery_be_chosen(clients: Clients, bucket: storage.Bucket) -> None:
    topic = clients.topic()
    missing = refusal(clients.subscription, topic, cloud_storage_config={"bucket": f"{bucket.name}-other"})
    assert isinstance(missing, exceptions.NotFound)
    config = {"cloud_storage_config": {"bucket": bucket.name}}
    both = refusal(clients.subscription, topic, push_config={"push_endpoint": "http://127.0.0.1:1"}, **config)
    assert isinstance(both, exceptions.InvalidArgument)
    once = refusal(clients.subscription, topic, enable_exactly_once_delivery=True, **config)
    assert isinstance(once, exceptions.InvalidArgument)


def test_from_a_bucket_to_pull_and_back(clients: Clients, bucket: storage.Bucket) -> None:
    topic = clients.topic()
    name = exported(clients, topic, bucket, max_bytes=1000)
    clients.publish(topic, b"a")
    time.sleep(1.5)
    clients.subscriber.update_subscription(
        subscription=types.Subscription(name=name), update_mask={"paths": ["cloud_storage_config"]}
    )
    (received,) = eventually(lambda: clients.pull(name, wait=False))
    assert received.message.data == b"a"
    clients.refuse(name, [received])
    clients.subscriber.update_subscription(
        subscription=types.Subscription(name=name, cloud_storage_config={"bucket": bucket.name, "max_bytes": 1000}),
        update_mask={"paths": ["cloud_storage_config"]},
    )
    clients.publish(topic, b"b" * 1000)
    assert [blob.download_as_bytes() for blob in blobs(bucket, 2)] in ([b"a", b"b" * 1000], [b"b" * 1000, b"a"])


@pytest.mark.parametrize(
    ("format_", "name"),
    [
        ("", "p2023-09-25T04:10:00+00:00_s"),
        ("YYYY-MM-DD/hh_mm_ssZ", "p2023-09-25/04_10_00Z_s"),
        ("YY:MM:DD_hhmmss-", "p23:09:25_041000-s"),
    ],
)
def test_the_time_is_written_as_it_is_asked_for(format_: str, name: str) -> None:
    config = v1.CloudStorageConfig(filename_prefix="p", filename_suffix="s", filename_datetime_format=format_)
    now = datetime.datetime(2023, 9, 25, 4, 10, tzinfo=datetime.UTC).timestamp()
    made = file_name(config, now)
    assert len(made) == len(name) + 6
    assert made.startswith(name[:-1])


@pytest.mark.parametrize(
    "format_", ["YY-YYYYMMDDhhmmss", "YYYYMMMDDhhmmss", "YYYYMMDDhhmm", "YYYYMMDDhhmmssZ+00:00", "x"]
)
def test_a_time_that_cannot_be_written_is_refused(format_: str) -> None:
    with pytest.raises(PubsubError):
        check_format(format_)


def test_without_the_address_of_the_storage_it_is_refused(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path, environment={"STORAGE_EMULATOR_HOST": ""})
    clients = Clients(emulator.target)
    error = refusal(clients.subscription, clients.topic(), cloud_storage_config={"bucket": "bucket"})
    assert isinstance(error, exceptions.MethodNotImplemented)
    clients.close()
    emulator.stop()


def test_a_file_is_closed_when_its_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads: list[bytes | None] = []

    async def call(method: str, url: str, body: bytes | None = None, kind: str = "") -> Answer:
        uploads.append(body)
        if len(uploads) == 1:
            raise OSError("nobody answers")
        return Answer(200, {})

    monkeypatch.setattr(storage_export, "call", call)
    broker = Broker(tmp_path)
    clock = {"now": 1000.0}
    monkeypatch.setattr(broker, "now", lambda: clock["now"])
    config = v1.CloudStorageConfig(bucket="bucket")
    config.max_duration.seconds = 60
    subscription = v1.Subscription(name="projects/p/subscriptions/s", cloud_storage_config=config)
    target = storage_export.StorageTarget(broker, subscription, "http://storage")

    def write(*ids: str) -> list[str]:
        bodies = [v1.PubsubMessage(data=id_.encode()).SerializeToString() for id_ in ids]
        written = asyncio.run(target.write([Delivery(id_, body, 0) for id_, body in zip(ids, bodies, strict=True)]))
        assert written is not None
        return written.acknowledged

    assert write("a") == []
    clock["now"] += 59
    assert (write("b"), target.due(), uploads) == ([], 1.0, [])
    clock["now"] += 1
    with pytest.raises(OSError, match="nobody answers"):
        write()
    assert write() == ["a", "b"]
    assert (uploads[1], target.due()) == (b"a\nb", None)
    broker.close()
