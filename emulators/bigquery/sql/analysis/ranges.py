"""RANGE<T>: literals and functions. A range is a struct of start and end; a missing bound is NULL."""

from collections.abc import Callable

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.values import Relation, Scope, Value, combine
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type

TABLE_FUNCTIONS: dict[str, Callable[[Analyzer, nodes.Call, Scope], Relation]] = {}


def range_literal(a: Analyzer, node: nodes.Literal) -> Value:
    """RANGE<DATE> '[2024-01-01, 2024-02-01)'"""
    kind = Type("RANGE", t.SIMPLE[node.kind[6:-1]])
    return range_from_text(a, Value(t.text(node.value), t.STRING), kind)


def range_from_text(a: Analyzer, value: Value, kind: Type) -> Value:
    """'[start, end)', UNBOUNDED or NULL for a missing bound."""
    assert kind.element is not None
    cast = f"bq.to_{kind.element.kind.lower()}"
    return combine(f"bq.range_parse({value.sql}, lambda x: {cast}(x))", kind, value)
