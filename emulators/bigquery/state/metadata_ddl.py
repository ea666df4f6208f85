"""The statement that would make a table again, as INFORMATION_SCHEMA.TABLES shows it."""

from collections.abc import Iterator
from typing import Any

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.metadata_rows import literal, option_rows
from emulators.bigquery.state.schema import sql_type

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
    elif not definition and table.fields:
        lines += ["(", ",\n".join([*map(_column, table.fields), *_keys(table)]), ")"]
    lines += [] if base else _layout(table)
    options = ",\n".join(f"  {option}={value}" for option, value in _options(table))
    lines += [f"OPTIONS(\n{options}\n)"] if options else []
    lines += [f"AS {definition['query']}"] if definition else []
    return "\n".join(lines).rstrip(";") + ";"


def _column(field: Field) -> str:
    parts = [f"  {field.name} {sql_type(field)}"]
    parts += [f"DEFAULT {field.default}"] if field.default else []
    parts += ["NOT NULL"] if field.mode == "REQUIRED" else []
    parts += [f"OPTIONS(description={literal(field.description)})"] if field.description else []
    return " ".join(parts)


def _keys(table: Table) -> Iterator[str]:
    constraints = table.resource.get("tableConstraints") or {}
    own = (constraints.get("primaryKey") or {}).get("columns")
    if own:
        yield f"  PRIMARY KEY ({', '.join(own)}) NOT ENFORCED"
    for key in constraints.get("foreignKeys") or ():
        other, pairs = key["referencedTable"], key["columnReferences"]
        there = f"`{other['projectId']}.{other['datasetId']}.{other['tableId']}`"
        yield (
            f"  FOREIGN KEY ({', '.join(pair['referencingColumn'] for pair in pairs)}) "
            f"REFERENCES {there}({', '.join(pair['referencedColumn'] for pair in pairs)}) NOT ENFORCED"
        )


def _layout(table: Table) -> list[str]:
    time, numbers = table.resource.get("timePartitioning"), table.resource.get("rangePartitioning")
    lines = []
    if time is not None:
        lines.append(f"PARTITION BY {_time_partitioning(table, time)}")
    if numbers is not None:
        limits = numbers["range"]
        ends = f"{limits['start']}, {limits['end']}, {limits['interval']}"
        lines.append(f"PARTITION BY RANGE_BUCKET({numbers['field']}, GENERATE_ARRAY({ends}))")
    columns = (table.resource.get("clustering") or {}).get("fields")
    return lines + ([f"CLUSTER BY {', '.join(columns)}"] if columns else [])


def _time_partitioning(table: Table, time: dict[str, Any]) -> str:
    column, grain = time.get("field"), time.get("type", "DAY")
    if column is None:
        return "_PARTITIONDATE" if grain == "DAY" else f"TIMESTAMP_TRUNC(_PARTITIONTIME, {grain})"
    kind = next((field.type for field in table.fields if field.name.lower() == column.lower()), "DATE")
    if grain == "DAY":
        return str(column) if kind == "DATE" else f"DATE({column})"
    return f"{_TRUNCATED.get(kind, 'DATE_TRUNC')}({column}, {grain})"


def _options(table: Table) -> Iterator[tuple[str, str]]:
    for *_, option, _kind, value in option_rows(table):
        yield option, value.replace("STRUCT(", "(") if option in ("labels", "tags") else value
