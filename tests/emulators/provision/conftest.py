"""Every service that provisioning talks to, started once; each test has a project and a database of its own."""

import os
import time
from collections.abc import Iterator
from itertools import count

import psycopg2
import pytest
import urllib3

from tests.emulators.services import Service

_numbers = count(1)


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    """Storage, Pub/Sub, Postgres, BigQuery and Datastream, by name."""
    folder = tmp_path_factory.mktemp("services")
    running: dict[str, Service] = {}
    try:
        for name in ("storage", "pubsub", "postgres"):
            running[name] = Service(name, folder)
        storage = running["storage"].address
        running["datastream"] = Service("datastream", folder, storage=storage)
        running["bigquery"] = Service("bigquery", folder, "--grpc-port", "0", storage=storage)
        for service in running.values():
            service.wait()
        yield running
    finally:
        for service in running.values():
            service.stop()


@pytest.fixture
def project(services: dict[str, Service], monkeypatch: pytest.MonkeyPatch) -> str:
    """A project of the test's own, in an environment in which every service is found; its database is empty."""
    name = f"project-{next(_numbers)}"
    database = name.replace("-", "_")
    server = f"postgresql://postgres@{services['postgres'].address}"
    connection = psycopg2.connect(f"{server}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {database}")
    connection.close()
    for variable in ("SLUICE_DATASET_PREFIX", "SLUICE_LOCATION", "SLUICE_REGION"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", name)
    monkeypatch.setenv("SHOP_DATABASE_URL", f"{server}/{database}")
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", services["pubsub"].address)
    for variable, service in (
        ("STORAGE_EMULATOR_HOST", "storage"),
        ("BIGQUERY_EMULATOR_HOST", "bigquery"),
        ("DATASTREAM_EMULATOR_HOST", "datastream"),
    ):
        monkeypatch.setenv(variable, f"http://{services[service].address}")
    return name


@pytest.fixture
def source(project: str) -> Iterator[psycopg2.extensions.cursor]:
    """A cursor in the source's database, in which `orders` and `items` are already."""
    connection = psycopg2.connect(os.environ["SHOP_DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric(12,2))")
        cursor.execute("CREATE TABLE items (item_id bigint PRIMARY KEY, name text)")
        yield cursor
        # A replication slot's name belongs to the whole server, so no two tests' streams may live at once.
        path = f"/v1/projects/{project}/locations/europe-west1/streams/shop"
        urllib3.request("DELETE", os.environ["DATASTREAM_EMULATOR_HOST"] + path)
        for _ in range(100):
            cursor.execute("SELECT 1 FROM pg_replication_slots WHERE slot_name = 'sluice_shop'")
            if cursor.fetchone() is None:
                break
            time.sleep(0.1)
    connection.close()
