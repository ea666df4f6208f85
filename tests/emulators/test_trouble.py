"""A disk that is full, a port that is taken: refused with the reason, nothing that was acknowledged is lost."""

import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from google.api_core.exceptions import ServiceUnavailable
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage
from google.pubsub_v1 import PublisherClient, SubscriberClient

from tests.emulators.services import Service, free_port

if not hasattr(resource, "prlimit"):
    pytest.skip("prlimit is Linux's: no way to fill another process' disk here", allow_module_level=True)


@contextmanager
def started(name: str, folder: Path, *options: str) -> Iterator[Service]:
    service = Service(name, folder, *options)
    try:
        yield service.wait()
    finally:
        service.stop()


@contextmanager
def full_disk(service: Service) -> Iterator[None]:
    """No file of the service's grows any more."""
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    yield
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_cloud_storage_with_a_full_disk(tmp_path: Path) -> None:
    with started("storage", tmp_path) as service:
        options = {"api_endpoint": f"http://{service.address}"}
        bucket = storage.Client("p", AnonymousCredentials(), client_options=options).create_bucket("full")
        bucket.blob("before").upload_from_string(b"x" * 1000)
        with full_disk(service):
            for size in (10, 300_000, 3_000_000):  # held in memory, received in a file, more than one block
                with pytest.raises(ServiceUnavailable, match="state folder cannot be used"):
                    bucket.blob(f"n{size}").upload_from_string(b"y" * size, retry=None)
            assert bucket.blob("before").download_as_bytes() == b"x" * 1000
        bucket.blob("n10").upload_from_string(b"z" * 3_000_000, if_generation_match=0)
        service.restart()
        assert {blob.name: blob.size for blob in bucket.list_blobs()} == {"before": 1000, "n10": 3_000_000}


def test_bigquery_with_a_full_disk(tmp_path: Path) -> None:
    with started("bigquery", tmp_path, "--grpc-port", str(free_port())) as service:
        options = {"api_endpoint": f"http://{service.address}"}
        client = bigquery.Client("p", AnonymousCredentials(), client_options=options)
        client.create_dataset("d")
        client.query_and_wait("CREATE TABLE d.t AS SELECT 1 AS a")
        with full_disk(service):
            for statement in ("INSERT d.t VALUES (2)", "CREATE TABLE d.u AS SELECT 1 AS a"):
                with pytest.raises(ServiceUnavailable, match="state folder cannot be written"):
                    client.query_and_wait(statement, retry=None, job_retry=None)
            assert [tuple(row) for row in client.query_and_wait("SELECT a FROM d.t")] == [(1,)]
        client.query_and_wait("INSERT d.t VALUES (3)")
        service.restart()
        assert [tuple(row) for row in client.query_and_wait("SELECT a FROM d.t ORDER BY a")] == [(1,), (3,)]
        assert [table.table_id for table in client.list_tables("d")] == ["t"]


def test_pubsub_with_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was acknowledged before is delivered after; a message that was refused is not."""
    with started("pubsub", tmp_path) as service:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", service.address)
        publisher, subscriber = PublisherClient(), SubscriberClient()
        topic = publisher.create_topic(name="projects/p/topics/full").name
        path = subscriber.create_subscription(name="projects/p/subscriptions/full", topic=topic).name
        publisher.publish(topic=topic, messages=[{"data": b"before"}])
        with full_disk(service), pytest.raises(ServiceUnavailable, match="state folder cannot be used"):
            publisher.publish(topic=topic, messages=[{"data": b"x" * 1000}], retry=None)
        publisher.publish(topic=topic, messages=[{"data": b"after"}])
        service.restart()
        received: set[bytes] = set()
        while received != {b"before", b"after"}:
            answer = subscriber.pull(subscription=path, max_messages=5, timeout=30)
            received |= {one.message.data for one in answer.received_messages}
        for client in (publisher, subscriber):
            client.transport.close()


@pytest.mark.parametrize("name", ["storage", "bigquery", "datastream"])
def test_a_port_that_is_taken_ends_the_start_with_the_reason(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = str(stranger.getsockname()[1])
        command = [sys.executable, "-m", f"emulators.{name}", "--port", port, "--state", str(tmp_path)]
        more = ["--grpc-port", str(free_port())] if name == "bigquery" else []
        ended = subprocess.run([*command, *more], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    assert port in ended.stderr or "in use" in ended.stderr
