"""The services that these tests share: a Postgres, a Cloud Storage and a Datastream, for the whole session."""

import json
import urllib.request
from collections.abc import Iterator

import pytest

from tests.emulators.datastream.support import Place
from tests.emulators.services import Service


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Services on free ports, and a bucket."""
    folder = tmp_path_factory.mktemp("place")
    postgres, storage = Service("postgres", folder), Service("storage", folder)
    postgres.wait()
    storage.wait()
    body = json.dumps({"name": "landing"}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{storage.address}/storage/v1/b?project=test", body, headers)
    urllib.request.urlopen(request, timeout=10).close()
    datastream = Service("datastream", folder, storage=storage.address).wait()
    yield Place(postgres, storage, datastream)
    for service in (datastream, storage, postgres):
        service.stop()
