"""The statement that would make a table again, as INFORMATION_SCHEMA.TABLES shows it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.definitions.schema import identifier, sql_type
from emulators.bigquery.state.files.file_options import hive_columns
from emulators.bigquery.state.metadata.rows import literal, option_rows, texts_literal

_VERBS = {"TABLE": "TABLE", "VIEW": "VIEW", "MATERIALIZED_VIEW": "MATERIALIZED VIEW", "SNAPSHOT": "SNAPSHOT TABLE",
          "EXTERNAL": "EXTERNAL TABLE"}  # fmt: skip
_TRUNCATED = {"DATE": "DATE_TRUNC", "DATETIME": "DATETIME_TRUNC", "TIMESTAMP": "TIMESTAMP_TRUNC"}


def table_ddl(table: Table) -> str:
    """CREATE ... with columns or query, partitioning, clustering and options."""
    resource, name = table.resource, table.name
    lines = [f"CREATE {_VERBS[table.kind]} `{name.project}.{name.dataset}.{name.table}`"]
    definition = resource.get("view") or resource.get("materializedView")
    base = (resource.get("snapshotDefinition") or resource.get("cloneDefinition") or {}).get("baseTableReference")
    if base:
        lines.append(f"CLONE `{base['projectId']}.{base['datasetId']}.{base['tableId']}`")
    elif definition:
        lines += _view_columns(table.fields, definition["query"])
    else:
        lines += _columns(table)
    lines += [] if base else _layout(table)
    options = ",\n".join(f"  {option}={value}" for option, value in _options(table))
    lines += [f"OPTIONS(\n{options}\n)"] if options else []
    lines += [f"AS {definition['query']}"] if definition else []
    return "\n".join(lines).rstrip(";") + ";"


def _columns(table: Table) -> list[str]:
    """The list of columns; not of an external table that has what its files have, nor of its partition columns."""
    configuration = table.resource.get("externalDataConfiguration") or {}
    hive = {column.name.lower() for column in hive_columns(configuration) or ()}
    fields = [field for field in table.fields if field.name.lower() not in hive]
    if configuration.get("autodetect") or not fields:
        return []
    return ["(", ",\n".join([*(f"  {_column(field)}" for field in fields), *_keys(table)]), ")"]


def _column(field: Field) -> str:
    parts = [identifier(field.name), _type(field)]
    parts += [f"DEFAULT {field.default}"] if field.default else []
    parts += ["NOT NULL"] if field.mode == "REQUIRED" else []
    return " ".join([*parts, *_column_options(field)])


def _type(field: Field) -> str:
    """The type, with all that a struct's fields are told to be."""
    if field.type != "STRUCT":
        collated = f' COLLATE "{field.collation}"' if field.collation else ""
        written = sql_type(replace(field, mode="NULLABLE")) + collated
    else:
        written = f"STRUCT<{', '.join(map(_column, field.fields))}>"
    return f"ARRAY<{written}>" if field.mode == "REPEATED" else written


def _column_options(field: Field) -> list[str]:
    options = {"description": literal(field.description), "rounding_mode": literal(field.rounding_mode)}
    options["policy_tags"] = texts_literal(field.policy_tags)
    said = ", ".join(f"{option}={value}" for option, value in options.items() if value is not None)
    return [f"OPTIONS({said})"] if said else []


def _view_columns(fields: Sequence[Field], query: str) -> list[str]:
    """A view's list of columns, where it is needed: they are described, or have names that the query does not say."""
    said = {word.lower() for word in re.findall(r"\w+", query)}
    named = "*" in query or all(field.name.lower() in said for field in fields)
    if named and not any(map(_column_options, fields)):
        return []
    return ["(", ",\n".join("  " + " ".join([identifier(f.name), *_column_options(f)]) for f in fields), ")"]


def _keys(table: Table) -> Iterator[str]:
    constraints = table.resource.get("tableConstraints") or {}
    if table.primary_key:
        yield f"  PRIMARY KEY ({', '.join(map(identifier, table.primary_key))}) NOT ENFORCED"
    for key in constraints.get("foreignKeys") or ():
        other, pairs = key["referencedTable"], key["columnReferences"]
        there = f"`{other['projectId']}.{other['datasetId']}.{other['tableId']}`"
        made_up = key["name"].startswith(f"{table.name.table}.fk$")
        constraint = "" if made_up else f"CONSTRAINT {identifier(key['name'])} "
        yield (
            f"  {constraint}FOREIGN KEY ({', '.join(identifier(pair['referencingColumn']) for pair in pairs)}) "
            f"REFERENCES {there}({', '.join(identifier(pair['referencedColumn']) for pair in pairs)}) NOT ENFORCED"
        )


def _layout(table: Table) -> list[str]:
    time, numbers = table.resource.get("timePartitioning"), table.resource.get("rangePartitioning")
    collation = table.resource.get("defaultCollation")
    lines = [f'DEFAULT COLLATE "{collation}"'] if collation else []
    if time is not None:
        lines.append(f"PARTITION BY {_time_partitioning(table, time)}")
    if numbers is not None:
        limits = numbers["range"]
        ends = f"{limits['start']}, {limits['end']}, {limits['interval']}"
        lines.append(f"PARTITION BY RANGE_BUCKET({identifier(numbers['field'])}, GENERATE_ARRAY({ends}))")
    columns = (table.resource.get("clustering") or {}).get("fields")
    lines += [f"CLUSTER BY {', '.join(map(identifier, columns))}"] if columns else []
    hive = hive_columns(table.resource.get("externalDataConfiguration") or {})
    if hive is None:
        return lines
    listed = ", ".join(map(_column, hive))
    return [*lines, f"WITH PARTITION COLUMNS ({listed})" if listed else "WITH PARTITION COLUMNS"]


def _time_partitioning(table: Table, time: dict[str, Any]) -> str:
    column, grain = time.get("field"), time.get("type", "DAY")
    if column is None:
        return "_PARTITIONDATE" if grain == "DAY" else f"TIMESTAMP_TRUNC(_PARTITIONTIME, {grain})"
    kind = next((field.type for field in table.fields if field.name.lower() == column.lower()), "DATE")
    column = identifier(column)
    if grain == "DAY":
        return column if kind == "DATE" else f"DATE({column})"
    return f"{_TRUNCATED.get(kind, 'DATE_TRUNC')}({column}, {grain})"


def _options(table: Table) -> Iterator[tuple[str, str]]:
    for *_, option, _kind, value in option_rows(table):
        yield option, value.replace("STRUCT(", "(") if option in ("labels", "tags") else value
