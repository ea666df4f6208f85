"""What the bodies of requests refer to, and what they choose."""

from collections.abc import Container
from typing import Any

from emulators.bigquery.state.errors import invalid


def require_project(given: Any, project: str) -> None:
    """400 when a body names another project than its request's path."""
    if given and given != project:
        raise invalid(f"Value '{given}' in content does not agree with value '{project}'. This can happen when a value "
                      "set through a parameter is inconsistent with a value set in the request.")  # fmt: skip


def require_choice(name: str, value: Any, allowed: Container[Any], where: str = "") -> None:
    """400 for a word that is none of those that a field may have; where: which of many fields it is."""
    if value not in allowed:
        raise invalid(f"Invalid value for {name}: {value}{where} is not a valid value")
