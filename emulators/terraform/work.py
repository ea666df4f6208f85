"""A run of terraform on a platform of emulators: its environment, its settings, its state."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from emulators.control import environment as control
from emulators.provision.connections import connections
from emulators.provision.errors import ProvisionError
from emulators.provision.resource import Resource
from emulators.provision.storage import Storage
from emulators.provision.warehouse import buckets
from emulators.supervisor.environment import PROJECT, ROOT
from emulators.supervisor.platform import Platform

SERVICES = ("auth", "storage", "pubsub", "bigquery", "postgres", "datastream", "control")
CONFIGURATION = ROOT / "terraform"
STATE_BUCKET = "sluice-local-terraform"
WITH_SETTINGS = ("apply", "plan", "destroy")


class Work:
    """Terraform on the services of `platform`, which run; `configuration` is the root module's folder."""

    def __init__(self, platform: Platform, binary: str, configuration: Path = CONFIGURATION) -> None:
        self.platform = platform
        self._binary = binary
        self.folder = configuration
        self.environment = environment(platform)

    def run(self, command: str, *arguments: str) -> int:
        """Initialise, then run one command; its exit code. Nothing is asked: what is on a laptop may be changed.

        Raises:
            CalledProcessError: `terraform init` failed.
            ProvisionError: the platform is there already, and Terraform did not make it.
        """
        os.environ.update(self.platform.environment())
        self._make_state_bucket()
        backend = f"-backend-config={self.folder / 'backend/local.gcs.tfbackend'}"
        self._terraform("init", "-input=false", "-reconfigure", backend, quiet=True).check_returncode()
        if command in ("apply", "plan"):
            self._require_its_own()
        settings = self._settings() if command in WITH_SETTINGS else []
        agreed = ["-auto-approve"] if command in ("apply", "destroy") else []
        return self._terraform(command, *settings, *agreed, *arguments).returncode

    def _terraform(self, *arguments: str, quiet: bool = False) -> "subprocess.CompletedProcess[bytes]":
        command = [self._binary, f"-chdir={self.folder}", *arguments]
        return subprocess.run(command, env=self.environment, stdout=subprocess.DEVNULL if quiet else None, check=False)

    def _require_its_own(self) -> None:
        """Terraform cannot take over what `make local-emulate` made: it would fail at each thing that is there."""
        rest = Storage(PROJECT).rest
        if not any(rest.get(f"/storage/v1/b/{bucket.name}") for bucket in buckets()):
            return
        command = [self._binary, f"-chdir={self.folder}", "state", "list"]
        listed = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if not listed.stdout.strip():
            raise ProvisionError(
                "This platform was made by `make local-emulate` or `make local-run`, which make what Terraform makes",
                "Forget it first (make local-reset), or have a second platform beside it: "
                "SLUICE_STATE=.sluice/terraform-local SLUICE_ANY_PORT=1 make terraform-local",
            )

    def _settings(self) -> list[str]:
        """What only this machine knows, beside environments/local.tfvars."""
        values: dict[str, Any] = {
            "replication": {"connections": connections(), "rotation_seconds": 15},
            "contracts_folder": os.environ["SLUICE_CONTRACTS"],
            "dataset_prefix": os.environ["SLUICE_DATASET_PREFIX"],
        }
        return [
            "-input=false",
            "-parallelism=30",
            f"-var-file={self.folder / 'environments/local.tfvars'}",
            *(
                f"-var={name}={value if isinstance(value, str) else json.dumps(value)}"
                for name, value in values.items()
            ),
        ]

    def _make_state_bucket(self) -> None:
        Storage(PROJECT).bucket(Resource("bucket", STATE_BUCKET, {"name": STATE_BUCKET, "location": "EU"}))


def environment(platform: Platform) -> dict[str, str]:
    """All variables that Terraform, its providers and its backend read, for the services of `platform`."""
    ports = {status.name: status.ports for status in platform.status()}
    data = {"GOOGLE_DATASTREAM_CUSTOM_ENDPOINT": f"http://127.0.0.1:{ports['datastream']['port']}/v1/"}
    return {
        **os.environ,
        **platform.environment(),
        **control.variables(ports),
        **data,  # streams run: they have an emulator of their own
        "TF_DATA_DIR": str(platform.state / "terraform"),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
    }
