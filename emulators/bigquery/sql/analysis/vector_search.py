"""VECTOR_SEARCH, by comparing each query vector with each base vector."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.table_functions import column, constant, given, table_argument, table_rule
from emulators.bigquery.sql.analysis.values import Column, Relation, Scope, Value
from emulators.bigquery.sql.syntax import nodes

_NAMES = (
    "base_table", "column_to_search", "query_table", "query_column_to_search", "top_k", "distance_type", "options",
)  # fmt: skip
_DISTANCES = {
    "EUCLIDEAN": "list_distance(bq.vector(q.v), bq.vector(b.v))",
    "DOT_PRODUCT": "-list_dot_product(bq.vector(q.v), bq.vector(b.v))",
    "COSINE": "list_cosine_distance(bq.direction(q.v), bq.direction(b.v))",
}
_VECTOR = t.array(t.FLOAT64)


@table_rule("VECTOR_SEARCH")
def vector_search(a: Analyzer, node: nodes.Call, scope: Scope) -> Relation:
    """VECTOR_SEARCH(base, 'column', query[, query_column_to_search => 'column'][, top_k => 10]
    [, distance_type => 'EUCLIDEAN' | 'COSINE' | 'DOT_PRODUCT'][, options]): query, base and distance of the nearest
    rows; the greater the dot product, the nearer."""
    arguments = given(a, node, _NAMES)
    if not {"base_table", "column_to_search", "query_table"} <= set(arguments):
        a.fail("VECTOR_SEARCH needs a base table, a column to search and a query table", node)
    kind = str(constant(a, arguments["distance_type"])).upper() if "distance_type" in arguments else "EUCLIDEAN"
    top = constant(a, arguments["top_k"]) if "top_k" in arguments else 10
    if kind not in _DISTANCES:
        a.fail(f"Invalid distance_type of VECTOR_SEARCH: {kind}", node)
    if not isinstance(top, int) or top < 1:
        a.fail("top_k of VECTOR_SEARCH must be a positive INT64 literal", node)
    base_sql, base = table_argument(a, node, arguments["base_table"])
    query_sql, query = table_argument(a, node, arguments["query_table"])
    name, searched = column(a, node, base, constant(a, arguments["column_to_search"]))
    _checked(a, node, name, searched)
    wanted = constant(a, arguments["query_column_to_search"]) if "query_column_to_search" in arguments else None
    asked = _asked(a, node, query, wanted, name)
    parts = [_side(base_sql, base, searched, "b"), _side(query_sql, query, asked, "q")]
    paired = f"SELECT q.s AS q, b.s AS b, {_DISTANCES[kind]} AS d, q.n AS n FROM {parts[1]} CROSS JOIN {parts[0]}"
    nearest = f"QUALIFY row_number() OVER (PARTITION BY n ORDER BY d) <= {top}"
    columns = [
        Column("query", "q", _struct(query)),
        Column("base", "b", _struct(base)),
        Column("distance", "d", t.FLOAT64),
    ]
    return Relation(f"SELECT q, b, d FROM ({paired}) {nearest}", columns, [c.sql for c in columns])


def _checked(a: Analyzer, node: nodes.Call, name: str, value: Value) -> None:
    if value.type != _VECTOR:
        a.fail(f"Column {name} of VECTOR_SEARCH must be ARRAY<FLOAT64>, but is {value.type}", node)


def _asked(a: Analyzer, node: nodes.Call, query: list[tuple[str, Value]], wanted: str | None, name: str) -> Value:
    """The query's column that is named, or called as the searched one, or the first of vectors."""
    if wanted is not None:
        found, value = column(a, node, query, wanted)
        _checked(a, node, found, value)
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
