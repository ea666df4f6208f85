"""Bronze's columns: what each table's rows look like where they land, metadata included."""

from typing import Literal, NamedTuple

from contracts.model import Table

Mode = Literal["NULLABLE", "REQUIRED", "REPEATED"]


class BronzeColumn(NamedTuple):
    """`bigquery_type` is a scalar type: an array is its item's type with mode REPEATED."""

    name: str
    bigquery_type: str
    mode: Mode


PARTITION_COLUMN = "ingestion_date"  # of external tables, a DATE that is part of each file's path

CDC_METADATA = (
    BronzeColumn("_change_type", "STRING", "NULLABLE"),  # INSERT UPDATE UPDATE-INSERT UPDATE-DELETE DELETE
    BronzeColumn("_sort_key", "STRING", "NULLABLE"),  # commit LSN, sequence: lexicographic order is log order
    BronzeColumn("_source_timestamp", "TIMESTAMP", "NULLABLE"),  # commit time
    BronzeColumn("_ingested_at", "TIMESTAMP", "NULLABLE"),
    BronzeColumn("_batch_id", "STRING", "NULLABLE"),  # grows with each batch of a source
    BronzeColumn("_raw", "STRING", "NULLABLE"),  # JSON object of what the columns cannot hold; NULL when nothing
)
STREAM_METADATA = (
    BronzeColumn("_message_id", "STRING", "REQUIRED"),
    BronzeColumn("_source_timestamp", "TIMESTAMP", "REQUIRED"),  # publish time
    BronzeColumn("_ingested_at", "TIMESTAMP", "REQUIRED"),
    BronzeColumn("_batch_id", "STRING", "REQUIRED"),
    BronzeColumn("_raw", "STRING", "NULLABLE"),
)


def bronze_columns(table: Table) -> tuple[BronzeColumn, ...]:
    """The contract's columns, then the metadata columns; without the partition column of external tables.

    JSON is STRING here, because Parquet has no JSON; staging parses it. Columns of cdc tables are all nullable: a
    delete carries its key alone.
    """
    columns = [
        _bronze_column(column.name, column.bigquery_type, _mode(table, column.required)) for column in table.columns
    ]
    return (*columns, *(CDC_METADATA if table.capture == "cdc" else STREAM_METADATA))


def _mode(table: Table, required: bool) -> Mode:
    return "REQUIRED" if required and table.capture == "stream" else "NULLABLE"


def _bronze_column(name: str, bigquery_type: str, mode: Mode) -> BronzeColumn:
    if bigquery_type.startswith("ARRAY<"):
        item = bigquery_type.removeprefix("ARRAY<").removesuffix(">")
        return BronzeColumn(name, "STRING" if item == "JSON" else item, "REPEATED")
    return BronzeColumn(name, "STRING" if bigquery_type == "JSON" else bigquery_type, mode)
