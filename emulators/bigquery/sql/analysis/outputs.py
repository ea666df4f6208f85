"""The columns of a select list, and what follows the body of a query."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.values import Value
from emulators.bigquery.sql.syntax import nodes


@dataclass(slots=True)
class Tail:
    """What follows the body of a query; limit and offset are DuckDB SQL."""

    order_by: list[nodes.OrderItem] = field(default_factory=list)
    limit: str | None = None
    offset: str | None = None

    def __bool__(self) -> bool:
        return bool(self.order_by or self.limit)

    def limits(self) -> str:
        return (f" LIMIT {self.limit}" if self.limit else "") + (f" OFFSET {self.offset}" if self.offset else "")


@dataclass(slots=True)
class Output:
    """One column of the select list: name empty when it has none; node None when it comes from a star."""

    name: str
    value: Value
    node: nodes.Node | None = None
    alias: bool = False


def named(outputs: Sequence[Output], name: str) -> Output | None:
    """The column of the select list that has this alias, or else the only one that brings this name along: a.b is b."""
    found = [output for output in outputs if output.name.lower() == name.lower()]
    explicit = [output for output in found if output.alias]
    implied = [output for output in found if output.node is not None]
    return explicit[0] if explicit else implied[0] if len(found) == len(implied) == 1 else None


def final(a: Analyzer, value: Value) -> Value:
    """A bare NULL, or an empty array, gets BigQuery's default type."""
    if value.type.kind == "NULL":
        return coerce(a, value, t.INT64)
    if value.type.kind == "ARRAY" and value.type.element == t.NULL:
        return coerce(a, value, t.array(t.INT64))
    return value
