"""A whole platform of its own: services on free ports, state in a temporary folder, stopped at the end."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What a checkout without the example lacks.
EXAMPLE = ("contracts/saas.odcs.yaml", "dbt/models/staging/saas/", "dbt/models/silver/saas/", "dbt/models/gold/",
           "dbt/tests/mart_")  # fmt: skip


@dataclass
class LocalPlatform:
    """A checkout (`root`), its state, and the environment in which its commands run."""

    root: Path
    state: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, module: str, *arguments: str, timeout: float = 400) -> subprocess.CompletedProcess[str]:
        """Runs `python -m module` in the checkout."""
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(
            command, cwd=self.root, env=self.base(), text=True, capture_output=True, timeout=timeout, check=False
        )

    def base(self) -> dict[str, str]:
        """The environment of a user's shell, with a state and ports of its own."""
        ours = ("SLUICE_", "DBT_", "GOOGLE_", "DAGSTER_")
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(ours) and not name.endswith(("_EMULATOR_HOST", "_DATABASE_URL"))
        }
        return {**inherited, **self.environment, "SLUICE_STATE": str(self.state), "SLUICE_ANY_PORT": "1"}

    def exports(self) -> dict[str, str]:
        """What `make local-env` prints, as a dictionary."""
        lines = self.run("emulators", "env").stdout.splitlines()
        pairs = (line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
        return {name: value.strip("'") for name, value in pairs}

    def stop(self) -> None:
        """Stops all services."""
        self.run("emulators", "down")


def checkout(target: Path, leave_out: tuple[str, ...] = ()) -> Path:
    """A copy of what git knows of the checkout, as it is now, but for what begins so."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/", *leave_out)):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """The checkout itself, with a state of its own."""
    local = LocalPlatform(ROOT, tmp_path_factory.mktemp("platform") / "state")
    yield local
    local.stop()
