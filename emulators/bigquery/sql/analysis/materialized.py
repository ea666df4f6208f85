"""What the query of a materialised view may be."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.clauses import aggregates_in, calls_in
from emulators.bigquery.sql.functions.registry import AGGREGATES
from emulators.bigquery.sql.model import TableInfo
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.walk import every

# Functions that may give another value when a materialised view is refreshed.
_CHANGING = ("CURRENT_DATE", "CURRENT_DATETIME", "CURRENT_TIME", "CURRENT_TIMESTAMP", "GENERATE_UUID", "RAND",
             "SESSION_USER")  # fmt: skip
_KEPT_UP = ("ANY_VALUE", "APPROX_COUNT_DISTINCT", "ARRAY_AGG", "AVG", "BIT_AND", "BIT_OR", "BIT_XOR", "COUNT",
            "COUNTIF", "HLL_COUNT.INIT", "LOGICAL_AND", "LOGICAL_OR", "MAX", "MIN", "MAX_BY", "MIN_BY",
            "SUM")  # fmt: skip
_NEVER = {"MATERIALIZED_VIEW": "other materialized views", "EXTERNAL": "external tables", "SNAPSHOT": "snapshots"}


def check_materialized(
    a: Analyzer, query: nodes.Query, options: Mapping[str, Any], partition_by: nodes.Node | None
) -> None:
    """SqlError for what a materialised view cannot be made of, or cannot keep up with change by change."""
    read = _tables(a, query)
    for info in read:
        if info.kind in _NEVER:
            a.fail(f"Materialized view queries do not support {_NEVER[info.kind]} as {info.name}", query)
    for node in every(query):
        if isinstance(node, nodes.SystemVariable):
            a.fail("Materialized view queries do not support system variables", node)
        if isinstance(node, nodes.TableSource) and node.path[-1].endswith("*"):
            a.fail("Materialized view queries do not support wildcard tables", node)
    if partition_by is not None and read and not any(info.partition_columns for info in read):
        a.fail("A materialized view can be partitioned only where its base table is", partition_by)
    if options.get("allow_non_incremental_definition"):
        if options.get("max_staleness") is None:
            a.fail("The option allow_non_incremental_definition needs the option max_staleness as well", query)
        return
    hint = "remove it, or set the options allow_non_incremental_definition and max_staleness"
    for node in every(query):
        feature = _unsupported(a, node)
        if feature:
            a.fail(f"Materialized view queries do not support {feature}; {hint}", query)
    grouped = [node for node in every(query) if isinstance(node, nodes.Select) and _aggregated(node)]
    if len(grouped) > 1:
        a.fail(f"Materialized view queries do not support aggregates of aggregates; {hint}", grouped[1])


def _unsupported(a: Analyzer, node: nodes.Node) -> str | None:
    match node:
        case nodes.Query(order_by=[_, *_]):
            return "ORDER BY"
        case nodes.Query(limit=limit) if limit is not None:
            return "LIMIT"
        case nodes.Select():
            return _of_select(a, node)
        case nodes.Call():
            return _of_call(a, node)
        case nodes.Path(parts=[name]) if name.upper() in _CHANGING:
            return f"{name.upper()}, which is not deterministic"
        case nodes.Subquery(kind="array"):
            return "ARRAY subqueries"
        case nodes.Join(kind="RIGHT" | "FULL"):
            return f"{node.kind} JOIN"
        case nodes.SetOperation(op=op) if op != "UNION ALL":
            return op
        case nodes.Sample():
            return "TABLESAMPLE"
        case nodes.TableSource(as_of=as_of) if as_of is not None:
            return "FOR SYSTEM_TIME AS OF"
    return None


def _of_select(a: Analyzer, node: nodes.Select) -> str | None:
    if node.having is not None:
        return "HAVING"
    for item in node.items:
        value = item.expression if isinstance(item, nodes.SelectItem) else None
        if aggregates_in(value) and not (isinstance(value, nodes.Call) and value.name in AGGREGATES):
            return "what is computed of an aggregate"
    names = [info.name for info in _joined(a, node.source)]
    return "joins of a table with itself" if len(set(names)) < len(names) else None


def _of_call(a: Analyzer, call: nodes.Call) -> str | None:
    from emulators.bigquery.sql.analysis.routine_kinds import routine_of

    if call.over is not None:
        return "analytic functions"
    if call.group_by:
        return "aggregates of aggregates"
    if call.name in _CHANGING:
        return f"{call.name}, which is not deterministic"
    if call.name in AGGREGATES:
        return None if call.name in _KEPT_UP else f"the aggregate function {call.name}"
    users = len(call.path) > 1 and routine_of(a, call)[0] is not None
    return f"the user-defined function {'.'.join(call.path)}" if users else None


def _aggregated(node: nodes.Select) -> bool:
    return node.group_by is not None or any(call.name in AGGREGATES for call in calls_in(node.items))


def _tables(a: Analyzer, query: nodes.Query) -> list[TableInfo]:
    """The tables and views that the query names; not what is read through views."""
    return [info for node in every(query) if isinstance(node, nodes.TableSource) for info in _named(a, node)]


def _joined(a: Analyzer, source: nodes.Source | None) -> Iterator[TableInfo]:
    if isinstance(source, nodes.Join):
        yield from _joined(a, source.left)
        yield from _joined(a, source.right)
    elif isinstance(source, nodes.TableSource):
        yield from _named(a, source)


def _named(a: Analyzer, source: nodes.TableSource) -> Iterator[TableInfo]:
    """The table of a path that names one, and no WITH query or array."""
    if len(source.path) > 1 or (a.dataset is not None and a.dataset.dataset):
        info = a.catalog.table(a.table_name(source.path, source)) if len(source.path) <= 3 else None
        if info is not None:
            yield info
