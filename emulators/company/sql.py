"""Changes -> SQL text. One string carries many transactions, each with its own BEGIN and COMMIT, in one round trip."""

import json

from emulators.company.schema import TABLES, Key
from emulators.company.world import Change, Transaction


def literal(value: object) -> str:
    """A value as SQL: standard_conforming_strings is on, so only the quote needs doubling.

    Raises:
        ValueError: text with a NUL character, which Postgres cannot hold.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if "\0" in text:
        raise ValueError(f"Postgres text cannot hold NUL: {text!r}")
    return "'" + text.replace("'", "''") + "'"


def statement(change: Change) -> str:
    """One INSERT, UPDATE or DELETE; an update sets only the columns that it names."""
    if change.kind == "delete" or change.row is None:
        return f"DELETE FROM {change.table} WHERE {_where(change.table, change.key)};"
    if change.kind == "update":
        row = change.row
        values = ", ".join(f"{name} = {literal(row[name])}" for name in change.columns)
        return f"UPDATE {change.table} SET {values} WHERE {_where(change.table, change.key)};"
    values = ", ".join(map(literal, change.row.values()))
    return f"INSERT INTO {change.table} ({', '.join(change.row)}) VALUES ({values});"


def script(number: int, transaction: Transaction, company: str) -> str:
    """A transaction from BEGIN to ROLLBACK, or to COMMIT after it has written its number into company_progress."""
    body = "".join(map(statement, transaction.changes))
    if transaction.rolled_back:
        return f"BEGIN;{body}ROLLBACK;"
    return f"BEGIN;{body}UPDATE company_progress SET transaction_number = {number} WHERE company = '{company}';COMMIT;"


def _where(table: str, key: Key) -> str:
    return " AND ".join(f"{name} = {value}" for name, value in zip(TABLES[table].key, key, strict=True))
