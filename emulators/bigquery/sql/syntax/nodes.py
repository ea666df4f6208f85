"""The syntax tree of GoogleSQL. `at` is the offset in the text, for error messages."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Node:
    at: int


# --- types as written -------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class TypeNode(Node):
    """name upper case; ARRAY and RANGE have `element`, STRUCT has `members` (name or None, type); parameters as in
    (10, 2)."""

    name: str
    element: "TypeNode | None" = None
    members: "list[tuple[str | None, ColumnNode | TypeNode]]" = field(default_factory=list)
    parameters: list[int | str] = field(default_factory=list)
    collate: str | None = None


# --- expressions ------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Literal(Node):
    """kind: INT64, FLOAT64, STRING, BYTES, BOOL, NULL, or the type of a typed literal (DATE '...'); value as text."""

    kind: str
    value: Any


@dataclass(slots=True)
class Interval(Node):
    value: Node
    unit: str
    until: str | None = None


@dataclass(slots=True)
class Path(Node):
    parts: list[str]


@dataclass(slots=True)
class Member(Node):
    base: Node
    name: str


@dataclass(slots=True)
class Index(Node):
    """mode: OFFSET, ORDINAL, SAFE_OFFSET, SAFE_ORDINAL, KEY, or empty for a bare subscript."""

    base: Node
    index: Node
    mode: str


@dataclass(slots=True)
class Parameter(Node):
    """name None: the position-th `?`."""

    name: str | None
    position: int = 0


@dataclass(slots=True)
class SystemVariable(Node):
    name: str


@dataclass(slots=True)
class Unary(Node):
    op: str
    operand: Node


@dataclass(slots=True)
class Binary(Node):
    op: str
    left: Node
    right: Node


def chained(node: Node, op: str) -> Iterator[Node]:
    """The operands of a chain of AND or of OR."""
    if isinstance(node, Binary) and node.op == op:
        yield from chained(node.left, op)
        yield from chained(node.right, op)
    else:
        yield node


@dataclass(slots=True)
class Is(Node):
    """what: NULL, TRUE, FALSE."""

    operand: Node
    what: str
    negated: bool


@dataclass(slots=True)
class In(Node):
    """One of items, query or array is given."""

    operand: Node
    negated: bool
    items: list[Node] | None = None
    query: "Query | None" = None
    array: Node | None = None


@dataclass(slots=True)
class Between(Node):
    operand: Node
    low: Node
    high: Node
    negated: bool


@dataclass(slots=True)
class Like(Node):
    """quantifier: None, ANY or ALL (patterns then has several, or one array in `array`)."""

    operand: Node
    patterns: list[Node]
    negated: bool
    quantifier: str | None = None
    array: Node | None = None


@dataclass(slots=True)
class Case(Node):
    operand: Node | None
    whens: list[tuple[Node, Node]]
    otherwise: Node | None


@dataclass(slots=True)
class Cast(Node):
    operand: Node
    type: TypeNode
    safe: bool
    format: Node | None = None
    zone: Node | None = None


@dataclass(slots=True)
class Part(Node):
    """A date part as an argument: DAY, WEEK(MONDAY) ...; weekday only with WEEK."""

    name: str
    weekday: str | None = None


@dataclass(slots=True)
class Extract(Node):
    part: Part
    operand: Node
    zone: Node | None


@dataclass(slots=True)
class ArrayLiteral(Node):
    type: TypeNode | None
    items: list[Node]


@dataclass(slots=True)
class StructLiteral(Node):
    type: TypeNode | None
    items: list[tuple[str | None, Node]]


@dataclass(slots=True)
class Subquery(Node):
    """kind: scalar, array or exists."""

    kind: str
    query: "Query"


@dataclass(slots=True)
class Lambda(Node):
    parameters: list[str]
    body: Node


@dataclass(slots=True)
class WithExpression(Node):
    bindings: list[tuple[str, Node]]
    body: Node


@dataclass(slots=True)
class DefaultValue(Node):
    pass


@dataclass(slots=True)
class OrderItem(Node):
    expression: Node
    descending: bool = False
    nulls_first: bool | None = None
    collate: str | None = None


@dataclass(slots=True)
class Frame(Node):
    """unit ROWS or RANGE; a bound is (kind, expression): kind is UNBOUNDED PRECEDING, PRECEDING, CURRENT ROW ..."""

    unit: str
    start: tuple[str, Node | None]
    end: tuple[str, Node | None]


@dataclass(slots=True)
class Window(Node):
    name: str | None = None
    partition_by: list[Node] = field(default_factory=list)
    order_by: list[OrderItem] = field(default_factory=list)
    frame: Frame | None = None


@dataclass(slots=True)
class Call(Node):
    """A function call; name is upper case and dotted for SAFE.X, NET.X and so on; path as written.

    test: of an aggregate that a rule makes, the condition in DuckDB's SQL that rows must meet.
    """

    name: str
    path: list[str]
    args: list[Node]
    named: list[tuple[str, Node]] = field(default_factory=list)
    distinct: bool = False
    nulls: str | None = None
    having: tuple[str, Node] | None = None
    group_by: list[Node] = field(default_factory=list)
    order_by: list[OrderItem] = field(default_factory=list)
    limit: Node | None = None
    over: Window | None = None
    star: bool = False
    test: str | None = None


# --- queries ----------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Star(Node):
    """`*` or `base.*`, with EXCEPT and REPLACE."""

    base: Node | None
    excluded: list[str] = field(default_factory=list)
    replaced: list[tuple[str, Node]] = field(default_factory=list)


@dataclass(slots=True)
class SelectItem(Node):
    expression: Node
    alias: str | None


@dataclass(slots=True)
class Source(Node):
    """What FROM can hold. operators: PIVOT, UNPIVOT, TABLESAMPLE and MATCH_RECOGNIZE in order of writing."""

    alias: str | None = None
    operators: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class TableSource(Source):
    path: list[str] = field(default_factory=list)
    as_of: Node | None = None
    offset_alias: str | None = None


@dataclass(slots=True)
class QuerySource(Source):
    query: "Query | None" = None


@dataclass(slots=True)
class UnnestSource(Source):
    arrays: list[Node] = field(default_factory=list)
    offset_alias: str | None = None


@dataclass(slots=True)
class FunctionSource(Source):
    call: Call | None = None


@dataclass(slots=True)
class GivenSource(Source):
    """An input that is translated already: what a pipe operator reads."""

    given: Any = None


@dataclass(slots=True)
class Join(Source):
    """kind: INNER, LEFT, RIGHT, FULL, CROSS (a comma is CROSS)."""

    left: Source | None = None
    right: Source | None = None
    kind: str = "INNER"
    on: Node | None = None
    using: list[str] | None = None


@dataclass(slots=True)
class Pivot(Node):
    aggregates: list[SelectItem]
    column: Node
    values: list[SelectItem]
    alias: str | None = None


@dataclass(slots=True)
class Unpivot(Node):
    """values: column names of the result; name: the label column; columns: groups of source columns and their label."""

    values: list[str]
    name: str
    columns: list[tuple[list[str], Node | None]]
    include_nulls: bool
    alias: str | None = None


@dataclass(slots=True)
class Sample(Node):
    percent: Node


@dataclass(slots=True)
class GroupingSet(Node):
    """kind: ROLLUP, CUBE, GROUPING SETS, ALL or SET (a parenthesised list)."""

    kind: str
    items: list[Node]


Options = list[tuple[str, Node]]


@dataclass(slots=True)
class Select(Node):
    """threshold: the options of WITH AGGREGATION_THRESHOLD."""

    items: list[SelectItem | Star]
    distinct: bool = False
    as_kind: str | None = None
    source: Source | None = None
    where: Node | None = None
    group_by: list[Node] | None = None
    having: Node | None = None
    qualify: Node | None = None
    windows: dict[str, Window] = field(default_factory=dict)
    threshold: Options | None = None


@dataclass(slots=True)
class SetOperation(Node):
    """op: UNION ALL, UNION DISTINCT, INTERSECT DISTINCT, EXCEPT DISTINCT; matching: None is by position."""

    op: str
    parts: list[Node]
    matching: "Matching | None" = None


@dataclass(slots=True)
class Matching(Node):
    """Columns matched by name: mode is STRICT, INNER, LEFT or FULL; columns is the list of ON or BY."""

    mode: str
    columns: list[str] | None = None


@dataclass(slots=True)
class With(Node):
    name: str
    query: "Query"


@dataclass(slots=True)
class Query(Node):
    body: Node
    ctes: list[With] = field(default_factory=list)
    recursive: bool = False
    order_by: list[OrderItem] = field(default_factory=list)
    limit: Node | None = None
    offset: Node | None = None


# --- pipe syntax ------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Pipeline(Node):
    """start |> operator |> operator: start is a query, or a source (FROM x)."""

    start: "Query | Source"
    operators: list[Node] = field(default_factory=list)


# --- columns of DDL ---------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class ColumnNode(Node):
    name: str
    type: TypeNode
    required: bool = False
    default: Node | None = None
    default_text: str | None = None
    options: "list[tuple[str, Node]]" = field(default_factory=list)
    primary_key: bool = False
    references: "ForeignKeyNode | None" = None


@dataclass(slots=True)
class ForeignKeyNode(Node):
    name: str | None
    columns: list[str]
    table: list[str]
    referenced: list[str]
