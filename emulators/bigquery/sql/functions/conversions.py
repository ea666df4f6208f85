"""Conversions by function: PARSE_NUMERIC, FORMAT, TYPEOF and the like."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.calls import arguments, no_function_signature
from emulators.bigquery.sql.analysis.casts import convert
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.functions.registry import SCALARS, rule, table
from emulators.bigquery.sql.syntax import nodes

table(
    SCALARS,
    """
    PARSE_NUMERIC(STRING) -> NUMERIC = bq.to_numeric(bq.number_text({0}))
    PARSE_BIGNUMERIC(STRING) -> BIGNUMERIC = bq.to_bignumeric(bq.number_text({0}))
    """,
)


@rule("TYPEOF")
def typeof(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """TYPEOF(x) -> the name of its type."""
    values = arguments(a, node, scope)
    if len(values) != 1:
        no_function_signature(a, node, values)
    return combine(t.text(str(values[0].type)), t.STRING)


@rule("SESSION_USER")
def session_user(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """SESSION_USER() -> the e-mail address of whoever asks."""
    if node.args:
        no_function_signature(a, node, arguments(a, node, scope))
    return combine(t.text(a.catalog.user), t.STRING)


@rule("ERROR")
def error(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """ERROR(message) fails the query; its type is whatever is needed."""
    values = arguments(a, node, scope)
    if len(values) != 1 or values[0].type.kind not in ("STRING", "NULL"):
        no_function_signature(a, node, values)
    return Value(f"bq.fail({values[0].sql})", t.NULL, refs=values[0].refs, volatile=True)


@rule("COLLATE")
def collate(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """COLLATE(x, '') -> x; 'und:ci' is refused because comparisons would have to follow it."""
    values = arguments(a, node, scope)
    if len(values) != 2 or values[0].type != t.STRING or not isinstance(values[1].raw, str):
        no_function_signature(a, node, values)
    if values[1].raw:
        a.fail(f"Collation '{values[1].raw}' in collate function is not supported.")
    return combine(values[0].sql, t.STRING, values[0])


_TAGS = {
    "INT64": "I", "FLOAT64": "F", "NUMERIC": "N", "BIGNUMERIC": "B", "STRING": "S", "BOOL": "L", "DATE": "D",
    "DATETIME": "M",
    "TIME": "C", "TIMESTAMP": "Z", "JSON": "J", "INTERVAL": "V",
}  # fmt: skip


@rule("FORMAT")
def format_function(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """FORMAT(pattern, x, ...): each x becomes a type letter and its text."""
    values = arguments(a, node, scope)
    if not values or t.coerces(values[0].type, t.STRING) is None:
        no_function_signature(a, node, values)
    items = []
    for value, arg in zip(values[1:], node.args[1:], strict=True):
        if value.type.kind == "NULL":
            items.append("CAST(NULL AS VARCHAR)")
            continue
        if value.type.kind not in _TAGS:
            a.fail(f"FORMAT of {value.type} is not supported by this emulator", arg)
        text = (
            convert(a, value, t.STRING, arg)
            if value.type != t.JSON
            else combine(f"CAST({value.sql} AS VARCHAR)", t.STRING, value)
        )
        items.append(f"'{_TAGS[value.type.kind]}' || {text.sql}")
    return combine(f"bq_format_text({values[0].sql}, CAST([{', '.join(items)}] AS VARCHAR[]))", t.STRING, *values)
