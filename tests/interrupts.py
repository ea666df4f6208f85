"""Whether a command that a test starts obeys Ctrl-C, whatever the test itself was started with.

By a program in between and not by a preexec_fn: that runs in a fork of the test's process, in which the threads of a
gRPC channel are gone, and gRPC aborts.
"""

import sys

_SET = "import os, signal, sys; signal.signal(signal.SIGINT, signal.{}); os.execvp(sys.argv[1], sys.argv[1:])"


def obeying(command: list[str]) -> list[str]:
    return [sys.executable, "-c", _SET.format("SIG_DFL"), *command]


def ignoring(command: list[str]) -> list[str]:
    """As a shell starts what is in the background."""
    return [sys.executable, "-c", _SET.format("SIG_IGN"), *command]
