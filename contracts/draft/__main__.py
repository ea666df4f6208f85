"""`python -m contracts.draft SOURCE [--schema public] [--tables a,b] [--force]`: a contract from a database.

Reads the tables of <SOURCE>_DATABASE_URL and writes contracts/<source>.odcs.yaml: columns, types, keys, descriptions.
What a contract cannot describe is left out, with the reason; it says what to look at. Where the contract is there
already, it prints what the database has beyond it, to be pasted.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import psycopg2

from contracts import names
from contracts.draft.catalog import SourceTable, read_tables
from contracts.draft.text import Draft, draft, draft_columns, draft_tables
from contracts.problems import ContractError, did_you_mean
from contracts.reader import ID, SUFFIX, folder_of_contracts, load


class DraftError(Exception):
    """No draft can be made; the message says why and what to do."""


def main(words: Sequence[str] | None = None) -> int:
    """0 when the contract is written and right, 1 with the reason when not."""
    arguments = _arguments(words)
    try:
        file = _file(arguments)
        tables = _tables(arguments)
        if file.exists() and not arguments.force:
            print(_beyond(file, arguments.source, tables), end="")
            return 0
        made = draft(arguments.source, arguments.schema, tables)
        if not made.tables:
            raise DraftError("\n".join(["No table can be described.", *made.notes]))
        file.write_text(made.text)
        _tell(file, made, arguments.source)
        load(file.parent)
    except (DraftError, ContractError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m contracts.draft", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("source", help="the contract's id; its database is <SOURCE>_DATABASE_URL")
    parser.add_argument("--schema", default="public", help="the database's schema (default: public)")
    parser.add_argument("--tables", default="", help="names with commas between them (default: all of the schema)")
    parser.add_argument("--folder", type=Path, help="default: SLUICE_CONTRACTS, or contracts/")
    parser.add_argument("--force", action="store_true", help="write over a contract that is there")
    return parser.parse_args(words)


def _file(arguments: argparse.Namespace) -> Path:
    if not ID.fullmatch(arguments.source):
        raise DraftError(f"`{arguments.source}` is no source's name: use lower-case letters, digits and `_`.")
    return Path(arguments.folder or folder_of_contracts()) / f"{arguments.source}{SUFFIX}"


def _tables(arguments: argparse.Namespace) -> list[SourceTable]:
    """The tables that are asked for."""
    variable = names.database_url_variable(arguments.source)
    url = os.environ.get(variable)
    if not url:
        raise DraftError(f"{variable} is not set: export {variable}=postgresql://user:password@host:5432/database")
    try:
        with psycopg2.connect(url, connect_timeout=10) as connection:
            found = read_tables(connection, arguments.schema)
    except psycopg2.Error as error:
        raise DraftError(f"The database of {variable} cannot be read: {error}") from error
    if not found:
        raise DraftError(f"Schema `{arguments.schema}` has no tables; --schema names another one.")
    known = [table.name for table in found]
    wanted = [name for name in arguments.tables.split(",") if name]
    for name in wanted:
        if name not in known:
            raise DraftError(f"Schema `{arguments.schema}` has no table `{name}`. {did_you_mean(name, known)}")
    return [table for table in found if not wanted or table.name in wanted]


def _beyond(file: Path, source: str, tables: Sequence[SourceTable]) -> str:
    """What a database has and the contract that is there has not."""
    (contract,) = [one for one in load(file.parent) if one.id == source]
    known = {table.physical_name: {column.name for column in table.columns} for table in contract.tables}
    parts = [draft_tables([table for table in tables if table.name not in known]).text.lstrip("\n")]
    for table in tables:
        new = draft_columns(c for c in table.columns if c.name not in known.get(table.name, {c.name}))
        parts += [f"\n  # columns of {table.name}\n{new}"] if new else []
    text = "".join(parts)
    head = f"# {file} is there already (--force writes over it)."
    return f"{head} The database has beyond it:\n{text}" if text else f"{head} The database has nothing beyond it.\n"


def _tell(file: Path, made: Draft, source: str) -> None:
    print(f"written {file}: {made.tables} tables")
    for note in made.notes:
        print(f"  look at {note}")
    print(f"Edit it; then: make models SOURCE={source}, make local-run")


if __name__ == "__main__":
    sys.exit(main())
