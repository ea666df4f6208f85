"""Rows into files on gs://: extract jobs and EXPORT DATA."""

import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.errors import ServiceError, invalid, not_implemented
from emulators.bigquery.state.files.avro_rows import avro_file
from emulators.bigquery.state.files.csv_format import SEPARATORS
from emulators.bigquery.state.files.objects import Objects, split_uri
from emulators.bigquery.state.files.plain_values import csv_text, json_value

_ROWS_PER_FILE = 1_000_000
_COMPRESSIONS = {
    "CSV": ("NONE", "GZIP"),
    "NEWLINE_DELIMITED_JSON": ("NONE", "GZIP"),
    "AVRO": ("NONE", "DEFLATE", "SNAPPY"),
    "PARQUET": ("NONE", "SNAPPY", "GZIP", "ZSTD"),
}


def export_rows(
    objects: Objects,
    rows: pa.Table,
    fields: Sequence[Field],
    uris: Sequence[str],
    form: str,
    options: Mapping[str, Any],
) -> list[int]:
    """Write rows to a URI, with a * into as many files as they need; returns the number of files of each URI.

    Several URIs, each with a *, take turns. options: compression (NONE, GZIP, DEFLATE, SNAPPY, ZSTD: what the format
    allows), header (bool), delimiter, overwrite (bool; False refuses files that exist), texts: see avro_file.
    """
    _check(form)
    targets = [_target(objects, uri, bool(options.get("overwrite", True))) for uri in uris]
    if len(uris) > 1 and not all("*" in name for _, name in targets):
        raise invalid("Each of several destination URIs needs a wildcard (*), because the rows are shared among them.")
    step = _ROWS_PER_FILE if "*" in targets[0][1] else max(1, rows.num_rows)
    step = min(step, max(1, -(-rows.num_rows // len(uris))))
    counts = [0] * len(uris)
    for number in range(max(len(uris), -(-rows.num_rows // step))):
        turn = number % len(uris)
        bucket, name = targets[turn]
        content = _encoded(rows.slice(number * step, step), fields, form, options)
        objects.upload(bucket, name.replace("*", f"{counts[turn]:012d}"), content, "application/octet-stream")
        counts[turn] += 1
    return counts


_ELSEWHERE = ("CLOUD_BIGTABLE", "CLOUD_PUBSUB", "CLOUD_SPANNER", "ALLOYDB")


def _check(form: str) -> None:
    """501 for a service that rows can be exported to, 400 for what is no format at all."""
    if form in _ELSEWHERE:
        raise not_implemented(f"Export format {form}")
    if form != "JSON" and form not in _COMPRESSIONS:
        raise invalid(f"Invalid export format: {form}; use {', '.join(_COMPRESSIONS)}.")


def _target(objects: Objects, uri: str, overwrite: bool) -> tuple[str, str]:
    bucket, name = split_uri(uri)
    if name.count("*") > 1:
        raise invalid(f"Invalid destination URI {uri!r}: only one wildcard is allowed.")
    if not overwrite and any(True for _ in objects.under(bucket, name.partition("*")[0])):
        raise ServiceError(400, "invalid", f"Invalid destination {uri}: files exist already; use overwrite=true.")
    return bucket, name


def _encoded(rows: pa.Table, fields: Sequence[Field], form: str, options: Mapping[str, Any]) -> bytes:
    form = "NEWLINE_DELIMITED_JSON" if form == "JSON" else form
    compression = str(options.get("compression") or "NONE").upper()
    if compression not in _COMPRESSIONS[form]:
        raise invalid(f"Compression {compression} is not possible for {form}; use {', '.join(_COMPRESSIONS[form])}.")
    if form == "PARQUET":
        sink = io.BytesIO()
        pq.write_table(rows.rename_columns([field.name for field in fields]), sink, compression=compression.lower())
        return sink.getvalue()
    if form == "AVRO":
        if ranges := [field.name for field in fields if field.type == "RANGE"]:
            raise invalid(f"RANGE types are not supported in Avro export. Field: {ranges[0]}")
        codec = {"NONE": "null"}.get(compression, compression.lower())
        return avro_file(rows, fields, codec, options.get("texts") or ())
    content = b"".join(_csv(rows, fields, options) if form == "CSV" else _json(rows, fields))
    return gzip.compress(content, mtime=0) if compression == "GZIP" else content


def _csv(rows: pa.Table, fields: Sequence[Field], options: Mapping[str, Any]) -> Iterator[bytes]:
    nested = [field.name for field in fields if field.mode == "REPEATED" or field.type == "STRUCT"]
    if nested:
        raise invalid(f"Operation cannot be performed on a nested schema. Field: {nested[0]}")
    separator = SEPARATORS.get(str(options.get("delimiter")), options.get("delimiter") or ",")
    if options.get("header", True):
        yield (separator.join(csv_text(field.name, separator) for field in fields) + "\n").encode()
    for row in rows.to_pylist():
        values = [json_value(value, field) for value, field in zip(row.values(), fields, strict=True)]
        yield (separator.join(csv_text(value, separator) for value in values) + "\n").encode()


def _json(rows: pa.Table, fields: Sequence[Field]) -> Iterator[bytes]:
    for row in rows.to_pylist():
        values = {f.name: json_value(v, f) for f, v in zip(fields, row.values(), strict=True)}
        yield orjson.dumps({name: value for name, value in values.items() if value is not None}) + b"\n"
