"""Users' functions in JavaScript, run by V8 as BigQuery does: a program is called with a batch of rows at a time."""

import gc
import json
import re
import resource
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from emulators.v8 import start_v8

if TYPE_CHECKING:
    from py_mini_racer import MiniRacer

_LOCK = threading.Lock()
_SECONDS = 60
_BYTES = 256 << 20
_RESERVED = 2 << 30  # what V8 takes of the process's bound at once
_MESSAGE = re.compile(r"\n\n(.*?)(?:\n    at |\n*$)", re.DOTALL)


@lru_cache(maxsize=8)
def _context(program: str) -> "MiniRacer":
    """V8 with the program loaded; imported here, as most queries need none of its memory."""
    from py_mini_racer import MiniRacer

    if not _has_room():
        raise ValueError("UDF out of memory")
    start_v8()
    context = MiniRacer()
    context.set_hard_memory_limit(_BYTES)
    context.eval(program, timeout_sec=_SECONDS)
    return context


def _has_room() -> bool:
    """Whether V8 finds its memory below the bound of this process: V8 ends the process where it does not."""
    bound, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if bound == resource.RLIM_INFINITY or not sys.platform.startswith("linux"):
        return True
    needed = 2 * _BYTES if start_v8.cache_info().currsize else _RESERVED
    if _taken() + needed >= bound:
        _context.cache_clear()
        gc.collect()
    return _taken() + needed < bound


def _taken() -> int:
    """What of that bound is used."""
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    return pages * resource.getpagesize()


def _call(program: str, rows: list[str]) -> list[str | None]:
    """The program's function `batch` over rows, each a JSON array of arguments; ValueError in JavaScript's words."""
    from py_mini_racer import JSEvalException, JSOOMException, JSTimeoutException

    try:
        with _LOCK:
            context = _context(program)
        found = context.eval(f"batch([{','.join(rows)}])", timeout_sec=_SECONDS)
    except JSTimeoutException:
        _context.cache_clear()
        raise ValueError(f"UDF timed out: it ran longer than {_SECONDS} seconds") from None
    except JSOOMException:
        _context.cache_clear()
        raise ValueError("UDF out of memory") from None
    except JSEvalException as error:
        told = _MESSAGE.search(str(error))
        raise ValueError(told.group(1) if told else str(error)) from None
    answers: list[str | None] = json.loads(str(found))
    return answers


def javascript(programs: Any, arguments: Any) -> Any:
    """Arrow arrays of the program and of each row's arguments -> each row's result as JSON, NULL for null."""
    program, rows = programs[0].as_py(), arguments.to_pylist()
    return pa.array(_call(program, rows), pa.string())
