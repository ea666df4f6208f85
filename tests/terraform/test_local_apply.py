"""The root module applied for real to the emulators: needs Google's own provider, and is skipped with a stand-in."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.supervisor.platform import Platform
from emulators.terraform.work import SERVICES, Work
from tests.terraform.conftest import FOLDER, ROOT, Run, initialise

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the contracts, to be changed."""
    folder = tmp_path_factory.mktemp("contracts")
    for file in (ROOT / "contracts").glob("*.odcs.yaml"):
        shutil.copy(file, folder)
    return folder


@pytest.fixture(scope="module")
def work(terraform: Run, contracts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    """A platform of emulators of its own, and Terraform on it."""
    folder = tmp_path_factory.mktemp("applied") / "terraform"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    skip_without_provider(terraform, folder, tmp_path_factory.mktemp("providers"))
    platform = Platform(tmp_path_factory.mktemp("state"), any_port=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_CONTRACTS", str(contracts))
        platform.up(*SERVICES)
        try:
            yield Work(platform, shutil.which("terraform") or "terraform", folder)
        finally:
            platform.reset()


def skip_without_provider(terraform: Run, folder: Path, probe: Path) -> None:
    shutil.copy(folder / "versions.tf", probe)
    (probe / "backend_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    initialise(terraform, probe)
    found = next((probe / ".terraform/providers").glob("*/hashicorp/google/*/*/terraform-provider-google_v*"))
    with found.open("rb") as file:
        if file.read(2) == b"#!":
            pytest.skip("terraform finds a stand-in for Google's provider, which cannot apply")


def show(work: Work, plan: Path) -> dict[str, Any]:
    done = subprocess.run(
        ["terraform", f"-chdir={work.folder}", "show", "-json", str(plan)],
        env=work.environment,
        capture_output=True,
        check=True,
    )
    described: dict[str, Any] = json.loads(done.stdout)
    return described


def changes(work: Work, plan: Path) -> dict[str, list[str]]:
    """Address -> actions of what a plan would change."""
    assert work.run("plan", f"-out={plan}") == 0
    return {
        change["address"]: change["change"]["actions"]
        for change in show(work, plan)["resource_changes"]
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }


def test_apply_change_and_destroy(work: Work, contracts: Path, tmp_path: Path) -> None:
    assert work.run("apply") == 0
    assert changes(work, tmp_path / "second") == {}
    contract = contracts / "saas.odcs.yaml"
    text = contract.read_text(encoding="utf-8")
    column = "      - {name: country, logicalType: string, physicalType: text}\n"
    contract.write_text(text.replace(column, column + column.replace("country", "city"), 1), encoding="utf-8")
    assert changes(work, tmp_path / "third") == {
        'module.warehouse.google_bigquery_table.external["saas_accounts"]': ["update"]
    }
    assert work.run("apply") == 0
    assert changes(work, tmp_path / "fourth") == {}
    assert work.run("destroy") == 0
    assert work.run("show") == 0
