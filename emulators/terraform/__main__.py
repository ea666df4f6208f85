"""Terraform against the emulators: python -m emulators.terraform apply|plan|destroy|output [what terraform shall get].

Starts the services, makes the bucket for the state as one does by hand in the cloud, and runs terraform with
environments/local.tfvars. The configuration knows nothing of it: only the environment differs.
"""

import shutil
import subprocess
import sys

from emulators.provision.errors import ProvisionError
from emulators.supervisor.errors import SupervisorError
from emulators.supervisor.platform import Platform
from emulators.terraform.work import SERVICES, Work

COMMANDS = ("apply", "plan", "destroy", "output", "validate", "show")
USAGE = f"usage: python -m emulators.terraform {'|'.join(COMMANDS)} [what terraform shall get]"


def main(arguments: list[str]) -> int:
    """Terraform's exit code, or 1 where it could not be started."""
    if not arguments or arguments[0] not in COMMANDS:
        print(USAGE, file=sys.stderr)
        return 2
    binary = shutil.which("terraform")
    if binary is None:
        print(
            "terraform is not installed\n  Install 1.11 or later: https://developer.hashicorp.com/terraform/install",
            file=sys.stderr,
        )
        return 1
    platform = Platform()
    try:
        platform.up(*SERVICES)
        return Work(platform, binary).run(*arguments)
    except (SupervisorError, ProvisionError) as error:
        print(error, file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"terraform {error.cmd[2]} failed; its words are above", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
