"""An argument that DuckDB's macros would copy too often is computed once, under a name.

DuckDB copies a macro's argument to each place that reads it, so that calls within calls grow as the product of their
places: SUBSTR of a hash of eight columns, cast to INT64, was planned for half a second.

DuckDB's lambdas see the columns of one query, and no subqueries: what else a macro reads in a lambda gets a name too.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.values import NO_NAMES, Column, Scope, Value, combine
from emulators.bigquery.sql.functions.expansion import expanded, reads

MANY = 2000  # words; what is less costs less as copies, each planned once, than as a list of one element for each row
_LONG = 40  # letters: less is a column or two, of which a macro makes no such copies
_TEXT = re.compile("'(?:[^']|'')*'")
Fill = Callable[[Sequence[Value]], str]


def once(values: Sequence[Value], fill: Fill, scope: Scope = NO_NAMES) -> str:
    """fill(values), with names for them where that would become too much SQL, or a lambda would not see them.

    Where each value is read in one place they stay there: IF must not compute the branch that it leaves.
    """
    filled = fill(values)
    if "bq." not in filled and "lambda " not in filled:
        return filled
    large = sum(len(value.sql) for value in values) >= _LONG and expanded(filled) >= MANY
    hidden = any(value.volatile or outer(value, scope) for value in values)
    if not large and not hidden:
        return filled
    places = [f"argument_{place}" for place in range(len(values))]
    read = reads(fill([value.with_sql(name, value.type) for value, name in zip(values, places, strict=True)]), places)
    copied = large and any(read[name] > 1 for name in places)
    captured = hidden and any(read[f"lambda {name}"] for name in places)
    return named(values, fill) if copied or captured else filled


def outer(value: Value, scope: Scope) -> list[Column]:
    """The columns of the value that are not of the scope's own query, if that is within another one or unknown."""
    while scope.same_query and scope.parent is not None:
        scope = scope.parent
    if scope.parent is None and (scope.items or scope is NO_NAMES):
        return []
    own = {id(column) for item in scope.items for column in item.columns + item.hidden}
    return [column for column in value.refs if id(column) not in own]


def over_elements(function: str, array: Value, parameters: str, body: Value, scope: Scope) -> str:
    """list_transform(array, lambda parameters: body), with names for the columns in the body if some are of other
    queries."""
    hidden = outer(array, scope) or outer(body, scope)
    columns = sorted(body.refs if hidden else (), key=lambda column: column.sql)
    values = [array, *(combine(column.sql, column.type, column.value()) for column in columns)]

    def fill(given: Sequence[Value]) -> str:
        names = {column.sql: value.sql for column, value in zip(columns, given[1:], strict=True)}
        return f"{function}({given[0].sql}, lambda {parameters}: {renamed(body.sql, names)})"

    return named(values, fill) if columns else fill(values)


def named(values: Sequence[Value], fill: Fill) -> str:
    """fill(names for the values), within a lambda that binds them; fill(values) where all are literals.

    Literals stay where they are: some of DuckDB's functions want constants. Equal values have equal names, so that
    GROUP BY knows the expression again.
    """
    members = ", ".join(t.member(f"a{place}", value.sql) for place, value in enumerate(values) if not value.literal)
    if not members:
        return fill(values)
    name = f"once_{hashlib.md5(members.encode()).hexdigest()[:16]}"
    inside = [
        value if value.literal else value.with_sql(f"struct_extract({name}, 'a{place}')", value.type)
        for place, value in enumerate(values)
    ]
    filled = fill(inside)
    return bind(name, f"struct_pack({members})", filled, has_subquery(filled))


def bind(name: str, value: str, sql: str, subquery: bool) -> str:
    """sql with a name in it for a value that is computed once: by a lambda, or by a subquery where none can be."""
    if subquery:
        return f"(SELECT {sql} FROM (SELECT {value} AS {name}))"
    return f"list_transform([{value}], lambda {name}: {sql})[1]"


def has_subquery(sql: str) -> bool:
    """Whether there is a subquery in it, which no lambda of DuckDB's can have."""
    return "SELECT " in sql and "SELECT " in _TEXT.sub("", sql)


def renamed(sql: str, names: Mapping[str, str]) -> str:
    """sql with other SQL in the places of some, but for those within texts."""
    if not names:
        return sql
    places = rf"{_TEXT.pattern}|(?<![\w.])(?:{'|'.join(map(re.escape, names))})"
    return re.sub(places, lambda found: names.get(found[0], found[0]), sql)
