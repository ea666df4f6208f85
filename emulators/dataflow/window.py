"""The ids of the messages processed last, on disk: Pub/Sub delivers at least once, Dataflow processes once."""

import errno
import os
from collections import deque
from collections.abc import Iterable
from pathlib import Path

_REMEMBERED = 200_000  # ids; a redelivery comes within an acknowledgement deadline, so some bundles would do


class Window:
    """A set of the newest ids. Not for several threads."""

    def __init__(self, directory: Path, remembered: int = _REMEMBERED) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path, self._remembered = directory / "processed", remembered
        self._order: deque[str] = deque()
        self._ids: set[str] = set()
        self._lines = 0
        self._load()

    def __contains__(self, identity: str) -> bool:
        return identity in self._ids

    def add(self, identities: Iterable[str]) -> None:
        """Remembers ids, on disk first."""
        new = list(identities)
        data = "".join(identity + "\n" for identity in new).encode()
        with self._path.open("ab", buffering=0) as file:
            whole = file.tell()
            try:
                if file.write(data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
            except OSError:
                file.truncate(whole)  # half a line would run into the next one
                raise
        self._remember(new)
        if self._lines > 3 * self._remembered:
            self._rewrite()

    def _remember(self, identities: Iterable[str]) -> None:
        for identity in identities:
            self._lines += 1
            if identity not in self._ids:
                self._ids.add(identity)
                self._order.append(identity)
        while len(self._order) > self._remembered:
            self._ids.discard(self._order.popleft())

    def _load(self) -> None:
        if not self._path.exists():
            return
        data = self._path.read_bytes()
        whole = data.rfind(b"\n") + 1  # a kill may have cut the last line; its bundle is still in the spool
        self._remember(data[:whole].decode().splitlines())
        self._rewrite()

    def _rewrite(self) -> None:
        draft = self._path.with_suffix(".draft")
        draft.write_bytes("".join(identity + "\n" for identity in self._order).encode())
        draft.replace(self._path)
        self._lines = len(self._order)
