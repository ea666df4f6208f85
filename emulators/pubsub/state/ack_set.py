"""Which messages a subscription is done with: all below a floor, and a bitmap of those above it.

One bit a message, so a backlog of ten million with one stuck message at its start takes about a megabyte.
"""

import struct

_CHUNK_BITS = 15
_CHUNK = 1 << _CHUNK_BITS
_HEAD = struct.Struct("<QQ")
_KEY = struct.Struct("<Q")


class AckSet:
    """A set of offsets that only grows, cheap when it grows about in order.

    Attributes:
        floor: every offset below is in the set; this one is not.
        top: no offset from here on is in the set.
    """

    def __init__(self, floor: int = 0) -> None:
        self.floor = floor
        self.top = floor
        self._chunks: dict[int, bytearray] = {}

    def __contains__(self, offset: int) -> bool:
        if offset < self.floor:
            return True
        return offset < self.top and bool(self._byte(offset) & 1 << (offset & 7))

    def add(self, offset: int) -> None:
        if offset < self.floor:
            return
        if offset == self.floor == self.top:
            self.floor = self.top = offset + 1
            return
        chunk = self._chunks.get(offset >> _CHUNK_BITS)
        if chunk is None:
            chunk = self._chunks[offset >> _CHUNK_BITS] = bytearray(_CHUNK >> 3)
        place = offset & (_CHUNK - 1)
        chunk[place >> 3] |= 1 << (place & 7)
        if offset >= self.top:
            self.top = offset + 1
        if offset == self.floor:
            self._raise_floor(offset + 1)

    def add_below(self, offset: int) -> None:
        """Adds every offset below this one."""
        if offset > self.floor:
            self._raise_floor(offset)

    def _raise_floor(self, floor: int) -> None:
        before = self.floor >> _CHUNK_BITS
        self.floor = floor
        while self._byte(self.floor) & 1 << (self.floor & 7):
            self.floor += 1
            while not self.floor & 7 and self._byte(self.floor) == 0xFF:
                self.floor += 8
        self.top = max(self.top, self.floor)
        if self.floor == self.top:
            self._chunks.clear()
        elif self.floor >> _CHUNK_BITS > before:
            for key in [key for key in self._chunks if key < self.floor >> _CHUNK_BITS]:
                del self._chunks[key]

    def _byte(self, offset: int) -> int:
        chunk = self._chunks.get(offset >> _CHUNK_BITS)
        return chunk[(offset & (_CHUNK - 1)) >> 3] if chunk is not None else 0

    def copy(self) -> "AckSet":
        return AckSet.load(self.dump())

    def dump(self) -> bytes:
        """The set as bytes, for load()."""
        parts = [_HEAD.pack(self.floor, self.top)]
        parts += [_KEY.pack(key) + chunk for key, chunk in sorted(self._chunks.items())]
        return b"".join(parts)

    @classmethod
    def load(cls, data: bytes) -> "AckSet":
        acked = cls()
        acked.floor, acked.top = _HEAD.unpack_from(data)
        step = _KEY.size + (_CHUNK >> 3)
        for start in range(_HEAD.size, len(data), step):
            (key,) = _KEY.unpack_from(data, start)
            acked._chunks[key] = bytearray(data[start + _KEY.size : start + step])
        return acked
