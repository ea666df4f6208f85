"""One file of a topic's log: consecutive messages, found by their offset.

The positions of the messages are kept in memory (four bytes a message), their bodies only in the file.
A full segment is sealed: its positions go to an index file, so that a restart need not read the bodies again.
"""

import sys
from array import array
from collections.abc import Sequence
from pathlib import Path

from emulators.pubsub.state.errors import DamagedState
from emulators.pubsub.state.records import HEADER, RecordFile, checksum, frame, replace_file, scan


class Segment:
    """Messages first_offset .. end_offset - 1, in `{first_offset:020d}.log`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.first_offset = int(path.stem)
        self.first_time_us = 0
        self.last_time_us = 0
        self._file = RecordFile(path)
        self._positions = array("I")
        if not self._load_index():
            for position, time_us, _ in self._file.records():
                self._add(position, time_us)

    @property
    def end_offset(self) -> int:
        return self.first_offset + len(self._positions)

    @property
    def size(self) -> int:
        return self._file.size

    def _add(self, position: int, time_us: int) -> None:
        if not self._positions:
            self.first_time_us = time_us
        self._positions.append(position)
        self.last_time_us = time_us

    def append(self, bodies: Sequence[bytes], time_us: int) -> None:
        """Appends messages that were published at one time, all or none of them."""
        records = [frame(body, time_us) for body in bodies]
        position = self._file.size
        self._file.append(b"".join(records))
        for record in records:
            self._add(position, time_us)
            position += len(record)

    def read_run(self, offset: int, count: int, max_bytes: int) -> list[tuple[int, bytes]]:
        """(publish time, body) of consecutive messages from an offset: at least one, then while both limits hold.

        Raises:
            DamagedState: a record's checksum does not fit.
        """
        index = offset - self.first_offset
        start = self._positions[index]
        last = min(index + count, len(self._positions))
        while last > index + 1 and self._position(last) - start > max_bytes:
            last = index + max(1, (last - index) // 2)
        block = self._file.read(start, self._position(last) - start)
        run = []
        for here in range(index, last):
            begin, end = self._positions[here] - start, self._position(here + 1) - start
            _, crc, time_us = HEADER.unpack_from(block, begin)
            body = block[begin + HEADER.size : end]
            if checksum(body, time_us) != crc:
                raise DamagedState(
                    f"{self.path}: message {self.first_offset + here} is damaged on disk; reset the state"
                )
            run.append((time_us, body))
        return run

    def _position(self, index: int) -> int:
        return self._positions[index] if index < len(self._positions) else self._file.size

    def offset_at(self, time_us: int) -> int:
        """The first offset that was published at the time or later; end_offset if there is none."""
        low, high = 0, len(self._positions)
        while low < high:
            middle = (low + high) // 2
            if self._time_at(middle) < time_us:
                low = middle + 1
            else:
                high = middle
        return self.first_offset + low

    def _time_at(self, index: int) -> int:
        header = self._file.read(self._positions[index], HEADER.size)
        return int(HEADER.unpack(header)[2])

    def seal(self) -> None:
        """Writes the index file; nothing is appended afterwards."""
        positions = array("I", self._positions)
        if sys.byteorder == "big":
            positions.byteswap()
        times = self.first_time_us.to_bytes(8, "little") + self.last_time_us.to_bytes(8, "little")
        sizes = self._file.size.to_bytes(8, "little")
        replace_file(self.path.with_suffix(".index"), frame(times + sizes + positions.tobytes()))

    def _load_index(self) -> bool:
        path = self.path.with_suffix(".index")
        payload = next((p for _, _, p in scan(path.read_bytes())), b"") if path.exists() else b""
        if len(payload) < 24 or int.from_bytes(payload[16:24], "little") != self._file.size:
            return False
        self.first_time_us = int.from_bytes(payload[:8], "little")
        self.last_time_us = int.from_bytes(payload[8:16], "little")
        self._positions.frombytes(payload[24:])
        if sys.byteorder == "big":
            self._positions.byteswap()
        return True

    def close(self) -> None:
        self._file.close()

    def remove(self) -> None:
        """Deletes the segment's files."""
        self.close()
        self.path.with_suffix(".index").unlink(missing_ok=True)
        self.path.unlink()
