"""A table of a real Postgres whose rows and columns change at random, and what each change must be in bronze.

The model never asks Postgres: it knows the rows because it wrote them.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg2.sql as sql
from psycopg2.extensions import connection as Connection

from contracts.model import Table

Row = dict[str, Any]
TYPES = {"bigint": "bigint", "text": "text", "price": "numeric(20,4)", "boolean": "boolean", "date": "date"}
NATIVE = {"bigint": "INT64", "price": "NUMERIC", "boolean": "BOOL", "date": "DATE"}
_WORDS = ["", "7", "-9223372036854775808", "9223372036854775808", "true", "2026-02-03", "2026-02-30", "1.50", "NaN",
          "{}", '{"a": [1]}', "{", "ü😀", "\\N", "tab\t\n'\"", "infinity", "1e400", "1" * 60]  # fmt: skip


@dataclass
class Change:
    """One row of bronze."""

    kind: str
    values: Row
    raw: dict[str, str]


@dataclass
class State:
    """The table as it is: types by column, rows by key."""

    columns: dict[str, str]
    key: str = "thing_id"
    rows: dict[int, Row] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def copy(self) -> "State":
        rows = {key: dict(row) for key, row in self.rows.items()}
        return State(dict(self.columns), self.key, rows, list(self.changes))


def text_of(value: Any) -> str:
    """As Postgres writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4f}" if isinstance(value, Decimal) else str(value)


def _decimal(text: str, whole: int, fraction: int) -> Decimal | None:
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    fits = number.is_finite() and abs(number) < Decimal(10) ** whole and -int(number.as_tuple().exponent) <= fraction
    return number if fits else None


def _whole(text: str) -> int | None:
    is_number = text.removeprefix("-").isdigit() and text.isascii()
    return int(text) if is_number and -(2**63) <= int(text) < 2**63 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _json(text: str) -> str | None:
    """1e400 is JSON to some readers, and a number to none."""
    try:
        json.loads(text, parse_constant=int)
    except ValueError:
        return None
    return None if text == "1e400" else text


READ: dict[str, Callable[[str], Any]] = {
    "STRING": lambda text: text,
    "JSON": _json,
    "INT64": _whole,
    "NUMERIC": lambda text: _decimal(text, 29, 9),
    "BIGNUMERIC": lambda text: _decimal(text, 38, 38),
    "BOOL": lambda text: {"true": True, "false": False}.get(text),
    "DATE": _day,
}


class ChangingTable:
    """`play` runs transactions; `state.changes` are those that were committed."""

    def __init__(self, connection: Connection, table: Table, seed: int) -> None:
        self._connection, self._dice = connection, random.Random(seed)
        self._types = {column.name: column.bigquery_type for column in table.columns if column.bigquery_type in READ}
        self._numbers = iter(range(1, 10**9))
        columns = {"thing_id": "bigint", "whole": "bigint", "price": "price", "flag": "boolean", "day": "date",
                   "note": "text", "details": "text", "exact": "price"}  # fmt: skip
        self.state = State(columns)
        definitions = [f"{name} {TYPES[kind]}" for name, kind in columns.items()]
        self._run(f"CREATE TABLE things ({', '.join(definitions)}, PRIMARY KEY (thing_id))")

    def _run(self, statement: str | sql.Composable, *values: object) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values or None)

    def play(self, transactions: int) -> None:
        """So many transactions, one in eight of them rolled back."""
        for _ in range(transactions):
            before = self.state.copy()
            self._run("BEGIN")
            for _ in range(self._dice.randint(1, 8)):
                steps = [self._insert] * 5 + [self._update] * 4 + [self._delete] * 2 + [self._alter] * 2
                self._dice.choice(steps)()
            if self._dice.random() < 0.125:
                self._run("ROLLBACK")
                self.state = before
            else:
                self._run("COMMIT")

    def _value(self, kind: str) -> Any:
        dice = self._dice
        if dice.random() < 0.15:
            return None
        makers: dict[str, Callable[[], Any]] = {
            "bigint": lambda: dice.choice([0, -1, 2**63 - 1, dice.randint(-(10**9), 10**9)]),
            "text": lambda: dice.choice(_WORDS),
            "price": lambda: Decimal(dice.randint(-(10**18), 10**18)).scaleb(-4),
            "boolean": lambda: dice.random() < 0.5,
            "date": lambda: date.fromordinal(dice.randint(1, 3_652_059)),
        }
        return makers[kind]()

    def _record(self, kind: str, row: Row) -> None:
        values: Row = {}
        raw: dict[str, str] = {}
        for name, value in row.items():
            wanted = self._types.get(name)
            if value is None:
                continue
            exact = wanted is not None and NATIVE.get(self.state.columns[name]) == wanted
            read = value if exact else READ[wanted](text_of(value)) if wanted else None
            if read is None:
                raw[name.replace(" ", "_")] = text_of(value)  # as Avro may name it
            else:
                values[name] = read
        self.state.changes.append(Change(kind, values, raw))

    def _insert(self) -> None:
        state = self.state
        row = {name: self._value(kind) for name, kind in state.columns.items()}
        row[state.key] = next(self._numbers)
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        places = sql.SQL(", ").join([sql.Placeholder()] * len(row))
        self._run(sql.SQL("INSERT INTO things ({}) VALUES ({})").format(names, places), *row.values())
        state.rows[row[state.key]] = row
        self._record("INSERT", row)

    def _update(self) -> None:
        state = self.state
        others = [name for name in state.columns if name != state.key]
        if not state.rows or not others:
            return
        key, name = self._dice.choice(list(state.rows)), self._dice.choice(others)
        value = self._value(state.columns[name])
        where = sql.SQL("UPDATE things SET {} = %s WHERE {} = %s").format(
            sql.Identifier(name), sql.Identifier(state.key)
        )
        self._run(where, value, key)
        state.rows[key][name] = value
        self._record("UPDATE", state.rows[key])

    def _delete(self) -> None:
        if not self.state.rows:
            return
        key = self._dice.choice(list(self.state.rows))
        self._run(sql.SQL("DELETE FROM things WHERE {} = %s").format(sql.Identifier(self.state.key)), key)
        del self.state.rows[key]
        self._record("DELETE", {self.state.key: key})

    def _alter(self) -> None:
        self._dice.choice([self._add, self._add, self._drop, self._rename, self._retype])()

    def _add(self) -> None:
        gone = [name for name in self._types if name not in self.state.columns]
        name = self._dice.choice([*gone, f"new {next(self._numbers)}"])
        if len(self.state.columns) > 14:
            return
        kind = self._dice.choice(list(TYPES))
        default = self._value(kind) if self._dice.random() < 0.5 else None
        clause = sql.SQL(" DEFAULT {}").format(sql.Literal(default)) if default is not None else sql.SQL("")
        self._run(sql.SQL("ALTER TABLE things ADD COLUMN {} " + TYPES[kind]).format(sql.Identifier(name)) + clause)
        self._run(sql.SQL("ALTER TABLE things ALTER COLUMN {} DROP DEFAULT").format(sql.Identifier(name)))
        self.state.columns[name] = kind
        for row in self.state.rows.values():
            row[name] = default

    def _other(self) -> str | None:
        names = [name for name in self.state.columns if name != self.state.key]
        return self._dice.choice(names) if names else None

    def _drop(self) -> None:
        name = self._other()
        if name is None:
            return
        self._run(sql.SQL("ALTER TABLE things DROP COLUMN {}").format(sql.Identifier(name)))
        del self.state.columns[name]
        for row in self.state.rows.values():
            del row[name]

    def _rename(self) -> None:
        """Any column, the key too; now and then to a name that the contract has."""
        state = self.state
        name = self._dice.choice(list(state.columns))
        new = self._dice.choice([f"new {next(self._numbers)}", *(n for n in self._types if n not in state.columns)])
        self._run(sql.SQL("ALTER TABLE things RENAME {} TO {}").format(sql.Identifier(name), sql.Identifier(new)))
        state.columns = {new if each == name else each: kind for each, kind in state.columns.items()}
        for key, row in state.rows.items():
            state.rows[key] = {new if each == name else each: value for each, value in row.items()}
        if name == state.key:
            state.key = new

    def _retype(self) -> None:
        """To text, as Postgres writes the values."""
        name = self._other()
        if name is None:
            return
        change = "ALTER TABLE things ALTER COLUMN {0} TYPE text USING {0}::text"
        self._run(sql.SQL(change).format(sql.Identifier(name)))
        self.state.columns[name] = "text"
        for row in self.state.rows.values():
            row[name] = None if row[name] is None else text_of(row[name])
