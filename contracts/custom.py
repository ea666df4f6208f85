"""The customProperties that Sluice understands, and the reading of them (documented in docs/contracts.md)."""

from collections.abc import Sequence
from typing import Any

from open_data_contract_standard.model import CustomProperty

from contracts.document import Document, KeyPath
from contracts.problems import did_you_mean

# customProperty of a table -> its allowed words; None: the name of a column.
TABLE_PROPERTIES: dict[str, tuple[str, ...] | None] = {
    "capture": ("cdc", "stream"),
    "history": ("latest", "versions", "append"),
    "event_time": None,
    "enforcement": ("pipeline", "topic"),
}


def read_custom(document: Document, path: KeyPath, properties: Sequence[CustomProperty] | None) -> dict[str, str]:
    """The customProperties of a table, only those that are right."""
    values: dict[str, str] = {}
    for index, item in enumerate(properties or ()):
        place = (*path, "customProperties", index)
        name = item.property
        if name is None:
            document.refuse(place, "a customProperty without `property`", "Write {property: capture, value: cdc}.")
        elif name not in TABLE_PROPERTIES:
            document.refuse(
                (*place, "property"), f"unknown customProperty `{name}`", did_you_mean(name, TABLE_PROPERTIES)
            )
        elif name in values:
            document.refuse((*place, "property"), f"customProperty `{name}` is there twice", "Keep one.")
        elif _allowed(document, (*place, "value"), name, item.value):
            values[name] = str(item.value)
    return values


def refuse_custom(document: Document, path: KeyPath, properties: Sequence[CustomProperty] | None, where: str) -> None:
    """Refuses customProperties where Sluice knows none."""
    for index, item in enumerate(properties or ()):
        what = f"unknown customProperty `{item.property}` of {where}"
        document.refuse((*path, "customProperties", index), what, f"{', '.join(TABLE_PROPERTIES)} belong to a table.")


def _allowed(document: Document, path: KeyPath, name: str, value: Any) -> bool:
    words = TABLE_PROPERTIES[name]
    if not isinstance(value, str):
        hint = f"Use one of: {', '.join(words)}." if words else "Name one of the table's columns."
        document.refuse(path, f"{name} `{value}` is not a word", hint)
        return False
    if words is not None and value not in words:
        document.refuse(path, f"unknown {name} `{value}`", did_you_mean(value, words))
        return False
    return True
