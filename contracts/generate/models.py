"""A table of a contract -> the dbt model files that bring it to silver."""

from collections.abc import Iterator
from pathlib import Path
from string import Template

from contracts import names, sql_text
from contracts.model import Column, Contract, Table

TEMPLATES = Path(__file__).parent.parent / "templates"
_CLUSTERABLE = ("INT64", "STRING", "BOOL", "DATE", "DATETIME", "TIMESTAMP", "NUMERIC", "BIGNUMERIC")


def model_files(contract: Contract) -> Iterator[tuple[str, str]]:
    """Path below dbt/models and text of each model of a contract, without header."""
    for table in contract.tables:
        silver = f"silver/{contract.id}/{names.table(contract.id, table.name)}"
        staging = f"staging/{contract.id}/stg_{contract.id}__{table.name}.sql"
        if table.capture == "stream":
            yield staging, _render("stg_stream", table)
            yield f"{silver}.sql", _render("stream", table)
            continue
        yield staging, _render("stg", table)
        yield f"{silver}__latest.sql", _render("latest", table)
        yield f"{silver}.sql", _render("current", table)
        if table.history == "versions":
            yield f"{silver}_history.sql", _render("history", table)


def _render(template: str, table: Table) -> str:
    text = Template((TEMPLATES / f"{template}.sql").read_text(encoding="utf-8"))
    partition, event_time = _partition(table)
    return text.substitute(
        description=" ".join((table.description or f"{table.name} of {table.source}.").split()),
        source=table.source,
        table=table.name,
        columns="".join(f"    {_staged(column)},\n" for column in table.columns).rstrip("\n"),
        key=", ".join(sql_text.name(name) for name in table.primary_key),
        quoted_key=", ".join(f"'{name}'" for name in table.primary_key),
        cluster=", ".join(f"'{sql_text.name(name)}'" for name in _cluster(table)),
        partition=partition,
        event_time=event_time,
    )


def _staged(column: Column) -> str:
    """`safe.parse_json(settings) as settings`: text that is not JSON becomes NULL here and stays as it is in bronze."""
    name = sql_text.name(column.name)
    if column.bigquery_type == "JSON":
        return f"safe.parse_json({name}) as {name}"
    if column.bigquery_type == "ARRAY<JSON>":
        return f"array(select safe.parse_json(item) from unnest({name}) as item with offset order by offset) as {name}"
    return name


def _cluster(table: Table) -> list[str]:
    """At most four key columns, of the types that BigQuery clusters by."""
    return [name for name in table.primary_key if table.column(name).bigquery_type in _CLUSTERABLE][:4]


def _partition(table: Table) -> tuple[str, str]:
    """Config lines that partition a stream by day of its event time, if it has one that is always there."""
    if table.event_time is None or not table.column(table.event_time).required:
        return "", ""
    kind = table.column(table.event_time).bigquery_type
    partition = f"\n    partition_by = {{'field': '{sql_text.name(table.event_time)}', 'data_type': '{kind.lower()}'}},"
    return partition, f", 'event_time': '{table.event_time}'" if kind == "TIMESTAMP" else ""
