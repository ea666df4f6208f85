"""The names of the columns that files bring, by columnNameCharacterMap."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from emulators.bigquery.state.definitions.schema import COLUMN_NAME
from emulators.bigquery.state.errors import invalid

_FLEXIBLE = re.compile(r"[^\w \-&%=+:'<>#|]")


def _of_letters(text: str) -> str:
    """V1: letters, digits and _ of ASCII, all else becomes _."""
    return re.sub(r"\W", "_", text, flags=re.ASCII)


def _flexible(text: str) -> str:
    """V2: what a column name may not hold becomes _."""
    return _FLEXIBLE.sub("_", text)


def _strict(text: str) -> str:
    """STRICT: a name that is not allowed is refused."""
    if not COLUMN_NAME.fullmatch(text):
        raise invalid(f'Invalid field name "{text}". Fields must contain the allowed characters.')
    return text


def _usual(text: str) -> str:
    return re.sub(r"\W", "_", text)


_MAPS: dict[str, Callable[[str], str]] = {"STRICT": _strict, "V1": _of_letters, "V2": _flexible}


def column_name(cell: str, position: int, configuration: Mapping[str, Any]) -> str:
    """A header's cell as a column's name; a digit is not the first."""
    kind = configuration.get("columnNameCharacterMap") or "COLUMN_NAME_CHARACTER_MAP_UNSPECIFIED"
    if kind not in (*_MAPS, "COLUMN_NAME_CHARACTER_MAP_UNSPECIFIED"):
        raise invalid(f"Invalid value for columnNameCharacterMap: {kind}; use one of {', '.join(_MAPS)}.")
    name = _MAPS.get(kind, _usual)(cell.strip() or f"column_{position}")
    return f"_{name}" if name[:1].isdigit() else name
