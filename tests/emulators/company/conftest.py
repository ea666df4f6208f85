"""A real Postgres and a real Pub/Sub emulator for all tests of the company; each test has a database of its own."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg2
import pytest

from tests.emulators.company.company import Company, PubSubReader
from tests.emulators.services import Service

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running Postgres."""
    service = Service("postgres", tmp_path_factory.mktemp("postgres"))
    yield service.wait()
    service.stop()


@pytest.fixture(scope="session")
def pubsub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running Pub/Sub emulator."""
    service = Service("pubsub", tmp_path_factory.mktemp("pubsub"))
    yield service.wait()
    service.stop()


@pytest.fixture
def database_url(postgres: Service) -> str:
    """The URL of an empty database."""
    name = f"company_{next(_numbers)}"
    connection = psycopg2.connect(f"postgresql://postgres@{postgres.address}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    return f"postgresql://postgres@{postgres.address}/{name}"


@pytest.fixture
def company(database_url: str, pubsub: Service, tmp_path: Path) -> Company:
    """A company that is not founded yet, with topics and subscriptions of its own."""
    return Company(tmp_path / "company", database_url, pubsub.address, f"project-{next(_numbers)}")


@pytest.fixture
def reader(company: Company) -> PubSubReader:
    """Reads what the company published."""
    return company.reader
