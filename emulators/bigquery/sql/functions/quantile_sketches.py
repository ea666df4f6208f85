"""KLL_QUANTILES' sketches: values with weights, in order. The service's own bytes are not published, so these are ours.

A sketch keeps each distinct value while there are few; of more, those at evenly spaced ranks, so that a rank is wrong
by less than 1 / precision of the values, as the service promises.
"""

import math
import struct
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

_MAGIC = b"KLQ1"
_HEAD = struct.Struct("<4scIQ")  # the mark, the type, the precision, how many values follow
_KEPT = 8  # values for each unit of precision: what is lost when sketches of sketches are merged is an eighth each time
_MOST_PRECISE, _MOST_QUANTILES, _HEAVIEST = 100_000, 100_000, 2_147_483_647


@dataclass
class Sketch:
    """kind: q (INT64) or d (FLOAT64), as struct names them; weights by value."""

    kind: str
    precision: int
    weights: dict[Any, int]

    def settled(self) -> "Sketch":
        """In order, and no larger than the precision asks for."""
        ordered, most = sorted(self.weights.items()), _KEPT * self.precision
        if len(ordered) > most:
            ordered = _thinned(ordered, most)
        return Sketch(self.kind, self.precision, dict(ordered))

    def encode(self) -> bytes:
        count = len(self.weights)
        head = _HEAD.pack(_MAGIC, self.kind.encode(), self.precision, count)
        return head + struct.pack(f"<{count}{self.kind}{count}Q", *self.weights, *self.weights.values())

    def at(self, phis: Iterable[float]) -> list[Any]:
        """The values at shares of the ranks, which ascend: 0 is the least, 1 the greatest."""
        total, reached, found = sum(self.weights.values()), 0, []
        ranked = iter(self.weights.items())
        value = None
        for phi in phis:
            while reached < max(1, math.ceil(phi * total)):
                value, weight = next(ranked)
                reached += weight
            found.append(value)
        return found


def _thinned(ordered: list[tuple[Any, int]], most: int) -> list[tuple[Any, int]]:
    """The least, the greatest, and between them values at evenly spaced ranks, which stand for all of their part."""
    least, *between, greatest = ordered
    total, parts = sum(weight for _, weight in between), most - 2
    kept, reached, done = [], 0, 0
    for value, weight in between:
        reached += weight
        now = (reached * parts + total // 2) // total
        if now > done:
            kept.append((value, now * total // parts - done * total // parts))
            done = now
    return [least, *kept, greatest]


def decode(data: bytes, kind: str | None = None) -> Sketch:
    """A sketch from its bytes; ValueError when they are none, or one of another type."""
    if not data.startswith(_MAGIC):
        raise ValueError("Invalid KLL sketch: this emulator reads its own sketches alone")
    try:
        _, own, precision, count = _HEAD.unpack_from(data)
        own = own.decode()
        numbers = struct.unpack_from(f"<{count}{own}{count}Q", data, _HEAD.size)
    except (struct.error, UnicodeDecodeError) as error:
        raise ValueError("Invalid KLL sketch") from error
    if own not in "qd":
        raise ValueError("Invalid KLL sketch")
    if kind not in (None, own):
        raise ValueError(f"Invalid KLL sketch: it was initialized with {'INT64' if own == 'q' else 'FLOAT64'}")
    return Sketch(own, precision, dict(zip(numbers[:count], numbers[count:], strict=True)))


def _init(values: Iterable[tuple[Any, int]], precision: int, kind: str, name: str) -> bytes | None:
    """values: each with its weight."""
    if not 1 <= precision <= _MOST_PRECISE:
        raise ValueError(f"{name} precision must be between 1 and {_MOST_PRECISE}, but was {precision}")
    weights: Counter[Any] = Counter()
    for value, weight in values:
        if weight is None or not 1 <= weight <= _HEAVIEST:
            raise ValueError(f"{name} weight must be between 1 and {_HEAVIEST}, but was {weight}")
        if value != value:
            raise ValueError(f"NaN in {name} is not supported by this emulator")
        weights[value] += weight
    return Sketch(kind, precision, weights).settled().encode() if weights else None


def _alike(values: list[Any] | None) -> Iterable[tuple[Any, int]]:
    return Counter(value for value in values or () if value is not None).items()


def _weighted(values: list[dict[str, Any]] | None) -> Iterable[tuple[Any, int]]:
    return ((one["v"], one["w"]) for one in values or () if one["v"] is not None)


def kll_init_integers(values: list[int] | None, precision: int) -> bytes | None:
    return _init(_alike(values), precision, "q", "KLL_QUANTILES.INIT_INT64")


def kll_init_floats(values: list[float] | None, precision: int) -> bytes | None:
    return _init(_alike(values), precision, "d", "KLL_QUANTILES.INIT_FLOAT64")


def kll_init_weighted_integers(values: list[dict[str, Any]] | None, precision: int) -> bytes | None:
    return _init(_weighted(values), precision, "q", "KLL_QUANTILES.INIT_INT64")


def kll_init_weighted_floats(values: list[dict[str, Any]] | None, precision: int) -> bytes | None:
    return _init(_weighted(values), precision, "d", "KLL_QUANTILES.INIT_FLOAT64")


def kll_merge(sketches: list[bytes] | None) -> bytes | None:
    """One of all, with the least of their precisions."""
    found = [decode(one) for one in sketches or () if one is not None]
    if not found:
        return None
    if len({one.kind for one in found}) > 1:
        raise ValueError("KLL sketches of different types cannot be merged")
    weights: Counter[Any] = Counter()
    for one in found:
        weights.update(one.weights)
    return Sketch(found[0].kind, min(one.precision for one in found), weights).settled().encode()


def _quantiles(sketch: bytes | None, count: int | None, kind: str) -> list[Any] | None:
    if sketch is None or count is None:
        return None
    if not 1 <= count <= _MOST_QUANTILES:
        raise ValueError(f"The number of quantiles must be between 1 and {_MOST_QUANTILES}, but was {count}")
    return decode(sketch, kind).at(i / count for i in range(count + 1))


def _quantile(sketch: bytes | None, phi: float | None, kind: str) -> Any:
    if sketch is None or phi is None:
        return None
    if not 0 <= phi <= 1:
        raise ValueError(f"phi must be between 0 and 1, but was {phi}")
    return decode(sketch, kind).at([phi])[0]


def kll_integers(sketch: bytes | None, count: int | None) -> list[int] | None:
    return _quantiles(sketch, count, "q")


def kll_floats(sketch: bytes | None, count: int | None) -> list[float] | None:
    return _quantiles(sketch, count, "d")


def kll_integer(sketch: bytes | None, phi: float | None) -> int | None:
    found: int | None = _quantile(sketch, phi, "q")
    return found


def kll_float(sketch: bytes | None, phi: float | None) -> float | None:
    found: float | None = _quantile(sketch, phi, "d")
    return found


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (kll_init_integers, ("BIGINT[]", "BIGINT"), "BLOB"),
    (kll_init_floats, ("DOUBLE[]", "BIGINT"), "BLOB"),
    (kll_init_weighted_integers, ("STRUCT(v BIGINT, w BIGINT)[]", "BIGINT"), "BLOB"),
    (kll_init_weighted_floats, ("STRUCT(v DOUBLE, w BIGINT)[]", "BIGINT"), "BLOB"),
    (kll_merge, ("BLOB[]",), "BLOB"),
    (kll_integers, ("BLOB", "BIGINT"), "BIGINT[]"),
    (kll_floats, ("BLOB", "BIGINT"), "DOUBLE[]"),
    (kll_integer, ("BLOB", "DOUBLE"), "BIGINT"),
    (kll_float, ("BLOB", "DOUBLE"), "DOUBLE"),
)
SEES_NULL = tuple(function.__name__ for function, *_ in FUNCTIONS)
