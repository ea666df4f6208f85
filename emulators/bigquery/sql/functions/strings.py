"""Strings and bytes."""

from collections.abc import Sequence
from dataclasses import replace

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.calls import arguments, no_function_signature
from emulators.bigquery.sql.analysis.casts import convert
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.once import once
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.functions.inner_texts import JSON_SCOPES, inner_texts
from emulators.bigquery.sql.functions.registry import SCALARS, rule, table
from emulators.bigquery.sql.syntax import nodes

table(
    SCALARS,
    r"""
    LENGTH(STRING) -> INT64 = length({0})
    LENGTH(BYTES) -> INT64 = octet_length({0})
    CHAR_LENGTH(STRING) -> INT64 = length({0})
    CHARACTER_LENGTH(STRING) -> INT64 = length({0})
    BYTE_LENGTH(STRING) -> INT64 = strlen({0})
    BYTE_LENGTH(BYTES) -> INT64 = octet_length({0})
    OCTET_LENGTH(STRING) -> INT64 = strlen({0})
    OCTET_LENGTH(BYTES) -> INT64 = octet_length({0})
    LOWER(STRING) -> STRING = bq.lower({0})
    LOWER(BYTES) -> BYTES = bq_from_latin1(bq.ascii_lower(bq_latin1({0})))
    UPPER(STRING) -> STRING = bq.upper({0})
    UPPER(BYTES) -> BYTES = bq_from_latin1(bq.ascii_upper(bq_latin1({0})))
    TRIM(STRING) -> STRING = bq.trim_space({0})
    TRIM(STRING, STRING) -> STRING = trim({0}, {1})
    TRIM(BYTES, BYTES) -> BYTES = bq_from_latin1(trim(bq_latin1({0}), bq_latin1({1})))
    LTRIM(STRING) -> STRING = bq.ltrim_space({0})
    LTRIM(STRING, STRING) -> STRING = ltrim({0}, {1})
    LTRIM(BYTES, BYTES) -> BYTES = bq_from_latin1(ltrim(bq_latin1({0}), bq_latin1({1})))
    RTRIM(STRING) -> STRING = bq.rtrim_space({0})
    RTRIM(STRING, STRING) -> STRING = rtrim({0}, {1})
    RTRIM(BYTES, BYTES) -> BYTES = bq_from_latin1(rtrim(bq_latin1({0}), bq_latin1({1})))
    STARTS_WITH(STRING, STRING) -> BOOL = starts_with({0}, {1})
    STARTS_WITH(BYTES, BYTES) -> BOOL = starts_with(hex({0}), hex({1}))
    ENDS_WITH(STRING, STRING) -> BOOL = ends_with({0}, {1})
    ENDS_WITH(BYTES, BYTES) -> BOOL = ends_with(bq_latin1({0}), bq_latin1({1}))
    STRPOS(STRING, STRING) -> INT64 = strpos({0}, {1})
    STRPOS(BYTES, BYTES) -> INT64 = strpos(bq_latin1({0}), bq_latin1({1}))
    INSTR(STRING, STRING) -> INT64 = strpos({0}, {1})
    INSTR(STRING, STRING, INT64) -> INT64 = bq_instr({0}, {1}, {2}, CAST(1 AS BIGINT))
    INSTR(STRING, STRING, INT64, INT64) -> INT64 = bq_instr({0}, {1}, {2}, {3})
    INSTR(BYTES, BYTES) -> INT64 = strpos(bq_latin1({0}), bq_latin1({1}))
    INSTR(BYTES, BYTES, INT64) -> INT64 = bq_instr(bq_latin1({0}), bq_latin1({1}), {2}, CAST(1 AS BIGINT))
    INSTR(BYTES, BYTES, INT64, INT64) -> INT64 = bq_instr(bq_latin1({0}), bq_latin1({1}), {2}, {3})
    SUBSTR(STRING, INT64) -> STRING = bq.substr_from({0}, {1})
    SUBSTR(STRING, INT64, INT64) -> STRING = bq.substr({0}, {1}, {2})
    SUBSTR(BYTES, INT64) -> BYTES = bq_from_latin1(bq.substr_from(bq_latin1({0}), {1}))
    SUBSTR(BYTES, INT64, INT64) -> BYTES = bq_from_latin1(bq.substr(bq_latin1({0}), {1}, {2}))
    SUBSTRING(STRING, INT64) -> STRING = bq.substr_from({0}, {1})
    SUBSTRING(STRING, INT64, INT64) -> STRING = bq.substr({0}, {1}, {2})
    SUBSTRING(BYTES, INT64) -> BYTES = bq_from_latin1(bq.substr_from(bq_latin1({0}), {1}))
    SUBSTRING(BYTES, INT64, INT64) -> BYTES = bq_from_latin1(bq.substr(bq_latin1({0}), {1}, {2}))
    LEFT(STRING, INT64) -> STRING = bq.left({0}, {1})
    LEFT(BYTES, INT64) -> BYTES = bq_from_latin1(bq.left(bq_latin1({0}), {1}))
    RIGHT(STRING, INT64) -> STRING = bq.right({0}, {1})
    RIGHT(BYTES, INT64) -> BYTES = bq_from_latin1(bq.right(bq_latin1({0}), {1}))
    LPAD(STRING, INT64) -> STRING = bq.lpad({0}, {1}, ' ')
    LPAD(STRING, INT64, STRING) -> STRING = bq.lpad({0}, {1}, {2})
    LPAD(BYTES, INT64) -> BYTES = bq_from_latin1(bq.lpad(bq_latin1({0}), {1}, ' '))
    LPAD(BYTES, INT64, BYTES) -> BYTES = bq_from_latin1(bq.lpad(bq_latin1({0}), {1}, bq_latin1({2})))
    RPAD(STRING, INT64) -> STRING = bq.rpad({0}, {1}, ' ')
    RPAD(STRING, INT64, STRING) -> STRING = bq.rpad({0}, {1}, {2})
    RPAD(BYTES, INT64) -> BYTES = bq_from_latin1(bq.rpad(bq_latin1({0}), {1}, ' '))
    RPAD(BYTES, INT64, BYTES) -> BYTES = bq_from_latin1(bq.rpad(bq_latin1({0}), {1}, bq_latin1({2})))
    REPEAT(STRING, INT64) -> STRING = bq.repeat({0}, {1}, strlen({0}))
    REPEAT(BYTES, INT64) -> BYTES = bq_from_latin1(bq.repeat(bq_latin1({0}), {1}, octet_length({0})))
    REPLACE(STRING, STRING, STRING) -> STRING = bq.replace({0}, {1}, {2})
    REPLACE(BYTES, BYTES, BYTES) -> BYTES = bq_from_latin1(bq.replace(bq_latin1({0}), bq_latin1({1}), bq_latin1({2})))
    REVERSE(STRING) -> STRING = bq_reverse({0})
    REVERSE(BYTES) -> BYTES = bq_from_latin1(bq_reverse(bq_latin1({0})))
    TRANSLATE(STRING, STRING, STRING) -> STRING = bq.translate({0}, {1}, {2})
    TRANSLATE(BYTES, BYTES, BYTES) -> BYTES = bq_from_latin1(bq.translate(bq_latin1({0}), bq_latin1({1}), bq_latin1({2})))
    SPLIT(STRING) -> ARRAY<STRING> = bq.split({0}, ',')
    SPLIT(STRING, STRING) -> ARRAY<STRING> = bq.split({0}, {1})
    SPLIT(BYTES, BYTES) -> ARRAY<BYTES> = list_transform(bq.split(bq_latin1({0}), bq_latin1({1})), lambda x: bq_from_latin1(x))
    INITCAP(STRING) -> STRING = bq_initcap({0}, E' \t\n\r\f\x0B[](){{}}/|<>!?@"^#$&~_,.:;*%+-')
    INITCAP(STRING, STRING) -> STRING = bq_initcap({0}, {1})
    SOUNDEX(STRING) -> STRING = bq_soundex({0})
    ASCII(STRING) -> INT64 = bq.ascii({0})
    UNICODE(STRING) -> INT64 = CASE WHEN {0} = '' THEN 0 ELSE CAST(unicode({0}) AS BIGINT) END
    CHR(INT64) -> STRING = CASE WHEN {0} = 0 THEN '' WHEN {0} IS NOT NULL THEN bq_code_points_to_string([{0}]) END
    TO_CODE_POINTS(STRING) -> ARRAY<INT64> = list_transform(regexp_extract_all({0}, '(?s).'), lambda c: CAST(unicode(c) AS BIGINT))
    TO_CODE_POINTS(BYTES) -> ARRAY<INT64> = list_transform(regexp_extract_all(bq_latin1({0}), '(?s).'), lambda c: CAST(unicode(c) AS BIGINT))
    CODE_POINTS_TO_STRING(ARRAY<INT64>) -> STRING = CASE WHEN list_count({0}) = len({0}) THEN bq_code_points_to_string({0}) END
    CODE_POINTS_TO_BYTES(ARRAY<INT64>) -> BYTES = CASE WHEN list_count({0}) = len({0}) THEN bq_code_points_to_bytes({0}) END
    TO_BASE64(BYTES) -> STRING = to_base64({0})
    FROM_BASE64(STRING) -> BYTES = bq_from_base64({0})
    TO_BASE32(BYTES) -> STRING = bq_to_base32({0})
    FROM_BASE32(STRING) -> BYTES = bq_from_base32({0})
    TO_HEX(BYTES) -> STRING = lower(hex({0}))
    FROM_HEX(STRING) -> BYTES = bq_from_hex({0})
    SAFE_CONVERT_BYTES_TO_STRING(BYTES) -> STRING = bq_safe_bytes_to_string({0})
    REGEXP_CONTAINS(STRING, STRING) -> BOOL = regexp_matches({0}, {1})
    REGEXP_EXTRACT_ALL(STRING, STRING) -> ARRAY<STRING> = bq.regexp_extract_all({0}, {1})
    REGEXP_REPLACE(STRING, STRING, STRING) -> STRING = bq.regexp_replace({0}, {1}, {2})
    REGEXP_EXTRACT(STRING, STRING) -> STRING = bq.regexp_extract({0}, {1})
    REGEXP_SUBSTR(STRING, STRING) -> STRING = bq.regexp_extract({0}, {1})
    REGEXP_EXTRACT(STRING, STRING, INT64) -> STRING = bq.regexp_extract_at({0}, {1}, {2}, 1)
    REGEXP_SUBSTR(STRING, STRING, INT64) -> STRING = bq.regexp_extract_at({0}, {1}, {2}, 1)
    REGEXP_EXTRACT(STRING, STRING, INT64, INT64) -> STRING = bq.regexp_extract_at({0}, {1}, {2}, {3})
    REGEXP_SUBSTR(STRING, STRING, INT64, INT64) -> STRING = bq.regexp_extract_at({0}, {1}, {2}, {3})
    REGEXP_CONTAINS(BYTES, BYTES) -> BOOL = regexp_matches(bq_latin1({0}), bq_latin1({1}))
    REGEXP_EXTRACT_ALL(BYTES, BYTES) -> ARRAY<BYTES> = list_transform(bq.regexp_extract_all(bq_latin1({0}), bq_latin1({1})), lambda x: bq_from_latin1(x))
    REGEXP_REPLACE(BYTES, BYTES, BYTES) -> BYTES = bq_from_latin1(bq.regexp_replace(bq_latin1({0}), bq_latin1({1}), bq_latin1({2})))
    REGEXP_EXTRACT(BYTES, BYTES) -> BYTES = bq_from_latin1(bq.regexp_extract(bq_latin1({0}), bq_latin1({1})))
    REGEXP_SUBSTR(BYTES, BYTES) -> BYTES = bq_from_latin1(bq.regexp_extract(bq_latin1({0}), bq_latin1({1})))
    REGEXP_EXTRACT(BYTES, BYTES, INT64) -> BYTES = bq_from_latin1(bq.regexp_extract_at(bq_latin1({0}), bq_latin1({1}), {2}, 1))
    REGEXP_SUBSTR(BYTES, BYTES, INT64) -> BYTES = bq_from_latin1(bq.regexp_extract_at(bq_latin1({0}), bq_latin1({1}), {2}, 1))
    REGEXP_EXTRACT(BYTES, BYTES, INT64, INT64) -> BYTES = bq_from_latin1(bq.regexp_extract_at(bq_latin1({0}), bq_latin1({1}), {2}, {3}))
    REGEXP_SUBSTR(BYTES, BYTES, INT64, INT64) -> BYTES = bq_from_latin1(bq.regexp_extract_at(bq_latin1({0}), bq_latin1({1}), {2}, {3}))
    REGEXP_INSTR(STRING, STRING) -> INT64 = bq.regexp_instr({0}, {1}, 1, 1, 0)
    REGEXP_INSTR(STRING, STRING, INT64) -> INT64 = bq.regexp_instr({0}, {1}, {2}, 1, 0)
    REGEXP_INSTR(STRING, STRING, INT64, INT64) -> INT64 = bq.regexp_instr({0}, {1}, {2}, {3}, 0)
    REGEXP_INSTR(STRING, STRING, INT64, INT64, INT64) -> INT64 = bq.regexp_instr({0}, {1}, {2}, {3}, {4})
    REGEXP_INSTR(BYTES, BYTES) -> INT64 = bq.regexp_instr(bq_latin1({0}), bq_latin1({1}), 1, 1, 0)
    REGEXP_INSTR(BYTES, BYTES, INT64) -> INT64 = bq.regexp_instr(bq_latin1({0}), bq_latin1({1}), {2}, 1, 0)
    REGEXP_INSTR(BYTES, BYTES, INT64, INT64) -> INT64 = bq.regexp_instr(bq_latin1({0}), bq_latin1({1}), {2}, {3}, 0)
    REGEXP_INSTR(BYTES, BYTES, INT64, INT64, INT64) -> INT64 = bq.regexp_instr(bq_latin1({0}), bq_latin1({1}), {2}, {3}, {4})
    EDIT_DISTANCE(STRING, STRING) -> INT64 = bq.edit_distance({0}, {1})
    EDIT_DISTANCE(STRING, STRING, max_distance => INT64) -> INT64 = bq.at_most(bq.edit_distance({0}, {1}), {2})
    EDIT_DISTANCE(BYTES, BYTES) -> INT64 = bq.edit_distance(bq_latin1({0}), bq_latin1({1}))
    EDIT_DISTANCE(BYTES, BYTES, max_distance => INT64) -> INT64 = bq.at_most(bq.edit_distance(bq_latin1({0}), bq_latin1({1})), {2})
    """,  # noqa: E501
)


@rule("CONCAT")
def concat(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """CONCAT(x, ...): bytes, or texts of whatever has one."""
    values = arguments(a, node, scope)
    if values and any(v.type == t.BYTES for v in values):
        if any(v.type.kind not in ("BYTES", "NULL") for v in values):
            no_function_signature(a, node, values)
        listed = ", ".join(f"bq_latin1({coerce(a, v, t.BYTES).sql})" for v in values)
        return combine(f"bq_from_latin1(bq.concat([{listed}]))", t.BYTES, *values)
    if not values or any(v.type.kind in t.TEXTLESS for v in values):
        no_function_signature(a, node, values)
    texts = [convert(a, v, t.STRING, node) for v in values]
    joined = once(texts, lambda given: f"bq.concat([{', '.join(v.sql for v in given)}])", scope)
    if any(v.type.collation for v in values):
        return combine(t.collated(joined), t.COLLATED, *values)
    return combine(joined, t.STRING, *values)


def _mode(node: nodes.Node) -> str:
    if isinstance(node, nodes.Path):
        return node.parts[0].upper()
    return str(node.value).upper() if isinstance(node, nodes.Literal) else "an expression"


@rule("NORMALIZE", "NORMALIZE_AND_CASEFOLD")
def normalize(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """NORMALIZE(text[, NFC | NFKC | NFD | NFKD])"""
    if len(node.args) not in (1, 2):
        no_function_signature(a, node, [])
    value = a.expression(node.args[0], scope)
    if t.coerces(value.type, t.STRING) is None:
        no_function_signature(a, node, [value])
    mode = _mode(node.args[1]) if len(node.args) == 2 else "NFC"
    if mode not in ("NFC", "NFKC", "NFD", "NFKD"):
        a.fail(f"A valid normalization mode is required: {mode}", node)
    return combine(f"bq_{node.name.lower()}({coerce(a, value, t.STRING).sql}, '{mode}')", t.STRING, value)


@rule("CONTAINS_SUBSTR", named=True)
def contains_substr(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """CONTAINS_SUBSTR(anything, text[, json_scope => ...]): whether one of its texts has it, whatever its case and its
    normal form; NULL when none has it and there is a NULL among them."""
    json = "JSON_VALUES"
    if [name for name, _ in node.named] == ["json_scope"]:
        json = str(a.expression(node.named[0][1], scope).raw).upper()
        node = replace(node, named=[])
    values = arguments(a, node, scope)
    if len(values) != 2 or t.coerces(values[1].type, t.STRING) is None:
        no_function_signature(a, node, values)
    if json not in JSON_SCOPES:
        a.fail(f"Invalid json_scope: {json}", node)
    if values[1].type.kind == "NULL":
        a.fail("CONTAINS_SUBSTR: the search value must not be NULL", node)
    wanted, name = coerce(a, values[1], t.STRING), a.shared.alias("x")

    def found(text: str, wanted: Value) -> str:
        return f"contains(bq_normalize_and_casefold({text}, 'NFKC'), bq_normalize_and_casefold({wanted.sql}, 'NFKC'))"

    def fill(given: Sequence[Value]) -> str:
        return f"bq.any_true(list_transform({given[0].sql}, lambda {name}: {found(name, given[1])}))"

    if values[0].type == t.STRING:
        return combine(found(values[0].sql, wanted), t.BOOL, *values)
    texts = values[0].with_sql(inner_texts(a, values[0], node, json), t.array(t.STRING))
    return combine(once([texts, wanted], fill, scope), t.BOOL, *values)
