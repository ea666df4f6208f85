"""Python values as DuckDB literals, and constant expressions as Python values."""

import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.values import Value
from emulators.bigquery.sql.functions import bignumerics
from emulators.bigquery.sql.types import Type

_LOCK = threading.Lock()


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    """A database of our own, in memory, only for constants."""
    from emulators.bigquery.sql.functions.install import install

    connection = duckdb.connect(":memory:", config={"threads": 1})
    install(connection)
    return connection


def evaluate(sql: str, kind: Type = t.NULL) -> Any:
    """The value of one constant DuckDB expression, of this type; DuckDB's errors come out as SqlError."""
    from emulators.bigquery.sql.errors import from_duckdb

    with _LOCK:
        try:
            row = _connection().execute(f"SELECT {sql}").fetchone()
        except duckdb.Error as error:
            raise from_duckdb(error) from error
    assert row is not None
    return plain(row[0], kind)


def plain(value: Any, kind: Type) -> Any:
    """What DuckDB's Python client gives, but a Decimal for a BIGNUM."""
    if value is None:
        return None
    if kind.kind == "BIGNUMERIC":
        return bignumerics.value(value)
    if kind.kind == "ARRAY" and kind.element is not None:
        return [plain(item, kind.element) for item in value]
    if kind.kind == "STRUCT":
        names = t.struct_names(kind)
        return {n: plain(value[n], member) for n, (_, member) in zip(names, kind.fields, strict=True)}
    return value


def python_value(value: Value) -> Any:
    """A constant value in Python: raw when it is a plain literal, computed otherwise."""
    return evaluate(value.sql, value.type)


def value_sql(value: Any, kind: Type) -> str:
    """A DuckDB literal of type `kind`. value: as evaluate gives it, or JSON-like for structs."""
    name = t.duckdb(kind)
    if value is None:
        return f"CAST(NULL AS {name})"
    if kind.kind == "ARRAY":
        assert kind.element is not None
        return f"CAST([{', '.join(value_sql(v, kind.element) for v in value)}] AS {name})"
    if kind.kind == "STRUCT":
        names = t.struct_names(kind)
        items = list(value.values()) if isinstance(value, Mapping) else list(value)
        members = ", ".join(
            f"{t.quoted(n)} := {value_sql(v, k)}" for n, v, (_, k) in zip(names, items, kind.fields, strict=True)
        )
        return f"struct_pack({members})"
    if kind.kind == "RANGE":
        assert kind.element is not None
        start, end = value["start"], value["end"]
        return f'struct_pack("start" := {value_sql(start, kind.element)}, "end" := {value_sql(end, kind.element)})'
    return f"CAST({_scalar(value, kind)} AS {name})"


def _scalar(value: Any, kind: Type) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "'" + "".join(f"\\x{b:02X}" for b in bytes(value)) + "'"
    if isinstance(value, float):
        return f"'{value!r}'"
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo is not None else value
        return f"'{moment.isoformat(' ')}'"
    if isinstance(value, (date, time)):
        return f"'{value.isoformat()}'"
    if kind.kind == "BIGNUMERIC":
        return f"'{bignumerics.kept(Decimal(value))}'"
    if isinstance(value, Decimal):
        return f"'{value:f}'"
    if kind.kind == "INTERVAL" and hasattr(value, "days"):
        return f"'{value.days} days {value.seconds} seconds {value.microseconds} microseconds'"
    return t.text(str(value))
