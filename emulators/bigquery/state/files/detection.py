"""The columns of files that bring no schema: from Parquet and Avro exactly, from CSV and JSON by looking at values."""

import contextlib
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.errors import invalid, not_implemented
from emulators.bigquery.state.files.avro_schema import avro_fields, map_field
from emulators.bigquery.state.files.column_names import column_name
from emulators.bigquery.state.files.csv_format import dialect, records
from emulators.bigquery.state.files.orc_files import orc_as_parquet
from emulators.bigquery.state.files.parquet_files import file_schema
from emulators.bigquery.state.files.source_formats import source_format
from emulators.bigquery.state.files.text_formats import open_source

Configuration = dict[str, Any]
_SAMPLE_ROWS = 500
_PATTERNS = (
    ("INT64", re.compile(r"[+-]?\d{1,18}")),
    ("FLOAT64", re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|nan|infinity)", re.IGNORECASE)),
    ("BOOL", re.compile(r"true|false|t|f|yes|no|y|n", re.IGNORECASE)),
    ("DATE", re.compile(r"\d{4}-\d{1,2}-\d{1,2}")),
    ("TIMESTAMP", re.compile(r"\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{2}:\d{2}(\.\d+)? ?(Z|UTC|[+-]\d{1,2}(:?\d{2})?)?")),
    ("TIME", re.compile(r"\d{1,2}:\d{2}:\d{2}(\.\d+)?")),
)

_IS_TRUTH = re.compile(r"true|false", re.IGNORECASE).fullmatch  # in JSON a "y" is a text


def detect_fields(configuration: Configuration, files: Sequence[tuple[str, Path]]) -> tuple[Field, ...]:
    """The columns of the files (the last one in order of their names decides); for CSV this may set skipLeadingRows."""
    form = source_format(configuration)
    uri, path = max(files)
    if form in ("PARQUET", "ORC"):
        schema = file_schema(path if form == "PARQUET" else orc_as_parquet(uri, path), uri)
        _keep_names(schema.names, configuration)
        return with_decimals(arrow_fields(schema, uri), configuration.get("decimalTargetTypes"))
    if form == "AVRO":
        return with_decimals(avro_fields(configuration, path, uri), configuration.get("decimalTargetTypes"))
    if not configuration.get("autodetect"):
        raise invalid("No schema specified on job or table.")
    return _json_fields(path, uri) if form == "NEWLINE_DELIMITED_JSON" else _csv_fields(configuration, path)


def _keep_names(names: Sequence[str], configuration: Configuration) -> None:
    """501 where columnNameCharacterMap would give the columns of a Parquet file other names."""
    for i, name in enumerate(names):
        if configuration.get("columnNameCharacterMap") and column_name(name, i, configuration) != name:
            raise not_implemented(f"columnNameCharacterMap for column {name!r} of a Parquet file")


def arrow_fields(schema: pa.Schema, uri: str) -> tuple[Field, ...]:
    """Columns for an Arrow schema; 400 for a type that BigQuery has not."""
    return tuple(_arrow_field(part.name, part.type, part.nullable, uri) for part in schema)


def with_decimals(fields: Iterable[Field], targets: Sequence[str] | None) -> tuple[Field, ...]:
    """decimalTargetTypes: the first one that holds a column's decimals, else the widest of them."""
    order = [kind for kind in ("NUMERIC", "BIGNUMERIC", "STRING") if kind in (targets or ())]
    if not order:
        return tuple(fields)
    found = []
    for field in fields:
        if field.type in ("NUMERIC", "BIGNUMERIC"):
            fitting = [kind for kind in order if kind != "NUMERIC" or field.type == "NUMERIC"]
            field = replace(field, type=(fitting or order[-1:])[0])
        found.append(replace(field, fields=with_decimals(field.fields, targets)) if field.fields else field)
    return tuple(found)


def _arrow_field(name: str, kind: pa.DataType, nullable: bool, uri: str) -> Field:
    mode = "NULLABLE" if nullable else "REQUIRED"
    if pa.types.is_map(kind):
        key, value = _arrow_field("key", kind.key_type, False, uri), _arrow_field("value", kind.item_type, True, uri)
        return Field(name, "STRUCT", mode, (map_field("key_value", key, value),))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return replace(_arrow_field(name, kind.value_type, True, uri), mode="REPEATED")
    if pa.types.is_struct(kind):
        return Field(name, "STRUCT", mode, tuple(_arrow_field(p.name, p.type, p.nullable, uri) for p in kind))
    if pa.types.is_dictionary(kind):
        return _arrow_field(name, kind.value_type, nullable, uri)
    for test, found in _ARROW:
        if test(kind):
            return Field(name, found, mode)
    if pa.types.is_decimal(kind):
        fits = kind.scale <= 9 and kind.precision - kind.scale <= 29
        return Field(name, "NUMERIC" if fits else "BIGNUMERIC", mode)
    if pa.types.is_timestamp(kind):
        return Field(name, "TIMESTAMP" if kind.tz else "DATETIME", mode)
    raise invalid(
        f"Error while reading data, error message: column {name!r} has unsupported type {kind}. File: {uri}",
        uri,
    )


_ARROW = (
    (pa.types.is_integer, "INT64"),
    (pa.types.is_floating, "FLOAT64"),
    (pa.types.is_boolean, "BOOL"),
    (pa.types.is_string, "STRING"),
    (pa.types.is_large_string, "STRING"),
    (pa.types.is_binary, "BYTES"),
    (pa.types.is_large_binary, "BYTES"),
    (pa.types.is_fixed_size_binary, "BYTES"),
    (pa.types.is_date, "DATE"),
    (pa.types.is_time, "TIME"),
    (pa.types.is_null, "STRING"),
)


def _text_type(values: Iterable[str]) -> str:
    """The narrowest type of all non-empty texts."""
    known = [value.strip() for value in values if value.strip()]
    for kind, pattern in _PATTERNS:
        if known and all(pattern.fullmatch(value) for value in known):
            return kind
    return "STRING"


def _csv_fields(configuration: Configuration, path: Path) -> tuple[Field, ...]:
    options = {**configuration, **(configuration.get("csvOptions") or {})}
    if options.get("allowQuotedNewlines") is None:
        configuration["allowQuotedNewlines"] = True
    if not options.get("fieldDelimiter"):
        configuration["fieldDelimiter"] = _separator(configuration, path)
    skip = options.get("skipLeadingRows")
    rows = _sample(configuration, path)
    if not rows:
        raise invalid("Failed to detect schema: the file has no rows.")
    body = rows[int(skip) :] if skip else rows
    head = rows[int(skip) - 1] if skip else rows[0]
    kinds = [_text_type(row[i] for row in body[0 if skip else 1 :] if i < len(row)) for i in range(len(head))]
    has_header = bool(skip) or any(
        kind != "STRING" and _text_type([cell]) == "STRING" for kind, cell in zip(kinds, head, strict=True)
    )
    if not has_header:
        kinds = [_text_type(row[i] for row in rows if i < len(row)) for i in range(len(head))]
        return tuple(Field(f"{kind.lower().rstrip('46')}_field_{i}", kind) for i, kind in enumerate(kinds))
    if not skip:
        configuration["skipLeadingRows"] = 1
    return tuple(
        Field(column_name(cell, i, configuration), kind) for i, (cell, kind) in enumerate(zip(head, kinds, strict=True))
    )


def _sample(configuration: Configuration, path: Path) -> list[list[str]]:
    """The first records; a cell that means NULL is empty."""
    form = replace(dialect(configuration), skip=_SAMPLE_ROWS, control_characters=True)
    with open_source(path) as binary, io.TextIOWrapper(binary, form.encoding, "replace", newline="") as source:
        found = zip(range(_SAMPLE_ROWS), records(source, form), strict=False)
        return [[cell or "" for cell in cells] for _, (_, cells) in found]


def _separator(configuration: Configuration, path: Path) -> str:
    """The separator that gives the first records the same number of columns, the most of them; a comma if none does."""
    found = {}
    for separator in (",", "|", ";", "\t"):
        with contextlib.suppress(csv.Error):
            widths = {len(row) for row in _sample({**configuration, "fieldDelimiter": separator}, path)}
            if len(widths) == 1:
                found[separator] = widths.pop()
    best = max(found, key=lambda one: found[one], default=",")
    return best if found.get(best, 1) > 1 else ","


def _json_fields(path: Path, uri: str) -> tuple[Field, ...]:
    with open_source(path) as source:
        try:
            rows = [orjson.loads(line) for _, line in zip(range(_SAMPLE_ROWS), source, strict=False) if line.strip()]
        except orjson.JSONDecodeError as error:
            raise invalid(
                f"Error while reading data, error message: JSON parsing error: {error}. File: {uri}", uri
            ) from error
    return _object_fields([row for row in rows if isinstance(row, dict)])


def _object_fields(rows: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    names = dict.fromkeys(name for row in rows for name in row)
    return tuple(_json_field(name, [row[name] for row in rows if row.get(name) is not None]) for name in names)


def _json_field(name: str, values: Sequence[Any]) -> Field:
    if values and all(isinstance(value, list) for value in values):
        return replace(_json_field(name, [item for value in values for item in value]), mode="REPEATED")
    if values and all(isinstance(value, dict) for value in values):
        return Field(name, "STRUCT", "NULLABLE", _object_fields(values))
    if values and all(isinstance(value, bool) for value in values):
        return Field(name, "BOOL")
    kind = _text_type([str(value) for value in values])
    return Field(name, "STRING" if kind == "BOOL" and not all(map(_IS_TRUTH, map(str, values))) else kind)
