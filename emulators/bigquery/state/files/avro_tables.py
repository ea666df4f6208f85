"""Avro files by numpy, many blocks at once: those that avro_records.avro_rows would read alike, but faster."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.arrow import arrow_type
from emulators.bigquery.state.files.arrow_texts import Unusual
from emulators.bigquery.state.files.avro_lanes import Items, Optional, Reader, Record, read_blocks
from emulators.bigquery.state.files.avro_scalars import scalar_reader
from emulators.bigquery.state.files.avro_schema import UNREADABLE, as_read

_FEWEST_LANES = 16  # fewer blocks are sooner read record by record
_READ_BYTES = 32 << 20


def avro_tables(path: Path, fields: Sequence[Field], configuration: Mapping[str, Any]) -> Iterator[pa.Table]:
    """The rows as Arrow tables, columns in the order of the fields; Unusual, at any time, when in doubt."""
    row = Field("", "STRUCT", "REQUIRED", tuple(fields))
    with path.open("rb") as source:
        try:
            reader = fastavro.block_reader(source)
            schema = as_read(reader.writer_schema, fields)
            for blocks in _groups(reader):
                yield pa.Table.from_struct_array(read_blocks(_reader(schema, row), blocks))
        except UNREADABLE as error:
            raise Unusual from error


def _groups(reader: Any) -> Iterator[list[tuple[int, bytes]]]:
    """Blocks as (how many records, their bytes), together of a size that memory holds well."""
    group: list[tuple[int, bytes]] = []
    size = 0
    for block in reader:
        group.append((block.num_records, block.bytes_.getvalue()))
        size += len(group[-1][1])
        if size > _READ_BYTES and len(group) >= _FEWEST_LANES:
            yield group
            group, size = [], 0
    if 0 < len(group) < _FEWEST_LANES:
        raise Unusual
    if group:
        yield group


def _reader(kind: Any, field: Field | None) -> Reader:
    """A reader of an Avro type, for a field or (None) to pass over it; Unusual where they may not fit."""
    if isinstance(kind, list):
        return _optional(kind, field)
    if field is not None and field.mode == "REPEATED" and not _is(kind, "array"):
        raise Unusual
    if isinstance(kind, Mapping) and kind["type"] == "array":
        if field is not None and field.mode != "REPEATED":
            raise Unusual
        return Items(_reader(kind["items"], field and replace(field, mode="NULLABLE")))
    if isinstance(kind, Mapping) and kind["type"] == "record":
        return _record(kind, field)
    return scalar_reader(kind if isinstance(kind, Mapping) else {"type": kind}, field)


def _is(kind: Any, base: str) -> bool:
    return isinstance(kind, Mapping) and kind["type"] == base


def _optional(kinds: Sequence[Any], field: Field | None) -> Reader:
    if len(kinds) != 2 or "null" not in kinds or (field is not None and field.mode != "NULLABLE"):
        raise Unusual
    nulls = kinds.index("null")
    return Optional(_reader(kinds[1 - nulls], field), nulls)


def _record(kind: Mapping[str, Any], field: Field | None) -> Reader:
    if field is not None and (field.type != "STRUCT" or not kind["fields"]):
        raise Unusual
    parts = {part.name.lower(): part for part in field.fields} if field else {}
    names = {part["name"].lower(): part["name"] for part in kind["fields"]}
    if any(name not in names and part.mode != "NULLABLE" for name, part in parts.items()):
        raise Unusual
    wanted = {part.name: names.get(name) or arrow_type(part) for name, part in parts.items()}
    readers = {part["name"]: _reader(part["type"], parts.get(part["name"].lower())) for part in kind["fields"]}
    return Record(readers, wanted)
