"""The operators of a pipeline in the syntax tree, |> each."""

from dataclasses import dataclass

from emulators.bigquery.sql.syntax.nodes import (
    FunctionSource,
    Node,
    OrderItem,
    SelectItem,
    SetOperation,
    Star,
    Window,
    With,
)


@dataclass(slots=True)
class PipeExtend(Node):
    items: list[SelectItem | Star]
    windows: dict[str, Window]


@dataclass(slots=True)
class PipeSet(Node):
    values: list[tuple[str, Node]]


@dataclass(slots=True)
class PipeDrop(Node):
    names: list[str]


@dataclass(slots=True)
class PipeRename(Node):
    names: list[tuple[str, str]]


@dataclass(slots=True)
class PipeAs(Node):
    alias: str


@dataclass(slots=True)
class PipeWhere(Node):
    condition: Node


@dataclass(slots=True)
class PipeDistinct(Node):
    pass


@dataclass(slots=True)
class PipeAggregate(Node):
    """items and keys: (item, its order or None); grouped: GROUP BY was written; ordered: GROUP AND ORDER BY."""

    items: list[tuple[SelectItem, OrderItem | None]]
    keys: list[tuple[SelectItem, OrderItem | None]]
    grouped: bool = False
    ordered: bool = False


@dataclass(slots=True)
class PipeOrder(Node):
    items: list[OrderItem]


@dataclass(slots=True)
class PipeLimit(Node):
    limit: Node
    offset: Node | None


@dataclass(slots=True)
class PipeSetOperation(Node):
    operation: SetOperation


@dataclass(slots=True)
class PipeCall(Node):
    """A table function whose first argument is the table so far."""

    function: FunctionSource


@dataclass(slots=True)
class PipeWith(Node):
    ctes: list[With]
    recursive: bool = False
