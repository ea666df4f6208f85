"""A database's tables as a contract's text, with what had to be left out as comments."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.columns import NO_KEY_TYPES, unfit_name
from contracts.draft.catalog import SourceColumn, SourceTable
from contracts.tables import NAME
from contracts.traps import trap
from contracts.types import PHYSICAL_TYPES, UnknownType, bigquery_type

# PostgreSQL's long names -> those that people write.
_SHORT = {
    "character varying": "varchar", "character": "char", "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp", "time without time zone": "time",
}  # fmt: skip
_TYPE = re.compile(r"(?P<base>[a-z][a-z ]*?)(?P<size>\([\d,]+\))?(?P<zone> with(?:out)? time zone)?(?P<array>\[\])?")
_PERSONAL = re.compile(r"(^|_)(e?mail|phone|mobile|fax|(first|last|full|middle|sur)_?name|birth\w*|dob|ssn|iban)(_|$)")
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")  # JSON leaves them, YAML takes them escaped
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_ ]*")
_HEAD = """\
# Made from the database by `make contract`, yours to edit: what each word means is in docs/contracts.md
apiVersion: v3.1.0
kind: DataContract
id: {id}
name: {name}
version: 1.0.0
status: draft
servers:
  - {{server: production, type: postgresql, schema: {schema}}}
schema:
"""


@dataclass(frozen=True)
class Draft:
    """A contract's text, or that of its tables alone; tables: how many; notes: what a person should look at."""

    text: str
    tables: int
    notes: Sequence[str]


def draft(source: str, schema: str, tables: Iterable[SourceTable]) -> Draft:
    """The contract of a source whose tables are these."""
    entries = draft_tables(tables)
    head = _HEAD.format(id=source, name=_scalar(source.replace("_", " ").capitalize()), schema=_scalar(schema))
    return Draft(head + entries.text, entries.tables, entries.notes)


def draft_tables(tables: Iterable[SourceTable]) -> Draft:
    """What stands below `schema:` for these tables; one that a contract cannot describe becomes a comment."""
    lines, notes, described = [], [], 0
    for table in tables:
        why = _unfit(table)
        if why:
            lines.append(f"  # {table.name} is left out: {why}")
            notes.append(f"{table.name}: left out, {why}")
            continue
        described += 1
        lines += [*_table(table, notes), ""]
    return Draft("\n".join(lines).rstrip() + "\n", described, notes)


def draft_columns(columns: Iterable[SourceColumn]) -> str:
    """What stands below a table's `properties:` for these columns, none of them of its key."""
    return "".join(f"      - {_column(column, ())}\n" for column in columns if not _unfit_column(column))


def _unfit(table: SourceTable) -> str:
    """Why a table cannot be in the contract; empty when it can."""
    if not NAME.fullmatch(table.name.lower()):
        return "its name is not a letter and then letters, digits and `_`"
    if not table.key:
        return "it has no primary key (nor a replica identity with an index), so its changes cannot be told apart"
    for column in table.columns:
        if column.name in table.key and (why := _unfit_column(column, key=True)):
            return f"its key has the column {column.name}, and {why}"
    return ""


def _unfit_column(column: SourceColumn, key: bool = False) -> str:
    if wrong := unfit_name(column.name):
        return wrong[0]
    if column.generated:
        return "it is generated, and PostgreSQL's log does not carry it"
    try:
        logical, physical, items = types(column.type)
        kind = bigquery_type(logical, physical, bigquery_type(*items) if items else None)
    except UnknownType:
        return f"its type {column.type} has none in BigQuery"
    return f"a key cannot be {kind}" if key and kind.startswith(NO_KEY_TYPES) else ""


def types(name: str) -> tuple[str, str, tuple[str, str] | None]:
    """logicalType, physicalType and, of an array, those of its items, for a type as PostgreSQL writes it.

    Raises:
        UnknownType: a contract has no word for it.
    """
    found = _TYPE.fullmatch(name)
    if found is None:
        raise UnknownType(f"unknown type `{name}`", name, tuple(PHYSICAL_TYPES))
    base = found["base"] + (found["zone"] or "")
    base = "interval" if base.startswith("interval ") else _SHORT.get(base, base)
    if base not in PHYSICAL_TYPES:
        raise UnknownType(f"unknown type `{name}`", base, tuple(PHYSICAL_TYPES))
    logical, physical = PHYSICAL_TYPES[base][0], base + (found["size"] or "")
    return ("array", f"{physical}[]", (logical, physical)) if found["array"] else (logical, physical, None)


def _table(table: SourceTable, notes: list[str]) -> list[str]:
    name = table.name.lower()
    lines = [f"  - name: {_scalar(name)}"]
    if name != table.name:
        lines.append(f"    physicalName: {_scalar(table.name)}")
    if table.description:
        lines.append(f"    description: {_scalar(table.description)}")
    lines += ["    customProperties:", "      - {property: capture, value: cdc}", "    properties:"]
    for column in table.columns:
        why = _unfit_column(column)
        if why:
            lines.append(f"      # {column.name} is left out: {why}")
            notes.append(f"{table.name}.{column.name}: left out, {why}")
            continue
        lines.append(f"      - {_column(column, table.key)}")
        if _is_personal(column):
            notes.append(f"{table.name}.{column.name}: marked as pii because of its name")
    return lines


def _column(column: SourceColumn, key: Sequence[str]) -> str:
    logical, physical, items = types(column.type)
    words = {"name": column.name, "logicalType": logical, "physicalType": physical}
    pairs = [f"{word}: {_scalar(value)}" for word, value in words.items()]
    if items:
        pairs.append(f"items: {{logicalType: {items[0]}, physicalType: {_scalar(items[1])}}}")
    if column.name in key:
        pairs.append("primaryKey: true")
        if len(key) > 1:
            pairs.append(f"primaryKeyPosition: {key.index(column.name) + 1}")
    if column.required:
        pairs.append("required: true")
    if _is_personal(column):
        pairs.append("classification: pii")
    if column.description:
        pairs.append(f"description: {_scalar(column.description)}")
    return "{" + ", ".join(pairs) + "}"


def _is_personal(column: SourceColumn) -> bool:
    return types(column.type)[0] == "string" and _PERSONAL.search(column.name.lower()) is not None


def _scalar(text: str) -> str:
    """A text as YAML, in quotes where a reader could take it for something else."""
    if _PLAIN.fullmatch(text) and not trap(text) and text == text.strip():
        return text
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
