"""Bronze columns -> the Arrow schema of their rows, in Parquet files and in the Storage Write API."""

from collections.abc import Iterable

import pyarrow as pa

from contracts.bronze import BronzeColumn

TIMESTAMP = pa.timestamp("us", "UTC")
_ARROW_TYPES = {
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "NUMERIC": pa.decimal128(38, 9),
    "BIGNUMERIC": pa.decimal256(76, 38),
    "BOOL": pa.bool_(),
    "STRING": pa.string(),
    "JSON": pa.string(),
    "BYTES": pa.binary(),
    "DATE": pa.date32(),
    "TIME": pa.time64("us"),
    "DATETIME": pa.timestamp("us"),
    "TIMESTAMP": TIMESTAMP,
}


def arrow_type(bigquery_type: str) -> pa.DataType:
    """The Arrow type of a BigQuery type; ARRAY<...> is a list. Raises KeyError for a type that bronze does not have."""
    if bigquery_type.startswith("ARRAY<"):
        return pa.list_(arrow_type(bigquery_type.removeprefix("ARRAY<").removesuffix(">")))
    return _ARROW_TYPES[bigquery_type]


def arrow_schema(columns: Iterable[BronzeColumn]) -> pa.Schema:
    """The schema of rows with these columns, in their order."""
    return pa.schema([_field(column) for column in columns])


def _field(column: BronzeColumn) -> pa.Field:
    kind = arrow_type(column.bigquery_type)
    if column.mode == "REPEATED":
        return pa.field(column.name, pa.list_(pa.field("item", kind)), nullable=False)
    return pa.field(column.name, kind, nullable=column.mode != "REQUIRED")
