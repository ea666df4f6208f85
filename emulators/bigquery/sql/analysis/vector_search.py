"""VECTOR_SEARCH, by comparing each query vector with each base vector."""

import json

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.table_functions import column, constant, given, table_argument, table_rule
from emulators.bigquery.sql.analysis.values import Column, Relation, Scope, Value
from emulators.bigquery.sql.syntax import nodes

_NAMES = (
    "base_table", "column_to_search", "query_table", "query_column_to_search", "top_k", "distance_type", "options",
)  # fmt: skip
_LEXICAL = ("lexical_search_columns", "lexical_search_query_value")
_DISTANCES = {
    "EUCLIDEAN": "list_distance(bq.vector(q.v), bq.vector(b.v))",
    "DOT_PRODUCT": "-list_dot_product(bq.vector(q.v), bq.vector(b.v))",
    "COSINE": "list_cosine_distance(bq.direction(q.v), bq.direction(b.v))",
}
_VECTOR = t.array(t.FLOAT64)


@table_rule("VECTOR_SEARCH")
def vector_search(a: Analyzer, node: nodes.Call, scope: Scope) -> Relation:
    """VECTOR_SEARCH(base, 'column', {query | query_value => vector}[, query_column_to_search => 'column']
    [, top_k => 10][, distance_type => 'EUCLIDEAN' | 'COSINE' | 'DOT_PRODUCT'][, options]): query (of a table), base
    and distance of the nearest rows; the greater the dot product, the nearer."""
    arguments = given(a, node, _NAMES, ("query_value", *_LEXICAL))
    for name in _LEXICAL:
        if name in arguments:
            a.fail(f"{name} of VECTOR_SEARCH is not supported by this emulator", node)
    if not {"base_table", "column_to_search"} <= set(arguments) or ("query_table" in arguments) == (
        "query_value" in arguments
    ):
        a.fail("VECTOR_SEARCH needs a base table, a column to search, and a query table or a query_value", node)
    base_sql, base = table_argument(a, node, arguments["base_table"])
    name, searched = column(a, node, base, constant(a, arguments["column_to_search"]))
    _checked(a, node, f"Column {name}", searched)
    columns = [Column("base", "b", _struct(base)), Column("distance", "d", t.FLOAT64)]
    if "query_value" in arguments:
        asked = f"(SELECT NULL AS s, {_one(a, node, arguments)} AS v, 1 AS n) AS q"
    else:
        query_sql, query = table_argument(a, node, arguments["query_table"])
        wanted = constant(a, arguments["query_column_to_search"]) if "query_column_to_search" in arguments else None
        asked = _side(query_sql, query, _asked(a, node, query, wanted, name), "q")
        columns.insert(0, Column("query", "q", _struct(query)))
    _check_options(a, arguments)
    distance, nearest = _distance(a, node, arguments), _nearest(a, node, arguments)
    searching = f"{asked} CROSS JOIN {_side(base_sql, base, searched, 'b')}"
    paired = f"SELECT q.s AS q, b.s AS b, {distance} AS d, q.n AS n FROM {searching}"
    shown = ", ".join(c.sql for c in columns)
    return Relation(f"SELECT {shown} FROM ({paired}){nearest}", columns, [c.sql for c in columns])


def _check_options(a: Analyzer, arguments: dict[str, nodes.Node]) -> None:
    """Options say how an index is used; the answer is exact with any of them."""
    node = arguments.get("options")
    if node is None:
        return
    text = constant(a, node)
    try:
        given = json.loads(text) if isinstance(text, str) else None
    except json.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        a.fail("options of VECTOR_SEARCH must be a JSON object in a STRING literal", node)
    for name in given.keys() - {"fraction_lists_to_search", "use_brute_force"}:
        a.fail(f"Invalid option of VECTOR_SEARCH: {name}", node)
    fraction, brute = given.get("fraction_lists_to_search", 0.5), given.get("use_brute_force", False)
    if not isinstance(brute, bool):
        a.fail("use_brute_force of VECTOR_SEARCH must be a JSON boolean", node)
    if isinstance(fraction, bool) or not isinstance(fraction, (int, float)) or not 0 < fraction < 1:
        a.fail("fraction_lists_to_search of VECTOR_SEARCH must be a JSON number between 0 and 1, both excluded", node)
    if brute and "fraction_lists_to_search" in given:
        a.fail("fraction_lists_to_search of VECTOR_SEARCH cannot be given when use_brute_force is true", node)


def _distance(a: Analyzer, node: nodes.Call, arguments: dict[str, nodes.Node]) -> str:
    kind = str(constant(a, arguments["distance_type"])).upper() if "distance_type" in arguments else "EUCLIDEAN"
    if kind not in _DISTANCES:
        a.fail(f"Invalid distance_type of VECTOR_SEARCH: {kind}", node)
    return _DISTANCES[kind]


def _nearest(a: Analyzer, node: nodes.Call, arguments: dict[str, nodes.Node]) -> str:
    """Which rows are kept of each vector asked for: all when top_k is negative."""
    top = constant(a, arguments["top_k"]) if "top_k" in arguments else 10
    if not isinstance(top, int) or top == 0:
        a.fail("top_k of VECTOR_SEARCH must be an INT64 literal other than 0", node)
    return f" QUALIFY row_number() OVER (PARTITION BY n ORDER BY d) <= {top}" if top > 0 else ""


def _one(a: Analyzer, node: nodes.Call, arguments: dict[str, nodes.Node]) -> str:
    """The one vector that is asked for."""
    if "query_column_to_search" in arguments:
        a.fail("query_column_to_search of VECTOR_SEARCH is a column of a query table, and query_value has none", node)
    value = a.expression(arguments["query_value"], Scope())
    if t.coerces(value.type, _VECTOR, value.literal) is None:
        _checked(a, node, "query_value", value)
    return coerce(a, value, _VECTOR).sql


def _checked(a: Analyzer, node: nodes.Call, what: str, value: Value) -> None:
    if value.type != _VECTOR:
        a.fail(f"{what} of VECTOR_SEARCH must be ARRAY<FLOAT64>, but is {value.type}", node)


def _asked(a: Analyzer, node: nodes.Call, query: list[tuple[str, Value]], wanted: str | None, name: str) -> Value:
    """The query's column that is named, or called as the searched one, or the first of vectors."""
    if wanted is not None:
        found, value = column(a, node, query, wanted)
        _checked(a, node, f"Column {found}", value)
        return value
    vectors = [(n, v) for n, v in query if v.type == _VECTOR]
    if not vectors:
        a.fail("The query table of VECTOR_SEARCH has no column of type ARRAY<FLOAT64>", node)
    return next((v for n, v in vectors if n.lower() == name.lower()), vectors[0][1])


def _struct(columns: list[tuple[str, Value]]) -> t.Type:
    return t.Type("STRUCT", None, tuple((name, value.type) for name, value in columns))


def _side(sql: str, columns: list[tuple[str, Value]], vector: Value, name: str) -> str:
    """The rows of one side: s all columns, v the vector, n the row's number."""
    own = t.struct_names(_struct(columns))
    members = ", ".join(f"{t.quoted(n)} := {v.sql}" for n, (_, v) in zip(own, columns, strict=True))
    return f"(SELECT struct_pack({members}) AS s, {vector.sql} AS v, row_number() OVER () AS n FROM {sql}) AS {name}"
