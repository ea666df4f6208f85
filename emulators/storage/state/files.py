"""Object bytes on disk: received beside, then given their place whole, so a half-written object is never visible.

`incoming/` holds what is being uploaded, `content/` what a row of the database names. A file of `content/` without a
row is the trace of a process that was killed between the two steps; `sweep` removes it at the next start.
"""

import base64
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import google_crc32c

from emulators.storage.state.model import Content

BLOCK = 1 << 20
SMALL = 256 * 1024
"""Bytes up to which an upload is held in memory until it is whole."""


class Digest:
    """MD5 and CRC32C of the bytes that were fed to it, in base64, as the API writes them."""

    def __init__(self) -> None:
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32c = 0

    def update(self, data: bytes) -> None:
        self.size += len(data)
        self._md5.update(data)
        self._crc32c = google_crc32c.extend(self._crc32c, data)

    @property
    def md5(self) -> str:
        return base64.b64encode(self._md5.digest()).decode()

    @property
    def crc32c(self) -> str:
        return base64.b64encode(self._crc32c.to_bytes(4, "big")).decode()


class Incoming:
    """Bytes that are being received; `finish` gives the content, `discard` forgets it.

    Args:
        path: where they are kept once they are more than SMALL.
        durable: keep them there from the first byte on, so that they survive a kill, and go on with what is there.
    """

    def __init__(self, path: Path, durable: bool) -> None:
        self.path = path
        self.digest = Digest()
        self._held = bytearray()
        self._file: FileIO | None = None
        if durable:
            for block in blocks(path) if path.exists() else ():
                self.digest.update(block)
            self._open()

    def write(self, data: bytes) -> None:
        self.digest.update(data)
        if self._file is None:
            self._held += data
            if len(self._held) > SMALL:
                self._open()
        else:
            _write_all(self._file, data)

    @property
    def size(self) -> int:
        return self.digest.size

    def finish(self) -> Content:
        self.close()
        data = bytes(self._held) if self._file is None else None
        return Content(data, str(self.path), self.size, self.digest.md5, self.digest.crc32c)

    def close(self) -> None:
        if self._file:
            self._file.close()

    def discard(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)

    def _open(self) -> None:
        # Unbuffered: what write() returned from is in the kernel and survives a kill.
        self._file = FileIO(self.path, "ab")
        _write_all(self._file, self._held)
        self._held.clear()


class Files:
    """The two folders under the state directory."""

    def __init__(self, root: Path) -> None:
        self._incoming = root / "incoming"
        self._content = root / "content"
        for folder in (self._incoming, self._content):
            folder.mkdir(parents=True, exist_ok=True)

    def receive(self, upload: str | None = None) -> Incoming:
        """Open a file to receive into; the same `upload` continues where it stopped."""
        return Incoming(self.incoming_path(upload or uuid.uuid4().hex), durable=upload is not None)

    def incoming_path(self, upload: str) -> Path:
        return self._incoming / upload

    def publish(self, content: Content, generation: int) -> None:
        """Give received bytes their place. A generation is used once, so nothing is overwritten."""
        if content.data is None:
            _link_or_copy(Path(content.path), self.path(generation))
            return
        # Nobody looks for the file before its row is committed.
        with FileIO(self.path(generation), "xb") as file:
            _write_all(file, content.data)

    def forget(self, content: Content) -> None:
        """Remove the name under which bytes were received."""
        if content.data is None:
            Path(content.path).unlink(missing_ok=True)

    def link(self, generation: int) -> str:
        """A second name in incoming/ for a generation's bytes: a copy that costs nothing, as files never change."""
        target = self.incoming_path(uuid.uuid4().hex)
        _link_or_copy(self.path(generation), target)
        return str(target)

    def open(self, generation: int) -> BinaryIO:
        return self.path(generation).open("rb", buffering=0)

    def remove(self, generation: int) -> None:
        self.path(generation).unlink(missing_ok=True)

    def path(self, generation: int) -> Path:
        return self._content / str(generation)

    def sweep(self, generations: set[int], uploads: set[str]) -> None:
        """Remove what no row names: half-received files and content whose row was never committed."""
        for path in self._incoming.iterdir():
            if path.name not in uploads:
                path.unlink()
        for path in self._content.iterdir():
            if int(path.name) not in generations:
                path.unlink()


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)


def _write_all(file: FileIO, data: bytes | bytearray) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) or 0 :]


def blocks(path: Path) -> Iterator[bytes]:
    """A file's bytes in blocks of a mebibyte."""
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            yield block
