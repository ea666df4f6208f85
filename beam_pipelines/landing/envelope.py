"""Datastream's envelope -> rows of bronze: the contract's columns, and where in the source's log each row belongs."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from beam_pipelines.avro.container import UnreadableFile
from beam_pipelines.avro.source_column import Path, SourceColumn
from beam_pipelines.columns.arrow_schema import TIMESTAMP, arrow_schema
from beam_pipelines.columns.convert import as_text, convert
from beam_pipelines.landing.sort_key import SEQUENCE, sort_keys
from contracts.bronze import CDC_METADATA, bronze_columns
from contracts.model import Table

_NEEDED: tuple[Path, ...] = (
    ("source_timestamp",),
    ("source_metadata", "table"),
    ("source_metadata", "change_type"),
    ("source_metadata", "lsn"),
)
_CHANGE_TYPES = ("INSERT", "UPDATE", "UPDATE-INSERT", "UPDATE-DELETE", "DELETE")


def is_needed(path: Path) -> bool:
    """Whether a row of bronze is made from this field of the envelope."""
    return path[0] == "payload" or path in _NEEDED or path == SEQUENCE


@dataclass(frozen=True)
class Batch:
    """What all rows of one batch share."""

    batch_id: str
    ingested_at: datetime


class Envelope:
    """The rule for one table's files."""

    def __init__(self, table: Table, batch: Batch) -> None:
        self.table, self.batch = table, batch

    @cached_property
    def schema(self) -> pa.Schema:
        """The schema of the rows."""
        return arrow_schema(bronze_columns(self.table))

    def check(self, schema: Any) -> None:
        """Raises UnreadableFile when the file's Avro schema is not Datastream's envelope."""
        fields = {field["name"]: field["type"] for field in schema["fields"]} if _is_record(schema) else {}
        for name in ("source_timestamp", "source_metadata", "payload"):
            if name not in fields:
                raise UnreadableFile(f"not a file of Datastream: its records have no field {name!r}")
        if not _is_record(fields["payload"]) or not _is_record(fields["source_metadata"]):
            raise UnreadableFile("not a file of Datastream: payload or source_metadata is not a record")
        for record in (schema, fields["payload"], fields["source_metadata"]):
            given = Counter(field["name"] for field in record["fields"])
            twice = [name for name, times in given.items() if times > 1]
            if twice:
                raise UnreadableFile(f"the header's avro.schema has the field {twice[0]!r} twice in one record")

    def rows(self, columns: Mapping[Path, SourceColumn]) -> pa.RecordBatch:
        """Decoded records -> rows. Raises UnreadableFile when they are not of this table or have no log position."""
        for path in _NEEDED:
            if path not in columns:
                raise UnreadableFile(
                    f"not a file of Datastream: its records have no field {'.'.join(map(str, path))!r}"
                )
            if path[0] == "source_metadata" and columns[path].type.kind != "string":
                raise UnreadableFile(f"not a file of Datastream: {'.'.join(map(str, path))} is not text")
        self._check_table(columns["source_metadata", "table"].values)
        for found in pc.unique(columns["source_metadata", "change_type"].values).to_pylist():
            if found not in _CHANGE_TYPES:
                raise UnreadableFile(f"holds a change of the type {found!r}; known are {', '.join(_CHANGE_TYPES)}")
        payload = {str(path[1]): column for path, column in columns.items() if path[0] == "payload" and len(path) == 2}
        rows = len(columns["source_timestamp",].values)
        values, raw = self._contract_columns(payload, rows)
        raw.update({name: as_text(column) for name, column in payload.items() if name not in values})
        values.update(self._metadata(columns, rows), _raw=_raw_json(raw, rows))
        return pa.RecordBatch.from_arrays([values[field.name] for field in self.schema], schema=self.schema)

    def _check_table(self, tables: pa.Array) -> None:
        for found in pc.unique(tables).to_pylist():
            if found != self.table.physical_name:
                raise UnreadableFile(
                    f"holds rows of the table {found!r}, in the folder of {self.table.physical_name!r}"
                )

    def _contract_columns(
        self, payload: Mapping[str, SourceColumn], rows: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        values, raw = {}, {}
        for column in bronze_columns(self.table)[: -len(CDC_METADATA)]:
            kind = f"ARRAY<{column.bigquery_type}>" if column.mode == "REPEATED" else column.bigquery_type
            if column.name not in payload:
                values[column.name] = _nothing(self.schema.field(column.name).type, rows)
                continue
            is_json = self.table.column(column.name).bigquery_type == "JSON"
            values[column.name], lost = convert(payload[column.name], "JSON" if is_json else kind)
            if lost is not None:
                raw[column.name] = lost
        return values, raw

    def _metadata(self, columns: Mapping[Path, SourceColumn], rows: int) -> dict[str, Any]:
        return {
            "_change_type": columns["source_metadata", "change_type"].values,
            "_sort_key": sort_keys(columns),
            "_source_timestamp": convert(columns["source_timestamp",], "TIMESTAMP").values,
            "_ingested_at": pa.repeat(pa.scalar(self.batch.ingested_at, TIMESTAMP), rows),
            "_batch_id": pa.repeat(self.batch.batch_id, rows),
        }


def _is_record(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "record"


def _nothing(kind: pa.DataType, rows: int) -> pa.Array:
    if pa.types.is_list(kind):
        return pa.ListArray.from_arrays(pa.array([0] * (rows + 1), pa.int32()), pa.nulls(0, kind.value_type))
    return pa.nulls(rows, kind)


def _raw_json(raw: Mapping[str, pa.Array], rows: int) -> pa.Array:
    """Text by column -> one JSON object a row, null where there is no text."""
    if not raw:
        return pa.nulls(rows, pa.string())
    lists = {name: text.to_pylist() for name, text in raw.items()}
    objects = ({name: text[row] for name, text in lists.items() if text[row] is not None} for row in range(rows))
    return pa.array([orjson.dumps(found).decode() if found else None for found in objects], pa.string())
