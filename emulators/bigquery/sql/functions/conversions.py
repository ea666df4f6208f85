"""Conversions by function: PARSE_NUMERIC, FORMAT, TYPEOF and the like."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.calls import arguments, no_function_signature
from emulators.bigquery.sql.analysis.casts import convert
from emulators.bigquery.sql.analysis.coercion import coerce
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
    """COLLATE(x, 'und:ci') -> x, which is compared whatever the case of its letters; '' takes a collation away."""
    values = arguments(a, node, scope)
    values[:1] = [coerce(a, v, t.STRING) if v.type == t.NULL else v for v in values[:1]]
    if len(values) != 2 or values[0].type.kind != "STRING" or not isinstance(values[1].raw, str):
        no_function_signature(a, node, values)
    if values[1].raw not in ("", "und:ci"):
        a.fail(f"Collation '{values[1].raw}' in collate function is not supported.")
    if not values[1].raw:
        return combine(f"decode(encode({values[0].sql}))", t.STRING, values[0])  # a text without DuckDB's collation
    return combine(t.collated(values[0].sql), t.COLLATED, values[0])


_TAGS = {
    "INT64": "I", "FLOAT64": "F", "NUMERIC": "N", "BIGNUMERIC": "B", "STRING": "S", "BOOL": "L", "DATE": "D",
    "DATETIME": "M",
    "TIME": "C", "TIMESTAMP": "Z", "JSON": "J", "INTERVAL": "V", "GEOGRAPHY": "G",
}  # fmt: skip


@rule("FORMAT")
def format_function(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """FORMAT(pattern, x, ...): each x becomes a type letter and its text."""
    values = arguments(a, node, scope)
    if not values or t.coerces(values[0].type, t.STRING) is None:
        no_function_signature(a, node, values)
    items = [_printed(a, value, arg) for value, arg in zip(values[1:], node.args[1:], strict=True)]
    return combine(f"bq_format_text({values[0].sql}, CAST([{', '.join(items)}] AS VARCHAR[]))", t.STRING, *values)


def _printed(a: Analyzer, value: Value, node: nodes.Node) -> str:
    """A value for FORMAT: its type's letter and its text; X and a tree of such for an array or a struct."""
    if value.type.kind == "NULL":
        return "CAST(NULL AS VARCHAR)"
    if value.type.kind in ("ARRAY", "STRUCT"):
        return f"'X' || CAST({_tree(a, value, node)} AS VARCHAR)"
    if value.type.kind == "RANGE" and value.type.element is not None:
        tag = _TAGS[value.type.element.kind].lower()
        return f"'{tag}' || {convert(a, value, t.STRING, node).sql}"
    if value.type.kind == "BYTES":
        return f"'Y' || bq_latin1({value.sql})"
    if value.type.kind not in _TAGS:
        a.fail(f"FORMAT of {value.type} is not supported by this emulator", node)
    if value.type.kind in ("JSON", "GEOGRAPHY"):
        return f"'{_TAGS[value.type.kind]}' || CAST({value.sql} AS VARCHAR)"
    return f"'{_TAGS[value.type.kind]}' || {convert(a, value, t.STRING, node).sql}"


def _tree(a: Analyzer, value: Value, node: nodes.Node) -> str:
    """JSON: ["A", [items]] of an array, ["R", [fields]] of a struct, a text of anything else."""
    kind, name = value.type, a.shared.alias("e")
    if kind.kind == "ARRAY" and kind.element is not None:
        item = a.shared.alias("i")
        inner = _tree(a, Value(item, kind.element), node)
        made = f"json_array('A', list_transform({name}, lambda {item}: {inner}))"
    elif kind.kind == "STRUCT":
        own = zip(t.struct_names(kind), kind.fields, strict=True)
        parts = [_tree(a, Value(f"struct_extract({name}, {t.text(n)})", k), node) for n, (_, k) in own]
        made = f"json_array('R', json_array({', '.join(parts)}))"
    else:
        return f"to_json({_printed(a, value, node)})"
    return f"list_transform([{value.sql}], lambda {name}: CASE WHEN {name} IS NOT NULL THEN {made} END)[1]"
