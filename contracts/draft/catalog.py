"""What PostgreSQL's catalog says of a schema's tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg2.extensions

# A partition's rows are its parent's. Where there is no primary key, changes may be told by a replica identity's index.
_TABLES = """
SELECT c.oid, c.relname, obj_description(c.oid, 'pg_class'), (
    SELECT array_agg(a.attname::text ORDER BY k.place) FROM pg_index i
    CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(number, place)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
    WHERE i.indrelid = c.oid AND i.indisvalid AND k.place <= i.indnkeyatts
      AND i.indexrelid = (SELECT indexrelid FROM pg_index WHERE indrelid = c.oid AND (indisprimary OR indisreplident)
                          ORDER BY indisprimary DESC LIMIT 1)
) AS key
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname
"""
# A domain is stored as what it is made of; an enum travels as its text.
_COLUMNS = """
WITH RECURSIVE base AS (
    SELECT oid, oid AS own, NULL::integer AS modifier FROM pg_type
    UNION ALL
    SELECT base.oid, t.typbasetype, t.typtypmod FROM base JOIN pg_type t ON t.oid = base.own WHERE t.typtype = 'd'
)
SELECT a.attname, a.attnotnull, a.attgenerated <> '', col_description(a.attrelid, a.attnum),
    CASE WHEN t.typtype = 'e' THEN 'enum' WHEN e.typtype = 'e' THEN 'enum[]'
         ELSE format_type(t.oid, coalesce(base.modifier, a.atttypmod)) END
FROM pg_attribute a
JOIN base ON base.oid = a.atttypid JOIN pg_type t ON t.oid = base.own AND t.typtype <> 'd'
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""


@dataclass(frozen=True)
class SourceColumn:
    """A column: its type in PostgreSQL's words, of a domain the type that it is made of."""

    name: str
    type: str
    required: bool = False
    generated: bool = False
    description: str | None = None


@dataclass(frozen=True)
class SourceTable:
    """A table: its key is the primary key or that of its replica identity; empty when it has neither."""

    name: str
    description: str | None
    key: Sequence[str]
    columns: Sequence[SourceColumn]


def read_tables(connection: psycopg2.extensions.connection, schema: str) -> list[SourceTable]:
    """All tables of a schema, by name; empty where there is no such schema."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [schema])
        found = cursor.fetchall()
        tables = []
        for oid, name, description, key in found:
            cursor.execute(_COLUMNS, [oid])
            columns = [SourceColumn(column, kind, *rest) for column, *rest, kind in cursor]
            tables.append(SourceTable(name, description, key or (), columns))
    return tables
