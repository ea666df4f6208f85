"""JSON text: paths, and changes that DuckDB has no functions for."""

import json
import re
from collections.abc import Callable
from typing import Any

_PATH = re.compile(r"""\.([A-Za-z0-9_\-:]+)|\.?\['([^']*)'\]|\."([^"]*)"|\[(\d+)\]""")


def json_path(value: str) -> str:
    """BigQuery's JSONPath ($.a, $['a b'], $[0]) as DuckDB's."""
    at, found = 0, []
    if not value.startswith("$"):
        raise ValueError("JSONPath must start with '$'")
    at = 1
    while at < len(value):
        m = _PATH.match(value, at)
        if m is None:
            raise ValueError(f"Invalid token in JSONPath at: {value[at:]}")
        key = m.group(1) or m.group(2) or m.group(3)
        found.append(f"[{m.group(4)}]" if key is None else '."' + key.replace('"', '\\"') + '"')
        at = m.end()
    return "$" + "".join(found)


def _steps(value: str) -> list[str | int]:
    """The path as keys and positions."""
    json_path(value)
    return [
        int(m.group(4)) if m.group(4) is not None else m.group(1) or m.group(2) or m.group(3) or ""
        for m in _PATH.finditer(value, 1)
    ]


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _parent(root: Any, steps: list[str | int]) -> Any:
    """The container that the last step is in, or None."""
    for step in steps[:-1]:
        root = _child(root, step)
        if root is None:
            return None
    return root


def _child(node: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return node[step] if isinstance(node, list) and step < len(node) else None
    return node.get(step) if isinstance(node, dict) else None


def json_set(text: str, path: str, value: str, create: bool) -> str:
    """The value at the path; missing keys are made when `create`, arrays are filled up with nulls."""
    root, steps = json.loads(text), _steps(path)
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
                current.extend([None] * (step - len(current) + 1))
        else:
            if not isinstance(current, dict) or (step not in current and not create):
                return text
            current.setdefault(step, None)
        at, key = current, step
    at[key] = json.loads(value)
    return _compact(holder[0])


def json_array_insert(text: str, path: str, value: str, each: bool) -> str:
    root, steps = json.loads(text), _steps(path)
    if not steps or not isinstance(steps[-1], int):
        raise ValueError(f"JSONPath must end in an array position: {path}")
    array, at = _parent(root, steps), steps[-1]
    if array is None and isinstance(_parent(root, steps[:-1]), dict):
        array = _parent(root, steps[:-1])[steps[-2]] = []
    if not isinstance(array, list):
        return text
    array.extend([None] * (at - len(array)))
    array[at:at] = json.loads(value) if each else [json.loads(value)]
    return _compact(root)


def json_array_append(text: str, path: str, value: str, each: bool) -> str:
    root, steps = json.loads(text), _steps(path)
    array = root
    for step in steps:
        array = _child(array, step)
    if not isinstance(array, list):
        return text
    array.extend(json.loads(value) if each else [json.loads(value)])
    return _compact(root)


def json_remove(text: str, path: str) -> str:
    root, steps = json.loads(text), _steps(path)
    if not steps:
        raise ValueError("The JSONPath cannot be '$'")
    parent, last = _parent(root, steps), steps[-1]
    if isinstance(parent, dict) and isinstance(last, str):
        parent.pop(last, None)
    elif isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        del parent[last]
    return _compact(root)


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _stripped(v) for k, v in value.items() if v is not None}
    return [_stripped(v) for v in value if v is not None] if isinstance(value, list) else value


def json_strip_nulls(text: str) -> str:
    return _compact(_stripped(json.loads(text)))


def json_keys(text: str, depth: int) -> list[str]:
    """All keys as paths, sorted; depth 0 means any depth."""
    found: set[str] = set()

    def walk(value: Any, prefix: str, level: int) -> None:
        if not isinstance(value, dict) or (depth and level > depth):
            return
        for key, inner in value.items():
            name = key if re.fullmatch(r"\w+", key) else '"' + key + '"'
            found.add(prefix + name)
            walk(inner, prefix + name + ".", level + 1)

    walk(json.loads(text), "", 1)
    return sorted(found)


def json_pretty(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, indent=2)


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (json_path, ("VARCHAR",), "VARCHAR"),
    (json_set, ("VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN"), "VARCHAR"),
    (json_array_insert, ("VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN"), "VARCHAR"),
    (json_array_append, ("VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN"), "VARCHAR"),
    (json_remove, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    (json_strip_nulls, ("VARCHAR",), "VARCHAR"),
    (json_keys, ("VARCHAR", "BIGINT"), "VARCHAR[]"),
    (json_pretty, ("VARCHAR",), "VARCHAR"),
)
