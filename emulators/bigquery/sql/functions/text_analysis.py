"""Searching texts and analyzing them: SEARCH, TEXT_ANALYZE, TF_IDF."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.aggregates import aggregate
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.calls import no_function_signature
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.functions.inner_texts import JSON_SCOPES, inner_texts
from emulators.bigquery.sql.functions.registry import SCALARS, WINDOWS, rule, table
from emulators.bigquery.sql.syntax import nodes

table(
    SCALARS,
    """
    TEXT_ANALYZE(STRING) -> ARRAY<STRING> = bq_analyze({0}, 'LOG_ANALYZER', '')
    TEXT_ANALYZE(STRING, analyzer => STRING) -> ARRAY<STRING> = bq_analyze({0}, {1}, '')
    TEXT_ANALYZE(STRING, analyzer_options => STRING) -> ARRAY<STRING> = bq_analyze({0}, 'LOG_ANALYZER', {1})
    TEXT_ANALYZE(STRING, analyzer => STRING, analyzer_options => STRING) -> ARRAY<STRING> = bq_analyze({0}, {1}, {2})
    """,
)
table(
    WINDOWS,
    """
    TF_IDF(ARRAY<STRING>) -> ARRAY<STRUCT<term STRING, tf_idf FLOAT64>> = bq_tf_idf({0}, string_agg(CAST(to_json(list_distinct({0})) AS VARCHAR), chr(10)){w}, 32000, 5)
    TF_IDF(ARRAY<STRING>, INT64) -> ARRAY<STRUCT<term STRING, tf_idf FLOAT64>> = bq_tf_idf({0}, string_agg(CAST(to_json(list_distinct({0})) AS VARCHAR), chr(10)){w}, {1}, 5)
    TF_IDF(ARRAY<STRING>, INT64, INT64) -> ARRAY<STRUCT<term STRING, tf_idf FLOAT64>> = bq_tf_idf({0}, string_agg(CAST(to_json(list_distinct({0})) AS VARCHAR), chr(10)){w}, {1}, {2})
    """,  # noqa: E501
)
_NAMED = {"json_scope": "'JSON_VALUES'", "analyzer": "'LOG_ANALYZER'", "analyzer_options": "''"}


@rule("SEARCH", named=True)
def search(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """SEARCH(data, query[, json_scope => 'JSON_VALUES'][, analyzer => 'LOG_ANALYZER'][, analyzer_options => '{}']):
    whether the query is true of one of the texts of the data."""
    values = [a.expression(arg, scope) for arg in node.args]
    named = {name.lower(): a.expression(value, scope) for name, value in node.named}
    texts = [*values[1:], *named.values()]
    if len(values) != 2 or set(named) - set(_NAMED) or any(t.coerces(v.type, t.STRING) is None for v in texts):
        no_function_signature(a, node, values)
    for name, value in (("search_query", values[1]), *named.items()):
        if not value.constant:
            a.fail(f"SEARCH: argument {name} must be a constant expression", node)
    json = str(named["json_scope"].raw).upper() if "json_scope" in named else "JSON_VALUES"
    if json not in JSON_SCOPES:
        a.fail(f"Invalid json_scope: {json}", node)
    given = [coerce(a, named.get(name, Value(_NAMED[name], t.STRING)), t.STRING).sql for name in list(_NAMED)[1:]]
    data = inner_texts(a, values[0], node, json, strings_alone=True)
    query = coerce(a, values[1], t.STRING).sql
    return combine(f"bq_search({', '.join([data, query, *given])})", t.BOOL, *values)


@rule("TF_IDF")
def tf_idf(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """TF_IDF(terms[, max_distinct_tokens[, frequency_threshold]]) OVER (): among all rows, with the same numbers."""
    over = node.over
    if over is not None and (over.name or over.partition_by or over.order_by or over.frame):
        a.fail("TF_IDF needs an empty window: OVER ()", node)
    for place, arg in enumerate(node.args[1:], 2):
        if not a.expression(arg, scope).constant:
            a.fail(f"Argument {place} to TF_IDF must be a literal or query parameter", node)
    return aggregate(a, node, scope)
