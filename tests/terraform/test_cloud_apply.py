"""What the cloud gets, applied to the emulators by Google's own provider: dev and prod, all of their resources."""

import json
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contracts.reader import load
from deployment.plan import parse
from deployment.plan_guard import refusals
from emulators.supervisor.platform import Platform
from emulators.terraform.work import environment
from tests.terraform.conftest import FOLDER, ROOT, Run
from tests.terraform.services import left
from tests.terraform.test_local_apply import skip_without_provider

pytestmark = pytest.mark.long

SERVICES = ("auth", "storage", "pubsub", "bigquery", "control")
OVERRIDES = {
    "deletion_protection": False,
    # The emulator of Cloud Storage has none, and says so.
    "storage": {"notifications": False},
}
# The first apply of docs/deploy.md: no image is there, and no password.
FIRST: dict[str, dict[str, Any]] = {
    "prod": {
        "processing": {},
        "orchestration": {"high_availability": True},
        "replication": {
            "private_range": "10.22.0.0/29",
            "connections": {"saas": {"hostname": "10.30.0.5", "database": "saas", "state": "NOT_STARTED"}},
        },
    },
    "dev": {},
}
MYSQL = """
apiVersion: v3.1.0
kind: DataContract
id: crm
name: Customer relations
version: 1.0.0
status: active
servers: [{server: production, type: mysql, schema: crm}]
schema:
  - name: leads
    customProperties: [{property: capture, value: cdc}]
    properties: [{name: lead_id, logicalType: integer, physicalType: bigint, primaryKey: true, required: true}]
"""
# What others use goes in the same apply as their use of it.
FEWER = {
    "observability": {"emails": ["data-oncall@example.com"], "pagerduty": True},
    "network": {"google_apis_access": "restricted", "access_policy": "123456789012"},
}
CHANGES = {
    "prod": {"cost": {"billing_account": "000000-000000-000000", "monthly_amount": 2000}},
    "dev": {"labels": {"cost_center": "elsewhere"}},
}


@dataclass
class Cloud:
    """Terraform on emulators that it takes for Google's services."""

    folder: Path
    variables: dict[str, str]
    control: str
    project: str
    state: Path

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        options = ["-input=false", "-no-color", "-parallelism=20"] if command in ("plan", "apply", "destroy") else []
        begun = time.monotonic()
        done = subprocess.run(
            ["terraform", f"-chdir={self.folder}", command, *options, *arguments],
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        said = next((line for line in done.stdout.splitlines() if "complete!" in line or "No changes" in line), "")
        print(f"{self.project}: {command}: {time.monotonic() - begun:.0f} s. {said}")  # for pytest -rP
        return done

    def apply(self, *settings: str) -> str:
        """Plan, let the plan be guarded, apply it: as docs/deploy.md and the workflows do. What Terraform said last."""
        assert (planned := self.run("plan", "-out=tfplan", *settings)).returncode == 0, planned.stderr
        shown = json.loads(self.run("show", "-json", "tfplan").stdout)
        assert [refusal.what for refusal in refusals(parse(shown), load())] == []
        applied = self.run("apply", "tfplan")
        assert applied.returncode == 0, applied.stderr
        return applied.stdout

    def destroy(self, *settings: str) -> None:
        """Take all down, by the commands of docs/deploy.md."""
        if "module.orchestration" in self.run("state", "list").stdout:
            gone = self.run("destroy", "-auto-approve", "-target=module.orchestration", *settings)
            assert gone.returncode == 0, gone.stderr
            network = f"projects/{self.project}/global/networks/sluice-{self.project.rpartition('-')[2]}"
            peering = {"name": "servicenetworking-googleapis-com"}
            self.call(f"compute.googleapis.com/compute/v1/{network}/removePeering", peering)
        gone = self.run("destroy", "-auto-approve", *settings)
        assert gone.returncode == 0, gone.stderr
        assert self.run("state", "list").stdout == ""

    def call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request to the control plane, as a person makes it by gcloud."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.control}/{path}", data=data)) as answer:
            result: dict[str, Any] = json.loads(answer.read())
        return result


@pytest.fixture
def cloud(
    request: pytest.FixtureRequest, terraform: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cloud]:
    """Terraform for an environment, its state in a file, and the bucket and the APIs that are there beforehand."""
    folder = tmp_path / "applied" / "terraform"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    shutil.copytree(ROOT / "contracts", folder.parent / "contracts", ignore=shutil.ignore_patterns("*.py"))
    (tmp_path / "providers").mkdir()
    skip_without_provider(terraform, folder, tmp_path / "providers")
    (folder / "backend_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    platform = Platform(tmp_path / "state", any_port=True)
    platform.up(*SERVICES, "postgres", "datastream")
    try:
        ports = {status.name: status.ports for status in platform.status()}
        variables = environment(platform)
        control = f"http://127.0.0.1:{ports['control']['port']}"
        variables["GOOGLE_DATASTREAM_CUSTOM_ENDPOINT"] = f"{control}/datastream.googleapis.com/v1/"
        project = f"my-data-{request.param}"
        bucket = f"{variables['GOOGLE_STORAGE_CUSTOM_ENDPOINT']}b?project={project}"
        body = json.dumps({"name": f"{project}-terraform"}).encode()
        urllib.request.urlopen(urllib.request.Request(bucket, body, {"Content-Type": "application/json"})).close()
        cloud = Cloud(folder, variables, control, project, platform.state)
        say_number(cloud, folder / f"environments/{request.param}.tfvars")
        assert cloud.run("init", "-input=false").returncode == 0
        yield cloud
    finally:
        platform.reset()


@pytest.mark.parametrize("cloud", ["dev", "prod"], indirect=True)
def test_an_environment_is_applied_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    name = cloud.project.removeprefix("my-data-")
    (tmp_path / "over.tfvars.json").write_text(json.dumps(OVERRIDES))
    settings = [f"-var-file=environments/{name}.tfvars", f"-var-file={tmp_path / 'over.tfvars.json'}"]
    (tmp_path / "first.tfvars.json").write_text(json.dumps(FIRST[name]))
    cloud.apply(*settings, f"-var-file={tmp_path / 'first.tfvars.json'}")
    fill_secrets(cloud)  # by hand, between two applies: nothing that runs starts without its passwords
    assert "0 destroyed" in cloud.apply(*settings)
    second = cloud.run("plan", "-detailed-exitcode", *settings)
    assert second.returncode == 0, second.stdout + second.stderr

    (tmp_path / "change.tfvars.json").write_text(json.dumps(CHANGES[name]))
    settings.append(f"-var-file={tmp_path / 'change.tfvars.json'}")
    changed = cloud.apply(*settings)
    assert "0 added" in changed and "0 destroyed" in changed
    assert cloud.run("plan", "-detailed-exitcode", *settings).returncode == 0

    cloud.destroy(*settings)
    stays = {f"items/{cloud.project}-terraform"}  # the state's bucket, which Terraform did not make
    assert left(cloud.variables, cloud.project, cloud.state) == stays


@pytest.mark.parametrize("cloud", ["prod"], indirect=True)
def test_every_option_is_applied_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    """What no environment asks for: MySQL, row policies, slots, Slack, a perimeter, quotas, ... And less again."""
    cloud.variables |= {"TF_VAR_slack_token": "xoxb-secret", "TF_VAR_pagerduty_key": "0123456789abcdef"}
    (cloud.folder.parent / "contracts/crm.odcs.yaml").write_text(MYSQL)
    options = Path(__file__).parent / "every_option.tfvars.json"
    settings = ["-var-file=environments/prod.tfvars", f"-var-file={options}"]
    cloud.apply(*settings)
    second = cloud.run("plan", "-detailed-exitcode", *settings)
    assert second.returncode == 0, second.stdout + second.stderr
    state = cloud.run("state", "pull").stdout
    assert "google_bigquery_row_access_policy" in state and "mysql_profile" in state
    assert "xoxb-secret" not in state and "0123456789abcdef" not in state

    (tmp_path / "fewer.tfvars.json").write_text(json.dumps(FEWER))
    settings.append(f"-var-file={tmp_path / 'fewer.tfvars.json'}")
    assert "0 added" in cloud.apply(*settings)
    assert cloud.run("plan", "-detailed-exitcode", *settings).returncode == 0
    cloud.destroy(*settings)
    assert left(cloud.variables, cloud.project, cloud.state) == {f"items/{cloud.project}-terraform"}


def say_number(cloud: Cloud, variables: Path) -> None:
    """Edit an environment's file as docs/deploy.md tells: agents of Google's services go by the project's number."""
    number = cloud.call(f"cloudresourcemanager.googleapis.com/v1/projects/{cloud.project}")["projectNumber"]
    text = re.sub(r'(?m)^(project_number\s*= )"\d+"', rf'\g<1>"{number}"', variables.read_text())
    variables.write_text(text)


def fill_secrets(cloud: Cloud) -> None:
    """A first version for each secret that has none."""
    base = "secretmanager.googleapis.com/v1"
    for secret in cloud.call(f"{base}/projects/{cloud.project}/secrets").get("secrets", []):
        if not cloud.call(f"{base}/{secret['name']}/versions"):
            cloud.call(f"{base}/{secret['name']}:addVersion", {"payload": {"data": "c2VjcmV0"}})
