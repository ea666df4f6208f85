"""The rows of a group as a table of a subquery, for aggregates that look at them more than once."""

from collections.abc import Iterable

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.values import Column, FromItem, Scope, Value, combine
from emulators.bigquery.sql.types import Type


class GroupRows:
    """What an expression of the query's scope reads, from a list of the group's rows.

    scope: where expressions are analysed that read these rows. around: the names that are seen from outside of the
    query, and those that are the same for all rows.
    """

    def __init__(self, a: Analyzer, scope: Scope) -> None:
        self.alias = a.shared.alias("r")
        self._given: dict[Column, Value] = {}
        self.around = Scope(_outside(scope), variables=_constants(scope), aggregated=True)
        self.scope = self._moved(scope)

    def table(self, read: Iterable[Value]) -> str:
        """The rows as DuckDB's FROM takes them, with what these values read."""
        return f"unnest(list({self.row(read)})) AS {self.alias}(v)"

    def row(self, read: Iterable[Value], *more: str) -> str:
        """What the list has of each row."""
        return f"struct_pack({', '.join([*map(self._place, self._read(read)), *more])})"

    def value(self, sql: str, kind: Type, *read: Value) -> Value:
        """A value of the query whose SQL reads the rows."""
        return combine(sql, kind, *(self._given[column] for column in self._read(read)))

    def _read(self, values: Iterable[Value]) -> list[Column]:
        """The columns of the rows that are read: one at least, else DuckDB would not see whose rows they are."""
        refs = frozenset[Column]().union(*(value.refs for value in values))
        return [column for column in self._given if column in refs] or list(self._given)[:1]

    def _place(self, column: Column) -> str:
        return f"{column.sql.rpartition('.')[2]} := {self._given[column].sql}"

    def _moved(self, scope: Scope) -> Scope:
        """The scope with all that it reads from the rows."""
        parent = self._moved(scope.parent) if scope.same_query and scope.parent is not None else scope.parent
        items = [
            FromItem(
                item.alias,
                [self._column(column.name, column.value()) for column in item.columns],
                [self._column(column.name, column.value()) for column in item.hidden],
                None if item.element is None else self._column(item.element.name, item.element.value()),
                item.qualified,
            )
            for item in scope.items
        ]
        merged, variables = (
            {name: self._column(name, value).value() if value.refs else value for name, value in given.items()}
            for given in (scope.merged, scope.variables)
        )
        return Scope(parent, items, merged, None, variables, aggregated=True, same_query=scope.same_query)

    def _column(self, name: str, value: Value) -> Column:
        made = Column(name, f"{self.alias}.v.c{len(self._given)}", value.type)
        self._given[made] = value
        return made


def _outside(scope: Scope) -> Scope | None:
    while scope.same_query and scope.parent is not None:
        scope = scope.parent
    return scope.parent


def _constants(scope: Scope) -> dict[str, Value]:
    own = {name: value for name, value in scope.variables.items() if value.constant}
    return (_constants(scope.parent) if scope.same_query and scope.parent is not None else {}) | own
