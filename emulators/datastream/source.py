"""The source database: sessions with lossless text, and its catalogue."""

import io
from collections.abc import Iterable
from dataclasses import dataclass

import psycopg2
import psycopg2.extras
import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from emulators.datastream import copy_text
from emulators.datastream.config import Source
from emulators.datastream.envelope import Table
from emulators.datastream.errors import precondition
from emulators.datastream.kinds import ARRAY, TEXT, Column, Kind, scalar_kind
from emulators.datastream.lsn import parse_lsn
from emulators.datastream.pgoutput import Relation, Values

SESSION = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
# Types that are stored in as many bytes as their text has: text, varchar, char, json, xml, bytea, numeric.
AS_LONG_AS_TEXT = frozenset({25, 1043, 1042, 114, 142, 17, 1700})
HEAVY = 8  # an array of bigint: eight bytes for "1,"
TABLES = """
SELECT p.schemaname, p.tablename, p.rowfilter, c.relreplident, c.relkind, a.attname, a.atttypid, a.atttypmod,
       coalesce(a.attnum = ANY (i.indkey), false)
FROM pg_publication_tables p
JOIN pg_namespace n ON n.nspname = p.schemaname
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = ANY (p.attnames) AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index i ON i.indrelid = c.oid
    AND CASE WHEN c.relreplident = 'i' THEN i.indisreplident ELSE i.indisprimary END
WHERE p.pubname = %s
ORDER BY p.schemaname, p.tablename, a.attnum
"""
TYPE = """
SELECT t.typtype, t.typbasetype, t.typtypmod, t.typcategory, t.typelem, t.typlen, e.typdelim
FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem WHERE t.oid = %s
"""
PRIMARY_KEY = """
SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = %s AND i.indisprimary
"""


@dataclass(frozen=True)
class SourceTable:
    """A table of the publication as it is now. `identity`: d(efault), n(othing), f(ull) or i(ndex)."""

    identity: str
    table: Table
    row_filter: str | None
    is_partitioned: bool


def connect(source: Source, factory: type[Connection] | None = None, **settings: str) -> Connection:
    """A session with the settings that encode.py counts on, and others."""
    return psycopg2.connect(
        host=source.hostname,
        port=source.port,
        user=source.username,
        password=source.password or None,
        dbname=source.database,
        options=" ".join(f"-c {name}={value}" for name, value in {**SESSION, **settings}.items()),
        application_name="datastream",
        connect_timeout=10,
        connection_factory=factory,
    )


class Catalog:
    """Answers from the system catalogue, over a session of its own."""

    def __init__(self, source: Source) -> None:
        self.connection = connect(source)
        self.connection.autocommit = True
        self._types: dict[tuple[int, int], tuple[Kind, int]] = {}

    def close(self) -> None:
        """End the session."""
        self.connection.close()

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with self.connection.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())

    def type(self, oid: int, modifier: int) -> tuple[Kind, int]:
        """A type's kind and weight: a domain is its base type, an array has items, one that is gone by now is text."""
        known = self._types.get((oid, modifier))
        if known is None:
            known = self._types[oid, modifier] = self._find_type(oid, modifier)
        return known

    def _find_type(self, oid: int, modifier: int) -> tuple[Kind, int]:
        with self.connection.cursor() as cursor:
            cursor.execute(TYPE, (oid,))
            row = cursor.fetchone()
        if row is None:
            return Kind(TEXT), HEAVY
        sort, base, base_modifier, category, item, length, delimiter = row
        if sort == "d":
            return self.type(base, base_modifier)
        weight = 0 if length > 0 else 1 if oid in AS_LONG_AS_TEXT else HEAVY
        if category == "A" and item and delimiter == ",":
            return Kind(ARRAY, item=self.type(item, modifier)[0]), weight
        return scalar_kind(oid, modifier), weight

    def _column(self, name: str, type_oid: int, modifier: int, key: bool) -> Column:
        kind, weight = self.type(type_oid, modifier)
        return Column(name, kind, key, weight)

    def tables(self, publication: str) -> list[SourceTable]:
        """The publication's tables, with the columns that it publishes."""
        grouped: dict[tuple[str, str], list[tuple[object, ...]]] = {}
        with self.connection.cursor() as cursor:
            cursor.execute(TABLES, (publication,))
            for row in cursor.fetchall():
                grouped.setdefault((row[0], row[1]), []).append(row[2:])
        return [self._table(schema, name, rows) for (schema, name), rows in grouped.items()]

    def _table(self, schema: str, name: str, rows: list[tuple[object, ...]]) -> SourceTable:
        columns = tuple(
            self._column(str(column), int(str(type_oid)), int(str(modifier)), bool(key))
            for _, _, _, column, type_oid, modifier, key in rows
            if column is not None
        )
        row_filter, identity, relation_kind = rows[0][:3]
        table = Table(schema, name, columns)
        filtered = None if row_filter is None else str(row_filter)
        return SourceTable(str(identity), table, filtered, relation_kind == "p")

    def table_of(self, relation: Relation) -> Table:
        """A relation of the log as a table. Where the identity is the whole row, the primary key is asked for."""
        keys = {column.name for column in relation.columns if column.identity}
        if relation.identity in ("f", "n"):
            keys = {str(row[0]) for row in self.rows(PRIMARY_KEY, relation.oid)}
        columns = tuple(
            self._column(column.name, column.type_oid, column.modifier, column.name in keys)
            for column in relation.columns
        )
        return Table(relation.schema, relation.name, columns)

    def slot(self, name: str) -> tuple[int, str | None] | None:
        """A slot's confirmed position and its wal_status; None when there is no such slot.

        Raises:
            ApiError: it is not a slot for this.
        """
        query = (
            "SELECT confirmed_flush_lsn, wal_status, plugin, database FROM pg_replication_slots WHERE slot_name = %s"
        )
        with self.connection.cursor() as cursor:
            cursor.execute(query, (name,))
            row = cursor.fetchone()
        if row is None:
            return None
        lsn, status, plugin, database = row
        if plugin != "pgoutput" or database != self.connection.info.dbname:
            raise precondition(
                f"replication slot {name!r} belongs to plugin {plugin} and database {database}; the stream needs "
                f"pgoutput and {self.connection.info.dbname}: choose another name"
            )
        return parse_lsn(lsn), status


def row_by_key(connection: Connection, table: Table, key: Values) -> Values | None:
    """A row as it is now, in COPY's text; None when there is none, or the table is another by now."""
    conditions = [
        sql.SQL("{} = {}").format(sql.Identifier(column.name), sql.Literal(value.decode()))
        for column, value in zip((each for each in table.columns if each.key), key, strict=True)
        if value is not None
    ]
    columns = sql.SQL(", ").join(map(sql.Identifier, names(table.columns)))
    target, where = sql.Identifier(table.schema, table.name), sql.SQL(" AND ").join(conditions)
    query = sql.SQL("COPY (SELECT {} FROM {} WHERE {}) TO STDOUT").format(columns, target, where)
    output = io.BytesIO()
    try:
        with connection.cursor() as cursor:
            cursor.copy_expert(query, output)
    except psycopg2.ProgrammingError:
        return None
    if not conditions or not output.tell():
        return None
    return [column[0].as_py() for column in copy_text.parse(output.getvalue(), len(table.columns), pa.binary())]


def names(columns: Iterable[Column]) -> list[str]:
    """The columns' names."""
    return [column.name for column in columns]
