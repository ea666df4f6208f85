"""SELECT WITH AGGREGATION_THRESHOLD: groups of fewer privacy units than the threshold are left out."""

from dataclasses import replace

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.clauses import calls_in, is_aggregate
from emulators.bigquery.sql.syntax import nodes

_NAME = "AGGREGATION_THRESHOLD"
_ALLOWED = ("APPROX_COUNT_DISTINCT", "AVG", "COUNT", "COUNTIF", "LOGICAL_AND", "LOGICAL_OR", "SUM", "COVAR_POP",
            "COVAR_SAMP", "STDDEV_POP", "STDDEV_SAMP", "VAR_POP", "VAR_SAMP")  # fmt: skip


def enforced(a: Analyzer, node: nodes.Select) -> nodes.Select:
    """The query with a HAVING clause that counts the privacy units; as it is without a threshold."""
    if node.threshold is None:
        return node
    given = dict(node.threshold)
    for name in ("threshold", "privacy_unit_column"):
        if name not in given:
            a.fail(f"SELECT WITH {_NAME} needs the option {name}", node)
    unknown = given.keys() - {"threshold", "privacy_unit_column"}
    if unknown or len(given) < len(node.threshold):
        a.fail(f"SELECT WITH {_NAME} has the options threshold and privacy_unit_column, each once", node)
    amount, unit = given["threshold"], given["privacy_unit_column"]
    if not isinstance(amount, nodes.Literal) or amount.kind != "INT64" or int(amount.value) < 1:
        a.fail("The option threshold must be a positive INT64 value", amount)
    if not isinstance(unit, nodes.Path):
        a.fail("The option privacy_unit_column must be the path of a column", unit)
    _check(a, node)
    count = nodes.Call(unit.at, "COUNT", ["COUNT"], [unit], distinct=True)
    enough: nodes.Node = nodes.Binary(unit.at, ">=", count, amount)
    if node.having is not None:
        enough = nodes.Binary(unit.at, "AND", node.having, enough)
    return replace(node, having=enough, threshold=None)


def _check(a: Analyzer, node: nodes.Select) -> None:
    calls = [call for call in calls_in([node.items, node.having, node.qualify]) if is_aggregate(call)]
    for call in calls:
        if call.group_by:
            a.fail(f"A multi-level aggregation cannot be used with {_NAME}", call)
        if call.name not in _ALLOWED:
            a.fail(f"Aggregate function {call.name} cannot be used with {_NAME}", call)
    if not calls and node.group_by is None:
        a.fail(f"SELECT WITH {_NAME} needs GROUP BY or an aggregate function", node)
