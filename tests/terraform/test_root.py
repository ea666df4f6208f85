"""The root module: its form, its environments, and that it makes what emulators.provision makes."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.reader import load
from emulators.provision.resources import resources
from tests.terraform.conftest import FOLDER, ROOT, Run, plan
from tests.terraform.planned import planned

LOCAL = {
    "replication": {
        "connections": {
            "saas": {
                "hostname": "127.0.0.1",
                "port": 54320,
                "database": "saas",
                "username": "postgres",
                "secret": False,
            }
        },
        "rotation_seconds": 15,
    },
    # With policy tags a schema is not known before the tags are there.
    "warehouse": {"policy_tags": False, "biglake": False, "require_partition_filter": False},
}
BEYOND = {"bucket sluice-local-archive", "bucket sluice-local-artefacts", "dataset projects/sluice-local/datasets/logs"}
"""What Terraform makes and a laptop does without."""


def test_is_formatted(terraform: Run) -> None:
    done = terraform(FOLDER, "fmt", "-check", "-recursive", "-diff", check=False)
    assert done.returncode == 0, done.stdout


def test_is_valid(terraform: Run, configuration: Path) -> None:
    found = json.loads(terraform(configuration, "validate", "-json").stdout)
    assert found["valid"] and found["warning_count"] == 0, found["diagnostics"]


def test_makes_what_provisioning_makes(terraform: Run, configuration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "sluice-local")
    monkeypatch.setenv("SAAS_DATABASE_URL", "postgresql://postgres@127.0.0.1:54320/saas")
    for name in ("SLUICE_DATASET_PREFIX", "SLUICE_LOCATION", "SLUICE_REGION"):
        monkeypatch.delenv(name, raising=False)
    provisioned = {
        (resource.kind, resource.name): _plain(resource.body)
        for resource in resources(load(ROOT / "contracts"))
        if resource.kind != "publication"  # the database's own, made where its owner works
    }
    settings = [f"-var={name}={json.dumps(value)}" for name, value in LOCAL.items()]
    found = planned(plan(terraform, configuration, "-var-file=environments/local.tfvars", *settings))
    beyond = found.keys() - provisioned.keys()
    assert {" ".join(key) for key in beyond} == BEYOND
    assert {key: body for key, body in found.items() if key not in beyond} == provisioned


@pytest.mark.long
@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_an_environment_is_planned(terraform: Run, configuration: Path, environment: str) -> None:
    changes = plan(terraform, configuration, f"-var-file=environments/{environment}.tfvars")["resource_changes"]
    assert {action for change in changes for action in change["change"]["actions"]} <= {"create", "read"}
    assert len({change["type"] for change in changes}) > 40


@pytest.mark.long
def test_root(terraform: Run, configuration: Path) -> None:
    assert "0 failed" in terraform(configuration, "test", "-no-color").stdout


def _plain(body: Any) -> dict[str, Any]:
    """A schema's text as a value: how it is written does not matter."""
    value: dict[str, Any] = json.loads(json.dumps(body))
    if "definition" in value:
        value["definition"] = json.loads(value["definition"])
    return value
