"""A row as text that Postgres and BigQuery spell alike, so that both can be compared by checksum without moving rows.

A fingerprint is MD5 over the columns' canonical texts. Buckets of fingerprints are compared first: (bucket, rows, sum
of the fingerprints' first 32 bits); only the rows of buckets that differ are fetched. JSON, arrays, bytes and times are
left out; a value that BigQuery cannot hold compares as NULL on both sides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.model import Column, Table

BUCKETS = 1024
NULL = "~"

# {c} is the quoted column. Floats compare to six decimals: both engines compute FLOOR(x * 1e6 + 0.5) in IEEE doubles.
POSTGRES = {
    "INT64": "{c}::text",
    "STRING": "case when {c} is not null then concat({c}) end",  # a cast would cut the blanks of char(n)
    "BOOL": "({c}::int)::text",
    "DATE": "case when {c} between '0001-01-01' and '9999-12-31' then {c}::text end",
    "TIMESTAMP": "case when {c} >= '0001-01-01 00:00:00+00' and {c} < '10000-01-01 00:00:00+00'"
    " then trunc(extract(epoch from {c}) * 1000000)::bigint::text end",
    "DATETIME": "case when {c} >= '0001-01-01' and {c} < '10000-01-01'"
    " then trunc(extract(epoch from {c}) * 1000000)::bigint::text end",
    "NUMERIC": "case when {c} <> 'NaN' then trim_scale({c})::text end",
    "FLOAT64": "case when abs({c}) < 1e12 then floor({c}::float8 * 1000000.0::float8 + 0.5::float8)::bigint::text end",
}
BIGQUERY = {
    "INT64": "cast({c} as string)",
    "STRING": "{c}",
    "BOOL": "cast(cast({c} as int64) as string)",
    "DATE": "cast({c} as string)",
    "TIMESTAMP": "cast(unix_micros({c}) as string)",
    "DATETIME": "cast(unix_micros(timestamp({c})) as string)",
    "NUMERIC": "cast({c} as string)",
    "FLOAT64": "case when abs({c}) < 1e12 then cast(cast(floor({c} * 1000000.0 + 0.5) as int64) as string) end",
}


@dataclass(frozen=True)
class Fingerprints:
    """The same questions in both dialects: bucket sums of a whole table, and (key, fingerprint) of some buckets.

    In Postgres a row has `transaction` as well: the one that wrote it, with 32 bits.
    """

    columns: tuple[str, ...]
    postgres: str
    bigquery: str

    def sums(self, rows: str) -> str:
        """SQL for (bucket, row count, checksum) of a fingerprint query."""
        return (
            "select bucket, count(*) as row_count, sum(fingerprint) as checksum "
            f"from ({rows}) as fingerprints group by bucket"
        )

    def rows(self, rows: str, buckets: Sequence[int], *more: str) -> str:
        """SQL for (key, fingerprint, and more columns of the fingerprint query) of the named buckets."""
        wanted = ", ".join(str(bucket) for bucket in buckets)
        columns = ", ".join(("key_text", "fingerprint", *more))
        return f"select {columns} from ({rows}) as fingerprints where bucket in ({wanted})"


def fingerprints(table: Table, postgres_relation: str, bigquery_relation: str) -> Fingerprints:
    """The fingerprint queries of a table with a primary key."""
    columns = [column for column in table.columns if column.bigquery_type in POSTGRES]
    keys = [column for column in table.columns if column.primary_key]
    return Fingerprints(
        columns=tuple(column.name for column in columns),
        postgres=_postgres(columns, keys, postgres_relation),
        bigquery=_bigquery(columns, keys, bigquery_relation),
    )


def _postgres(columns: Sequence[Column], keys: Sequence[Column], relation: str) -> str:
    key = " || '|' || ".join(_text(POSTGRES, column, '"') for column in keys)
    row = " || '|' || ".join(_text(POSTGRES, column, '"') for column in columns)
    hashed = "('x' || substr(md5({}), 1, 8))::bit(32)::bigint"
    return (
        f"select {key} as key_text, {hashed.format(key)} % {BUCKETS} as bucket, {hashed.format(row)} as fingerprint, "
        f"xmin::text::bigint as transaction from {relation}"
    )


def _bigquery(columns: Sequence[Column], keys: Sequence[Column], relation: str) -> str:
    key = "concat(" + ", '|', ".join(_text(BIGQUERY, column, "`") for column in keys) + ")"
    row = "concat(" + ", '|', ".join(_text(BIGQUERY, column, "`") for column in columns) + ")"
    hashed = "cast(concat('0x', substr(to_hex(md5({})), 1, 8)) as int64)"
    return (
        f"select {key} as key_text, mod({hashed.format(key)}, {BUCKETS}) as bucket, "
        f"{hashed.format(row)} as fingerprint from {relation}"
    )


def _text(dialect: dict[str, str], column: Column, quote: str) -> str:
    text = dialect[column.bigquery_type].format(c=f"{quote}{column.name}{quote}")
    return f"coalesce({text}, '{NULL}')"
