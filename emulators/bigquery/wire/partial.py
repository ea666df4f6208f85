"""Partial responses: `fields=a,b/c,d(e,f)` keeps these parts of an answer, as Cloud Storage does."""

from emulators.bigquery.state.errors import invalid
from emulators.partial_response import Mask, parse
from emulators.partial_response import select as masked

__all__ = ["masked", "parse_mask"]


def parse_mask(text: str) -> Mask:
    """fields as a tree; an empty branch keeps all that is below it. 400 for what is no field mask."""
    try:
        return parse(text)
    except ValueError as error:
        raise invalid(str(error)) from None
