"""The ledger's file: where it is, who may write it, what founded it, and the rows that it leads to."""

import fcntl
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

from emulators.company.errors import CompanyError
from emulators.company.schema import TABLES, Row

FILE = "ledger.sqlite"
LOCK_SECONDS = 30.0
VERSION = 1  # of the file's tables, ledger.sql


class Settings(NamedTuple):
    """What makes one company: its name (random, to recognise its database), seed, first day and size."""

    company: str
    seed: int
    start: date
    accounts: int

    def __str__(self) -> str:
        return f"{self.accounts:,} accounts on {self.start}, seed {self.seed}"


def connect(state: Path) -> sqlite3.Connection:
    """The ledger of a company's folder. Commits survive a killed process; a machine that dies may damage the file.

    Raises:
        CompanyError: there is none, or another version of the company wrote it.
    """
    path = state / FILE
    if not path.exists():
        raise CompanyError(f"no company in {state}", "Found one first: python -m emulators.company create")
    connection = sqlite3.connect(path, isolation_level=None, timeout=60, check_same_thread=False)
    if connection.execute("PRAGMA user_version").fetchone() != (VERSION,):
        connection.close()
        raise CompanyError(f"another version wrote {path}", "Begin anew (make local-reset), or use that version.")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")  # as the local Postgres, which does not flush either
    return connection


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Be the only one who plays this company. What a killed one left running ends within a day's simulation.

    Raises:
        CompanyError: another one plays it still after half a minute.
    """
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as lock:
        until = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise CompanyError(f"another process plays the company in {state}", "Wait, or stop it.") from None
                time.sleep(0.1)
        yield


def replay(database: sqlite3.Connection, through: int | None = None) -> dict[str, dict[tuple[int, ...], Row]]:
    """Each table's rows by key, sorted by key, after the committed changes of transactions up to a number (None: all).

    Values are as in the ledger: JSON's (see schema.py).
    """
    state: dict[str, dict[str, str]] = {name: {} for name in TABLES}
    rows = database.execute(
        "SELECT c.kind, c.table_name, c.key, c.row, c.columns FROM transactions t JOIN changes c USING (number) "
        "WHERE NOT t.rolled_back AND t.number <= coalesce(?, t.number) ORDER BY t.number, c.position",
        (through,),
    )
    for kind, table, key, row, columns in rows:
        if kind == "delete":
            del state[table][key]
        elif any(name in columns.split(",") for name in TABLES[table].key):
            del state[table][key]
            state[table][str(list(TABLES[table].key_of(json.loads(row))))] = row
        else:
            state[table][key] = row
    return {
        table: dict(sorted((tuple(json.loads(key)), json.loads(row)) for key, row in found.items()))
        for table, found in state.items()
    }
