"""CAST and SAFE_CAST."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, expression_rule
from emulators.bigquery.sql.analysis.cast_formats import formatted
from emulators.bigquery.sql.analysis.cast_templates import CASTS, SAFE_CASTS
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.once import once
from emulators.bigquery.sql.analysis.trying import attempt
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.analysis.zones import refuse_zone, zoned_cast
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type


@expression_rule(nodes.Cast)
def cast(a: Analyzer, node: nodes.Cast, scope: Scope) -> Value:
    """CAST(x AS T) -> the pair's template; SAFE_CAST -> NULL where it fails."""
    value = a.expression(node.operand, scope)
    target = t.of_node(node.type)

    def made(value: Value, *, safe: bool = False) -> Value:
        template = SAFE_CASTS.get((value.type.kind, target.kind))
        if node.format is not None:
            found = formatted(a, node, value, target, scope)
        elif safe and template is not None and zoned_cast(a, value, target) is None:
            found = filled(template, value, target)
        else:
            found = convert(a, value, target, node)
        return constrained(a, found, node.type)

    plain = made(value)
    if not node.safe or plain.sql == value.sql:
        return plain
    return combine(attempt([value], lambda given: made(given[0], safe=True).sql), target, plain)


def filled(template: str, value: Value, target: Type) -> Value:
    return combine(once([value], lambda given: template.format(given[0].sql)), target, value)


def convert(a: Analyzer, value: Value, target: Type, node: nodes.Node) -> Value:  # noqa: RET503
    """The value cast to `target`."""
    source = value.type
    if source == target or source.kind == target.kind == "STRING":
        return Value(value.sql, target, refs=value.refs, volatile=value.volatile)
    if source.kind == "NULL":
        return combine(coerce(a, value, target).sql, target, value)
    if (zoned := zoned_cast(a, value, target)) is not None:
        return zoned
    if source == t.FLOAT64 and target.kind in ("NUMERIC", "BIGNUMERIC") and value.literal and value.raw is not None:
        return coerce(a, value, target)  # a literal as it is written
    template = CASTS.get((source.kind, target.kind))
    if template is not None:
        return filled(template, value, target)
    if source.kind == target.kind == "ARRAY":
        assert source.element is not None and target.element is not None
        if source.element.kind == "NULL":
            return coerce(a, value, target)
        if t.coerces(source.element, target.element, value.literal) is None:
            why = "Casting between arrays with incompatible element types is not supported"
            a.fail(f"{why}: Invalid cast from {source} to {target}", node)
        name = a.shared.alias("e")
        inner = convert(a, Value(name, source.element), target.element, node)
        return combine(f"list_transform({value.sql}, lambda {name}: {inner.sql})", target, value)
    if source.kind == target.kind == "STRUCT" and len(source.fields) == len(target.fields):
        return _struct(a, value, target, node)
    if target.kind == "RANGE" and source.kind == "STRING":
        from emulators.bigquery.sql.analysis.ranges import range_from_text

        return range_from_text(a, value, target)
    if source.kind == "RANGE" and target.kind == "STRING":
        refuse_zone(a, source, "The text of a RANGE<TIMESTAMP>")
        return combine(f"bq.range_text({value.sql})", target, value)
    a.fail(f"Invalid cast from {source} to {target}", node)


def _struct(a: Analyzer, value: Value, target: Type, node: nodes.Node) -> Value:
    name = a.shared.alias("s")
    members = []
    names, wanted = t.struct_names(value.type), t.struct_names(target)
    for own, new, (_, source), (_, kind) in zip(names, wanted, value.type.fields, target.fields, strict=True):
        part = convert(a, Value(f"struct_extract({name}, {t.text(own)})", source), kind, node)
        members.append(f"{t.quoted(new)} := {part.sql}")
    body = f"CASE WHEN {name} IS NULL THEN NULL ELSE struct_pack({', '.join(members)}) END"
    return combine(f"list_transform([{value.sql}], lambda {name}: {body})[1]", target, value)


def constrained(a: Analyzer, value: Value, kind: nodes.TypeNode) -> Value:
    """STRING(5), NUMERIC(10, 2): the value within its type's parameters, or an error."""
    if not kind.parameters or "MAX" in kind.parameters or kind.name == "TIMESTAMP":
        return value
    first = int(kind.parameters[0])
    if kind.name in ("STRING", "BYTES"):
        return combine(f"bq.limit_{kind.name.lower()}({value.sql}, {first})", value.type, value)
    scale = int(kind.parameters[1]) if len(kind.parameters) > 1 else 0
    return combine(f"bq.limit_{kind.name.lower()}({value.sql}, {first}, {scale})", value.type, value)
