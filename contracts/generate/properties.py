"""A contract -> dbt's YAML: its sources, and descriptions and tests of its silver models."""

from typing import Any

import yaml

from contracts import names
from contracts.bronze import PARTITION_COLUMN, bronze_columns
from contracts.model import Contract, Freshness, Table

_PREFIX = "{{ env_var('SLUICE_DATASET_PREFIX', '') }}"


def sources_text(contract: Contract) -> str:
    """_<source>__sources.yml, without header: bronze tables with their columns and the freshness that is promised."""
    tables = [_source_table(table) for table in contract.tables]
    source = {"name": contract.id, "description": contract.name, "schema": f"{_PREFIX}bronze", "tables": tables}
    return _dump({"sources": [source]})


def properties_text(contract: Contract) -> str:
    """_<source>__silver.yml, without header: what each silver model is, and that its key is one."""
    models = [model for table in contract.tables for model in _models(contract, table)]
    return _dump({"models": models})


def _source_table(table: Table) -> dict[str, Any]:
    columns = [
        {"name": name, "data_type": f"ARRAY<{kind}>" if mode == "REPEATED" else kind}
        for name, kind, mode in bronze_columns(table)
    ]
    if table.capture == "cdc":
        columns.append({"name": PARTITION_COLUMN, "data_type": "DATE"})
    described = {column.name: column.description for column in table.columns}
    for column in columns:
        if described.get(column["name"]):
            column["description"] = str(described[column["name"]])
    entry: dict[str, Any] = {"name": table.name, "identifier": names.table(table.source, table.name)}
    if table.description:
        entry["description"] = table.description
    if table.freshness:
        entry["config"] = _freshness(table.freshness)
    return {**entry, "columns": columns}


def _freshness(freshness: Freshness) -> dict[str, Any]:
    minutes = int(freshness.max_age.total_seconds() // 60)
    count, period = (minutes // 60, "hour") if minutes % 60 == 0 else (minutes, "minute")
    return {"loaded_at_field": freshness.column, "freshness": {"error_after": {"count": count, "period": period}}}


def _models(contract: Contract, table: Table) -> list[dict[str, Any]]:
    base = names.table(contract.id, table.name)
    key = list(table.primary_key)
    about = table.description or f"{table.name} of {contract.name}."
    if table.capture == "stream":
        return [_model(base, f"{about} Each event once.", table, key)]
    models = [
        _model(base, about, table, []),
        _model(f"{base}__latest", f"{about} The last change of each key, deletes included.", None, key),
    ]
    if table.history == "versions":
        models.append(_model(f"{base}_history", f"{about} Every version, in log order.", None, [*key, "_sort_key"]))
    return models


def _model(name: str, description: str, columns_of: Table | None, key: list[str]) -> dict[str, Any]:
    model: dict[str, Any] = {"name": name, "description": description}
    if key:
        model["data_tests"] = [{"primary_key": {"arguments": {"columns": key}}}]
    described = [column for column in columns_of.columns if column.description] if columns_of else []
    if described:
        model["columns"] = [{"name": column.name, "description": column.description} for column in described]
    return model


def _dump(data: Any) -> str:
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)
    return text
