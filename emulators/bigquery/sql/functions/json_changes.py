"""Changes of JSON text that DuckDB has no functions for."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from emulators.bigquery.sql.functions.json_text import child, compact, has, steps_of

_LONGEST = 1_000_000  # elements of an array that is filled up with nulls


def _parent(root: Any, steps: list[str | int]) -> Any:
    """The container that the last step is in, or None."""
    for step in steps[:-1]:
        root = child(root, step)
        if root is None:
            return None
    return root


def _last_place(holder: dict[str, Any], steps: list[str | int]) -> tuple[Any, Any]:
    """The container and the key of what a path names below the holder's only value; None where that is not there."""
    place: Any = holder
    key: str | int = ""
    for step in steps:
        if not has(place[key], step):
            return None, None
        place, key = place[key], step
    return place, key


def _fill(array: list[Any], length: int) -> None:
    """Append nulls up to a length; ValueError beyond the longest array that GoogleSQL makes."""
    if length > _LONGEST:
        raise ValueError(f"Exceeded maximum array size of {_LONGEST}")
    array.extend([None] * (length - len(array)))


def json_set(text: str, path: str, value: str, create: bool) -> str:
    """The value at the path; missing keys are made when `create`, arrays are filled up with nulls."""
    root, steps = json.loads(text), steps_of(path)
    holder = [root]
    at: Any = holder
    key: str | int = 0
    for step in steps:
        current = at[key]
        if current is None and create:
            current = at[key] = [] if isinstance(step, int) else {}
        if isinstance(step, int):
            if not isinstance(current, list):
                return text
            if step >= len(current):
                if not create:
                    return text
                _fill(current, step + 1)
        else:
            if not isinstance(current, dict) or (step not in current and not create):
                return text
            current.setdefault(step, None)
        at, key = current, step
    at[key] = json.loads(value)
    return compact(holder[0])


def json_array_insert(text: str, path: str, value: str, each: bool) -> str:
    root, steps = json.loads(text), steps_of(path)
    if not steps or not isinstance(steps[-1], int):
        return text
    array, at = _parent(root, steps), steps[-1]
    if array is None and isinstance(_parent(root, steps[:-1]), dict):
        array = _parent(root, steps[:-1])[steps[-2]] = []
    if not isinstance(array, list):
        return text
    _fill(array, at)
    array[at:at] = json.loads(value) if each else [json.loads(value)]
    return compact(root)


def json_array_append(text: str, path: str, value: str, each: bool) -> str:
    root, steps = json.loads(text), steps_of(path)
    holder = {"": root}
    place, key = _last_place(holder, steps)
    if place is None:
        return text
    array = place[key]
    if array is None:
        array = place[key] = []
    if not isinstance(array, list):
        return text
    array.extend(json.loads(value) if each else [json.loads(value)])
    return compact(holder[""])


def json_remove(text: str, path: str) -> str:
    root, steps = json.loads(text), steps_of(path)
    if not steps:
        raise ValueError("The JSONPath cannot be '$'")
    parent, last = _parent(root, steps), steps[-1]
    if isinstance(parent, dict) and isinstance(last, str):
        parent.pop(last, None)
    elif isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        del parent[last]
    return compact(root)


def _stripped(value: Any, arrays: bool, empty: bool) -> Any:
    """Without nulls (in arrays only where that is asked for); empty: what is empty then is null as well."""
    if isinstance(value, dict):
        kept = {k: _stripped(v, arrays, empty) for k, v in value.items() if v is not None}
        return {k: v for k, v in kept.items() if not (empty and v is None)} or (None if empty else {})
    if isinstance(value, list):
        items = [_stripped(v, arrays, empty) for v in value if not (arrays and v is None)]
        return [v for v in items if not (arrays and empty and v is None)] or (None if arrays and empty else [])
    return value


def json_strip_nulls(text: str, path: str, arrays: bool, empty: bool) -> str:
    holder = {"": json.loads(text)}
    place, key = _last_place(holder, steps_of(path))
    if place is not None:
        place[key] = _stripped(place[key], arrays, empty)
    return compact(holder[""])


def _ignoring_null(change: Callable[..., str]) -> Callable[..., str | None]:
    """A change that NULL for a path or an option leaves undone."""

    @wraps(change)
    def changed(text: str | None, *rest: Any) -> str | None:
        return text if text is None or None in rest else change(text, *rest)

    return changed


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (_ignoring_null(json_set), ("VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN"), "VARCHAR"),
    (_ignoring_null(json_array_insert), ("VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN"), "VARCHAR"),
    (_ignoring_null(json_array_append), ("VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN"), "VARCHAR"),
    (_ignoring_null(json_remove), ("VARCHAR", "VARCHAR"), "VARCHAR"),
    (_ignoring_null(json_strip_nulls), ("VARCHAR", "VARCHAR", "BOOLEAN", "BOOLEAN"), "VARCHAR"),
)
SEES_NULL = tuple(function.__name__ for function, _, _ in FUNCTIONS)
