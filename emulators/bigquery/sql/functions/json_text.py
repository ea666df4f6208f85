"""JSON text: paths, and what DuckDB has no functions to read."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

_PATH = re.compile(r"""\.([A-Za-z0-9_\-:]+)|\.?\['([^']*)'\]|\."([^"]*)"|\[(\d+)\]""")


def json_path_extract(value: str) -> str:
    """As json_path, of the JSON_EXTRACT functions, which take names in brackets without quotes too."""
    return json_path(re.sub(r"\[([A-Za-z_]\w*)\]", r".\1", value))


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


def steps_of(value: str) -> list[str | int]:
    """The path as keys and positions."""
    json_path(value)
    return [
        int(m.group(4)) if m.group(4) is not None else m.group(1) or m.group(2) or m.group(3) or ""
        for m in _PATH.finditer(value, 1)
    ]


# A text, or a number that has a point or an exponent.
_FLOAT = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?[eE][+-]?\d+|-?\d+\.\d+')


def compact(value: Any) -> str:
    """As BigQuery keeps JSON: members in order of their names, no spaces."""
    return json_floats(json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True))


def json_floats(text: str) -> str:
    """A JSON text in which each FLOAT64 is written in its shortest form, from 1e15 on with an exponent."""
    return _FLOAT.sub(lambda found: found[0] if found[0][0] == '"' else json_float(float(found[0])), text)


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def _whole(number: str) -> int | float:
    return int(number) if -(2**63) <= int(number) < 2**64 else float(number)


def json_ordered(text: str) -> str:
    """As a JSON keeps it: members in order of their names, the first of each name; numbers as INT64 or FLOAT64."""
    return compact(json.loads(text, object_pairs_hook=_first, parse_int=_whole))


def json_of_pairs(names: list[str], values: list[str | None]) -> str:
    """An object; a missing value is null."""
    members = [(name, None if value is None else json.loads(value)) for name, value in zip(names, values, strict=True)]
    return compact(_first(members))


def json_flatten(text: str) -> list[str]:
    """What is in the array, and in the arrays right inside of it; another value by itself."""

    def walk(value: Any) -> list[Any]:
        return [inner for item in value for inner in walk(item)] if isinstance(value, list) else [value]

    return [compact(value) for value in walk(json.loads(text))]


def json_lax(text: str | None, path: str | None) -> str | None:
    """The value at a path. After `lax`: of arrays on the way every item is looked into (of `lax recursive`, arrays in
    arrays too), a value is an array of itself, and what is found comes as an array; a plain path finds one value."""
    if text is None or path is None:
        return None
    words = path.split()
    modes = [word.lower() for word in words if word.lower() in ("lax", "recursive")]
    steps, root = steps_of(words[-1] if words else path), json.loads(text)
    if "lax" not in modes:
        for step in steps:
            if not has(root, step):
                return None
            root = child(root, step)
        return compact(root)
    found = [root]
    for step in steps:
        inner: list[Any] = []
        for value in found:
            if isinstance(step, int):
                items = value if isinstance(value, list) else [value]
                inner += items[step : step + 1]
                continue
            items = _spread(value, "recursive" in modes) if isinstance(value, list) else [value]
            inner += [item[step] for item in items if isinstance(item, dict) and step in item]
        found = inner
    return compact(found)


def has(value: Any, step: str | int) -> bool:
    """Whether a value has what a step of a path names."""
    if isinstance(step, int):
        return isinstance(value, list) and step < len(value)
    return isinstance(value, dict) and step in value


def _spread(value: list[Any], recursive: bool) -> list[Any]:
    if not recursive:
        return value
    return [inner for item in value for inner in (_spread(item, True) if isinstance(item, list) else [item])]


def child(node: Any, step: str | int) -> Any:
    """What a step of a path names, or None."""
    if isinstance(step, int):
        return node[step] if isinstance(node, list) and step < len(node) else None
    return node.get(step) if isinstance(node, dict) else None


class _Inexact(ValueError):
    pass


def json_is_exact(text: str) -> bool:
    """Whether a FLOAT64 or an INT64 holds each number of the text as it is written."""

    def check(number: str) -> float:
        if Decimal(number) != Decimal(repr(float(number))):
            raise _Inexact
        return 0.0

    def check_whole(number: str) -> float:
        return 0.0 if -(2**63) <= int(number) < 2**64 else check(number)

    try:
        json.loads(text, parse_float=check, parse_int=check_whole)
    except _Inexact:
        return False
    except ValueError:
        return True  # no JSON at all, which is told elsewhere
    return True


def json_keys_in(text: str, depth: int, mode: str) -> list[str]:
    """All keys down to a depth as paths, sorted; mode strict does not look into arrays, lax looks into one level of
    them, lax recursive into all."""
    if depth < 1:
        raise ValueError(f"max_depth must be positive, but was {depth}")
    levels = {"strict": 0, "lax": 1, "lax recursive": 10**6}.get(" ".join(mode.lower().split()))
    if levels is None:
        raise ValueError(f"Invalid JSON mode specified: {mode}")
    found: set[str] = set()

    def walk(value: Any, prefix: str, level: int, arrays: int) -> None:
        if isinstance(value, list) and arrays:
            for item in value:
                walk(item, prefix, level, arrays - 1)
        if not isinstance(value, dict) or level > depth:
            return
        for key, inner in value.items():
            name = key if re.fullmatch(r"\w+", key) else '"' + key + '"'
            found.add(prefix + name)
            walk(inner, prefix + name + ".", level + 1, levels)

    walk(json.loads(text), "", 1, levels)
    return sorted(found)


def json_keys(text: str, depth: int) -> list[str]:
    """All keys down to a depth as paths, sorted."""
    return json_keys_in(text, depth, "strict")


def json_texts(text: str, keys: bool, values: bool) -> list[str | None]:
    """All names of members, and all scalars as texts."""
    found: list[str | None] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            found.extend(value if keys else ())
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        elif values:
            found.append(value if isinstance(value, str) or value is None else compact(value))

    walk(json.loads(text))
    return found


def json_float(number: float) -> str:
    """A FLOAT64 in its shortest form, from 1e15 on with an exponent."""
    if not 1e15 <= abs(number) < 1e16:
        return repr(number)
    digits = f"{abs(number):.0f}".rstrip("0")
    mantissa = digits[0] + ("." + digits[1:] if digits[1:] else "")
    return f"{'-' if number < 0 else ''}{mantissa}e+15"


def json_pretty(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, indent=2)


MAY_BE_NULL = ("json_lax",)
FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (json_path, ("VARCHAR",), "VARCHAR"),
    (json_path_extract, ("VARCHAR",), "VARCHAR"),
    (json_ordered, ("VARCHAR",), "VARCHAR"),
    (json_of_pairs, ("VARCHAR[]", "VARCHAR[]"), "VARCHAR"),
    (json_flatten, ("VARCHAR",), "VARCHAR[]"),
    (json_lax, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    (json_is_exact, ("VARCHAR",), "BOOLEAN"),
    (json_keys_in, ("VARCHAR", "BIGINT", "VARCHAR"), "VARCHAR[]"),
    (json_keys, ("VARCHAR", "BIGINT"), "VARCHAR[]"),
    (json_texts, ("VARCHAR", "BOOLEAN", "BOOLEAN"), "VARCHAR[]"),
    (json_float, ("DOUBLE",), "VARCHAR"),
    (json_floats, ("VARCHAR",), "VARCHAR"),
    (json_pretty, ("VARCHAR",), "VARCHAR"),
)
