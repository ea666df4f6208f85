"""One emulator for the tests that only need a Pub/Sub; those that kill it start their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulators.pubsub.process import Clients, Emulator


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    running = Emulator(tmp_path_factory.mktemp("pubsub"), "--rest-port", "0")
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def shared_clients(emulator: Emulator) -> Iterator[Clients]:
    clients = Clients(emulator.target)
    yield clients
    clients.close()


@pytest.fixture
def clients(shared_clients: Clients) -> Clients:
    """Official clients; names from clients.name() are new each time."""
    return shared_clients


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"
