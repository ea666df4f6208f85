"""JSON: reading by path, converting, building, changing."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.calls import arguments, choose, no_function_signature
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.functions.registry import SCALARS, rule, table
from emulators.bigquery.sql.syntax import nodes

table(
    SCALARS,
    """
    JSON_KEYS(JSON) -> ARRAY<STRING> = bq_json_keys(CAST({0} AS VARCHAR), 1000)
    JSON_KEYS(JSON, INT64) -> ARRAY<STRING> = bq_json_keys(CAST({0} AS VARCHAR), coalesce({1}, 1000))
    JSON_KEYS(JSON, INT64, mode => STRING) -> ARRAY<STRING> = bq_json_keys_in(CAST({0} AS VARCHAR), coalesce({1}, 1000), {2})
    JSON_KEYS(JSON, mode => STRING) -> ARRAY<STRING> = bq_json_keys_in(CAST({0} AS VARCHAR), 1000, {1})
    FLOAT64(JSON, wide_number_mode => STRING) -> FLOAT64 = bq.json_float64_by({0}, {1})
    DOUBLE(JSON, wide_number_mode => STRING) -> FLOAT64 = bq.json_float64_by({0}, {1})
    FLOAT64_ARRAY(JSON, wide_number_mode => STRING) -> ARRAY<FLOAT64> = list_transform(CAST({0} AS JSON[]), lambda e: bq.json_float64_by(e, {1}))
    LAX_FLOAT64_ARRAY(JSON) -> ARRAY<FLOAT64> = list_transform(bq.lax_items({0}), lambda e: bq.lax_float64(e))
    LAX_STRING_ARRAY(JSON) -> ARRAY<STRING> = list_transform(bq.lax_items({0}), lambda e: bq.lax_string(e))
    LAX_BOOL_ARRAY(JSON) -> ARRAY<BOOL> = list_transform(bq.lax_items({0}), lambda e: bq.lax_bool(e))
    LAX_INT64_ARRAY(JSON) -> ARRAY<INT64> = list_transform(bq.lax_items({0}), lambda e: bq.lax_int64(e))
    LAX_DOUBLE_ARRAY(JSON) -> ARRAY<FLOAT64> = list_transform(bq.lax_items({0}), lambda e: bq.lax_float64(e))
    DOUBLE_ARRAY(JSON, wide_number_mode => STRING) -> ARRAY<FLOAT64> = list_transform(CAST({0} AS JSON[]), lambda e: bq.json_float64_by(e, {1}))
    DOUBLE_ARRAY(JSON) -> ARRAY<FLOAT64> = list_transform(CAST({0} AS JSON[]), lambda e: bq.json_float64(e))
    STRING_ARRAY(JSON) -> ARRAY<STRING> = list_transform(CAST({0} AS JSON[]), lambda e: bq.json_string(e))
    INT64_ARRAY(JSON) -> ARRAY<INT64> = list_transform(CAST({0} AS JSON[]), lambda e: bq.json_int64(e))
    FLOAT64_ARRAY(JSON) -> ARRAY<FLOAT64> = list_transform(CAST({0} AS JSON[]), lambda e: bq.json_float64(e))
    BOOL_ARRAY(JSON) -> ARRAY<BOOL> = list_transform(CAST({0} AS JSON[]), lambda e: bq.json_bool(e))
    JSON_TYPE(JSON) -> STRING = bq.json_type({0})
    JSON_VALUE(JSON) -> STRING = bq.json_scalar({0}, '$')
    JSON_VALUE(STRING) -> STRING = bq.json_scalar_text({0}, '$')
    JSON_VALUE(JSON, STRING) -> STRING = bq.json_scalar({0}, bq_json_path({1}))
    JSON_VALUE(STRING, STRING) -> STRING = bq.json_scalar_text({0}, bq_json_path({1}))
    JSON_EXTRACT_SCALAR(JSON) -> STRING = bq.json_scalar({0}, '$')
    JSON_EXTRACT_SCALAR(STRING) -> STRING = bq.json_scalar_text({0}, '$')
    JSON_EXTRACT_SCALAR(JSON, STRING) -> STRING = bq.json_scalar({0}, bq_json_path_extract({1}))
    JSON_EXTRACT_SCALAR(STRING, STRING) -> STRING = bq.json_scalar_text({0}, bq_json_path_extract({1}))
    JSON_QUERY(JSON) -> JSON = {0}
    JSON_QUERY(STRING) -> STRING = bq.json_at_text({0}, '$')
    JSON_QUERY(STRING, STRING) -> STRING = bq.json_at_text({0}, bq_json_path({1}))
    JSON_EXTRACT(JSON) -> JSON = {0}
    JSON_EXTRACT(STRING) -> STRING = bq.json_at_text({0}, '$')
    JSON_EXTRACT(JSON, STRING) -> JSON = bq.json_made(json_extract({0}, bq_json_path_extract({1})))
    JSON_EXTRACT(STRING, STRING) -> STRING = bq.json_at_text({0}, bq_json_path_extract({1}))
    JSON_QUERY_ARRAY(JSON) -> ARRAY<JSON> = bq.json_items({0}, '$')
    JSON_QUERY_ARRAY(STRING) -> ARRAY<STRING> = bq.json_items_text({0}, '$')
    JSON_QUERY_ARRAY(JSON, STRING) -> ARRAY<JSON> = bq.json_items({0}, bq_json_path({1}))
    JSON_QUERY_ARRAY(STRING, STRING) -> ARRAY<STRING> = bq.json_items_text({0}, bq_json_path({1}))
    JSON_EXTRACT_ARRAY(JSON) -> ARRAY<JSON> = bq.json_items({0}, '$')
    JSON_EXTRACT_ARRAY(STRING) -> ARRAY<STRING> = bq.json_items_text({0}, '$')
    JSON_EXTRACT_ARRAY(JSON, STRING) -> ARRAY<JSON> = bq.json_items({0}, bq_json_path_extract({1}))
    JSON_EXTRACT_ARRAY(STRING, STRING) -> ARRAY<STRING> = bq.json_items_text({0}, bq_json_path_extract({1}))
    JSON_VALUE_ARRAY(JSON) -> ARRAY<STRING> = bq.json_scalars({0}, '$')
    JSON_VALUE_ARRAY(STRING) -> ARRAY<STRING> = bq.json_scalars({0}, '$')
    JSON_VALUE_ARRAY(JSON, STRING) -> ARRAY<STRING> = bq.json_scalars({0}, bq_json_path({1}))
    JSON_VALUE_ARRAY(STRING, STRING) -> ARRAY<STRING> = bq.json_scalars({0}, bq_json_path({1}))
    JSON_EXTRACT_STRING_ARRAY(JSON) -> ARRAY<STRING> = bq.json_scalars({0}, '$')
    JSON_EXTRACT_STRING_ARRAY(STRING) -> ARRAY<STRING> = bq.json_scalars({0}, '$')
    JSON_EXTRACT_STRING_ARRAY(JSON, STRING) -> ARRAY<STRING> = bq.json_scalars({0}, bq_json_path_extract({1}))
    JSON_EXTRACT_STRING_ARRAY(STRING, STRING) -> ARRAY<STRING> = bq.json_scalars({0}, bq_json_path_extract({1}))
    BOOL(JSON) -> BOOL = bq.json_bool({0})
    INT64(JSON) -> INT64 = bq.json_int64({0})
    FLOAT64(JSON) -> FLOAT64 = bq.json_float64({0})
    DOUBLE(JSON) -> FLOAT64 = bq.json_float64({0})
    LAX_BOOL(JSON) -> BOOL = bq.lax_bool({0})
    LAX_INT64(JSON) -> INT64 = bq.lax_int64({0})
    LAX_FLOAT64(JSON) -> FLOAT64 = bq.lax_float64({0})
    LAX_DOUBLE(JSON) -> FLOAT64 = bq.lax_float64({0})
    LAX_STRING(JSON) -> STRING = bq.lax_string({0})
    JSON_FLATTEN(JSON) -> ARRAY<JSON> = CAST(bq_json_flatten(CAST({0} AS VARCHAR)) AS JSON[])
    """,  # noqa: E501
)

# A scalar as JSON text's DuckDB value; what is not here is a STRING in its CAST form.
_SCALARS = {
    "INT64": "to_json({0})", "BOOL": "to_json({0})", "STRING": "to_json({0})", "JSON": "{0}",
    "FLOAT64": "CAST(bq.float_json({0}) AS JSON)",
    "NUMERIC": "CAST(bq.decimal_text({0}) AS JSON)", "BIGNUMERIC": "CAST(bq.bignumeric_text({0}) AS JSON)",
    "BYTES": "to_json(to_base64({0}))",
    "DATE": "to_json(bq.date_text({0}))", "TIME": "to_json(bq.time_text({0}))",
    "INTERVAL": "to_json(bq.interval_iso({0}))", "GEOGRAPHY": "CAST(bq_json_ordered(bq_st_asgeojson({0})) AS JSON)",
    "DATETIME": "to_json(replace(bq.datetime_text({0}), ' ', 'T'))",
    "TIMESTAMP": "to_json(replace(replace(bq.timestamp_text({0}), ' ', 'T'), '+00', 'Z'))",
}  # fmt: skip


# Numbers that a FLOAT64 cannot hold, as texts; for TO_JSON_STRING every decimal that is no whole number as well.
_WIDE = {
    "INT64": "CASE WHEN {0} BETWEEN -9007199254740992 AND 9007199254740992 THEN to_json({0}) "
    "ELSE to_json(CAST({0} AS VARCHAR)) END",
    "NUMERIC": "bq.wide_decimal_json(bq.decimal_text({0}))",
    "BIGNUMERIC": "bq.wide_decimal_json(bq.bignumeric_text({0}))",
}


# TO_JSON_STRING writes a whole FLOAT64 without a point.
_TEXTS = _WIDE | {
    "FLOAT64": "CAST(bq.float_json_text({0}) AS JSON)",
    "NUMERIC": "bq.decimal_json(bq.decimal_text({0}))",
    "BIGNUMERIC": "bq.decimal_json(bq.bignumeric_text({0}))",
}


def as_json(a: Analyzer, value: Value, wide: bool = False, ordered: bool = True) -> str:
    """The value as a DuckDB JSON; SQL NULL stays NULL. wide: numbers that FLOAT64 cannot hold become texts;
    ordered: as a JSON, whose members are in order of their names, and each name once."""
    kind = value.type
    if kind.kind == "NULL":
        return "CAST('null' AS JSON)"
    if kind.kind == "ARRAY":
        assert kind.element is not None
        name = a.shared.alias("e")
        inner = as_json(a, Value(name, kind.element), wide, ordered)
        return f"to_json(list_transform({value.sql}, lambda {name}: {inner}))"
    if kind.kind in ("STRUCT", "RANGE"):
        name = a.shared.alias("s")
        fields = kind.fields or (("start", kind.element or t.DATE), ("end", kind.element or t.DATE))
        own = t.struct_names(t.Type("STRUCT", None, fields))
        listed = [(label or "", n, k) for n, (label, k) in zip(own, fields, strict=True)]
        if ordered:
            listed = sorted({label: (label, n, k) for label, n, k in reversed(listed)}.values())
        members = ", ".join(
            f"{t.text(label)}, {as_json(a, Value(f'struct_extract({name}, {t.text(n)})', k), wide, ordered)}"
            for label, n, k in listed
        )
        return f"list_transform([{value.sql}], lambda {name}: CASE WHEN {name} IS NOT NULL THEN json_object({members}) END)[1]"  # noqa: E501
    if kind.kind not in _SCALARS:
        a.fail(f"Type {kind} cannot be converted to JSON")
    found = _SCALARS | (_TEXTS if not ordered else _WIDE if wide else {})
    return found[kind.kind].format(value.sql)


def whole_json(a: Analyzer, value: Value, wide: bool = False, ordered: bool = True) -> str:
    """As as_json, but NULL becomes JSON's null."""
    found = as_json(a, value, wide, ordered)
    made = f"bq.json_made({found})" if value.type.kind in ("ARRAY", "STRUCT") and _has_floats(value.type) else found
    return f"COALESCE({made}, CAST('null' AS JSON))"


def _has_floats(kind: t.Type) -> bool:
    if kind.kind in ("FLOAT64", "JSON"):
        return True
    return any(_has_floats(inner) for inner in (kind.element, *(k for _, k in kind.fields)) if inner is not None)


@rule("TO_JSON", named=True)
def to_json(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """TO_JSON(x[, stringify_wide_numbers => false])"""
    if len(node.args) != 1 or any(name != "stringify_wide_numbers" for name, _ in node.named):
        no_function_signature(a, node, [a.expression(arg, scope) for arg in node.args])
    value = a.expression(node.args[0], scope)
    if not node.named:
        return combine(whole_json(a, value), t.JSON, value)
    wide = coerce(a, a.expression(node.named[0][1], scope), t.BOOL)
    sql = f"CASE WHEN {wide.sql} THEN {whole_json(a, value, wide=True)} ELSE {whole_json(a, value)} END"
    return combine(sql, t.JSON, value, wide)


@rule("TO_JSON_STRING", named=True)
def to_json_string(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """TO_JSON_STRING(x[, pretty_print]): compact, or indented by two."""
    if len(node.args) not in (1, 2) or node.named:
        no_function_signature(a, node, [])
    value = a.expression(node.args[0], scope)
    sql = f"CAST({whole_json(a, value, value.type.kind != 'JSON', ordered=False)} AS VARCHAR)"
    if len(node.args) == 2:
        pretty = coerce(a, a.expression(node.args[1], scope), t.BOOL)
        sql = f"CASE WHEN {pretty.sql} THEN bq_json_pretty({sql}) WHEN NOT {pretty.sql} THEN {sql} END"
        return combine(sql, t.STRING, value, pretty)
    return combine(sql, t.STRING, value)


@rule("PARSE_JSON", named=True)
def parse_json(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """PARSE_JSON(text[, wide_number_mode => 'exact' | 'round'])"""
    value = a.expression(node.args[0], scope) if len(node.args) == 1 else None
    if value is None or t.coerces(value.type, t.STRING) is None or any(n != "wide_number_mode" for n, _ in node.named):
        no_function_signature(a, node, [value] if value else [])
    text, mode = coerce(a, value, t.STRING), Value("'exact'", t.STRING)
    if node.named:
        mode = coerce(a, a.expression(node.named[0][1], scope), t.STRING)
    return combine(f"bq.parse_json({text.sql}, {mode.sql})", t.JSON, value, mode)


@rule("JSON_QUERY")
def json_query(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """JSON_QUERY(json or text[, path]); a path `lax [recursive] $.a` looks into and around arrays."""
    values = arguments(a, node, scope)
    if values and values[0].type == t.JSON and len(values) == 2:
        raw = values[1].raw
        if not isinstance(raw, str) or raw.lstrip().lower().startswith("lax"):
            path = coerce(a, values[1], t.STRING)
            return combine(f"CAST(bq_json_lax(CAST({values[0].sql} AS VARCHAR), {path.sql}) AS JSON)", t.JSON, *values)
        found = f"bq.json_made(json_extract({values[0].sql}, bq_json_path({values[1].sql})))"
        return combine(found, t.JSON, *values)
    overload, values, kind = choose(a, node, SCALARS["JSON_QUERY"], values)
    return combine(overload.template.format(*(v.sql for v in values)), kind, *values)


@rule("JSON_ARRAY")
def json_array(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """JSON_ARRAY(x, ...)"""
    values = [a.expression(arg, scope) for arg in node.args]
    made = f"json_array({', '.join(whole_json(a, v) for v in values)})"
    return combine(_joined(made, values), t.JSON, *values)


def _joined(made: str, values: list[Value]) -> str:
    """What DuckDB has put together of some values."""
    return f"bq.json_made({made})" if any(_has_floats(value.type) for value in values) else made


@rule("JSON_OBJECT")
def json_object(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """JSON_OBJECT(key, x, ...)"""
    values = [a.expression(arg, scope) for arg in node.args]
    if len(values) == 2 and values[0].type == t.array(t.STRING) and values[1].type.element is not None:
        item = a.shared.alias("e")
        items = f"list_transform({values[1].sql}, lambda {item}: {whole_json(a, Value(item, values[1].type.element))})"
        return combine(f"bq.json_object_of({values[0].sql}, {items})", t.JSON, *values)
    if len(values) % 2 or any(v.type != t.STRING for v in values[::2]):
        no_function_signature(a, node, values)
    pairs = list(zip(values[::2], values[1::2], strict=True))
    known = all(isinstance(k.raw, str) for k, _ in pairs)
    if known:
        pairs = [(k, v) for _, k, v in sorted({k.raw: (k.raw, k, v) for k, v in reversed(pairs)}.values(), key=_name)]
    members = ", ".join(f"{k.sql}, {whole_json(a, v)}" for k, v in pairs)
    made = _joined(f"json_object({members})", values)
    return combine(made if known else f"CAST(bq_json_ordered(CAST({made} AS VARCHAR)) AS JSON)", t.JSON, *values)


def _name(member: tuple[str, Value, Value]) -> str:
    return member[0]


def _document(a: Analyzer, node: nodes.Call, scope: Scope, step: int = 1) -> list[Value]:
    """The arguments; a bare NULL is a JSON as the first of them, and a STRING as a path, which each step-th one is."""
    values = [a.expression(arg, scope) for arg in node.args]
    kinds = [t.STRING if (i - 1) % step == 0 else v.type for i, v in enumerate(values)]
    kinds[:1] = [t.JSON]
    return [coerce(a, v, kind) if v.type == t.NULL else v for v, kind in zip(values, kinds, strict=True)]


@rule("JSON_SET", "JSON_ARRAY_INSERT", "JSON_ARRAY_APPEND", named=True)
def json_change(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """JSON_SET(json, path, value, ...): one change after the other; an array given to the array functions goes in
    item by item."""
    values = _document(a, node, scope, 2)
    if (
        len(values) < 3
        or len(values) % 2 == 0
        or values[0].type != t.JSON
        or any(v.type != t.STRING for v in values[1::2])
    ):
        no_function_signature(a, node, values)
    option = "true"
    for name, given in node.named:
        flag = a.expression(given, scope)
        known = name in ("create_if_missing", "insert_each_element", "append_each_element")
        if not known or flag.type not in (t.BOOL, t.NULL):
            no_function_signature(a, node, values)
        option = coerce(a, flag, t.BOOL).sql
    sql = f"CAST({values[0].sql} AS VARCHAR)"
    for path, value in zip(values[1::2], values[2::2], strict=True):
        single = value.type.kind != "ARRAY" and node.name != "JSON_SET"
        each = f"CASE WHEN {option} IS NOT NULL THEN false END" if single else option
        sql = f"bq_{node.name.lower()}({sql}, {path.sql}, CAST({whole_json(a, value)} AS VARCHAR), {each})"
    return combine(f"CAST({sql} AS JSON)", t.JSON, *values)


@rule("JSON_REMOVE")
def json_remove(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """JSON_REMOVE(json, path, ...)"""
    values = _document(a, node, scope)
    if len(values) < 2 or values[0].type != t.JSON or any(v.type != t.STRING for v in values[1:]):
        no_function_signature(a, node, values)
    sql = f"CAST({values[0].sql} AS VARCHAR)"
    for path in values[1:]:
        sql = f"bq_json_remove({sql}, {path.sql})"
    return combine(f"CAST({sql} AS JSON)", t.JSON, *values)


@rule("JSON_STRIP_NULLS", named=True)
def json_strip_nulls(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """JSON_STRIP_NULLS(json[, path][, include_arrays => true][, remove_empty => false])"""
    values = _document(a, node, scope)
    flags = {"include_arrays": Value("true", t.BOOL), "remove_empty": Value("false", t.BOOL)}
    for name, given in node.named:
        if name not in flags:
            no_function_signature(a, node, values)
        flags[name] = coerce(a, a.expression(given, scope), t.BOOL)
    path = values[1] if len(values) == 2 else Value("'$'", t.STRING)
    if len(values) not in (1, 2) or values[0].type != t.JSON or path.type != t.STRING:
        no_function_signature(a, node, values)
    options = ", ".join(flag.sql for flag in flags.values())
    sql = f"bq_json_strip_nulls(CAST({values[0].sql} AS VARCHAR), {path.sql}, {options})"
    return combine(f"CAST({sql} AS JSON)", t.JSON, *values, *flags.values())
