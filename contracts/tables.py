"""One entry of a contract's `schema` -> a table."""

import re
from typing import cast

from open_data_contract_standard.model import SchemaObject

from contracts.columns import check_history_names, read_columns, read_primary_key
from contracts.custom import read_custom
from contracts.document import Document, KeyPath
from contracts.model import Capture, Column, Enforcement, History, Table
from contracts.problems import did_you_mean
from contracts.rules import read_rules

NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_HISTORIES = {"cdc": ("latest", "versions"), "stream": ("append",)}


def read_table(document: Document, path: KeyPath, source: str, item: SchemaObject) -> Table | None:
    """The table, or None when it has no name. Its mistakes go to the document."""
    if not item.name:
        document.refuse(path, "a table without a name", "Add `name:`.")
        return None
    if not NAME.fullmatch(item.name):
        hint = (
            "Use lower-case letters, digits and `_`, a letter first; the source's own name may stand in `physicalName`."
        )
        document.refuse((*path, "name"), f"table name `{item.name}`", hint)
    custom = read_custom(document, path, item.customProperties)
    columns = read_columns(document, path, item.properties)
    capture, history = _capture_and_history(document, path, custom)
    if not item.properties:
        document.refuse(path, f"table `{item.name}` has no columns", "List them under `properties:`.")
    _check_stream_words(document, path, capture, custom, columns)
    if history == "versions":
        check_history_names(document, path, item.properties or ())
    return Table(
        source=source,
        name=item.name,
        description=item.description,
        physical_name=item.physicalName or item.name,
        capture=capture,
        history=history,
        event_time=custom.get("event_time"),
        enforcement=cast(Enforcement, custom.get("enforcement", "pipeline")),
        columns=columns,
        primary_key=read_primary_key(document, path, item.properties) if item.properties else (),
        quality=read_rules(document, path, item),
    )


def _capture_and_history(document: Document, path: KeyPath, custom: dict[str, str]) -> tuple[Capture, History]:
    if "capture" not in custom:
        already = any(
            problem.what.startswith(("unknown capture", "unknown customProperty")) for problem in document.problems
        )
        if not already:
            hint = "Add {property: capture, value: cdc} or {property: capture, value: stream} to its customProperties."
            document.refuse(path, "a table without `capture`", hint)
        return "cdc", "latest"
    capture = cast(Capture, custom["capture"])
    possible = _HISTORIES[capture]
    history = custom.get("history", possible[0])
    if history not in possible:
        place = _custom_place(document, path, "history")
        document.refuse(place, f"history `{history}` of a {capture} table", did_you_mean(history, possible))
    return capture, cast(History, history)


def _check_stream_words(
    document: Document, path: KeyPath, capture: Capture, custom: dict[str, str], columns: tuple[Column, ...]
) -> None:
    for word in ("event_time", "enforcement"):
        if word in custom and capture != "stream":
            document.refuse(
                _custom_place(document, path, word), f"`{word}` on a {capture} table", "It belongs to a stream."
            )
            return
    event_time = custom.get("event_time")
    if event_time is None:
        return
    place = _custom_place(document, path, "event_time")
    names = [column.name for column in columns]
    if event_time not in names:
        document.refuse(place, f"event_time `{event_time}` is no column of the table", did_you_mean(event_time, names))
    elif next(c for c in columns if c.name == event_time).logical_type not in ("timestamp", "date"):
        document.refuse(place, f"event_time `{event_time}` is not a timestamp", "Name a timestamp or date column.")


def _custom_place(document: Document, path: KeyPath, name: str) -> KeyPath:
    for index, item in enumerate(document.at(path).get("customProperties") or ()):
        if isinstance(item, dict) and item.get("property") == name:
            return (*path, "customProperties", index, "value")
    return path
