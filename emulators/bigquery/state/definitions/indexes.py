"""Search and vector indexes: what DDL made of them, and what INFORMATION_SCHEMA says."""

import json
from collections.abc import Iterator
from typing import Any

from emulators.bigquery.sql import actions
from emulators.bigquery.sql.model import TableName
from emulators.bigquery.state.catalog import Catalog, Resource, Table, now_ms
from emulators.bigquery.state.errors import ServiceError, not_found
from emulators.bigquery.state.metadata.columns import fields, moment
from emulators.bigquery.state.store import Transaction

_NAMES = "index_catalog STRING, index_schema STRING, table_name STRING, index_name STRING, "
_SAME = (
    f"{_NAMES}index_status STRING, creation_time TIMESTAMP, last_modification_time TIMESTAMP, last_refresh_time "
    "TIMESTAMP, disable_time TIMESTAMP, disable_reason STRING, ddl STRING, coverage_percentage INT64, "
    "unindexed_row_count INT64, total_logical_bytes INT64, total_storage_bytes INT64"
)
_ALTERED = (
    "last_index_alteration_info STRUCT<status STRING, message STRUCT<reason STRING, location STRING, message STRING>, "
    "new_coverage_percentage INT64, start_time TIMESTAMP, end_time TIMESTAMP, ddl STRING>"
)
SEARCH = fields(f"{_SAME}, analyzer STRING, {_ALTERED}")
VECTOR = fields(f"{_SAME}, {_ALTERED}, last_model_build_time TIMESTAMP")
COLUMNS = fields(f"{_NAMES}index_column_name STRING, index_field_path STRING")
OPTIONS = fields(f"{_NAMES}option_name STRING, option_type STRING, option_value STRING")
COLUMN_OPTIONS = fields(
    f"{_NAMES}index_column_name STRING, option_name STRING, option_type STRING, option_value STRING"
)

_DEFAULTS: dict[str, Resource] = {
    "SEARCH INDEX": {"analyzer": "LOG_ANALYZER", "data_types": ["STRING"]},
    "VECTOR INDEX": {"distance_type": "EUCLIDEAN"},
}


def create_index(catalog: Catalog, transaction: Transaction, table: Table, action: actions.CreateIndex) -> str:
    """Keep an index; says what was done: CREATE, REPLACE or SKIP. A table has one of each kind."""
    key = f"{table.name}.{action.name}"
    existing = catalog.get("index", key, transaction)
    if existing is not None and action.if_not_exists:
        return "SKIP"
    others = [one["name"] for one in indexes_of(catalog, table.name, action.kind) if one["name"] != action.name]
    if (existing is not None and not action.or_replace) or others:
        name = action.name if existing is not None else others[0]
        raise ServiceError(409, "duplicate", f"Already Exists: {action.kind.capitalize()} {name} on {table.name}")
    resource: Resource = {
        "name": action.name, "kind": action.kind, "columns": [name for name, _ in action.columns],
        "columnOptions": {name: options for name, options in action.columns if options}, "options": action.options,
        "ddl": f"{action.ddl};", "analyzer": action.options.get("analyzer", "LOG_ANALYZER"),
        "creationTime": str(now_ms()),
    }  # fmt: skip
    catalog.put(transaction, "index", key, resource)
    return "CREATE" if existing is None else "REPLACE"


def drop_index(catalog: Catalog, transaction: Transaction, table: TableName, action: actions.DropIndex) -> str:
    """Forget an index; says what was done: DROP or SKIP."""
    key = f"{table}.{action.name}"
    existing = catalog.get("index", key, transaction)
    if existing is None or existing["kind"] != action.kind:
        if action.if_exists:
            return "SKIP"
        raise not_found(action.kind.capitalize(), f"{action.name} on {table}")
    catalog.put(transaction, "index", key, None)
    return "DROP"


def indexes_of(catalog: Catalog, table: TableName, kind: str) -> list[Resource]:
    """A table's indexes of one kind, by name."""
    return [one for one in catalog.resources("index", f"{table}.") if one["kind"] == kind]


def index_rows(catalog: Catalog, table: Table, kind: str) -> Iterator[list[Any]]:
    """The rows of SEARCH_INDEXES or VECTOR_INDEXES: every index has seen all rows."""
    own = table.name
    for index in indexes_of(catalog, own, kind):
        made = moment(index["creationTime"])
        row = [*_named(table, index), "ACTIVE", made, made, made, None, None, index["ddl"],
               100, 0, 0, 0]  # fmt: skip
        yield [*row, index["analyzer"], None] if kind == "SEARCH INDEX" else [*row, None, made]


def index_column_rows(catalog: Catalog, table: Table, kind: str) -> Iterator[list[Any]]:
    """The rows of SEARCH_INDEX_COLUMNS or VECTOR_INDEX_COLUMNS."""
    own = table.name
    for index in indexes_of(catalog, own, kind):
        for column in index["columns"]:
            yield [*_named(table, index), column, column]


def index_option_rows(catalog: Catalog, table: Table, kind: str) -> Iterator[list[Any]]:
    """The rows of SEARCH_INDEX_OPTIONS or VECTOR_INDEX_OPTIONS: what is set, and what holds where nothing is."""
    for index in indexes_of(catalog, table.name, kind):
        for option in _options({**_DEFAULTS[kind], **index.get("options", {})}):
            yield [*_named(table, index), *option]


def column_option_rows(catalog: Catalog, table: Table) -> Iterator[list[Any]]:
    """The rows of SEARCH_INDEX_COLUMN_OPTIONS: what is set."""
    for index in indexes_of(catalog, table.name, "SEARCH INDEX"):
        for column, options in index.get("columnOptions", {}).items():
            for option in _options(options):
                yield [*_named(table, index), column, *option]


def _named(table: Table, index: Resource) -> list[Any]:
    return [table.name.project, table.name.dataset, table.name.table, index["name"]]


def _options(options: Resource) -> Iterator[tuple[str, str, str]]:
    """Options by name, with their types and values: texts as they are, lists as JSON."""
    for name, value in sorted(options.items()):
        kind = "ARRAY<STRING>" if isinstance(value, list) else "STRING"
        yield name, kind, json.dumps(value) if isinstance(value, list) else str(value)
