"""Make from contracts/ what the platform needs: `python -m emulators.provision`. A second call changes nothing.

Before a source's tables exist, `--phase before` makes all that needs none of them; `--phase after` then makes the
publications and streams. A source that is not there, or not whole, is left out and named; the others are made (status
3). `--print` shows the resources as JSON and makes nothing.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from contracts.problems import ContractError
from contracts.reader import load
from emulators.provision.apply import Outcome, apply, summary
from emulators.provision.errors import LEFT_OUT, ProvisionError
from emulators.provision.resource import Resource
from emulators.provision.resources import resources


def main() -> int:
    """Provision; 0 when everything is as wanted, 3 when some sources are left out because they cannot be connected."""
    arguments = _arguments()
    started = time.monotonic()
    try:
        contracts = load(arguments.contracts)
        if arguments.print:
            print(json.dumps([asdict(resource) for resource in resources(contracts, arguments.phase)], indent=2))
            return 0
        outcomes = _make(resources(contracts, "before")) if arguments.phase != "after" else []
        left_out = []
        for contract in contracts if arguments.phase != "before" else ():
            try:
                outcomes += _make(resources([contract], "after"))
            except ProvisionError as error:
                left_out.append(f"left out: source {contract.id}: {' '.join(str(error).split())}")
    except (ContractError, ProvisionError) as error:
        print(f"provision: {error}", file=sys.stderr)
        return 1
    except KeyError as error:
        if error.args != ("GOOGLE_CLOUD_PROJECT",):
            raise
        print("provision: GOOGLE_CLOUD_PROJECT is not set\n  make local-env prints the environment.", file=sys.stderr)
        return 1
    print(f"provision: {summary(outcomes)}, {time.monotonic() - started:.1f} s", *left_out, sep="\n", file=sys.stderr)
    return LEFT_OUT if left_out else 0


def _make(wanted: Iterable[Resource]) -> list[Outcome]:
    """Applies resources, and tells what was done as it is done. Raises ProvisionError at the first that cannot be."""
    outcomes = []
    for outcome in apply(wanted):
        outcomes.append(outcome)
        if outcome.done != "unchanged":
            print(f"provision: {outcome.done} {outcome.resource.kind} {outcome.resource.name}", file=sys.stderr)
    return outcomes


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulators.provision", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--contracts", type=Path, help="folder of contracts (default: SLUICE_CONTRACTS, or contracts/)")
    parser.add_argument("--phase", choices=["before", "after", "all"], default="all", help="default: all")
    parser.add_argument("--print", action="store_true", help="show the resources as JSON and make nothing")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
