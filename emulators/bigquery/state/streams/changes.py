"""Change data capture by the Storage Write API: rows with _CHANGE_TYPE replace, or delete, those with the same key."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc

from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.arrow import append_arrow
from emulators.bigquery.state.bignumerics import for_duckdb
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.definitions.past import removal
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.streams.change_order import SEQUENCE, comparable, newer_sql, remember
from emulators.bigquery.state.streams.streams import DEFAULT, Stream, StreamError

TYPE = "_CHANGE_TYPE"
_POSITION, _NUMBER = "position ^", "number ^"  # no column of BigQuery's has a ^ in its name
CHANGES = (Field(TYPE, "STRING"), Field(SEQUENCE, "STRING"))


def changeable(stream: Stream, table: Table) -> bool:
    """Whether rows may say what they change: on the default stream of a table with a primary key."""
    return stream.kind == DEFAULT and bool(table.primary_key)


def apply_changes(transaction: Transaction, table: Table, rows: pa.Table, columns: Sequence[str]) -> None:
    """Apply UPSERT and DELETE rows: of several with one key the last counts, or that of the highest sequence number."""
    names = [name for name in columns if name not in (TYPE, SEQUENCE)]
    keys = _keys(table, names)
    given = rows.rename_columns(list(columns)).append_column(_POSITION, pa.array(range(rows.num_rows), pa.int64()))
    _check_kinds(given[TYPE])
    ordered = SEQUENCE in columns
    if ordered:
        given = given.append_column(_NUMBER, comparable(given[SEQUENCE]))
    last = _last(transaction, table, given, keys, ordered)
    with _registered(transaction, last) as batch:
        same = " AND ".join(f"w.{quoted(key)} IS NOT DISTINCT FROM b.{quoted(key)}" for key in keys)
        for sql in removal(table, f"EXISTS (FROM {quoted(batch)} AS b WHERE {same})"):
            transaction.cursor.execute(sql)
        if ordered:
            remember(transaction, table, keys, batch, _NUMBER)
    own = {field.name: field for field in table.fields}
    upserts = last.filter(pc.equal(last[TYPE], "UPSERT")).select(names)
    append_arrow(transaction.cursor, table.physical, upserts, [own[name] for name in names])


def _check_kinds(kinds: pa.ChunkedArray) -> None:
    wrong = pc.filter(kinds, pc.invert(pc.fill_null(pc.is_in(kinds, pa.array(["UPSERT", "DELETE"])), False)))
    if len(wrong):
        raise StreamError("INVALID_ARGUMENT", f"Invalid {TYPE} {wrong[0].as_py()!r}: use UPSERT or DELETE.")


def _keys(table: Table, names: Sequence[str]) -> list[str]:
    """The columns of the primary key as the rows spell them."""
    by_name = {name.lower(): name for name in names}
    keys = [by_name.get(key.lower(), "") for key in table.primary_key]
    if "" in keys:
        raise StreamError("INVALID_ARGUMENT", f"Rows with {TYPE} need all columns of the primary key of {table.name}.")
    return keys


def _last(transaction: Transaction, table: Table, given: pa.Table, keys: list[str], ordered: bool) -> pa.Table:
    """One row for each key: the one that counts, unless a later change was applied before."""
    order = f"{quoted(_NUMBER)} DESC, {quoted(_POSITION)} DESC" if ordered else f"{quoted(_POSITION)} DESC"
    number = f"row_number() OVER (PARTITION BY {', '.join(map(quoted, keys))} ORDER BY {order})"
    newer = newer_sql(table, keys, _NUMBER) if ordered else "true"
    with _registered(transaction, given) as batch:
        return transaction.cursor.execute(
            f"SELECT b.* FROM {quoted(batch)} AS b WHERE {newer} QUALIFY {number} = 1 ORDER BY {quoted(_POSITION)}"
        ).to_arrow_table()


@contextmanager
def _registered(transaction: Transaction, rows: pa.Table) -> Iterator[str]:
    """The name under which the transaction's cursor can read the rows."""
    name = f"changes {uuid.uuid4().hex}"
    transaction.cursor.register(name, for_duckdb(rows))
    try:
        yield name
    finally:
        transaction.cursor.unregister(name)
