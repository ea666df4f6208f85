"""Work that is done ahead, on all cores: numpy, Arrow and zlib let other threads go on meanwhile."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_CORES = os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_CORES, "ahead")


def begin(work: Callable[[Item], Result], item: Item) -> "Future[Result]":
    """Has the work done as soon as a core is free. It must not wait for other such work."""
    return _pool().submit(work, item)


def map_ahead(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Like map: the results in the items' order. One item a core is in work, and one more done ahead."""
    begun: deque[Future[Result]] = deque()
    try:
        for item in items:
            begun.append(begin(work, item))
            if len(begun) > _CORES:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        for future in begun:
            future.cancel()
