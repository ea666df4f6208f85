"""CAST and SAFE_CAST: one line for each pair of types, in DuckDB SQL."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, expression_rule
from emulators.bigquery.sql.analysis.cast_formats import formatted
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.once import once
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type

# source -> target: template of {0}. A pair that is not here is refused, as BigQuery does.
CASTS = {
    ("INT64", "FLOAT64"): "CAST({0} AS DOUBLE)",
    ("INT64", "NUMERIC"): "CAST({0} AS DECIMAL(38,9))",
    ("INT64", "BIGNUMERIC"): "CAST({0} AS DECIMAL(38,18))",
    ("INT64", "BOOL"): "({0} != 0)",
    ("INT64", "STRING"): "CAST({0} AS VARCHAR)",
    ("FLOAT64", "INT64"): "bq.float_to_int64({0})",
    ("FLOAT64", "NUMERIC"): "bq.float_to_numeric({0})",
    ("FLOAT64", "BIGNUMERIC"): "bq.float_to_bignumeric({0})",
    ("FLOAT64", "STRING"): "bq.float_text({0})",
    ("NUMERIC", "INT64"): "CAST({0} AS BIGINT)",
    ("NUMERIC", "FLOAT64"): "CAST({0} AS DOUBLE)",
    ("NUMERIC", "BIGNUMERIC"): "CAST({0} AS DECIMAL(38,18))",
    ("NUMERIC", "STRING"): "bq.decimal_text({0})",
    ("BIGNUMERIC", "INT64"): "CAST({0} AS BIGINT)",
    ("BIGNUMERIC", "FLOAT64"): "CAST({0} AS DOUBLE)",
    ("BIGNUMERIC", "NUMERIC"): "CAST({0} AS DECIMAL(38,9))",
    ("BIGNUMERIC", "STRING"): "bq.decimal_text({0})",
    ("BOOL", "INT64"): "CAST({0} AS BIGINT)",
    ("BOOL", "STRING"): "CAST({0} AS VARCHAR)",
    ("STRING", "INT64"): "bq.to_int64({0})",
    ("STRING", "FLOAT64"): "bq.to_float64({0})",
    ("STRING", "NUMERIC"): "bq.to_numeric({0})",
    ("STRING", "BIGNUMERIC"): "bq.to_bignumeric({0})",
    ("STRING", "BOOL"): "bq.to_bool({0})",
    ("STRING", "BYTES"): "encode({0})",
    ("STRING", "DATE"): "bq.to_date({0})",
    ("STRING", "TIME"): "bq.to_time({0})",
    ("STRING", "DATETIME"): "bq.to_datetime({0})",
    ("STRING", "TIMESTAMP"): "bq.to_timestamp({0})",
    ("STRING", "INTERVAL"): "bq.to_interval({0})",
    ("BYTES", "STRING"): "bq.bytes_to_string({0})",
    ("DATE", "STRING"): "bq.date_text({0})",
    ("DATE", "DATETIME"): "CAST({0} AS TIMESTAMP)",
    ("DATE", "TIMESTAMP"): "CAST({0} AS TIMESTAMPTZ)",
    ("DATETIME", "STRING"): "bq.datetime_text({0})",
    ("DATETIME", "DATE"): "CAST({0} AS DATE)",
    ("DATETIME", "TIME"): "CAST({0} AS TIME)",
    ("DATETIME", "TIMESTAMP"): "CAST({0} AS TIMESTAMPTZ)",
    ("TIME", "STRING"): "bq.time_text({0})",
    ("TIMESTAMP", "STRING"): "bq.timestamp_text({0})",
    ("TIMESTAMP", "DATE"): "CAST({0} AS DATE)",
    ("TIMESTAMP", "TIME"): "CAST(CAST({0} AS TIMESTAMP) AS TIME)",
    ("TIMESTAMP", "DATETIME"): "CAST({0} AS TIMESTAMP)",
    ("INTERVAL", "STRING"): "bq.interval_text({0})",
    ("GEOGRAPHY", "STRING"): "{0}",
    ("STRING", "GEOGRAPHY"): "bq_st_geogfromtext({0})",
}


@expression_rule(nodes.Cast)
def cast(a: Analyzer, node: nodes.Cast, scope: Scope) -> Value:
    """CAST(x AS T) -> the pair's template; SAFE_CAST -> NULL where it fails."""
    value = a.expression(node.operand, scope)
    target = t.of_node(node.type)
    made = convert(a, value, target, node) if node.format is None else formatted(a, node, value, target, scope)
    made = constrained(a, made, node.type)
    if node.safe and made.sql != value.sql:
        made = combine(f"TRY({made.sql})", target, value)
    return made


def convert(a: Analyzer, value: Value, target: Type, node: nodes.Node) -> Value:  # noqa: RET503
    """The value cast to `target`."""
    source = value.type
    if source == target or source.kind == target.kind == "STRING":
        return Value(value.sql, target, refs=value.refs, volatile=value.volatile)
    if source.kind == "NULL":
        return combine(coerce(a, value, target).sql, target, value)
    template = CASTS.get((source.kind, target.kind))
    if template is not None:
        return combine(once([value], lambda given: template.format(given[0].sql)), target, value)
    if source.kind == target.kind == "ARRAY":
        assert source.element is not None and target.element is not None
        if source.element.kind == "NULL":
            return coerce(a, value, target)
        name = a.shared.alias("e")
        inner = convert(a, Value(name, source.element), target.element, node)
        return combine(f"list_transform({value.sql}, lambda {name}: {inner.sql})", target, value)
    if source.kind == target.kind == "STRUCT" and len(source.fields) == len(target.fields):
        return _struct(a, value, target, node)
    if target.kind == "RANGE" and source.kind == "STRING":
        from emulators.bigquery.sql.analysis.ranges import range_from_text

        return range_from_text(a, value, target)
    if source.kind == "RANGE" and target.kind == "STRING":
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
    if not kind.parameters or "MAX" in kind.parameters:
        return value
    first = int(kind.parameters[0])
    if kind.name in ("STRING", "BYTES"):
        return combine(f"bq.limit_{kind.name.lower()}({value.sql}, {first})", value.type, value)
    scale = int(kind.parameters[1]) if len(kind.parameters) > 1 else 0
    return combine(f"bq.limit_{kind.name.lower()}({value.sql}, {first}, {scale})", value.type, value)
