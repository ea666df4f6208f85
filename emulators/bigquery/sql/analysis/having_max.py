"""HAVING MAX and HAVING MIN inside of an aggregate: it aggregates a list of the rows with the greatest (least) key."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.analysis.windows import Modifiers
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type

# Of a list {0}; what is not here but in _NAMES is DuckDB's aggregate function of that name.
_TEMPLATES = {
    "ARRAY_AGG": "{0}",
    "ARRAY_CONCAT_AGG": "flatten({0})",
    "COUNTIF": "len(list_filter({0}, lambda v: v))",
    "APPROX_COUNT_DISTINCT": "len(list_filter(list_distinct({0}), lambda v: v IS NOT NULL))",
}
_NAMES = {
    "MAX": "max", "MIN": "min", "SUM": "sum", "AVG": "avg", "COUNT": "count",
    "LOGICAL_AND": "bool_and", "LOGICAL_OR": "bool_or", "BIT_AND": "bit_and", "BIT_OR": "bit_or", "BIT_XOR": "bit_xor",
    "STDDEV": "stddev_samp", "STDDEV_SAMP": "stddev_samp", "STDDEV_POP": "stddev_pop",
    "VARIANCE": "var_samp", "VAR_SAMP": "var_samp", "VAR_POP": "var_pop",
}  # fmt: skip
_COUNTS = ("COUNT", "COUNTIF", "APPROX_COUNT_DISTINCT")
_OF_FINITE = ("stddev_samp", "stddev_pop", "var_samp", "var_pop")
_FINITE = "list_bool_and(list_transform({0}, lambda v: isfinite(v))) IS DISTINCT FROM false"


def having(a: Analyzer, node: nodes.Call, scope: Scope, values: list[Value], kind: Type, parts: Modifiers) -> Value:
    """F(x HAVING MAX k): F of the rows whose k is the greatest (MIN: the least); rows without k do not count."""
    assert node.having is not None
    known = node.name in (*_NAMES, *_TEMPLATES, "ANY_VALUE", "STRING_AGG")
    if not known or (len(values) != 1 and node.name != "STRING_AGG") or node.order_by or parts.limit:
        a.fail(f"{node.name} with HAVING {node.having[0]} is not supported by this emulator", node)
    which, key = node.having[0].lower(), a.expression(node.having[1], scope)
    if key.type.kind in ("JSON", "ARRAY", "STRUCT", "GEOGRAPHY"):
        a.fail(f"HAVING {node.having[0]} does not support expressions of type {key.type}", node)
    if node.name == "ANY_VALUE":
        sql = f"arg_{which}_null({values[0].sql}, {key.sql}){parts.slots['w']}"
        return combine(sql, kind, *values, key, *parts.read)
    rows, row, top = a.shared.alias("l"), a.shared.alias("e"), a.shared.alias("k")
    listed = f"list(struct_pack(v := {values[0].sql}, k := {key.sql})){parts.slots['w']}"
    best = f"list_{which}(list_transform({rows}, lambda {row}: {row}.k))"
    filtered = f"list_filter({rows}, lambda {row}: {row}.k = {top})"
    kept = f"list_transform([{best}], lambda {top}: list_transform({filtered}, lambda {row}: {row}.v))[1]"
    body = _of_list(node, f"bq.first_of_each({kept})" if node.distinct else kept, values, kind)
    sql = f"CAST(list_transform([{listed}], lambda {rows}: {body})[1] AS {t.duckdb(kind)})"
    if node.name in _COUNTS:  # of no rows
        sql = f"coalesce({sql}, 0)"
    return combine(sql, kind, *values, key, *parts.read)


def _of_list(node: nodes.Call, kept: str, values: list[Value], kind: Type) -> str:
    if node.name in _TEMPLATES:
        return _TEMPLATES[node.name].format(kept)
    if node.name == "STRING_AGG":
        return f"nullif(array_to_string({kept}, {values[1].sql if values[1:] else t.text(',')}), '')"
    if kind == t.BIGNUMERIC and node.name == "SUM":
        return f"bq.bignumeric_sum(list_sum({kept}))"
    if kind == t.BIGNUMERIC and node.name == "AVG":
        return f"bq.bignumeric_average(list_sum({kept}), len(list_filter({kept}, lambda v: v IS NOT NULL)))"
    name = _NAMES[node.name]
    sql = f"list_aggregate({kept}, '{name}')"
    return f"CASE WHEN {_FINITE.format(kept)} THEN {sql} ELSE 'nan' END" if name in _OF_FINITE else sql
