"""How long a job, or a statement of one, may take."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SHORTEST_SECONDS = 10.0  # the service stops at a time limit what runs long, and lets shorter jobs end


@contextmanager
def within(milliseconds: Any, cancel: Callable[[str], None]) -> Iterator[None]:
    """Cancel what runs in the block when it takes longer, but for a few seconds: 499 stopped."""
    if not milliseconds or int(milliseconds) <= 0:
        yield
        return
    seconds = int(milliseconds) / 1000
    message = (
        f"Operation timed out after {seconds} seconds. Consider reducing the amount of work performed by your "
        "operation so that it can complete within this limit."
    )
    timer = threading.Timer(max(seconds, _SHORTEST_SECONDS), cancel, [message])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
