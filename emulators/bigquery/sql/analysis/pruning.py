"""Predicates on partition columns, handed to the state layer so that it opens fewer files and partitions."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.values import Scan, Scope
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.walk import every

_COMPARISONS = ("=", "<", ">", "<=", ">=", "!=")
# Functions that give NULL for NULL: a condition made of them rejects the rows that an outer join adds.
_STRICT = frozenset(
    [
        "DATE",
        "DATETIME",
        "TIMESTAMP",
        "DATE_TRUNC",
        "TIMESTAMP_TRUNC",
        "DATETIME_TRUNC",
        "DATE_ADD",
        "DATE_SUB",
        "TIMESTAMP_ADD",
        "TIMESTAMP_SUB",
        "DATETIME_ADD",
        "DATETIME_SUB",
        "CURRENT_DATE",
        "CURRENT_TIMESTAMP",
        "CURRENT_DATETIME",
        "PARSE_DATE",
        "TIMESTAMP_MICROS",
        "LAST_DAY",
        "GENERATE_DATE_ARRAY",
        "GENERATE_TIMESTAMP_ARRAY",
        "GENERATE_DATETIME_ARRAY",
        "GENERATE_ARRAY",
    ]
)


def push(a: Analyzer, node: nodes.Node, scope: Scope) -> None:
    """Give each conjunct that reads only one scan's partition columns to that scan."""
    for part in nodes.chained(node, "AND"):
        _push(a, part, scope)


def _push(a: Analyzer, node: nodes.Node, scope: Scope) -> None:
    simple = _simple(node)
    if not _may_prune(a) or not (simple or (_filter_required(a) and not _asks(node))):
        return
    try:
        value = a.expression(node, scope)
    except SqlError:
        return
    scans = {column.origin[0] for column in value.refs if column.origin is not None}
    if value.volatile or len(scans) != 1 or any(column.origin is None for column in value.refs):
        return
    (scan,) = scans
    sql = value.sql
    for column in value.refs:
        assert column.origin is not None
        if not _prunes(scan, column.origin[1]):
            return
        sql = sql.replace(column.sql, t.quoted(column.origin[1]))
    scan.filters.append(scan.shared)
    if simple:
        scan.predicates.append((sql, scan.shared))


def _filter_required(a: Analyzer) -> bool:
    return any(scan.info.require_partition_filter for scan in a.shared.scans)


def _asks(node: object) -> bool:
    """Whether there is a query anywhere below."""
    return any(isinstance(part, nodes.Query) for part in every(node))


def _may_prune(a: Analyzer) -> bool:
    return any(scan.info.partition_columns for scan in a.shared.scans)


def _prunes(scan: Scan, column: str) -> bool:
    return column.lower() in {name.lower() for name in scan.info.partition_columns}


def _simple(node: nodes.Node) -> bool:
    """Comparisons, BETWEEN, IN and IS NOT NULL over strict expressions, and ORs of them."""
    if isinstance(node, nodes.Binary):
        if node.op in ("OR", "AND"):
            return _simple(node.left) and _simple(node.right)
        return node.op in _COMPARISONS and _strict(node.left) and _strict(node.right)
    if isinstance(node, nodes.Between):
        return not node.negated and _strict(node.operand) and _strict(node.low) and _strict(node.high)
    if isinstance(node, nodes.In):
        listed = node.items if node.items is not None else [node.array] if node.array is not None else None
        return not node.negated and listed is not None and all(_strict(one) for one in (node.operand, *listed))
    return isinstance(node, nodes.Is) and node.what == "NULL" and node.negated and _strict(node.operand)


def _strict(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Binary):
        return node.op in ("+", "-") and _strict(node.left) and _strict(node.right)
    if isinstance(node, nodes.Call):
        return node.name in _STRICT and all(_strict(arg) for arg in node.args)
    if isinstance(node, nodes.ArrayLiteral):
        return all(_strict(item) for item in node.items)
    if isinstance(node, nodes.Cast):
        return not node.safe and _strict(node.operand)
    if isinstance(node, nodes.Extract):
        return _strict(node.operand)
    return isinstance(node, (nodes.Path, nodes.Literal, nodes.Parameter, nodes.Interval, nodes.Part))
