"""Terraform on a copy of terraform/, with whichever providers it finds; without one these tests are skipped."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "terraform"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def terraform() -> Run:
    """Runs terraform in a folder; a failure raises with what it said, unless check=False."""
    binary = shutil.which("terraform")
    if binary is None:
        pytest.skip("terraform is not installed: its configuration is not tested here")
    # A registry that cannot be reached is told at once, not after minutes of trying.
    bounds = {"TF_REGISTRY_DISCOVERY_RETRY": "0", "TF_REGISTRY_CLIENT_TIMEOUT": "10", "TF_IN_AUTOMATION": "1"}
    environment = {**os.environ, **bounds, "CHECKPOINT_DISABLE": "1"}

    def run(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [binary, f"-chdir={folder}", *arguments], capture_output=True, text=True, env=environment, check=False
        )
        if check and done.returncode:
            raise AssertionError(f"terraform {' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
        return done

    return run


@pytest.fixture(scope="session")
def configuration(terraform: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of terraform/ beside contracts/, with its providers, whose state is a file."""
    folder = tmp_path_factory.mktemp("platform") / "terraform"
    leave = shutil.ignore_patterns(".terraform*", "*.tfstate*")
    shutil.copytree(FOLDER, folder, ignore=leave)
    shutil.copytree(
        ROOT / "contracts", folder.parent / "contracts", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    (folder / "backend_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    # A plan of what is new asks Google nothing, and the real providers want a credential all the same.
    (folder / "providers_override.tf").write_text(
        "".join(f'provider "{name}" {{\n  access_token = "none"\n}}\n' for name in ("google", "google-beta"))
    )
    initialise(terraform, folder)
    return folder


def initialise(terraform: Run, folder: Path) -> None:
    """`terraform init` without a backend; skips the test where the providers cannot be had."""
    done = terraform(folder, "init", "-input=false", "-no-color", check=False)
    if done.returncode and any(
        words in done.stderr for words in ("Failed to query available provider", "Failed to install")
    ):
        pytest.skip(f"terraform init finds no providers: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """A run of emulators.terraform sets variables for its process: they end with the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def plan(terraform: Run, folder: Path, *arguments: str) -> dict[str, Any]:
    """The plan of a configuration as Terraform's JSON."""
    terraform(folder, "plan", "-input=false", "-lock=false", "-out=plan", *arguments)
    described: dict[str, Any] = json.loads(terraform(folder, "show", "-json", "plan").stdout)
    return described
