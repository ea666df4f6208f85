"""selectedFields: columns and parts of records, by path."""

from collections.abc import Sequence
from dataclasses import replace

from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.types import quoted


def selected_fields(fields: Sequence[Field], paths: Sequence[str] | None) -> list[Field]:
    """The fields that paths (a, a.b.c; letters of any case) name, in the table's order; all of them without paths."""
    if not paths:
        return list(fields)
    found = []
    for field in fields:
        own = [path.split(".", 1) for path in paths if path.split(".", 1)[0].lower() == field.name.lower()]
        if not own:
            continue
        inner = [rest[0] for _, *rest in own if rest]
        whole = field.type != "STRUCT" or len(inner) < len(own)
        found.append(field if whole else replace(field, fields=tuple(selected_fields(field.fields, inner))))
    return found


def unknown_path(fields: Sequence[Field], paths: Sequence[str]) -> str | None:
    """The first path that names no field."""
    known = {field.name.lower(): field for field in fields}
    for path in paths:
        first, _, rest = path.partition(".")
        field = known.get(first.lower())
        if field is None or (rest and (field.type != "STRUCT" or unknown_path(field.fields, [rest]))):
            return path
    return None


def selected_sql(value: str, field: Field, depth: int = 0) -> str:
    """DuckDB SQL for the part of a value that a field of selected_fields keeps: records are made again."""
    if field.type != "STRUCT":
        return value
    if field.mode == "REPEATED":
        one = f"part{depth}"
        return f"list_transform({value}, lambda {one}: {selected_sql(one, replace(field, mode='NULLABLE'), depth + 1)})"
    names = [child.name.replace("'", "''") for child in field.fields]
    parts = [
        f"{quoted(child.name)} := {selected_sql(f'struct_extract({value}, {chr(39)}{name}{chr(39)})', child, depth)}"
        for child, name in zip(field.fields, names, strict=True)
    ]
    return f"CASE WHEN {value} IS NULL THEN NULL ELSE struct_pack({', '.join(parts)}) END"
