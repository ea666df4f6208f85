"""DDL as a tree, names not yet resolved and options not yet evaluated."""

from dataclasses import dataclass, field

from emulators.bigquery.sql.syntax.nodes import ColumnNode, ForeignKeyNode, Node, Options, Query, TypeNode
from emulators.bigquery.sql.syntax.statements import Statement


@dataclass(slots=True)
class Create(Statement):
    """kind: SCHEMA, TABLE, VIEW, MATERIALIZED VIEW, EXTERNAL TABLE, SNAPSHOT TABLE; method: LIKE, COPY, CLONE or
    empty."""

    kind: str = ""
    name: list[str] = field(default_factory=list)
    or_replace: bool = False
    if_not_exists: bool = False
    temporary: bool = False
    columns: list[ColumnNode] | None = None
    column_names: list[str] | None = None
    primary_key: list[str] = field(default_factory=list)
    foreign_keys: list[ForeignKeyNode] = field(default_factory=list)
    partition_by: Node | None = None
    cluster_by: list[str] = field(default_factory=list)
    partition_columns: list[ColumnNode] | None = None
    options: Options = field(default_factory=list)
    query: Query | None = None
    query_text: str = ""
    method: str = ""
    source: list[str] = field(default_factory=list)
    as_of: Node | None = None


@dataclass(slots=True)
class Argument(Node):
    """An argument of a routine: type None means ANY TYPE; mode IN, OUT or INOUT; columns of TABLE<...>, none of ANY
    TABLE."""

    name: str
    type: TypeNode | None
    mode: str | None = None
    not_aggregate: bool = False
    columns: list[tuple[str, TypeNode]] | None = None


@dataclass(slots=True)
class CreateRoutine(Statement):
    """kind: FUNCTION, AGGREGATE FUNCTION, TABLE FUNCTION or PROCEDURE; body is the text of the SQL or of the
    program."""

    kind: str = ""
    name: list[str] = field(default_factory=list)
    or_replace: bool = False
    if_not_exists: bool = False
    temporary: bool = False
    arguments: list[Argument] = field(default_factory=list)
    returns: TypeNode | None = None
    returns_table: list[tuple[str, TypeNode]] | None = None
    language: str = "SQL"
    body: str = ""
    options: Options = field(default_factory=list)
    determinism: str | None = None


@dataclass(slots=True)
class Drop(Statement):
    kind: str = ""
    name: list[str] = field(default_factory=list)
    if_exists: bool = False
    cascade: bool = False


@dataclass(slots=True)
class UndropSchema(Statement):
    name: list[str] = field(default_factory=list)
    if_not_exists: bool = False
    options: Options = field(default_factory=list)


@dataclass(slots=True)
class Truncate(Statement):
    name: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ChangeNode(Node):
    """One change of ALTER: what is the clause (ADD COLUMN, SET OPTIONS ...), the rest as far as the clause has it."""

    what: str
    name: str = ""
    new_name: str = ""
    guarded: bool = False
    column: ColumnNode | None = None
    type: TypeNode | None = None
    options: Options = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    foreign_key: ForeignKeyNode | None = None
    text: str = ""
    default: Node | None = None


@dataclass(slots=True)
class Alter(Statement):
    kind: str = ""
    name: list[str] = field(default_factory=list)
    if_exists: bool = False
    changes: list[ChangeNode] = field(default_factory=list)


@dataclass(slots=True)
class GrantNode(Statement):
    roles: list[str] = field(default_factory=list)
    resource: str = ""
    name: list[str] = field(default_factory=list)
    principals: list[str] = field(default_factory=list)
    revoke: bool = False


@dataclass(slots=True)
class CreatePolicy(Statement):
    name: str = ""
    table: list[str] = field(default_factory=list)
    grantees: list[str] = field(default_factory=list)
    filter: Node | None = None
    filter_text: str = ""
    or_replace: bool = False
    if_not_exists: bool = False


@dataclass(slots=True)
class DropPolicy(Statement):
    name: str | None = None
    table: list[str] = field(default_factory=list)
    if_exists: bool = False


@dataclass(slots=True)
class CreateIndex(Statement):
    """kind: SEARCH INDEX or VECTOR INDEX; text: the statement as it is written."""

    kind: str = ""
    name: str = ""
    table: list[str] = field(default_factory=list)
    columns: list[tuple[str, Options]] = field(default_factory=list)
    all_columns: bool = False
    storing: list[str] = field(default_factory=list)
    options: Options = field(default_factory=list)
    text: str = ""
    or_replace: bool = False
    if_not_exists: bool = False


@dataclass(slots=True)
class DropIndex(Statement):
    kind: str = ""
    name: str = ""
    table: list[str] = field(default_factory=list)
    if_exists: bool = False


@dataclass(slots=True)
class Export(Statement):
    options: Options = field(default_factory=list)
    query: Query | None = None


@dataclass(slots=True)
class Load(Statement):
    """columns: with their types; names: without them, of a table that is there."""

    name: list[str] = field(default_factory=list)
    overwrite: bool = False
    temporary: bool = False
    columns: list[ColumnNode] | None = None
    names: list[str] = field(default_factory=list)
    partition: tuple[str, Node] | None = None
    partition_by: Node | None = None
    cluster_by: list[str] = field(default_factory=list)
    options: Options = field(default_factory=list)
    files: Options = field(default_factory=list)
    partition_columns: list[ColumnNode] | None = None
