"""Geographies as binary (WKB), as geohashes and as S2 cells."""

import math
import struct
from typing import Any

from emulators.bigquery.sql.geography import sphere
from emulators.bigquery.sql.geography.lines import only_point
from emulators.bigquery.sql.geography.shapes import Line, Point, Shape, from_wkt, merged, point, ring, to_wkt

_KINDS = ("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION")
_BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"


def st_asbinary(wkt: str) -> bytes:
    """Well-known binary, little-endian."""
    return _binary(from_wkt(wkt))


def _binary(shape: Shape) -> bytes:
    kind = shape.kind
    head = struct.pack("<BI", 1, _KINDS.index(kind) + 1)
    if kind == "POINT":
        return head + struct.pack("<2d", *shape.points[0])
    if kind == "LINESTRING":
        return head + _chain(shape.lines[0])
    if kind == "POLYGON":
        polygon = shape.polygons[0]
        return head + struct.pack("<I", len(polygon)) + b"".join(map(_chain, polygon))
    return head + struct.pack("<I", len(shape.parts())) + b"".join(map(_binary, shape.parts()))


def _chain(line: Line) -> bytes:
    return struct.pack("<I", len(line)) + b"".join(struct.pack("<2d", *p) for p in line)


def st_geogfromwkb(content: bytes) -> str:
    """Well-known binary of either byte order, without Z and M."""
    try:
        shape, at = _read(content, 0)
    except (struct.error, IndexError) as error:
        raise ValueError("ST_GeogFromWKB failed: Invalid WKB") from error
    if at != len(content):
        raise ValueError("ST_GeogFromWKB failed: Invalid WKB: bytes after its end")
    return to_wkt(shape)


def _read(content: bytes, at: int) -> tuple[Shape, int]:
    order = "<" if content[at] == 1 else ">"

    def take(form: str) -> tuple[Any, ...]:
        nonlocal at
        found = struct.unpack_from(order + form, content, at)
        at += struct.calcsize(order + form)
        return found

    def line() -> Line:
        return tuple(point(*take("2d")) for _ in range(take("I")[0]))

    at += 1
    code = take("I")[0]
    if code == 1:
        return Shape(points=(point(*take("2d")),)), at
    if code == 2:
        return Shape(lines=(line(),)), at
    if code == 3:
        rings = [line() for _ in range(take("I")[0])]
        return Shape(polygons=(tuple(ring(one, i > 0) for i, one in enumerate(rings)),) if rings else ()), at
    if code > 7:
        raise ValueError(f"ST_GeogFromWKB failed: Invalid WKB: type {code}")
    parts = []
    for _ in range(take("I")[0]):
        part, at = _read(content, at)
        parts.append(part)
    return merged(parts), at


def st_geohash(wkt: str, length: int) -> str:
    """The first characters of a point's geohash."""
    if length < 1:
        raise ValueError(f"ST_GEOHASH: the number of characters must be positive, but is {length}")
    p, text, value = only_point(wkt, "ST_GEOHASH"), "", 0
    spans = [[-180.0, 180.0], [-90.0, 90.0]]
    for number in range(5 * min(length, 20)):
        span, axis = spans[number % 2], number % 2
        middle = (span[0] + span[1]) / 2
        above = p[axis] >= middle
        span[0 if above else 1] = middle
        value = value * 2 + above
        if number % 5 == 4:
            text, value = text + _BASE32[value], 0
    return text


def st_geogpointfromgeohash(text: str) -> str:
    """The middle of a geohash's box."""
    spans = [[-180.0, 180.0], [-90.0, 90.0]]
    axis = 0
    for letter in text.lower():
        value = _BASE32.find(letter)
        if value < 0:
            raise ValueError(f"ST_GEOGPOINTFROMGEOHASH: invalid geohash {text!r}")
        for bit in (16, 8, 4, 2, 1):
            middle = sum(spans[axis]) / 2
            spans[axis][0 if value & bit else 1] = middle
            axis = 1 - axis
    return to_wkt(Shape(points=(point(sum(spans[0]) / 2, sum(spans[1]) / 2),)))


# S2 numbers the cells of a cube's face along a Hilbert curve: the place of each quarter, by the curve's orientation,
# and how the orientation changes inside of it.
_PLACES = ((0, 1, 3, 2), (0, 3, 1, 2), (2, 3, 1, 0), (2, 1, 3, 0))
_TURNS = (1, 0, 0, 3)
_LEVELS = 30
_SIDE = 1 << _LEVELS


def s2_cellidfrompoint(wkt: str, level: int) -> int:
    """The id of the S2 cell of a level (0 to 30) that holds a point, as a signed number."""
    if not 0 <= level <= _LEVELS:
        raise ValueError(f"S2_CELLIDFROMPOINT: the level must be between 0 and 30, but is {level}")
    last: int = 1 << (2 * (_LEVELS - level))
    cell: int = leaf_cell(only_point(wkt, "S2_CELLIDFROMPOINT")) & -last | last
    return cell - 2**64 if cell >= 2**63 else cell


def leaf_cell(point: Point) -> int:
    """The id of the smallest S2 cell that holds a point."""
    face, u, v = _on_cube(sphere.vector(point))
    i, j = _step(u), _step(v)
    orientation, found = face & 1, int(face)
    for bit in range(_LEVELS - 1, -1, -1):
        place = _PLACES[orientation][(i >> bit & 1) << 1 | (j >> bit & 1)]
        found, orientation = found << 2 | place, orientation ^ _TURNS[place]
    return found << 1 | 1


def _on_cube(p: sphere.Vector) -> tuple[int, float, float]:
    """A direction's face, and where it meets that face."""
    x, y, z = p
    axis = max(range(3), key=lambda k: abs(p[k]))
    return (axis, *_front(axis, x, y, z)) if p[axis] >= 0 else (axis + 3, *_back(axis, x, y, z))


def _front(axis: int, x: float, y: float, z: float) -> tuple[float, float]:
    if axis == 0:
        return y / x, z / x
    return (-x / y, z / y) if axis == 1 else (-x / z, -y / z)


def _back(axis: int, x: float, y: float, z: float) -> tuple[float, float]:
    if axis == 0:
        return z / x, y / x
    return (z / y, -x / y) if axis == 1 else (-y / z, -x / z)


def _step(u: float) -> int:
    """The number of the smallest cell, by the transformation that makes cells of nearly one size."""
    s = 0.5 * math.sqrt(1 + 3 * u) if u >= 0 else 1 - 0.5 * math.sqrt(1 - 3 * u)
    return max(0, min(_SIDE - 1, math.floor(s * _SIDE)))
