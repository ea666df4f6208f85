"""A topic's messages on disk, in the order of publishing: append, read by offset, forget the oldest.

Offsets count from 0 and are never used again, also after a restart with everything removed: the newest segment's
name keeps the count.
"""

import bisect
import shutil
from collections.abc import Sequence
from pathlib import Path

from emulators.pubsub.state.errors import DamagedState
from emulators.pubsub.state.segment import Segment

SEGMENT_BYTES = 16 * 1024 * 1024


class TopicLog:
    """The segments of one topic, in a folder that appears with the first message."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._segments = [Segment(path) for path in sorted(folder.glob("*.log"))]
        for before, after in zip(self._segments, self._segments[1:], strict=False):
            if before.end_offset != after.first_offset:
                raise DamagedState(
                    f"{before.path}: holds messages up to {before.end_offset - 1}, but the next segment starts at"
                    f" {after.first_offset}; messages were damaged on disk; reset the state"
                )

            if after.end_offset == after.first_offset:
                after.last_time_us = before.last_time_us

    @property
    def next_offset(self) -> int:
        """The offset that the next message gets."""
        return self._segments[-1].end_offset if self._segments else 0

    @property
    def first_offset(self) -> int:
        """The oldest offset that can be read; next_offset when there is none."""
        return self._segments[0].first_offset if self._segments else 0

    def append(self, bodies: Sequence[bytes], now_us: int) -> None:
        """Appends messages, all or none. They are durable against a kill of the process when this returns.

        Raises:
            OSError: the disk is full or broken; nothing was appended.
        """
        self._writable().append(bodies, now_us)

    def publish_time(self, now_us: int) -> int:
        """The time to publish at: now, but never before the last message, whatever the clock does."""
        return max(now_us, self._segments[-1].last_time_us) if self._segments else now_us

    def _writable(self) -> Segment:
        if self._segments and self._segments[-1].size < self._segment_bytes:
            return self._segments[-1]
        first_offset = self.next_offset
        self._folder.mkdir(parents=True, exist_ok=True)
        segment = Segment(self._folder / f"{first_offset:020d}.log")
        if self._segments:
            segment.last_time_us = self._segments[-1].last_time_us
            self._segments[-1].seal()
        self._segments.append(segment)
        return segment

    def read_run(self, offset: int, count: int, max_bytes: int = 1 << 20) -> list[tuple[int, bytes]]:
        """(publish time in microseconds, body) of consecutive messages from first_offset <= offset < next_offset.

        At least one, at most count, and about max_bytes; it may end early at a segment's end.
        """
        index = bisect.bisect_right(self._segments, offset, key=lambda segment: segment.first_offset) - 1
        return self._segments[index].read_run(offset, count, max_bytes)

    def offset_at(self, time_us: int) -> int:
        """The first offset that was published at the time or later; next_offset if there is none."""
        for segment in self._segments:
            if segment.last_time_us >= time_us and segment.end_offset > segment.first_offset:
                return segment.offset_at(time_us)
        return self.next_offset

    def drop_before(self, offset: int) -> None:
        """Removes the segments that hold only messages before the offset; the newest segment always stays."""
        while len(self._segments) > 1 and self._segments[0].end_offset <= offset:
            self._segments.pop(0).remove()

    def close(self) -> None:
        for segment in self._segments:
            segment.close()
        self._segments = []

    def remove(self) -> None:
        """Closes the log and deletes all of it."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)
