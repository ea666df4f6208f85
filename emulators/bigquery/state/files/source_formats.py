"""What files are written in: each becomes a Parquet file that DuckDB reads, once per content and schema."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.arrow import arrow_schema
from emulators.bigquery.state.bignumerics import for_parquet, parquet_type, table
from emulators.bigquery.state.errors import invalid, not_implemented
from emulators.bigquery.state.files.arrow_csv import csv_tables
from emulators.bigquery.state.files.arrow_json import json_tables
from emulators.bigquery.state.files.arrow_texts import Unusual
from emulators.bigquery.state.files.avro_records import avro_rows
from emulators.bigquery.state.files.avro_tables import avro_tables
from emulators.bigquery.state.files.csv_format import csv_rows
from emulators.bigquery.state.files.objects import made_once
from emulators.bigquery.state.files.orc_files import orc_as_parquet
from emulators.bigquery.state.files.text_formats import json_rows
from emulators.bigquery.state.files.tolerance import Tolerance, skipped
from emulators.bigquery.state.files.wide_decimals import readable

_BATCH_ROWS = 20_000
Rows = Iterator[dict[str, Any]]
_READERS: dict[str, Callable[[Path, str, Sequence[Field], Mapping[str, Any], Tolerance], Rows]] = {
    "NEWLINE_DELIMITED_JSON": json_rows,
    "CSV": csv_rows,
    "AVRO": avro_rows,
}
_QUICK: dict[str, Callable[[Path, Sequence[Field], Mapping[str, Any]], Iterator[pa.Table]]] = {
    "NEWLINE_DELIMITED_JSON": json_tables,
    "CSV": csv_tables,
    "AVRO": avro_tables,
}
FORMATS = ("PARQUET", "ORC", *_READERS)


def source_format(configuration: Mapping[str, Any]) -> str:
    """PARQUET, ORC, NEWLINE_DELIMITED_JSON, CSV or AVRO; refuses others."""
    form = str(configuration.get("sourceFormat") or "CSV").upper()
    form = {"JSON": "NEWLINE_DELIMITED_JSON"}.get(form, form)
    if form not in FORMATS:
        raise not_implemented(f"Source format {form}")
    for key in ("jsonExtension", "objectMetadata", "copyFilesOnly", "schemaInline"):
        if configuration.get(key):
            raise not_implemented(f"{key} {configuration[key]}")
    encoding = (configuration.get("jsonOptions") or {}).get("encoding") or configuration.get("encoding") or "UTF-8"
    if form == "NEWLINE_DELIMITED_JSON" and str(encoding).upper() != "UTF-8":
        raise not_implemented(f"Encoding {encoding} of JSON")
    maps = (configuration.get("parquetOptions") or {}).get("mapTargetType")
    if maps not in (None, "", "MAP_TARGET_TYPE_UNSPECIFIED"):
        raise not_implemented(f"mapTargetType {maps}")
    if any(str(digits) != "6" for digits in configuration.get("timestampTargetPrecision") or ()):
        raise not_implemented("timestampTargetPrecision of more than 6 digits")
    return form


def as_parquet(
    configuration: Mapping[str, Any], files: Sequence[tuple[str, Path]], fields: Sequence[Field]
) -> list[tuple[str, Path]]:
    """(URI, local Parquet file) for each (URI, local file)."""
    form = source_format(configuration)
    if form == "PARQUET":
        return [(uri, readable(uri, path, fields)) for uri, path in files]
    if form == "ORC":
        return [(uri, readable(uri, orc_as_parquet(uri, path), fields)) for uri, path in files]
    return [(uri, _converted(form, uri, path, fields, configuration)) for uri, path in files]


def _converted(form: str, uri: str, path: Path, fields: Sequence[Field], configuration: Mapping[str, Any]) -> Path:
    settings = repr((form, fields, sorted((k, repr(v)) for k, v in configuration.items() if k != "sourceUris")))
    fields, tolerance = _as_kept(fields), Tolerance(configuration)
    digest = hashlib.md5(settings.encode(), usedforsecurity=False).hexdigest()[:12]
    given = pa.schema([field.with_nullable(True) for field in arrow_schema(fields)])
    schema = pa.schema([field.with_type(parquet_type(field.type)) for field in given])

    def make(part: Path) -> None:
        try:
            _write(part, schema, _QUICK[form](path, fields, configuration))
        except Unusual:
            rows = _READERS[form](path, uri, fields, configuration, tolerance)
            _write(part, schema, (table(batch, given) for batch in _batches(rows)), tolerance)

    try:
        return made_once(path.with_name(f"{path.name}.{digest}.parquet"), make)
    except pa.ArrowException as error:
        raise invalid(f"Error while reading data, error message: {error}. File: {uri}", uri) from error


def _as_kept(fields: Sequence[Field]) -> list[Field]:
    """The fields as Parquet has them: an INTERVAL is a text there."""
    for field in fields:
        if (field.type == "INTERVAL" and field.mode == "REPEATED") or _holds_interval(field.fields):
            raise not_implemented(f"INTERVAL inside of field {field.name} of a file")
    return [replace(field, type="STRING") if field.type == "INTERVAL" else field for field in fields]


def _holds_interval(fields: Sequence[Field]) -> bool:
    return any(field.type == "INTERVAL" or _holds_interval(field.fields) for field in fields)


def bad_records(
    configuration: Mapping[str, Any], files: Iterable[tuple[str, Path]]
) -> tuple[int, list[dict[str, str]]]:
    """How many rows were left out when the files were converted, and the errors of the first; 400 for too many."""
    return skipped(configuration, (pq.read_metadata(path).metadata for _, path in files))


def _write(path: Path, schema: pa.Schema, tables: Iterable[pa.Table], tolerance: Tolerance | None = None) -> None:
    with pq.ParquetWriter(path, schema) as writer:
        for one in tables:
            writer.write_table(for_parquet(one))
        if tolerance is not None and tolerance.skipped:
            writer.add_key_value_metadata(tolerance.metadata())


def _batches(rows: Rows) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= _BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch
