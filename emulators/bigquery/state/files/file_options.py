"""OPTIONS of CREATE EXTERNAL TABLE and LOAD DATA as REST configurations."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emulators.bigquery.sql.model import Field, SqlError
from emulators.bigquery.state.definitions.options import table_options

_READ = {
    "max_bad_records": "maxBadRecords", "ignore_unknown_values": "ignoreUnknownValues", "compression": "compression",
    "decimal_target_types": "decimalTargetTypes", "column_name_character_map": "columnNameCharacterMap",
    "reference_file_schema_uri": "referenceFileSchemaUri", "file_set_spec_type": "fileSetSpecType",
    "json_extension": "jsonExtension", "time_zone": "timeZone", "date_format": "dateFormat",
    "datetime_format": "datetimeFormat", "time_format": "timeFormat", "timestamp_format": "timestampFormat",
}  # fmt: skip
_CSV = {
    "skip_leading_rows": "skipLeadingRows",
    "field_delimiter": "fieldDelimiter",
    "quote": "quote",
    "null_marker": "nullMarker",
    "allow_jagged_rows": "allowJaggedRows",
    "allow_quoted_newlines": "allowQuotedNewlines",
    "encoding": "encoding",
    "null_markers": "nullMarkers",
    "source_column_match": "sourceColumnMatch",
    "preserve_ascii_control_characters": "preserveAsciiControlCharacters",
}
_PARQUET = {"enable_list_inference": "enableListInference", "enum_as_string": "enumAsString"}
_AVRO = {"enable_logical_types": "useAvroLogicalTypes"}
_FORMATS = {
    "JSON": "NEWLINE_DELIMITED_JSON",
    "NEWLINE_DELIMITED_JSON": "NEWLINE_DELIMITED_JSON",
    "CSV": "CSV",
    "PARQUET": "PARQUET",
    "AVRO": "AVRO",
    "ORC": "ORC",
}


def file_options(
    options: Mapping[str, Any], partition_columns: Sequence[Field] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(external or load configuration, table settings) of OPTIONS; SqlError for an option that is not known."""
    configuration: dict[str, Any] = {"csvOptions": {}, "parquetOptions": {}}
    rest: dict[str, Any] = {}
    hive: dict[str, Any] = {}
    for name, value in options.items():
        if name == "format":
            if str(value).upper() not in _FORMATS:
                raise SqlError(f"Unsupported file format: {value}")
            configuration["sourceFormat"] = _FORMATS[str(value).upper()]
        elif name == "uris":
            configuration["sourceUris"] = list(value)
        elif name == "hive_partition_uri_prefix":
            hive["sourceUriPrefix"] = value
        elif name == "require_hive_partition_filter":
            hive["requirePartitionFilter"] = value
        elif name in _READ:
            configuration[_READ[name]] = value
        elif name in _CSV:
            configuration["csvOptions"][_CSV[name]] = value
        elif name in _AVRO:
            configuration["avroOptions"] = {_AVRO[name]: value}
        elif name in _PARQUET:
            configuration["parquetOptions"][_PARQUET[name]] = value
        else:
            rest[name] = value
    if hive or partition_columns is not None:
        configuration["hivePartitioningOptions"] = _hive(hive, partition_columns)
    return {key: value for key, value in configuration.items() if value not in ({}, None)}, table_options(rest)


def _hive(hive: dict[str, Any], columns: Sequence[Field] | None) -> dict[str, Any]:
    if not hive.get("sourceUriPrefix"):
        raise SqlError("Option hive_partition_uri_prefix is required with WITH PARTITION COLUMNS")
    if not columns:
        return {"mode": "AUTO", **hive}
    keys = "/".join(f"{{{column.name}:{column.type}}}" for column in columns)
    return {**hive, "mode": "CUSTOM", "sourceUriPrefix": f"{hive['sourceUriPrefix'].rstrip('/')}/{keys}"}


_NUMBERS = ("max_bad_records", "skip_leading_rows")


def given_file_options(configuration: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(option, value) of each OPTION that gives an external configuration again."""
    if configuration.get("sourceFormat"):
        words = {form: word for word, form in _FORMATS.items()}
        yield "format", words.get(configuration["sourceFormat"], configuration["sourceFormat"])
    if configuration.get("sourceUris"):
        yield "uris", configuration["sourceUris"]
    hive = configuration.get("hivePartitioningOptions") or {}
    if hive.get("sourceUriPrefix"):
        yield "hive_partition_uri_prefix", hive["sourceUriPrefix"].partition("/{")[0]
    if hive.get("requirePartitionFilter"):
        yield "require_hive_partition_filter", True
    parts = ((_READ, configuration), *((names, configuration.get(part) or {}) for names, part in _PARTS))
    for names, given in parts:
        for name, field in names.items():
            value = given.get(field)
            if value is not None and value != []:
                yield name, int(value) if name in _NUMBERS else value


_PARTS = ((_CSV, "csvOptions"), (_PARQUET, "parquetOptions"), (_AVRO, "avroOptions"))


def hive_columns(configuration: Mapping[str, Any]) -> list[Field] | None:
    """What WITH PARTITION COLUMNS names: none where they are detected, None where there are no such."""
    hive = configuration.get("hivePartitioningOptions")
    if not hive:
        return None
    return [Field(name, kind) for name, kind in re.findall(r"\{(\w+):(\w+)\}", hive.get("sourceUriPrefix") or "")]
