"""Arrays."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.calls import no_function_signature
from emulators.bigquery.sql.analysis.once import has_subquery, over_elements
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.functions.registry import SCALARS, rule, table
from emulators.bigquery.sql.syntax import nodes

table(
    SCALARS,
    """
    ARRAY_LENGTH(ARRAY<T>) -> INT64 = len({0})
    ARRAY_CONCAT(ARRAY<T>, ARRAY<T>...) -> ARRAY<T> = bq.array_concat_all([{all}])
    ARRAY_REVERSE(ARRAY<T>) -> ARRAY<T> = list_reverse({0})
    ARRAY_FIRST(ARRAY<T>) -> T = bq.array_first({0})
    ARRAY_LAST(ARRAY<T>) -> T = bq.array_last({0})
    ARRAY_SLICE(ARRAY<T>, INT64, INT64) -> ARRAY<T> = bq.array_slice({0}, {1}, {2})
    ARRAY_TO_STRING(ARRAY<STRING>, STRING) -> STRING = bq.array_to_string({0}, {1})
    ARRAY_TO_STRING(ARRAY<BYTES>, BYTES) -> BYTES = bq_from_latin1(bq.array_to_string(bq.latin1_items({0}), bq_latin1({1})))
    ARRAY_TO_STRING(ARRAY<BYTES>, BYTES, BYTES) -> BYTES = bq_from_latin1(bq.array_to_string_null(bq.latin1_items({0}), bq_latin1({1}), bq_latin1({2})))
    ARRAY_TO_STRING(ARRAY<STRING>, STRING, STRING) -> STRING = bq.array_to_string_null({0}, {1}, {2})
    ARRAY_IS_DISTINCT(ARRAY<T>) -> BOOL = bq.array_is_distinct({0})
    ARRAY_INCLUDES(ARRAY<T>, T) -> BOOL = CASE WHEN {0} IS NOT NULL THEN bq.in_array({1}, {0}) END
    ARRAY_MAX(ARRAY<T>) -> T = list_max({0})
    ARRAY_MIN(ARRAY<T>) -> T = list_min({0})
    ARRAY_SUM(ARRAY<INT64>) -> INT64 = CAST(list_sum({0}) AS BIGINT)
    ARRAY_SUM(ARRAY<NUMERIC>) -> NUMERIC = bq.numeric_sum(list_sum({0}))
    ARRAY_SUM(ARRAY<BIGNUMERIC>) -> BIGNUMERIC = bq.bignumeric_sum(list_sum({0}))
    ARRAY_SUM(ARRAY<FLOAT64>) -> FLOAT64 = list_sum({0})
    BAG_OF_WORDS(ARRAY<STRING>) -> ARRAY<STRUCT<term STRING, count INT64>> = bq.occurrences({0})
    ARRAY_AVG(ARRAY<NUMERIC>) -> NUMERIC = bq.numeric_average(list_sum({0}), list_count({0}))
    ARRAY_AVG(ARRAY<BIGNUMERIC>) -> BIGNUMERIC = bq.bignumeric_average(list_sum({0}), list_count({0}))
    ARRAY_AVG(ARRAY<FLOAT64>) -> FLOAT64 = list_avg({0})
    GENERATE_ARRAY(INT64, INT64) -> ARRAY<INT64> = generate_series({0}, {1})
    GENERATE_ARRAY(INT64, INT64, INT64) -> ARRAY<INT64> = bq.generate_integers({0}, {1}, {2})
    GENERATE_ARRAY(NUMERIC, NUMERIC) -> ARRAY<NUMERIC> = bq.generate_numbers({0}, {1}, CAST(1 AS DECIMAL(38,9)))
    GENERATE_ARRAY(NUMERIC, NUMERIC, NUMERIC) -> ARRAY<NUMERIC> = bq.generate_numbers({0}, {1}, {2})
    GENERATE_ARRAY(BIGNUMERIC, BIGNUMERIC) -> ARRAY<BIGNUMERIC> = bq_bignumeric_series({0}, {1}, bq.int64_to_bignumeric(1))
    GENERATE_ARRAY(BIGNUMERIC, BIGNUMERIC, BIGNUMERIC) -> ARRAY<BIGNUMERIC> = bq_bignumeric_series({0}, {1}, {2})
    GENERATE_ARRAY(FLOAT64, FLOAT64) -> ARRAY<FLOAT64> = bq.generate_floats({0}, {1}, 1e0)
    GENERATE_ARRAY(FLOAT64, FLOAT64, FLOAT64) -> ARRAY<FLOAT64> = bq.generate_floats({0}, {1}, {2})
    """,  # noqa: E501
)


def _lambda(a: Analyzer, node: nodes.Call, scope: Scope) -> tuple[Value, str, Value]:
    """The array, DuckDB's lambda parameters, and the body."""
    if len(node.args) != 2 or not isinstance(node.args[1], nodes.Lambda):
        no_function_signature(
            a, node, [a.expression(arg, scope) for arg in node.args if not isinstance(arg, nodes.Lambda)]
        )
    array, function = a.expression(node.args[0], scope), node.args[1]
    if array.type.kind != "ARRAY" or array.type.element is None:
        no_function_signature(a, node, [array])
    names = [a.shared.alias("e") for _ in function.parameters]
    inner = Scope(scope, variables={}, same_query=True)
    inner.variables[function.parameters[0].lower()] = Value(names[0], array.type.element)
    if len(names) > 1:
        inner.variables[function.parameters[1].lower()] = Value(f"({names[1]} - 1)", t.INT64)
    body = a.expression(function.body, inner)
    if body.volatile and has_subquery(body.sql):
        a.fail("A subquery in a lambda expression is not supported by this emulator", function)
    return array, ", ".join(names), body


@rule("ARRAY_TRANSFORM")
def array_transform(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """ARRAY_TRANSFORM(array, (e[, i]) -> x) -> list_transform; offsets count from 0."""
    array, names, body = _lambda(a, node, scope)
    return combine(over_elements("list_transform", array, names, body, scope), t.array(body.type), array, body)


@rule("ARRAY_FILTER")
def array_filter(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """ARRAY_FILTER(array, (e[, i]) -> condition) -> list_filter."""
    array, names, body = _lambda(a, node, scope)
    if body.type != t.BOOL:
        a.fail("Lambda expression of ARRAY_FILTER must return BOOL", node)
    return combine(over_elements("list_filter", array, names, body, scope), array.type, array, body)


@rule("OFFSET", "ORDINAL", "SAFE_OFFSET", "SAFE_ORDINAL")
def subscript_outside(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """OFFSET(i) makes sense only inside [ ]."""
    a.fail(f"Function not found: {node.name}", node)
