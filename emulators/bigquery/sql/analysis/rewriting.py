"""Syntax trees with parts exchanged. The tree that is given stays as it is: other threads read it too."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, TypeVar

from emulators.bigquery.sql.syntax import nodes

Tree = TypeVar("Tree")


def rewritten(node: Tree, change: Callable[[nodes.Node], nodes.Node | None]) -> Tree:
    """A tree like the given one; change: what stands for a part of it, None where its own parts are asked.

    Queries inside of it stay as they are.
    """
    found: Any = node
    if isinstance(node, nodes.Node) and not isinstance(node, nodes.Query):
        other = change(node)
        if other is not None:
            found = other
        else:
            found = replace(node, **{part.name: rewritten(getattr(node, part.name), change) for part in fields(node)})
    elif isinstance(node, list):
        found = [rewritten(part, change) for part in node]
    elif isinstance(node, tuple):
        found = tuple(rewritten(part, change) for part in node)
    result: Tree = found
    return result
