"""`python -m contracts check [FOLDER]`: every contract is right, or every mistake with its line."""

import argparse
import sys
from pathlib import Path

from contracts.problems import ContractError
from contracts.reader import load


def main() -> int:
    """0 when all contracts are right, 1 when one is not."""
    parser = argparse.ArgumentParser(prog="python -m contracts", description=__doc__)
    parser.add_argument("command", choices=["check"])
    parser.add_argument("folder", nargs="?", type=Path, help="default: SLUICE_CONTRACTS, or contracts/")
    arguments = parser.parse_args()
    try:
        contracts = load(arguments.folder)
    except ContractError as error:
        print(error, file=sys.stderr)
        print(f"{len(error.problems)} problem(s) in contracts.", file=sys.stderr)
        return 1
    for contract in contracts:
        print(f"{contract.file.name}: {len(contract.tables)} tables and events")
    return 0


if __name__ == "__main__":
    sys.exit(main())
