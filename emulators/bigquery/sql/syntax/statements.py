"""DML and scripting statements as a tree; DDL is in definitions.py."""

from dataclasses import dataclass, field

from emulators.bigquery.sql.syntax.nodes import Node, Query, SelectItem, Source, TypeNode


@dataclass(slots=True)
class Statement(Node):
    """end: the offset after the statement, so that its text can be cut out."""

    end: int = 0


@dataclass(slots=True)
class QueryStatement(Statement):
    query: Query | None = None


@dataclass(slots=True)
class Insert(Statement):
    table: list[str] = field(default_factory=list)
    columns: list[str] | None = None
    rows: list[list[Node]] | None = None
    query: Query | None = None


@dataclass(slots=True)
class Assignment(Node):
    path: list[str]
    value: Node


@dataclass(slots=True)
class Update(Statement):
    table: list[str] = field(default_factory=list)
    alias: str | None = None
    assignments: list[Assignment] = field(default_factory=list)
    source: Source | None = None
    where: Node | None = None


@dataclass(slots=True)
class Delete(Statement):
    table: list[str] = field(default_factory=list)
    alias: str | None = None
    where: Node | None = None


@dataclass(slots=True)
class MergeClause(Node):
    """match: MATCHED, TARGET (not matched by target) or SOURCE; action: UPDATE, DELETE, INSERT; row: INSERT ROW."""

    match: str
    condition: Node | None
    action: str
    assignments: list[Assignment] = field(default_factory=list)
    columns: list[str] | None = None
    values: list[Node] | None = None
    row: bool = False


@dataclass(slots=True)
class Merge(Statement):
    table: list[str] = field(default_factory=list)
    alias: str | None = None
    source: Source | None = None
    on: Node | None = None
    clauses: list[MergeClause] = field(default_factory=list)


@dataclass(slots=True)
class Transaction(Statement):
    """action: BEGIN, COMMIT or ROLLBACK."""

    action: str = ""


# --- scripting --------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Declare(Statement):
    names: list[str] = field(default_factory=list)
    type: TypeNode | None = None
    default: Node | None = None


@dataclass(slots=True)
class Set(Statement):
    """targets: variable names or @@system variables; several when written as a list."""

    targets: list[str] = field(default_factory=list)
    value: Node | None = None
    several: bool = False


@dataclass(slots=True)
class Labelled(Statement):
    """A block or a loop, which BREAK and CONTINUE may name."""

    label: str | None = None


@dataclass(slots=True)
class Block(Labelled):
    body: list[Statement] = field(default_factory=list)
    handler: list[Statement] | None = None


@dataclass(slots=True)
class If(Statement):
    branches: list[tuple[Node, list[Statement]]] = field(default_factory=list)
    otherwise: list[Statement] = field(default_factory=list)


@dataclass(slots=True)
class CaseStatement(Statement):
    operand: Node | None = None
    branches: list[tuple[Node, list[Statement]]] = field(default_factory=list)
    otherwise: list[Statement] | None = None


@dataclass(slots=True)
class Loop(Labelled):
    """kind: LOOP, WHILE (condition before) or REPEAT (condition after: until)."""

    kind: str = "LOOP"
    condition: Node | None = None
    body: list[Statement] = field(default_factory=list)


@dataclass(slots=True)
class For(Labelled):
    variable: str = ""
    query: Query | None = None
    body: list[Statement] = field(default_factory=list)


@dataclass(slots=True)
class Jump(Statement):
    """kind: BREAK, CONTINUE or RETURN."""

    kind: str = ""
    label: str | None = None


@dataclass(slots=True)
class Raise(Statement):
    message: Node | None = None


@dataclass(slots=True)
class Assert(Statement):
    condition: Node | None = None
    message: str | None = None


@dataclass(slots=True)
class CallStatement(Statement):
    path: list[str] = field(default_factory=list)
    args: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class ExecuteImmediate(Statement):
    sql: Node | None = None
    into: list[str] = field(default_factory=list)
    using: list[SelectItem] = field(default_factory=list)
