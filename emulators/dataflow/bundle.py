"""A bundle: messages of one subscription that are processed together, and its file.

A bundle is on disk before it is processed, so that after a kill the same messages are processed together again.
"""

import hashlib
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.pubsub_v1.types import PullResponse

_LENGTH = struct.Struct(">I")
_SUFFIX = ".bundle"
Pulled = type(PullResponse.pb(PullResponse()))  # the plain protobuf class: ten times faster than its wrapper


@dataclass(frozen=True)
class Bundle:
    """`pulled` holds ReceivedMessages; `duplicates` are ack ids of messages that came once more."""

    subscription: str
    pulled: Any
    duplicates: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many messages."""
        return len(self.pulled.received_messages)

    @property
    def identities(self) -> list[str]:
        """What the messages are known by once they are processed."""
        return [f"{self.subscription}\t{received.message.message_id}" for received in self.pulled.received_messages]

    @property
    def ack_ids(self) -> list[str]:
        """What is acknowledged when the bundle is committed."""
        return [*(received.ack_id for received in self.pulled.received_messages), *self.duplicates]


class Spool:
    """The files of the bundles that are not committed: one a subscription at most."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory

    def write(self, bundle: Bundle) -> None:
        """Makes the bundle durable: afterwards it is there whole, before it is not there."""
        path, name = self._path(bundle.subscription), bundle.subscription.encode()
        draft = path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(_LENGTH.pack(len(name)) + name + bundle.pulled.SerializeToString())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def read(self) -> list[Bundle]:
        """The bundles that were not committed."""
        return [self._read(path) for path in sorted(self._directory.glob(f"*{_SUFFIX}"))]

    def remove(self, bundle: Bundle) -> None:
        """Forgets a bundle."""
        self._path(bundle.subscription).unlink(missing_ok=True)

    def _path(self, subscription: str) -> Path:
        return self._directory / (hashlib.sha256(subscription.encode()).hexdigest()[:16] + _SUFFIX)

    def _read(self, path: Path) -> Bundle:
        data = path.read_bytes()
        start = _LENGTH.size + _LENGTH.unpack_from(data)[0]
        return Bundle(data[_LENGTH.size : start].decode(), Pulled.FromString(data[start:]))
