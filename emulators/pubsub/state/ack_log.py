"""A subscription's acknowledgements on disk: a checkpoint of the whole set, then what was added since.

An acknowledgement that was committed here is not delivered again after kill -9.
"""

import struct
from array import array
from collections.abc import Iterable
from pathlib import Path

from emulators.pubsub.state.ack_set import AckSet
from emulators.pubsub.state.errors import DamagedState
from emulators.pubsub.state.records import RecordFile, frame, replace_file

_CHECKPOINT, _ACKED, _BELOW, _FAILED = b"C", b"A", b"B", b"F"
_HEAD = struct.Struct("<QQ")
_OFFSET = struct.Struct("<Q")
_REWRITE_BYTES = 4 * 1024 * 1024


class AckLog:
    """What a subscription is done with, durable.

    Attributes:
        acked: the set. Only this class changes it.
        start: the first offset that the subscription has any claim to (the topic's end when it was created).
        epoch: ack ids of deliveries numbered below it are void (a seek happened after them).
        failures: failed deliveries of messages that are not acknowledged, by offset, where they are counted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = RecordFile(path)
        self.failures: dict[int, int] = {}
        self.acked = AckSet()
        self.start = self.epoch = -1
        for _, _, payload in self._file.records():
            self._replay(payload[:1], payload[1:])
        if self.start < 0:
            raise DamagedState(f"{path}: has no readable checkpoint; reset the state")

    @classmethod
    def create(cls, path: Path, start: int) -> "AckLog":
        """A new subscription's log: everything before start is not its business."""
        replace_file(path, _checkpoint(start, 0, AckSet(start)))
        return cls(path)

    def _replay(self, kind: bytes, data: bytes) -> None:
        if kind == _CHECKPOINT:
            self.start, self.epoch = _HEAD.unpack_from(data)
            self.acked = AckSet.load(data[_HEAD.size :])
        elif kind == _ACKED:
            for offset in array("Q", data):
                self.acked.add(offset)
                self.failures.pop(offset, None)
        elif kind == _BELOW:
            (below,) = _OFFSET.unpack(data)
            self.acked.add_below(below)
            self.failures = {offset: count for offset, count in self.failures.items() if offset >= below}
        elif kind == _FAILED:
            (offset,) = _OFFSET.unpack(data)
            self.failures[offset] = self.failures.get(offset, 0) + 1

    def commit(self, offsets: Iterable[int]) -> None:
        """Adds offsets; durable against a kill of the process when this returns."""
        data = array("Q", offsets).tobytes()
        if data:
            self._write(_ACKED, data)

    def commit_below(self, offset: int) -> None:
        """Adds all offsets below this one."""
        if offset > self.acked.floor:
            self._write(_BELOW, _OFFSET.pack(offset))

    def count_failure(self, offset: int) -> int:
        """One more failed delivery of a message; returns how many there were."""
        self._write(_FAILED, _OFFSET.pack(offset))
        return self.failures[offset]

    def _write(self, kind: bytes, data: bytes) -> None:
        self._file.append(frame(kind + data))
        self._replay(kind, data)
        if self._file.size > _REWRITE_BYTES:
            self.replace(self.acked, self.epoch, self.failures)

    def replace(self, acked: AckSet, epoch: int, failures: dict[int, int] | None = None) -> None:
        """Makes this set the whole truth (a seek), or shortens the file when called with the present one."""
        self.failures = dict(failures or {})
        counts = [frame(_FAILED + _OFFSET.pack(o)) for o, count in self.failures.items() for _ in range(count)]
        replace_file(self._path, _checkpoint(self.start, epoch, acked) + b"".join(counts))
        self._file.close()
        self._file = RecordFile(self._path)
        self.acked, self.epoch = acked, epoch

    def close(self) -> None:
        self._file.close()

    def remove(self) -> None:
        """Deletes the file."""
        self.close()
        self._path.unlink(missing_ok=True)


def _checkpoint(start: int, epoch: int, acked: AckSet) -> bytes:
    return frame(_CHECKPOINT + _HEAD.pack(start, epoch) + acked.dump())
