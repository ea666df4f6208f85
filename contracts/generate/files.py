"""Generated files: a header that says from what they were made, and the knowledge whether somebody has edited them."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["missing", "current", "outdated", "edited", "foreign"]
_HEADER = re.compile(r"(--|#) Made from \S+ by `[^`]+`.*checksum (?P<sum>[0-9a-f]{12})\n")


@dataclass(frozen=True)
class Generated:
    """A file to be written: where, from what, by which command, and its text without header."""

    path: Path
    origin: str
    command: str
    body: str
    editable: bool

    @property
    def text(self) -> str:
        """The whole file. The checksum covers the body, so that an edit shows."""
        mark = "--" if self.path.suffix == ".sql" else "#"
        advice = "Yours to edit: an edited file is kept." if self.editable else "Do not edit: change the contract."
        origin = f"{mark} Made from {self.origin} by `{self.command}`."
        return f"{origin} {advice} checksum {_checksum(self.body)}\n{self.body}"

    def state(self) -> State:
        """How the file on disk stands to what would be written."""
        if not self.path.exists():
            return "missing"
        found = self.path.read_text(encoding="utf-8")
        if found == self.text:
            return "current"
        header = _HEADER.match(found)
        if header is None:
            return "foreign"
        return "outdated" if header["sum"] == _checksum(found[header.end() :]) else "edited"

    def write(self) -> None:
        """Writes the file and the folders above it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.text, encoding="utf-8")


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:12]
