"""_CHANGE_SEQUENCE_NUMBER: the order of changes as their source has it, whenever they arrive."""

import re

import pyarrow as pa

from emulators.bigquery.sql.types import quoted, text
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.store import Store, Transaction
from emulators.bigquery.state.streams.streams import StreamError

SEQUENCE = "_CHANGE_SEQUENCE_NUMBER"
_SECTION = r"[0-9A-Fa-f]{1,16}"
_NUMBER = re.compile(f"{_SECTION}(?:/{_SECTION}){{0,3}}")
_KEPT = "main.change_sequences"


def prepare_order(store: Store) -> None:
    """Make the place where the last number of each key is kept, of deleted rows too."""
    cursor = store.cursor()
    cursor.execute(f"CREATE TABLE IF NOT EXISTS {_KEPT} (table_name VARCHAR, key VARCHAR, number VARCHAR)")
    cursor.close()


def comparable(numbers: pa.ChunkedArray) -> pa.Array:
    """Texts that sort as sequence numbers do: B is 0/0/0/B, which is less than FFF/B."""
    return pa.array([_comparable(number) for number in numbers.to_pylist()], pa.string())


def _comparable(number: str | None) -> str:
    if number is None or not _NUMBER.fullmatch(number):
        raise StreamError(
            "INVALID_ARGUMENT", f"Invalid {SEQUENCE} {number!r}: use one to four hexadecimal numbers of up to 16 "
            "digits, with / between them.",
        )  # fmt: skip
    sections = number.upper().split("/")
    return "/".join(section.zfill(16) for section in ["0"] * (4 - len(sections)) + sections)


def newer_sql(table: Table, keys: list[str], number: str) -> str:
    """A condition for rows of `b`: that no later change of their key was applied before."""
    return (
        f"NOT EXISTS (FROM {_KEPT} AS s WHERE s.table_name = {text(_life(table))} AND s.key = {_key(keys)} "
        f"AND s.number > b.{quoted(number)})"
    )


def remember(transaction: Transaction, table: Table, keys: list[str], batch: str, number: str) -> None:
    """Keep the numbers of a batch, a registered relation with one row for each key."""
    life = text(_life(table))
    transaction.cursor.execute(
        f"DELETE FROM {_KEPT} AS s USING {quoted(batch)} AS b WHERE s.table_name = {life} AND s.key = {_key(keys)}"
    )
    transaction.cursor.execute(
        f"INSERT INTO {_KEPT} SELECT {life}, {_key(keys)}, b.{quoted(number)} FROM {quoted(batch)} AS b"
    )


def _life(table: Table) -> str:
    """The table's name and birth: another table of the name begins anew."""
    return f"{table.name}@{table.resource['creationTime']}"


def _key(keys: list[str]) -> str:
    return f"CAST(to_json([{', '.join(f'CAST(b.{quoted(key)} AS VARCHAR)' for key in keys)}]) AS VARCHAR)"
