"""Stored tables as sources: base and external tables, views (expanded in place), wildcards, INFORMATION_SCHEMA."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.cast_templates import recast
from emulators.bigquery.sql.analysis.constants import python_value
from emulators.bigquery.sql.analysis.python_rows import rows_sql
from emulators.bigquery.sql.analysis.values import Column, FromItem, Scan, Scope
from emulators.bigquery.sql.model import Field, SqlError, TableInfo, TableName
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.scripting import parse_expression, parse_query

if TYPE_CHECKING:
    from emulators.bigquery.sql.analysis.sources import From


def resolve(a: Analyzer, path: list[str], node: nodes.Node) -> TableInfo:
    """The table that a path names; SqlError notFound when there is none."""
    if len(path) == 1:
        temporary = a.catalog.table(TableName(a.project, "_SESSION", path[0]))
        if temporary is not None:
            a.passing(f"the temporary table {path[0]}", node)
            return temporary
    if len(path) == 2 and path[0].upper() == "_SESSION":
        a.passing(f"the temporary table {path[1]}", node)
        path = ["_SESSION", path[1]]
    name = a.table_name(path, node)
    info = a.catalog.table(name)
    if info is None:
        not_found(a, name)
    return info


def not_found(a: Analyzer, name: TableName) -> NoReturn:
    """Raise BigQuery's error for a missing table or dataset, or for a decorator, which GoogleSQL does not have."""
    location = a.catalog.location(name.project, name.dataset)
    if location is None:
        raise SqlError(
            f"Not found: Dataset {name.project}:{name.dataset} was not found in location {a.catalog.place or 'US'}",
            "notFound",
            404,
        )
    if "$" in name.table or "@" in name.table:
        raise SqlError(f'Table "{name}" cannot include decorator', "invalid")
    raise SqlError(f"Not found: Table {name} was not found in location {location}", "notFound", 404)


_OF_PROJECTS = ("SCHEMATA", "SHARED_DATASET_USAGE")


def table(a: Analyzer, node: nodes.TableSource) -> "From":
    """A table by its path."""
    upper = [part.upper() for part in node.path]
    if "INFORMATION_SCHEMA" in upper[:-1] or upper[-1] in ("__TABLES__", "__TABLES_SUMMARY__"):
        return _information_schema(a, node, upper)
    alias = node.alias or node.path[-1]
    if node.path[-1].endswith("*"):
        return _wildcard(a, node, alias)
    info = resolve(a, node.path, node)
    a.shared.reads[info.name] = None
    if info.kind in ("VIEW", "MATERIALIZED_VIEW", "EXTERNAL") and node.as_of is not None:
        kind = info.kind.lower().replace("_", " ")
        a.fail(f"FOR SYSTEM_TIME AS OF is not supported for {kind} {info.name}: it keeps no earlier versions", node)
    if info.kind == "VIEW" or (info.kind == "MATERIALIZED_VIEW" and info.view_query is not None):
        return _view(a, info, alias, node)
    as_of = _as_of(a, node)
    if as_of is not None:
        info = a.catalog.table(info.name, as_of) or info
    return scan(a, info, alias, as_of)


def _as_of(a: Analyzer, node: nodes.TableSource) -> datetime | None:
    if node.as_of is None:
        return None
    value = a.expression(node.as_of, Scope())
    if value.type.kind != "TIMESTAMP" or not value.constant:
        a.fail("FOR SYSTEM_TIME AS OF expression must be a constant of type TIMESTAMP", node.as_of)
    moment = a.shared.moments.setdefault(value.sql, python_value(value))
    if not isinstance(moment, datetime):
        a.fail("FOR SYSTEM_TIME AS OF expression must not be NULL", node.as_of)
    return moment


def scan(a: Analyzer, info: TableInfo, alias: str | None, as_of: datetime | None = None) -> "From":
    """A stored table; its relation is asked for when the statement's predicates are known."""
    from emulators.bigquery.sql.analysis.sources import from_columns

    earlier = as_of is not None and info.name == a.shared.changed
    if earlier or any(other.info.name == info.name and other.as_of != as_of for other in a.shared.scans):
        a.fail(f"Table {info.name} is referenced at more than one point in time")
    name = a.shared.alias()
    one = Scan(f"\x01{name}\x01", info, as_of)
    a.shared.scans.append(one)
    columns = [_column(one, name, field) for field in info.fields]
    hidden = [_column(one, name, field) for field in info.hidden]
    return from_columns(f"{readable(a, info, one.marker)} AS {name}", columns, alias, hidden=hidden)


def readable(a: Analyzer, info: TableInfo, relation: str) -> str:
    """The rows of a relation that the table's row access policies let the caller see."""
    if info.row_filter is None:
        return relation
    name = a.shared.alias()
    columns = [Column(f.name, f"{name}.{t.quoted(f.name)}", t.of_field(f)) for f in (*info.fields, *info.hidden)]
    inner = Analyzer(a.environment, info.row_filter, a.shared)
    inner.project, inner.dataset = info.name.project, None
    scope = Scope(items=[FromItem(info.name.table, columns)])
    condition = inner.condition(parse_expression(info.row_filter), scope, "Row access policy filter")
    return f"(SELECT * FROM {relation} AS {name} WHERE {condition.sql})"


def _column(one: Scan, alias: str, field: Field) -> Column:
    return Column(field.name, f"{alias}.{t.quoted(field.name)}", t.of_field(field), (one, field.name))


def _view(a: Analyzer, info: TableInfo, alias: str, node: nodes.Node) -> "From":
    from emulators.bigquery.sql.analysis.sources import from_relation

    assert info.view_query is not None
    key = str(info.name)
    if key in a.shared.views:
        a.fail(f"View {key} refers to itself", node)
    inner = Analyzer(a.environment, info.view_query, a.shared)
    inner.project, inner.dataset = info.name.project, None
    a.shared.views = (*a.shared.views, key)
    relation = inner.query(parse_query(info.view_query), None)
    a.shared.views = a.shared.views[:-1]
    for i, (column, field) in enumerate(zip(relation.columns, info.fields, strict=False)):
        relation.columns[i] = Column(field.name, column.sql, column.type, column.origin)
    return from_relation(a, relation, alias)


def _wildcard(a: Analyzer, node: nodes.TableSource, alias: str) -> "From":
    """`dataset.prefix*`: all tables with the prefix, columns of the newest, _TABLE_SUFFIX as a pseudo-column."""
    from emulators.bigquery.sql.analysis.sources import from_columns

    name = a.table_name(node.path, node)
    prefix = name.table[:-1]
    names = a.catalog.tables(name.project, name.dataset, prefix)
    infos = [info for one in sorted(names, key=lambda n: n.table) if (info := a.catalog.table(one)) is not None]
    infos = [info for info in infos if info.kind in ("TABLE", "SNAPSHOT", "EXTERNAL")]
    if not infos:
        if a.catalog.location(name.project, name.dataset) is None:
            not_found(a, name)
        raise SqlError(f"{name.project}:{name.dataset}.{name.table} does not match any table.", "notFound", 404)
    fields = infos[-1].fields
    parts = []
    for info in infos:
        if info.row_filter is not None:
            a.fail(f"Wildcard tables cannot be queried when a table has row access policies: {info.name}", node)
        a.shared.reads[info.name] = None
        own = a.shared.alias()
        one = Scan(f"\x01{own}\x01", info)
        a.shared.scans.append(one)
        known = {field.name.lower(): t.of_field(field) for field in info.fields}
        items = [
            f"{recast(f'{own}.{t.quoted(f.name)}', known[f.name.lower()], t.of_field(f))} AS {t.quoted(f.name)}"
            if f.name.lower() in known
            else f"CAST(NULL AS {t.duckdb(t.of_field(f))}) AS {t.quoted(f.name)}"
            for f in fields
        ]
        suffix = t.text(info.name.table[len(prefix) :])
        parts.append(f'SELECT {", ".join(items)}, {suffix} AS "_TABLE_SUFFIX" FROM {one.marker} AS {own}')
    outer = a.shared.alias()
    columns = [Column(f.name, f"{outer}.{t.quoted(f.name)}", t.of_field(f)) for f in fields]
    hidden = [Column("_TABLE_SUFFIX", f'{outer}."_TABLE_SUFFIX"', t.STRING)]
    return from_columns(f"({' UNION ALL '.join(parts)}) AS {outer}", columns, alias, hidden=hidden)


def _information_schema(a: Analyzer, node: nodes.TableSource, upper: list[str]) -> "From":
    from emulators.bigquery.sql.analysis.sources import from_columns

    at = upper.index("INFORMATION_SCHEMA") if "INFORMATION_SCHEMA" in upper else len(upper) - 1
    view = ".".join(upper[at + 1 :]) if "INFORMATION_SCHEMA" in upper else upper[-1]
    dataset = _described(a, node, node.path[:at], view)
    in_region = dataset.dataset.lower().startswith("region-")
    if not in_region and a.catalog.location(dataset.project, dataset.dataset) is None:
        not_found(a, dataset)
    found = a.catalog.schema_rows(dataset, view)
    if found is None:
        written = ".".join(node.path)
        raise SqlError(f"Not found: Table {written} was not found in location US", "notFound", 404)
    fields, rows = found
    name = a.shared.alias()
    columns = [Column(f.name, f"{name}.{t.quoted(f.name)}", t.of_field(f)) for f in fields]
    return from_columns(f"({rows_sql(fields, rows)}) AS {name}", columns, node.alias or node.path[-1])


def _described(a: Analyzer, node: nodes.TableSource, before: Sequence[str], view: str) -> TableName:
    """The dataset or region that a view is asked of: `before` is what is written before INFORMATION_SCHEMA."""
    of_project = view.startswith(_OF_PROJECTS)  # whose region may be left out: it is US then
    if len(before) == 2:
        return TableName(before[0], before[1], "")
    if len(before) == 1 and of_project and not before[0].lower().startswith("region-"):
        return TableName(before[0], "region-us", "")
    if len(before) == 1:
        return TableName(a.project, before[0], "")
    if of_project:
        return TableName(a.project, "region-us", "")
    if a.dataset is None:
        a.fail(f'Table "{".".join(node.path)}" must be qualified with a dataset (e.g. dataset.table).', node)
    return a.dataset
