"""What an analysed expression is: DuckDB SQL with its BigQuery type."""

from dataclasses import dataclass, field
from typing import Any

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type


@dataclass(frozen=True, slots=True)
class Value:
    """sql: DuckDB SQL, safe to put into any expression; literal: a literal or parameter, of which more is coerced.

    raw: the literal's own value; refs: the columns it reads; volatile: it may differ from row to row without reading
    any; chain: of arithmetic on floats, the SQL without its check for overflow.
    """

    sql: str
    type: Type
    literal: bool = False
    raw: Any = None
    refs: "frozenset[Column]" = frozenset()
    volatile: bool = False
    chain: "Chain | None" = None

    @property
    def constant(self) -> bool:
        return not self.refs and not self.volatile

    def with_sql(self, sql: str, kind: Type) -> "Value":
        return Value(sql, kind, False, None, self.refs, self.volatile)


@dataclass(frozen=True, slots=True)
class Chain:
    """Arithmetic on floats: its SQL, and the SQL of the numbers that it is made of."""

    sql: str
    parts: tuple[str, ...]


def combine(sql: str, kind: Type, *parts: Value) -> Value:
    """A value made of others."""
    refs = frozenset[Column]().union(*(p.refs for p in parts)) if parts else frozenset[Column]()
    return Value(sql, kind, False, None, refs, any(p.volatile for p in parts))


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of a source: name as BigQuery shows it, sql as DuckDB reads it; origin: the scan and column it comes
    from."""

    name: str
    sql: str
    type: Type
    origin: "tuple[Scan, str] | None" = None

    def value(self) -> Value:
        sql = t.collated(self.sql) if self.type.collation else self.sql
        return Value(sql, self.type, refs=frozenset((self,)))


@dataclass(slots=True, eq=False)
class Scan:
    """One reading of a stored table: `marker` stands for it in the SQL until its predicates are known.

    filters: one for each condition that reads nothing but partition columns, whether or not it can be a predicate.
    """

    marker: str
    info: Any
    as_of: Any = None
    predicates: list[tuple[str, tuple["SharedQuery", ...]]] = field(default_factory=list)
    filters: list[tuple["SharedQuery", ...]] = field(default_factory=list)
    shared: tuple["SharedQuery", ...] = ()


@dataclass(slots=True, eq=False)
class SharedQuery:
    """A WITH query: predicates reach its scans only when one place reads it."""

    name: str
    sql_name: str
    relation: "Relation | None" = None
    uses: int = 0
    recursive: bool = False


@dataclass(slots=True)
class Relation:
    """A translated query: columns in order, `names` being DuckDB's names for them; a value table has one unnamed
    column; row: the values of a query without FROM that is one row and nothing else."""

    sql: str
    columns: list[Column]
    names: list[str]
    value_table: bool = False
    row: list[Value] | None = None


@dataclass(slots=True)
class FromItem:
    """A source in scope: alias as BigQuery knows it; element is set when the source is a value table (UNNEST);
    qualified: its columns are seen through the alias alone."""

    alias: str | None
    columns: list[Column]
    hidden: list[Column] = field(default_factory=list)
    element: Column | None = None
    qualified: bool = False


@dataclass(slots=True)
class Scope:
    """The names that an expression sees, innermost first.

    items: the sources of FROM; merged: columns of JOIN ... USING; star: what `*` expands to (None: all columns in order);
    variables: arguments of a function, script variables, WITH() bindings; aliases: the select list, for HAVING and so on;
    same_query: more names for an expression of the parent's query.
    """  # noqa: E501

    parent: "Scope | None" = None
    items: list[FromItem] = field(default_factory=list)
    merged: dict[str, Value] = field(default_factory=dict)
    star: list[Column] | None = None
    variables: dict[str, Value] = field(default_factory=dict)
    aliases: dict[str, Value] = field(default_factory=dict)
    windows: dict[str, nodes.Window] = field(default_factory=dict)
    aggregated: bool = False
    same_query: bool = False
    index: "dict[str, list[Column]] | None" = None

    def columns(self, name: str) -> list[Column]:
        """The columns of this scope (not its parents) with that name, in lower case."""
        if self.index is None:
            self.index = {}
            for item in self.items:
                for column in () if item.qualified else item.columns + item.hidden:
                    self.index.setdefault(column.name.lower(), []).append(column)
        return self.index.get(name, [])

    def own_columns(self) -> list[Column]:
        """All columns of its sources, those that no star shows among them."""
        every = (column for item in self.items for column in (*item.columns, *item.hidden, item.element))
        return [column for column in every if column is not None]

    def item(self, alias: str) -> FromItem | None:
        for item in self.items:
            if item.alias is not None and item.alias.lower() == alias:
                return item
        return None


NO_NAMES = Scope()
INTEGER_ONE = Value("1", t.INT64, True, "1")
