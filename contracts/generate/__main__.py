"""`python -m contracts.generate sources | models SOURCE [--force] | --check`: dbt's files, made from contracts.

`sources` writes dbt/models/staging/<source>/_<source>__sources.yml for every contract. `models SOURCE` writes the
staging, silver and history models of one source, plain SQL that a person may then edit; a file that somebody edited is
kept unless --force is given. `--check` exits 1 when a generated file is not what the contracts say, and tells what to
run.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from contracts.generate.files import Generated
from contracts.generate.models import model_files
from contracts.generate.properties import properties_text, sources_text
from contracts.model import Contract
from contracts.problems import ContractError, did_you_mean
from contracts.reader import load

SOURCES = "python -m contracts.generate sources"
MODELS = "python -m contracts.generate models"


def sources_of(contract: Contract, models: Path) -> Generated:
    """The file of a contract's dbt sources."""
    path = models / "staging" / contract.id / f"_{contract.id}__sources.yml"
    return Generated(path, contract.file.name, SOURCES, sources_text(contract), editable=False)


def models_of(contract: Contract, models: Path) -> list[Generated]:
    """The files of a contract's models."""
    command = f"{MODELS} {contract.id}"
    properties = (f"silver/{contract.id}/_{contract.id}__silver.yml", properties_text(contract))
    files = [*model_files(contract), properties]
    return [Generated(models / path, contract.file.name, command, body, editable=True) for path, body in files]


def main(words: Sequence[str] | None = None) -> int:
    """0 when done or current, 1 when something is out of date or a contract is wrong."""
    arguments = _arguments(words)
    try:
        contracts = load(arguments.contracts)
    except ContractError as error:
        print(error, file=sys.stderr)
        return 1
    models = arguments.dbt / "models"
    if arguments.check:
        return _check(contracts, models)
    if arguments.what == "sources":
        return _write([sources_of(contract, models) for contract in contracts], force=True)
    chosen = next((contract for contract in contracts if contract.id == arguments.source), None)
    if chosen is None:
        known = [contract.id for contract in contracts]
        print(
            f"No contract of source `{arguments.source}`. {did_you_mean(arguments.source or '', known)}",
            file=sys.stderr,
        )
        return 1
    _write([sources_of(chosen, models)], force=True)
    return _write(models_of(chosen, models), force=arguments.force)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m contracts.generate", description=__doc__.split("\n")[0])
    parser.add_argument("what", nargs="?", choices=["sources", "models"])
    parser.add_argument("source", nargs="?", help="a contract's id, for models")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")
    parser.add_argument("--force", action="store_true", help="overwrite edited files too")
    parser.add_argument("--contracts", type=Path, help="default: SLUICE_CONTRACTS, or contracts/")
    parser.add_argument("--dbt", type=Path, default=Path("dbt"), help="the dbt project (default: dbt)")
    arguments = parser.parse_args(words)
    if (not arguments.check and arguments.what is None) or (arguments.what == "models" and arguments.source is None):
        parser.error("say what to generate: sources, models SOURCE, or --check")
    return arguments


def _write(files: Iterable[Generated], force: bool) -> int:
    for file in files:
        state = file.state()
        if state == "current":
            print(f"current    {file.path}")
        elif state in ("edited", "foreign") and not force:
            print(f"kept       {file.path} (edited; --force overwrites it)")
        else:
            file.write()
            print(f"{'written' if state == 'missing' else 'rewritten':<10} {file.path}")
    return 0


def _check(contracts: Iterable[Contract], models: Path) -> int:
    """Sources must be exactly what contracts say; models that nobody edited too."""
    stale: list[tuple[Generated, str]] = []
    for contract in contracts:
        sources = sources_of(contract, models)
        stale += [(sources, state) for state in [sources.state()] if state != "current"]
        stale += [(file, "outdated") for file in models_of(contract, models) if file.state() == "outdated"]
    for file, state in stale:
        print(f"{file.path}: {state}; run {file.command}", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
