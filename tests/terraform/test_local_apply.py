"""The root module applied for real to the emulators: needs Google's own provider, and is skipped with a stand-in."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.supervisor.environment import PROJECT
from emulators.supervisor.platform import Platform
from emulators.terraform.work import SERVICES, STATE_BUCKET, Work
from tests.terraform.conftest import FOLDER, ROOT, Run, initialise
from tests.terraform.services import left

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


def changes(work: Work, plan: Path) -> dict[str, str]:
    """What a plan would change -> how: {"warehouse.google_bigquery_table.event[saas_login_events]": "update"}."""
    assert work.run("plan", f"-out={plan}") == 0
    return {
        change["address"].removeprefix("module.").replace('"', ""): " then ".join(change["change"]["actions"])
        for change in show(work, plan)["resource_changes"]
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }


COUNTRY = "      - {name: country, logicalType: string, physicalType: text}\n"
TABLE = """
  - name: regions
    customProperties:
      - {property: capture, value: cdc}
    properties:
      - {name: region_id, logicalType: integer, physicalType: bigint, primaryKey: true, required: true}
"""
EVENT = TABLE.replace("regions", "visits").replace("cdc", "stream").replace("region_id", "visit_id")
RETENTION = "  - {property: retention, value: 400, unit: d, element: login_events}\n"
# What is added to the contract, after what -> exactly what is planned.
EDITS = {
    "a column": (
        COUNTRY,
        COUNTRY.replace("country", "city"),
        {"warehouse.google_bigquery_table.external[saas_accounts]": "update"},
    ),
    "a table": (
        "schema:\n",
        TABLE.lstrip("\n"),
        {
            "warehouse.google_bigquery_table.external[saas_regions]": "create",
            "replication.google_datastream_stream.source[saas]": "update",
        },
    ),
    "an event": (
        "schema:\n",
        EVENT.lstrip("\n"),
        {
            "warehouse.google_bigquery_table.event[saas_visits]": "create",
            "warehouse.google_bigquery_table.external[archive_saas_visits]": "create",
            **{
                f"streaming.google_pubsub_{resource}[saas_visits]": "create"
                for resource in (
                    "schema.event",
                    *("topic.event", "subscription.bronze", "topic_iam_member.agent"),
                    *("topic.dead_letters", "subscription.dead_letters", "subscription_iam_member.agent"),
                )
            },
            "iam.google_pubsub_topic_iam_member.dead_letters[saas_visits]": "create",
            **{
                f"iam.google_pubsub_subscription_iam_member.events[saas_visits roles/pubsub.{role}]": "create"
                for role in ("subscriber", "viewer")
            },
        },
    ),
    "a retention": (
        "slaProperties:\n",
        RETENTION,
        {"warehouse.google_bigquery_table.event[saas_login_events]": "update"},
    ),
}


def test_apply_change_and_destroy(work: Work, contracts: Path, tmp_path: Path) -> None:
    contract = contracts / "saas.odcs.yaml"
    text = contract.read_text(encoding="utf-8")
    assert work.run("apply") == 0
    assert changes(work, tmp_path / "second") == {}

    changed = text
    for name, (after, added, expected) in EDITS.items():
        contract.write_text(text.replace(after, after + added, 1), encoding="utf-8")
        assert changes(work, tmp_path / "changed") == expected, name
        changed = changed.replace(after, after + added, 1)
    contract.write_text(changed, encoding="utf-8")
    assert work.run("apply") == 0
    assert changes(work, tmp_path / "fourth") == {}

    assert work.run("destroy") == 0
    assert left(work.environment, PROJECT, work.platform.state) == {f"items/{STATE_BUCKET}"}
