"""With this folder on PYTHONPATH, Python's clock is as many seconds wrong as the file $TURNED_CLOCK says just then.

Python imports this before anything else. What waits is not touched: it goes by the monotonic clock. Only `time` and
`datetime` are turned; Postgres, DuckDB and whatever else is not Python keep the machine's time. So does gRPC: it
tells its deadlines to what is not Python.
"""

import ctypes
import datetime
import gc
import os
import sys
import time

GRPC = ("grpc.", "emulators.pubsub.wire.")  # its compiled half asks for the time in the name of who called it
real_time, real_time_ns = time.time, time.time_ns


def wrong() -> int:
    if str(sys._getframe(2).f_globals.get("__name__")).startswith(GRPC):
        return 0
    try:
        with open(os.environ["TURNED_CLOCK"]) as file:  # noqa: PTH123  asked a million times
            return int(file.read() or "0")
    except (OSError, KeyError):
        return 0


def turn() -> None:
    """Puts the methods into datetime itself: with a class in its place, compiled modules would have two of them."""
    time.time = lambda: real_time() + wrong()
    time.time_ns = lambda: real_time_ns() + wrong() * 10**9
    (methods,) = gc.get_referents(datetime.datetime.__dict__)
    methods["now"] = classmethod(lambda cls, tz=None: cls.fromtimestamp(time.time(), tz))
    methods["today"] = classmethod(lambda cls: cls.fromtimestamp(time.time()))
    methods["utcnow"] = classmethod(lambda cls: cls.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None))
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))


if "TURNED_CLOCK" in os.environ:
    turn()
