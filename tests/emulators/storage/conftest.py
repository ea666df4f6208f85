"""A storage emulator in a process of its own, and Google's client that finds it by STORAGE_EMULATOR_HOST."""

import uuid
from collections.abc import Iterator

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.emulators.process import running


@pytest.fixture(scope="session")
def storage_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("storage", tmp_path_factory.mktemp("storage")) as address:
        yield address


@pytest.fixture
def client(storage_address: str, monkeypatch: pytest.MonkeyPatch) -> storage.Client:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage_address)
    return storage.Client(project="sluice-local", credentials=AnonymousCredentials())


@pytest.fixture
def bucket(client: storage.Client) -> storage.Bucket:
    return client.create_bucket(f"bucket-{uuid.uuid4().hex}")
