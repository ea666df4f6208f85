"""HAVING MAX and HAVING MIN inside of an aggregate: it aggregates the rows with the greatest (least) key."""

from dataclasses import replace

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.group_rows import GroupRows
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.analysis.windows import Modifiers
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type


def having(a: Analyzer, node: nodes.Call, scope: Scope, values: list[Value], kind: Type, parts: Modifiers) -> Value:
    """F(x HAVING MAX k): F of the rows whose k is the greatest (MIN: the least); rows without k do not count."""
    assert node.having is not None
    which, key = node.having[0].lower(), a.expression(node.having[1], scope)
    if key.type.kind in ("JSON", "ARRAY", "STRUCT", "GEOGRAPHY"):
        a.fail(f"HAVING {node.having[0]} does not support expressions of type {key.type}", node)
    if node.name == "ANY_VALUE":
        sql = f"arg_{which}_null({values[0].sql}, {key.sql}){parts.slots['w']}"
        return combine(sql, kind, *values, key, *parts.read)
    rows = GroupRows(a, scope)
    made = a.expression(replace(node, having=None, test=None), rows.scope)
    listed = f"list({rows.row([made], f'k := {key.sql}')}){parts.slots['w']}"
    best = f"list_{which}(list_transform(l, lambda e: e.k))"
    kept = f"list_transform([{best}], lambda top: list_filter(l, lambda e: e.k = top))[1]"
    found = f"unnest(list_transform([{listed}], lambda l: {kept})[1]) AS {rows.alias}(v)"
    return combine(f"(SELECT {made.sql} FROM {found})", kind, rows.value("", kind, made), key)
