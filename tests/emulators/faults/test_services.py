"""The fault switch of each service, seen by Google's own clients."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import google.api_core.exceptions as api
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, pubsub_v1, storage
from google.cloud.bigquery_storage_v1 import BigQueryWriteClient
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import BigQueryWriteGrpcTransport

from emulators.faults.rules import Rule, write_rules
from tests.emulators.services import Service, free_port


@contextmanager
def started(name: str, folder: Path, *options: str) -> Iterator[Service]:
    service = Service(name, folder, *options)
    try:
        yield service.wait()
    finally:
        service.stop()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with started("storage", tmp_path_factory.mktemp("storage")) as service:
        yield service


def ask(service: Service, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Status and JSON of a request."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{service.address}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def client(service: Service) -> storage.Client:
    options = {"api_endpoint": f"http://{service.address}"}
    return storage.Client(project="p", credentials=AnonymousCredentials(), client_options=options)


def test_over_rest_a_fault_is_switched_on_seen_by_the_client_and_switched_off(store: Service) -> None:
    bucket = client(store).create_bucket("rest")
    rule = {"method": "POST /upload/*", "error": "503"}
    status, found = ask(store, "PUT", "/_faults", {"faults": [rule]})
    assert (status, found["faults"][0]["error"]) == (200, "UNAVAILABLE")
    blob = bucket.blob("a")
    with pytest.raises(api.ServiceUnavailable, match="A fault that was asked for"):
        blob.upload_from_string(b"x" * 300_000, retry=None)
    assert list(bucket.list_blobs()) == []
    status, found = ask(store, "GET", "/_faults")
    assert found["faults"][0]["fired"] == 1
    assert ask(store, "DELETE", "/_faults") == (200, {"faults": []})
    blob.upload_from_string(b"x")
    assert blob.download_as_bytes() == b"x"


def test_what_is_no_fault_is_refused_and_changes_nothing(store: Service) -> None:
    status, found = ask(store, "PUT", "/_faults", {"faults": [{"error": "teapot"}]})
    assert status == 400 and "unknown error 'teapot'" in found["error"]["message"]
    assert ask(store, "GET", "/_faults") == (200, {"faults": []})


def test_googles_client_gets_through_faults_that_end(store: Service) -> None:
    """503, 429, a connection that breaks, and an answer that is lost: its retries are enough, and nothing is twice."""
    bucket = client(store).create_bucket("through")
    kinds: list[Rule] = [
        Rule("POST /upload/*", error=error, after=after, times=1)
        for error in ("UNAVAILABLE", "RESOURCE_EXHAUSTED", "RESET")
        for after in (False, True)
    ]
    for number, rule in enumerate(kinds):
        write_rules(store.folder / "storage", [rule])
        bucket.blob(f"b{number}").upload_from_string(b"content", retry=storage.retry.DEFAULT_RETRY)
        assert ask(store, "GET", "/_faults")[1]["faults"][0]["fired"] == 1
    write_rules(store.folder / "storage", [])
    assert [blob.name for blob in bucket.list_blobs()] == [f"b{n}" for n in range(len(kinds))]


def test_a_lost_answer_of_a_conditional_write_shows_as_412(store: Service) -> None:
    bucket = client(store).create_bucket("lost")
    write_rules(store.folder / "storage", [Rule("POST /upload/*", error="RESET", after=True, times=1)])
    with pytest.raises(api.PreconditionFailed):
        bucket.blob("a").upload_from_string(b"x", if_generation_match=0, retry=storage.retry.DEFAULT_RETRY)
    assert bucket.blob("a").download_as_bytes() == b"x"


def test_a_fault_outlives_the_process_and_health_does_not_suffer(tmp_path: Path) -> None:
    with started("auth", tmp_path) as service:
        ask(service, "PUT", "/_faults", {"faults": [{"error": "429"}]})
        service.restart()
        assert ask(service, "POST", "/token")[0] == 429
        assert urllib.request.urlopen(f"http://{service.address}/healthz", timeout=10).status == 200
        assert "faults from now on" in service.log.read_text()


def test_pubsub_over_grpc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with started("pubsub", tmp_path) as service:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", service.address)
        publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
        topic = publisher.create_topic(name="projects/p/topics/ttt").name
        path = subscriber.create_subscription(name="projects/p/subscriptions/sss", topic=topic).name
        write_rules(tmp_path / "pubsub", [Rule("CreateTopic", error="RESOURCE_EXHAUSTED")])
        with pytest.raises(api.ResourceExhausted, match="A fault that was asked for"):
            publisher.create_topic(name="projects/p/topics/uuu", retry=None)
        write_rules(tmp_path / "pubsub", [Rule("Publish", error="503", times=1), Rule("Pull", error="RESET", times=1)])
        sent = publisher.publish(topic, b"once").result(timeout=30)
        with pytest.raises(api.ServiceUnavailable, match="Connection reset"):
            subscriber.pull(subscription=path, max_messages=5, retry=None)
        (received,) = subscriber.pull(subscription=path, max_messages=5).received_messages
        assert received.message.message_id == sent
        publisher.transport.close()
        subscriber.close()


def test_bigquery_over_rest_and_grpc(tmp_path: Path) -> None:
    grpc_port = free_port()
    with started("bigquery", tmp_path, "--grpc-port", str(grpc_port)) as service:
        options = {"api_endpoint": f"http://{service.address}"}
        found = bigquery.Client(project="p", credentials=AnonymousCredentials(), client_options=options)
        write_rules(
            tmp_path / "bigquery", [Rule("POST /*", error="503", times=2), Rule("GET /*", error="500", times=1)]
        )
        assert [tuple(row) for row in found.query_and_wait("SELECT 1")] == [(1,)]
        found.create_dataset("d")
        found.create_table(bigquery.Table("p.d.t", [bigquery.SchemaField("a", "INT64")]))
        import grpc

        channel = grpc.insecure_channel(f"127.0.0.1:{grpc_port}")
        writer = BigQueryWriteClient(transport=BigQueryWriteGrpcTransport(channel=channel))
        write_rules(tmp_path / "bigquery", [Rule("CreateWriteStream", error="INTERNAL", times=1)])
        parent = writer.table_path("p", "d", "t")
        with pytest.raises(api.InternalServerError):
            writer.create_write_stream(parent=parent, write_stream={"type_": "COMMITTED"}, retry=None)
        assert writer.create_write_stream(parent=parent, write_stream={"type_": "COMMITTED"}).name.startswith(parent)
        write_rules(tmp_path / "bigquery", [Rule("AppendRows", error="UNAVAILABLE")])
        with pytest.raises(api.ServiceUnavailable):
            list(writer.append_rows(iter([{"write_stream": f"{parent}/streams/_default"}]), retry=None))
        channel.close()


def test_the_control_plane_over_rest_and_grpc(tmp_path: Path) -> None:
    import grpc
    from google.cloud import bigtable_admin_v2 as admin
    from google.cloud.bigtable_admin_v2.services.bigtable_instance_admin.transports import (
        BigtableInstanceAdminGrpcTransport,
    )

    grpc_port = free_port()
    with started("control", tmp_path, "--grpc-port", str(grpc_port)) as service:
        write_rules(tmp_path / "control", [Rule(error="503", times=2)])
        assert ask(service, "GET", "/v1/projects/p/serviceAccounts")[0] == 503
        with grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
            client = admin.BigtableInstanceAdminClient(transport=BigtableInstanceAdminGrpcTransport(channel=channel))
            with pytest.raises(api.ServiceUnavailable, match="A fault that was asked for"):
                client.list_instances(parent="projects/p", retry=None)
            with pytest.raises(api.PermissionDenied):  # answered again: its API is not switched on
                client.list_instances(parent="projects/p", retry=None)


def test_datastream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Service) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{store.address}")
    with started("datastream", tmp_path) as service:
        write_rules(tmp_path / "datastream", [Rule("GET /v1/*/streams", error="504", times=1)])
        path = "/v1/projects/p/locations/l/streams"
        assert ask(service, "GET", path)[0] == 504
        assert ask(service, "GET", path)[0] == 200
