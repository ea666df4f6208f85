"""Make from contracts/ what the platform needs: `python -m emulators.provision`. A second call changes nothing.

Before a source's tables exist, `--phase before` makes all that needs none of them; `--phase after` then makes the
publications and streams. `--print` shows the resources as JSON and makes nothing.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from contracts.problems import ContractError
from contracts.reader import load
from emulators.provision.apply import apply, summary
from emulators.provision.errors import ProvisionError
from emulators.provision.resources import resources


def main() -> int:
    """Provision; 0 when everything is as wanted."""
    arguments = _arguments()
    started = time.monotonic()
    try:
        wanted = resources(load(arguments.contracts), arguments.phase)
        if arguments.print:
            print(json.dumps([asdict(resource) for resource in wanted], indent=2))
            return 0
        outcomes = []
        for outcome in apply(wanted):
            outcomes.append(outcome)
            if outcome.done != "unchanged":
                print(f"provision: {outcome.done} {outcome.resource.kind} {outcome.resource.name}", file=sys.stderr)
    except (ContractError, ProvisionError) as error:
        print(f"provision: {error}", file=sys.stderr)
        return 1
    except KeyError as error:
        if error.args != ("GOOGLE_CLOUD_PROJECT",):
            raise
        print("provision: GOOGLE_CLOUD_PROJECT is not set\n  make local-env prints the environment.", file=sys.stderr)
        return 1
    print(f"provision: {summary(outcomes)}, {time.monotonic() - started:.1f} s", file=sys.stderr)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulators.provision", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--contracts", type=Path, help="folder of contracts (default: SLUICE_CONTRACTS, or contracts/)")
    parser.add_argument("--phase", choices=["before", "after", "all"], default="all", help="default: all")
    parser.add_argument("--print", action="store_true", help="show the resources as JSON and make nothing")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
