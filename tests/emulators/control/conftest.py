"""The control plane in a process of its own, and Google's generic client for each of its APIs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import google_auth_httplib2  # type: ignore[import-untyped]
import httplib2  # type: ignore[import-untyped]
import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from googleapiclient import discovery  # type: ignore[import-untyped]

from emulators.control.services.registry import LABELS
from tests.emulators.process import running

SERVICES = sorted(LABELS)
PREFIXES = {"compute": "compute/v1/"}
Api = Callable[..., Any]


def build(address: str, name: str, version: str) -> Any:
    """Google's client of an API, from the discovery document that ships with it."""
    options = ClientOptions(api_endpoint=f"{address}/{name}.googleapis.com/{PREFIXES.get(name, '')}")
    http = google_auth_httplib2.AuthorizedHttp(AnonymousCredentials(), http=httplib2.Http(timeout=20))
    return discovery.build(name, version, http=http, client_options=options, static_discovery=True)


@pytest.fixture(scope="session")
def control_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("control", tmp_path_factory.mktemp("control") / Path("state")) as address:
        yield address


@pytest.fixture(scope="session")
def api(control_address: str) -> Api:
    """api("secretmanager", "v1"): the client, made once."""
    made: dict[tuple[str, str], Any] = {}

    def client(name: str, version: str) -> Any:
        if (name, version) not in made:
            made[name, version] = build(control_address, name, version)
        return made[name, version]

    return client


def enable(address: str, project: str) -> None:
    """Switch on all services that the tests use."""
    services = build(address, "serviceusage", "v1").services()
    for some in (SERVICES[:20], SERVICES[20:]):
        body = {"serviceIds": [f"{label}.googleapis.com" for label in some]}
        services.batchEnable(parent=f"projects/{project}", body=body).execute()


@pytest.fixture
def project(request: pytest.FixtureRequest, control_address: str) -> str:
    """A project of the test's own."""
    name = f"p-{abs(hash(request.node.nodeid)) % 10**9}-test"
    enable(control_address, name)
    return name
