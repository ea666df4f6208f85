"""What ALTER TABLE changes, as typed requests like those of actions.py."""

from dataclasses import dataclass

from emulators.bigquery.sql.actions import ForeignKey, Options
from emulators.bigquery.sql.model import Field, TableName


@dataclass(frozen=True)
class AddColumn:
    field: Field
    if_not_exists: bool = False


@dataclass(frozen=True)
class DropColumn:
    name: str
    if_exists: bool = False


@dataclass(frozen=True)
class RenameColumn:
    old: str
    new: str
    if_exists: bool = False


@dataclass(frozen=True)
class AlterColumn:
    """One ALTER COLUMN: what is None is left as it is.

    drop_default / drop_not_null: the clause was given; options: SET OPTIONS (description, ...);
    type: SET DATA TYPE (only widening is allowed); default: GoogleSQL of SET DEFAULT.
    """

    name: str
    if_exists: bool = False
    type: Field | None = None
    options: Options | None = None
    default: str | None = None
    drop_default: bool = False
    drop_not_null: bool = False


@dataclass(frozen=True)
class SetOptions:
    options: Options


@dataclass(frozen=True)
class RenameTable:
    new_name: str


@dataclass(frozen=True)
class AddPrimaryKey:
    columns: tuple[str, ...]


@dataclass(frozen=True)
class DropPrimaryKey:
    if_exists: bool = False


@dataclass(frozen=True)
class AddForeignKey:
    key: ForeignKey
    if_not_exists: bool = False


@dataclass(frozen=True)
class DropConstraint:
    name: str
    if_exists: bool = False


Change = (
    AddColumn | DropColumn | RenameColumn | AlterColumn | SetOptions | RenameTable
    | AddPrimaryKey | DropPrimaryKey | AddForeignKey | DropConstraint
)  # fmt: skip


@dataclass(frozen=True)
class AlterTable:
    """ALTER TABLE / VIEW / MATERIALIZED VIEW (kind): the changes in order; all of them or none."""

    name: TableName
    changes: tuple[Change, ...]
    kind: str = "TABLE"
    if_exists: bool = False
