"""Questions about many tables: a few at once, because each waits for BigQuery or for a source most of its time."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
AT_ONCE = 4  # as dbt's threads; a source has other things to do than to be compared


def ask(question: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[Answer]:
    """Like map: the answers in the items' order, each as soon as it and those before it are there."""
    with ThreadPoolExecutor(AT_ONCE, "ask") as pool:
        yield from pool.map(question, items)
