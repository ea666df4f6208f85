"""Users' functions that transform messages, in V8: one context for each function, which is loaded when it is needed."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from emulators.v8 import start_v8

if TYPE_CHECKING:
    from py_mini_racer import MiniRacer

_NAME = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
_SECONDS = 5
_BYTES = 64 << 20
_WORKER = ThreadPoolExecutor(1, thread_name_prefix="javascript")
_TOLD = re.compile(r"\n\n(.*?)(?:\n    at |\n*$)", re.DOTALL)


class JavaScriptError(ValueError):
    """The code does not load, has no such function, or the function failed; the text is JavaScript's."""


def check_function(code: str, name: str) -> None:
    """Raises JavaScriptError unless the code loads and has a function of this name."""
    if not _NAME.fullmatch(name):
        raise JavaScriptError(f"{name!r} is not the name of a function")
    if _evaluate(code, f"typeof {name}") != "function":
        raise JavaScriptError(f"the code has no function {name!r}")


def call_function(code: str, name: str, *arguments: Any) -> Any:
    """What the function returns, as JSON has it. Raises JavaScriptError."""
    written = ", ".join(json.dumps(argument) for argument in arguments)
    found = _evaluate(code, f"JSON.stringify({name}({written}))")
    if not isinstance(found, str):
        raise JavaScriptError(f"the function {name!r} returned no object and no null")
    return json.loads(found)


@lru_cache(maxsize=32)
def _context(code: str) -> "MiniRacer":
    from py_mini_racer import MiniRacer

    start_v8()
    context = MiniRacer()
    context.set_hard_memory_limit(_BYTES)
    context.eval(code, timeout_sec=_SECONDS)
    return context


def _evaluate(code: str, expression: str) -> object:
    """In a thread of its own: where an event loop runs, V8's answers would wait for that loop, and it for them."""
    return _WORKER.submit(_evaluated, code, expression).result()


def _evaluated(code: str, expression: str) -> object:
    from py_mini_racer import JSEvalException, JSOOMException, JSTimeoutException

    try:
        return _context(code).eval(expression, timeout_sec=_SECONDS)
    except (JSTimeoutException, JSOOMException) as error:
        _context.cache_clear()  # such a context cannot be used again
        what = "took too long" if isinstance(error, JSTimeoutException) else "took too much memory"
        raise JavaScriptError(f"the function {what}") from error
    except JSEvalException as error:
        told = _TOLD.search(str(error))
        raise JavaScriptError(told.group(1) if told else str(error)) from error
