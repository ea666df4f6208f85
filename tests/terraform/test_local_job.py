"""The platform's main job on what Terraform made: a company is played, and every table agrees."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emulators.supervisor.environment import PROJECT
from emulators.supervisor.platform import Platform
from emulators.terraform.work import SERVICES, STATE_BUCKET, Work
from tests.terraform.conftest import FOLDER, ROOT, Run
from tests.terraform.services import left
from tests.terraform.test_local_apply import skip_without_provider

pytestmark = pytest.mark.long


def test_the_main_job_runs_on_what_terraform_made(terraform: Run, tmp_path: Path) -> None:
    folder = tmp_path / "applied" / "terraform"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    (tmp_path / "providers").mkdir()
    skip_without_provider(terraform, folder, tmp_path / "providers")
    platform = Platform(tmp_path / "state", any_port=True)
    platform.up(*SERVICES)
    try:
        work = Work(platform, shutil.which("terraform") or "terraform", folder)
        assert work.run("apply") == 0
        done = play(platform.state)
        assert done.returncode == 0, done.stdout + done.stderr
        verdicts = [line for line in done.stdout.splitlines() if line.startswith("saas_") and "  " in line]
        assert len(verdicts) > 4 and all("agree" in line for line in verdicts), done.stdout
        assert work.run("plan", "-detailed-exitcode") == 0, "the job changed what Terraform made"
        assert work.run("destroy") == 0
        assert left(work.environment, PROJECT, platform.state) == {f"items/{STATE_BUCKET}"}
    finally:
        platform.reset()


def play(state: Path) -> subprocess.CompletedProcess[str]:
    """`make local-emulate`, small, on the platform in that folder."""
    command = [sys.executable, "-m", "emulators.local_emulate", "--days", "2", "--accounts", "20"]
    own = {"SLUICE_STATE": str(state), "SLUICE_ANY_PORT": "1"}
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **own}, capture_output=True, text=True, check=False, timeout=900
    )
