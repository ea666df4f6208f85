"""MATCH_RECOGNIZE in the syntax tree: the clause, and the pattern of rows in it."""

from dataclasses import dataclass

from emulators.bigquery.sql.syntax.nodes import Node, OrderItem, SelectItem


@dataclass(slots=True)
class Symbol(Node):
    """One row that the symbol's condition in DEFINE holds for."""

    name: str


@dataclass(slots=True)
class Anchor(Node):
    """No row: `^` before the first of a partition, `$` after the last."""

    text: str


@dataclass(slots=True)
class Sequence(Node):
    """One after the other; without parts it is an empty sequence of rows."""

    parts: list[Node]


@dataclass(slots=True)
class Choice(Node):
    """Any of them, the first preferred."""

    parts: list[Node]


@dataclass(slots=True)
class Repeat(Node):
    """Between `low` and `high` times (None: 0, and without end); reluctant: as few as possible are preferred."""

    part: Node
    low: Node | None
    high: Node | None
    reluctant: bool


@dataclass(slots=True)
class MatchRecognize(Node):
    """overlapping: AFTER MATCH SKIP TO NEXT ROW; longest: the value of the option use_longest_match."""

    partition_by: list[Node]
    order_by: list[OrderItem]
    measures: list[SelectItem]
    overlapping: bool
    pattern: Node
    symbols: list[tuple[str, Node]]
    longest: Node | None = None
    alias: str | None = None
