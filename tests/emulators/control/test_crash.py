"""What was acknowledged outlives kill -9: resources, policies, payloads, operations."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulators.control.conftest import build, enable
from tests.emulators.process import free_port, start

PARENT = "projects/project-1"


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def test_all_that_was_acknowledged_is_there_afterwards(
    tmp_path: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    port = free_port()
    processes.append(start("control", tmp_path, port))
    address = f"http://127.0.0.1:{port}"
    enable(address, "project-1")
    secrets = build(address, "secretmanager", "v1").projects().secrets()
    operations = build(address, "artifactregistry", "v1").projects().locations()
    body: dict[str, Any] = {"replication": {"automatic": {}}}
    for number in range(20):
        secrets.create(parent=PARENT, secretId=f"s{number}", body=body).execute()
    secrets.addVersion(parent=f"{PARENT}/secrets/s3", body={"payload": {"data": "aGk="}}).execute()
    policy = {"bindings": [{"role": "roles/viewer", "members": ["allUsers"]}]}
    policy = secrets.setIamPolicy(resource=f"{PARENT}/secrets/s4", body={"policy": policy}).execute()
    at = f"{PARENT}/locations/europe"
    made = operations.repositories().create(parent=at, repositoryId="r", body={"format": "PYTHON"}).execute()
    secrets.delete(name=f"{PARENT}/secrets/s5").execute()
    processes[0].kill()
    processes[0].wait()

    processes.append(start("control", tmp_path, port))
    secrets = build(address, "secretmanager", "v1").projects().secrets()
    names = {one["name"] for one in secrets.list(parent=PARENT).execute()["secrets"]}
    assert names == {f"{PARENT}/secrets/s{number}" for number in range(20) if number != 5}
    payload = secrets.versions().access(name=f"{PARENT}/secrets/s3/versions/latest").execute()["payload"]
    assert payload == {"data": "aGk="}
    assert secrets.getIamPolicy(resource=f"{PARENT}/secrets/s4").execute() == policy
    operations = build(address, "artifactregistry", "v1").projects().locations().operations()
    assert operations.get(name=made["name"]).execute() == made
