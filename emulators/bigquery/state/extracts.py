"""Rows into files on gs://: extract jobs and EXPORT DATA."""

import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.avro_rows import avro_file
from emulators.bigquery.state.errors import ServiceError, invalid, not_implemented
from emulators.bigquery.state.objects import Objects, split_uri
from emulators.bigquery.state.plain_values import csv_text, json_value

_ROWS_PER_FILE = 1_000_000


def export_rows(
    objects: Objects, rows: pa.Table, fields: Sequence[Field], uri: str, form: str, options: Mapping[str, Any]
) -> int:
    """Write rows to a URI (with a * into as many files as they need); returns the number of files.

    options: compression (NONE, GZIP), header (bool), delimiter, overwrite (bool; False refuses files that exist).
    """
    bucket, name = split_uri(uri)
    if name.count("*") > 1:
        raise invalid(f"Invalid destination URI {uri!r}: only one wildcard is allowed.")
    if not options.get("overwrite", True) and any(True for _ in objects.under(bucket, name.partition("*")[0])):
        raise ServiceError(400, "invalid", f"Invalid destination {uri}: files exist already; use overwrite=true.")
    step = _ROWS_PER_FILE if "*" in name else max(1, rows.num_rows)
    starts = range(0, max(1, rows.num_rows), step)
    for number, start in enumerate(starts):
        content = _encoded(rows.slice(start, step), fields, form, options)
        objects.upload(bucket, name.replace("*", f"{number:012d}"), content, "application/octet-stream")
    return len(starts)


def _encoded(rows: pa.Table, fields: Sequence[Field], form: str, options: Mapping[str, Any]) -> bytes:
    compression = str(options.get("compression") or "NONE").upper()
    if compression not in ("NONE", "GZIP") and not (form == "PARQUET" and compression in ("SNAPPY", "ZSTD")):
        raise not_implemented(f"Compression {compression} of {form} files")
    if form == "PARQUET":
        sink = io.BytesIO()
        pq.write_table(rows.rename_columns([field.name for field in fields]), sink, compression=compression.lower())
        return sink.getvalue()
    if form == "AVRO" and compression == "NONE":
        return avro_file(rows, fields)
    if form not in ("CSV", "JSON", "NEWLINE_DELIMITED_JSON"):
        raise not_implemented(f"Export format {form}")
    content = b"".join(_csv(rows, fields, options) if form == "CSV" else _json(rows, fields))
    return gzip.compress(content, mtime=0) if compression == "GZIP" else content


def _csv(rows: pa.Table, fields: Sequence[Field], options: Mapping[str, Any]) -> Iterator[bytes]:
    nested = [field.name for field in fields if field.mode == "REPEATED" or field.type == "STRUCT"]
    if nested:
        raise invalid(f"Operation cannot be performed on a nested schema. Field: {nested[0]}")
    separator = str(options.get("delimiter") or ",").replace("\\t", "\t")
    if options.get("header", True):
        yield (separator.join(csv_text(field.name, separator) for field in fields) + "\n").encode()
    for row in rows.to_pylist():
        values = [json_value(value, field) for value, field in zip(row.values(), fields, strict=True)]
        yield (separator.join(csv_text(value, separator) for value in values) + "\n").encode()


def _json(rows: pa.Table, fields: Sequence[Field]) -> Iterator[bytes]:
    for row in rows.to_pylist():
        values = {f.name: json_value(v, f) for f, v in zip(fields, row.values(), strict=True)}
        yield orjson.dumps({name: value for name, value in values.items() if value is not None}) + b"\n"
