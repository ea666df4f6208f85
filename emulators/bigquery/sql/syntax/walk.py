"""What a syntax tree is made of."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from emulators.bigquery.sql.syntax import nodes


def every(node: object, queries: bool = True) -> Iterator[nodes.Node]:
    """The node, or each of a list, and all that is below; queries: also what is in subqueries, which are left out
    otherwise."""
    if isinstance(node, nodes.Node):
        if queries or not isinstance(node, nodes.Query):
            yield node
            kind: Any = type(node)
            for slot in _slots(kind):
                yield from every(getattr(node, slot), queries)
    elif isinstance(node, (list, tuple)):
        for part in node:
            yield from every(part, queries)
    elif isinstance(node, dict):
        yield from every(list(node.values()), queries)


@cache
def _slots(kind: Any) -> tuple[str, ...]:
    return tuple(slot for base in kind.__mro__ for slot in getattr(base, "__slots__", ()))
