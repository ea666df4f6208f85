"""Rows of JSON lines, converted to the columns' types; what does not fit names file and line."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import orjson

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.files.tolerance import Tolerance
from emulators.bigquery.state.values import BadValue, convert_row

Rows = Iterator[dict[str, Any]]


def open_source(path: Path) -> IO[bytes]:
    """A file for reading, unpacked when it is gzip."""
    with path.open("rb") as probe:
        compressed = probe.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if compressed else path.open("rb")  # type: ignore[return-value]


def json_rows(
    path: Path, uri: str, fields: Sequence[Field], configuration: Mapping[str, Any], tolerance: Tolerance
) -> Rows:
    """One JSON object a line."""
    ignore, position = bool(configuration.get("ignoreUnknownValues")), 0
    with open_source(path) as source:
        for number, line in enumerate(source, 1):
            position += len(line)
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
                if not isinstance(row, dict):
                    raise BadValue("", "JSON table encountered a line that is not an object.")
                yield convert_row(fields, row, ignore)
            except (orjson.JSONDecodeError, BadValue) as error:
                begin, what = position - len(line), str(error)
                what = f"JSON parsing error in row starting at position {begin}: {what[:1].upper()}{what[1:]}"
                tolerance.bad(uri, number, f"{what} line_number: {number}")
