"""References to resources in the bodies of requests."""

from typing import Any

from emulators.bigquery.state.errors import invalid


def require_project(given: Any, project: str) -> None:
    """400 when a body names another project than its request's path."""
    if given and given != project:
        raise invalid(f"Value '{given}' in content does not agree with value '{project}'. This can happen when a value "
                      "set through a parameter is inconsistent with a value set in the request.")  # fmt: skip
