"""HLL_COUNT: HyperLogLog++ sketches, byte for byte as BigQuery writes them (ZetaSketch's published format, version 2).

A sketch is a protocol buffer: kind, number of values, type, precision, and either the sorted differences of its sparse
values or, once those are larger, one byte a bucket. Estimates of sparse sketches are the service's; those of dense ones
come from Ertl's estimator instead of its bias tables, and differ from the service's within the sketch's own error.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from emulators.bigquery.sql.functions.fingerprint2011 import fingerprint

_RHO_BITS = 6
_SPARSE_MORE = 5  # bits that a sparse index has more than a dense one
_SPARSE_SHARE = 0.75  # of the bytes of the dense form, beyond which a sketch is dense
_UNSIGNED, _TEXT = 8, 11  # value types
_BYTES_FIELDS = {112, 5, 6}


@dataclass
class Sketch:
    """Buckets by precision: `sparse` holds encoded values, or `dense` one count of leading zeros a bucket."""

    precision: int
    kind: int
    values: int = 0
    sparse: set[int] = field(default_factory=set)
    dense: bytearray | None = None

    @property
    def sparse_precision(self) -> int:
        return self.precision + _SPARSE_MORE

    @property
    def _flag(self) -> int:
        return 1 << max(self.sparse_precision, self.precision + _RHO_BITS)

    def add(self, number: int) -> None:
        """Add a 64-bit hash."""
        index = number >> (64 - self.sparse_precision)
        rho = _leading(number, 64 - self.sparse_precision)
        if index & ((1 << _SPARSE_MORE) - 1):
            self.sparse.add(index)
        else:
            self.sparse.add(self._flag | index >> _SPARSE_MORE << _RHO_BITS | rho)

    def settle(self) -> None:
        """Keep the highest of the values of one bucket; become dense when that is smaller."""
        best: dict[int, int] = {}
        for value in self.sparse:
            key = (value & ~((1 << _RHO_BITS) - 1)) if value & self._flag else value
            best[key] = max(best.get(key, 0), value)
        self.sparse = set(best.values())
        if self.dense is None and len(_differences(self.sparse)) >= _SPARSE_SHARE * (1 << self.precision):
            self.dense = bytearray(1 << self.precision)
        if self.dense is not None:
            for value in self.sparse:
                index, rho = self._bucket(value)
                self.dense[index] = max(self.dense[index], rho)
            self.sparse = set()

    def _bucket(self, value: int) -> tuple[int, int]:
        """A sparse value's index and count of leading zeros at the dense precision."""
        if value & self._flag:
            return (value ^ self._flag) >> _RHO_BITS, (value & ((1 << _RHO_BITS) - 1)) + _SPARSE_MORE
        return value >> _SPARSE_MORE, _leading(value, _SPARSE_MORE)

    def merge(self, other: "Sketch") -> None:
        """Take over another sketch of the same precision and type."""
        if (self.precision, self.kind) != (other.precision, other.kind):
            raise ValueError("HLL_COUNT.MERGE: the sketches have different types or precisions")
        self.values += other.values
        self.sparse |= other.sparse
        if other.dense is not None:
            mine = self.dense or bytes(1 << self.precision)
            self.dense = bytearray(map(max, mine, other.dense))
        self.settle()

    def estimate(self) -> int:
        """The number of different values."""
        if self.dense is None:
            buckets = 1 << self.sparse_precision
            return round(buckets * math.log(buckets / (buckets - len(self.sparse))))
        return _ertl(self.dense, 64 - self.precision)

    def encode(self) -> bytes:
        """The sketch's bytes."""
        state = _number(3, self.precision) + _number(4, self.sparse_precision)
        if self.dense is None:
            state = _number(2, len(self.sparse)) + state + _bytes(6, _differences(self.sparse))
        else:
            state += _bytes(5, bytes(self.dense))
        head = _number(1, 112) + _number(2, self.values) + _number(3, 2) + _number(4, self.kind)
        return head + _bytes(112, state)


def _leading(number: int, bits: int) -> int:
    """Leading zeros of the lowest bits, plus one."""
    return bits - (number & ((1 << bits) - 1)).bit_length() + 1


def _ertl(buckets: Iterable[int], most: int) -> int:
    """The improved raw estimator (Ertl 2017), which needs no tables."""
    counts = [0] * (most + 2)
    for rho in buckets:
        counts[rho] += 1
    m = sum(counts)
    z = m * _tau(1 - counts[most + 1] / m)
    for count in reversed(counts[1 : most + 1]):
        z = 0.5 * (z + count)
    z += m * _sigma(counts[0] / m)
    return round(m * m / (2 * math.log(2) * z))


def _sigma(x: float) -> float:
    if x == 1:
        return math.inf
    y, z, before = 1.0, x, -1.0
    while z != before:
        x, before = x * x, z
        z, y = z + x * y, y + y
    return z


def _tau(x: float) -> float:
    if x in (0, 1):
        return 0.0
    y, z, before = 1.0, 1 - x, -1.0
    while z != before:
        x, before, y = math.sqrt(x), z, y * 0.5
        z -= (1 - x) ** 2 * y
    return z / 3


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _bytes(tag: int, value: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(value)) + value


def _differences(values: Iterable[int]) -> bytes:
    found, last = bytearray(), 0
    for value in sorted(values):
        found += _varint(value - last)
        last = value
    return bytes(found)


def _varints(data: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in data:
        number |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            yield number
            number = shift = 0
    if shift:
        raise ValueError("it ends inside of a number")


def _fields(data: bytes) -> dict[int, Any]:
    """A message's fields by tag: numbers and bytes."""
    found: dict[int, Any] = {}
    at = 0

    def number() -> int:
        nonlocal at
        end = at
        while data[end] & 128:
            end += 1
        value = next(_varints(data[at : end + 1]))
        at = end + 1
        return value

    while at < len(data):
        key = number()
        if key & 7 == 0:
            found[key >> 3] = number()
        elif key & 7 == 2 and key >> 3 in _BYTES_FIELDS:
            size = number()
            found[key >> 3], at = data[at : at + size], at + size
        else:
            raise ValueError(f"unknown field {key >> 3}")
    return found


def decode(data: bytes) -> Sketch:
    """A sketch from its bytes; ValueError when they are none."""
    try:
        head = _fields(data)
        state = _fields(head[112])
        sketch = Sketch(state[3], head[4], head[2])
        if head[1] != 112 or head[3] != 2 or state[4] != sketch.sparse_precision:
            raise ValueError("it has another version or precision")
        last = 0
        for step in _varints(state.get(6, b"")):
            last += step
            sketch.sparse.add(last)
        if 5 in state:
            sketch.dense = bytearray(state[5])
    except (IndexError, KeyError, ValueError) as error:
        raise ValueError(f"Invalid HLL++ sketch: {error}") from error
    return sketch


def _init(values: list[Any], precision: int, kind: int, encoded: Callable[[Any], bytes]) -> bytes | None:
    if not 10 <= precision <= 24:
        raise ValueError(f"HLL_COUNT.INIT precision must be between 10 and 24, but was {precision}")
    present = [value for value in values if value is not None]
    if not present:
        return None
    sketch = Sketch(precision, kind, len(present))
    for value in set(present):
        sketch.add(fingerprint(encoded(value)))
    sketch.settle()
    return sketch.encode()


def hll_init_numbers(values: list[int] | None, precision: int) -> bytes | None:
    return _init(values or [], precision, _UNSIGNED, lambda value: (value % 2**64).to_bytes(8, "little"))


def hll_init_texts(values: list[str] | None, precision: int) -> bytes | None:
    return _init(values or [], precision, _TEXT, str.encode)


def hll_init_bytes(values: list[bytes] | None, precision: int) -> bytes | None:
    return _init(values or [], precision, _TEXT, bytes)


def hll_merge_partial(sketches: list[bytes] | None) -> bytes | None:
    found = [decode(one) for one in sketches or () if one is not None]
    if not found:
        return None
    first = found[0]
    for other in found[1:]:
        first.merge(other)
    return first.encode()


def hll_extract(sketch: bytes | None) -> int:
    return 0 if sketch is None else decode(sketch).estimate()


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (hll_init_numbers, ("BIGINT[]", "BIGINT"), "BLOB"),
    (hll_init_texts, ("VARCHAR[]", "BIGINT"), "BLOB"),
    (hll_init_bytes, ("BLOB[]", "BIGINT"), "BLOB"),
    (hll_merge_partial, ("BLOB[]",), "BLOB"),
    (hll_extract, ("BLOB",), "BIGINT"),
)
SEES_NULL = tuple(function.__name__ for function, *_ in FUNCTIONS)
