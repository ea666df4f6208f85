"""Storage, Pub/Sub and BigQuery as processes of their own; a project, provisioned from a contract, for each test."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from beam_pipelines import clients
from contracts.reader import load
from emulators.provision.apply import apply
from emulators.provision.resources import resources
from tests.emulators.services import Service, free_port

_numbers = count(1)


@pytest.fixture(scope="session")
def services_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the state of each lies, under its name."""
    return tmp_path_factory.mktemp("services")


@pytest.fixture(scope="session")
def services(services_folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which all three are found."""
    folder = services_folder
    running: list[Service] = []
    environment: dict[str, str] = {}
    try:
        running.append(Service("storage", folder))
        environment["STORAGE_EMULATOR_HOST"] = f"http://{running[0].address}"
        grpc_port = free_port()
        running.append(Service("pubsub", folder))
        running.append(Service("bigquery", folder, "--grpc-port", str(grpc_port), storage=running[0].address))
        environment["PUBSUB_EMULATOR_HOST"] = running[1].address
        environment["BIGQUERY_EMULATOR_HOST"] = f"http://{running[2].address}"
        environment["BIGQUERY_STORAGE_EMULATOR_HOST"] = f"127.0.0.1:{grpc_port}"
        for service in running:
            service.wait()
        yield environment
    finally:
        for service in running:
            service.stop()


@pytest.fixture
def contract() -> str:
    """The file of the contract that `project` is made from."""
    return "shop.odcs.yaml"


@pytest.fixture
def project(services: dict[str, str], contract: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A project with the contract's buckets, tables, topics and subscriptions."""
    name = f"beam-{next(_numbers)}"
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    shutil.copy(Path(__file__).parent / contract, contracts)
    for variable, value in services.items():
        monkeypatch.setenv(variable, value)
    for variable in ("SLUICE_DATASET_PREFIX", "SLUICE_LOCATION", "SLUICE_REGION"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", name)
    monkeypatch.setenv("SLUICE_CONTRACTS", str(contracts))
    _forget_clients()
    for _ in apply(resources(load(contracts), "before")):
        pass
    yield name
    _forget_clients()


def _forget_clients() -> None:
    for client in (clients.storage, clients.bucket, clients.bigquery_write, clients.publisher):
        client.cache_clear()
