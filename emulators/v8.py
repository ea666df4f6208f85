"""Starts V8, which the emulators run users' JavaScript in, once for the whole process."""

import platform
from functools import cache


@cache
def start_v8() -> None:
    """To be called before the first MiniRacer is made."""
    from py_mini_racer import DEFAULT_V8_FLAGS, init_mini_racer

    # On x86-64 only threads younger than V8 may touch its memory by default; an emulator has older ones.
    keys = ("--no-memory-protection-keys",) if platform.machine() in ("x86_64", "AMD64") else ()
    init_mini_racer(flags=(*DEFAULT_V8_FLAGS, *keys), ignore_duplicate_init=True)
