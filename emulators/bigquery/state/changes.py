"""Change data capture by the Storage Write API: rows with _CHANGE_TYPE replace, or delete, those with the same key."""

import uuid
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.arrow import append_arrow
from emulators.bigquery.state.catalog import Table, quote
from emulators.bigquery.state.past import removal
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.streams import DEFAULT, Stream, StreamError

TYPE, SEQUENCE = "_CHANGE_TYPE", "_CHANGE_SEQUENCE_NUMBER"
CHANGES = (Field(TYPE, "STRING"), Field(SEQUENCE, "STRING"))


def keys_of(table: Table) -> list[str]:
    """The columns of the primary key."""
    constraints = table.resource.get("tableConstraints") or {}
    return list((constraints.get("primaryKey") or {}).get("columns") or ())


def changeable(stream: Stream, table: Table) -> bool:
    """Whether rows may say what they change: on the default stream of a table with a primary key."""
    return stream.kind == DEFAULT and bool(keys_of(table))


def apply_changes(transaction: Transaction, table: Table, rows: pa.Table, columns: Sequence[str]) -> None:
    """Apply UPSERT and DELETE rows in their order: of several with one key the last counts."""
    if SEQUENCE in columns:
        raise StreamError("UNIMPLEMENTED", f"{SEQUENCE} is not supported by this emulator.")
    at = list(columns).index(TYPE)
    kinds = rows.column(at)
    wrong = pc.filter(kinds, pc.invert(pc.fill_null(pc.is_in(kinds, pa.array(["UPSERT", "DELETE"])), False)))
    if len(wrong):
        raise StreamError("INVALID_ARGUMENT", f"Invalid {TYPE} {wrong[0].as_py()!r}: use UPSERT or DELETE.")
    names = [name for name in columns if name != TYPE]
    given = rows.rename_columns(list(columns)).append_column("position", pa.array(range(rows.num_rows), pa.int64()))
    by_name = {name.lower(): name for name in names}
    keys = [by_name.get(key.lower(), "") for key in keys_of(table)]
    if "" in keys:
        raise StreamError("INVALID_ARGUMENT", f"Rows with {TYPE} need all columns of the primary key of {table.name}.")
    batch = f"changes {uuid.uuid4().hex}"
    transaction.cursor.register(batch, given)
    try:
        same = " AND ".join(f"w.{quote(key)} IS NOT DISTINCT FROM b.{quote(key)}" for key in keys)
        for sql in removal(table, f"EXISTS (FROM {quote(batch)} AS b WHERE {same})"):
            transaction.cursor.execute(sql)
        number = f"row_number() OVER (PARTITION BY {', '.join(map(quote, keys))} ORDER BY position DESC) AS n"
        numbered = f"SELECT *, {number} FROM {quote(batch)}"
        kept = f"SELECT {', '.join(map(quote, names))} FROM ({numbered}) WHERE n = 1 AND {quote(TYPE)} = 'UPSERT'"
        upserts = transaction.cursor.execute(f"{kept} ORDER BY position").to_arrow_table()
    finally:
        transaction.cursor.unregister(batch)
    own = {field.name: field for field in table.fields}
    append_arrow(transaction.cursor, table.physical, upserts, [own[name] for name in names])
