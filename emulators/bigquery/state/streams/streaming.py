"""tabledata.insertAll: rows one by one, their errors one by one, and each insertId once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from emulators.bigquery.sql.model import Field, TableName
from emulators.bigquery.state.arrow import append_rows
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.definitions.clones import copied_resource
from emulators.bigquery.state.definitions.defaults import default_values, defaulted
from emulators.bigquery.state.definitions.tables import create_table
from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.values import BadValue, convert_row
from emulators.bigquery.state.warehouse import Warehouse

_MOST_ROWS = 50_000
Row = dict[str, Any]


def insert_all(warehouse: Warehouse, name: TableName, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Insert rows; returns insertErrors. With a bad row nothing is inserted unless skipInvalidRows."""
    entries = body.get("rows")
    if not isinstance(entries, list) or not entries:
        raise invalid("No rows present in the request.")
    if len(entries) > _MOST_ROWS:
        raise invalid(f"Too many rows present in the request, limit: {_MOST_ROWS} row count: {len(entries)}")
    table = _target(warehouse, name, body.get("templateSuffix"))
    ignore, skip = bool(body.get("ignoreUnknownValues")), bool(body.get("skipInvalidRows"))
    good: list[tuple[str | None, Row]] = []
    size = 0
    errors: list[dict[str, Any]] = []
    kept: list[int] = []
    for index, entry in enumerate(entries):
        try:
            good.append(_row(table, entry, ignore))
            size += len(orjson.dumps(entry["json"]))
            kept.append(index)
        except BadValue as bad:
            errors.append({"index": index, "errors": [_error("invalid", bad.message, bad.path)]})
    if errors and not skip:
        bad_rows = {error["index"] for error in errors}
        errors += [
            {"index": index, "errors": [_error("stopped", "", "")]}
            for index in range(len(entries))
            if index not in bad_rows
        ]
        warehouse.timeline.refused(name, len(entries))
        return errors
    _fill(warehouse, table, [entries[index]["json"] for index in kept], [row for _, row in good])
    if not _insert(warehouse, table, good, size):
        return insert_all(warehouse, name, body)
    return errors


def _fill(warehouse: Warehouse, table: Table, given: list[Mapping[str, Any]], rows: list[dict[str, Any]]) -> None:
    """Give the columns that a row does not name their default value."""
    for field in defaulted(table, ()):
        absent = [
            row for names, row in zip(given, rows, strict=True) if field.name.lower() not in map(str.lower, names)
        ]
        if absent:
            values = default_values(warehouse, table, field, len(absent)).to_pylist()
            for row, value in zip(absent, values, strict=True):
                row[field.name] = value


def _target(warehouse: Warehouse, name: TableName, suffix: Any) -> Table:
    table = warehouse.catalog.require(name)
    if suffix:
        table = _from_template(warehouse, table, str(suffix))
    if table.kind != "TABLE":
        raise invalid(f"Cannot add rows to a table of type {table.kind}.")
    return table


def _from_template(warehouse: Warehouse, template: Table, suffix: str) -> Table:
    """The table whose name is the template's with a suffix; made like the template when it is not there."""
    own = template.name
    name = TableName(own.project, own.dataset, own.table + suffix)
    with warehouse.store.lock(str(name)), warehouse.store.transaction() as transaction:
        found = warehouse.catalog.table(name, transaction)
        if found is not None:
            return found
        reference = {"projectId": name.project, "datasetId": name.dataset, "tableId": name.table}
        resource = copied_resource(template, "like") | {"tableReference": reference}
        return create_table(warehouse.catalog, transaction, resource)


def _error(reason: str, message: str, location: str) -> dict[str, str]:
    return {"reason": reason, "message": message, "location": location, "debugInfo": ""}


def _row(table: Table, entry: Any, ignore: bool) -> tuple[str | None, Row]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("json"), Mapping):
        raise BadValue("", 'Each entry of rows must be an object with "json": {column: value}.')
    insert_id = entry.get("insertId")
    fields = _optional(table.fields, entry["json"])
    return (None if insert_id in (None, "") else str(insert_id)), convert_row(fields, entry["json"], ignore)


def _optional(fields: Sequence[Field], given: Mapping[str, Any]) -> Sequence[Field]:
    """The fields; a REQUIRED one that is absent and gets its default value is not REQUIRED."""
    if not any(field.default is not None and field.mode == "REQUIRED" for field in fields):
        return fields
    names = {name.lower() for name in given}
    return [replace(f, mode="NULLABLE") if f.default and f.name.lower() not in names else f for f in fields]


def _insert(warehouse: Warehouse, table: Table, rows: list[tuple[str | None, Row]], size: int) -> bool:
    """Insert what is not there yet; False when the table has become another one since the rows were made for it."""
    key = str(table.name)
    with warehouse.catalog.arrivals(table.name):  # two requests with one insertId are one after the other
        if warehouse.catalog.table(table.name) is not table:
            return False
        fresh: dict[str | int, Row] = {}
        for position, (insert_id, row) in enumerate(rows):
            if insert_id is None:
                fresh[position] = row
            elif not warehouse.insert_ids.known(key, insert_id):
                fresh[insert_id] = row
        if not fresh:
            return True
        with warehouse.store.transaction() as transaction:
            append_rows(transaction.cursor, table.physical, list(fresh.values()), table.fields)
            warehouse.timeline.note(transaction, table.name, len(fresh), size)
            warehouse.insert_ids.record(transaction, key, [known for known in fresh if isinstance(known, str)])
            warehouse.catalog.touch(transaction, table.name)
    return True
