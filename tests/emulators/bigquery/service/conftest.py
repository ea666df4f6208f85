"""A BigQuery service with a storage service beside it, as processes of their own, and Google's clients for them."""

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage
from google.cloud.bigquery_storage_v1 import BigQueryReadClient, BigQueryWriteClient
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import BigQueryWriteGrpcTransport
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.emulators.process import ROOT, free_port, running

PROJECT = "sluice-local"
Bq = Callable[..., str]


@dataclass
class Service:
    """`python -m emulators.bigquery`: can be killed with SIGKILL and started again on the same ports and state."""

    state: Path
    storage: str | None = None
    port: int = field(default_factory=free_port)
    grpc_port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Service":
        command = [
            sys.executable,
            "-m",
            "emulators.bigquery",
            "--port",
            str(self.port),
            "--grpc-port",
            str(self.grpc_port),
        ]
        environment = os.environ | ({"STORAGE_EMULATOR_HOST": self.storage} if self.storage else {})
        with (self.state.parent / "bigquery.log").open("a") as log:
            self.process = subprocess.Popen(
                [*command, "--state", str(self.state), *self.options], cwd=ROOT, env=environment, stderr=log, stdout=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.05)
        with self.channel() as channel:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=30)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        return self

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=30)

    def client(self) -> bigquery.Client:
        options = {"api_endpoint": self.address}
        return bigquery.Client(project=PROJECT, credentials=AnonymousCredentials(), client_options=options)

    def channel(self) -> grpc.Channel:
        """A channel of its own, so that it does not wait as long as one that saw the service die."""
        options = [("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        channel = grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}", options=options)
        grpc.channel_ready_future(channel).result(timeout=30)
        return channel

    def writer(self) -> BigQueryWriteClient:
        return BigQueryWriteClient(transport=BigQueryWriteGrpcTransport(channel=self.channel()))

    def reader(self) -> BigQueryReadClient:
        return BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=self.channel()))


@pytest.fixture(scope="session")
def storage_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("storage", tmp_path_factory.mktemp("storage")) as address:
        yield address


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, storage_address: str) -> Iterator[Service]:
    found = Service(tmp_path_factory.mktemp("bigquery") / "state", storage_address).start()
    yield found
    assert found.stop() == 0


@pytest.fixture
def client(service: Service) -> bigquery.Client:
    return service.client()


@pytest.fixture
def dataset(client: bigquery.Client) -> str:
    """A new dataset's id."""
    return str(client.create_dataset(f"d{uuid.uuid4().hex[:12]}").dataset_id)


@pytest.fixture
def bucket(storage_address: str, monkeypatch: pytest.MonkeyPatch) -> storage.Bucket:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage_address)
    objects = storage.Client(project=PROJECT, credentials=AnonymousCredentials())
    return objects.create_bucket(f"bucket-{uuid.uuid4().hex}")


@pytest.fixture
def bq(service: Service, tmp_path: Path) -> Bq:
    """Runs the bq command on the service; the answer is what it prints."""

    def run(*arguments: str) -> str:
        flags = ["--api", service.address, "--oauth_access_token=any", f"--project_id={PROJECT}", "--quiet"]
        environment = os.environ | {"HOME": str(tmp_path), "CLOUDSDK_CONFIG": str(tmp_path)}
        done = subprocess.run(
            ["bq", *flags, *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
