"""ST_BUFFER of points: the regular polygons that S2, the library under BigQuery, makes, to the last digit.

S2 walks the circle in four quarters, adds angles as squared chords, and normalises each vertex. The same is done here
in the same order, as rounding shows in the fifteenth digit that ST_ASTEXT prints.
"""

import math

from emulators.bigquery.sql.geography.shapes import Shape, from_wkt, merged, to_wkt
from emulators.bigquery.sql.geography.sphere import RADIUS, Vector, cross, degrees, distance, dot, vector

_RIGHT, _STRAIGHT = 2.0, 4.0  # squared chords of 90 and 180 degrees
_AXES = (0.012, 0.0053, 0.00457)  # S2's arbitrary direction, which begins the circle


def st_buffer(wkt: str, radius: float, segments: float) -> str:
    """segments: edges of a quarter of the circle."""
    if not segments > 0:
        raise ValueError(f"ST_Buffer: num_seg_quarter_circle must be greater than 0: {segments}")
    return _buffered("ST_BUFFER", wkt, radius, 1 - math.cos(math.pi / max(2.0, 4 * segments)) + 1e-15)


def st_bufferwithtolerance(wkt: str, radius: float, tolerance: float) -> str:
    """tolerance: metres by which an edge may miss the circle."""
    if not tolerance > 0:
        raise ValueError(f"ST_BufferWithTolerance: tolerance must be greater than 0: {tolerance}")
    return _buffered("ST_BUFFERWITHTOLERANCE", wkt, radius, min(1.0, tolerance / abs(radius)) if radius else 1.0)


def _buffered(function: str, wkt: str, radius: float, error: float) -> str:
    """error: the part of the radius by which an edge may miss the circle."""
    shape = from_wkt(wkt)
    if shape.edges():
        raise ValueError(f"{function} of lines and polygons is not supported by this emulator")
    if radius <= 0:
        return to_wkt(shape if radius == 0 else Shape())
    if radius / RADIUS >= math.pi / 2:
        raise ValueError(f"{function} of more than a hemisphere is not supported by this emulator")
    parts = shape.parts()
    if any(distance(a, b) <= 2 * radius for i, a in enumerate(parts) for b in parts[:i]):
        raise ValueError(f"{function} of points whose circles meet is not supported by this emulator")
    return to_wkt(merged([_circle(vector(part.points[0]), radius / RADIUS, error) for part in parts]))


def _circle(centre: Vector, radius: float, error: float) -> Shape:
    """radius: radians."""
    chord, step = _chord(radius), _chord(_step(radius, error))
    start, at, found = _orthogonal(centre), 0.0, []
    for _ in range(4):
        turned = _unit(cross(centre, start))
        while at < _RIGHT:
            found.append(degrees(_ray(centre, _ray(start, turned, at), chord)))
            at = _sum(at, step)
        at, start = _less_right(at), turned
    return Shape(polygons=(((*found, found[0]),),))


def _step(radius: float, error: float) -> float:
    """Radians of the circle that an edge spans: no less than a third of it, and a whole number of equal edges."""
    widest = 2 * math.acos(math.tan(radius * (1 - error)) / math.tan(radius))
    edges = math.ceil(2 * math.pi / min(2 * math.pi / 3, widest) - 1e-6)  # what ST_BUFFER asks for is a whole number
    return 2 * math.pi / edges + 1e-15


def _chord(radians: float) -> float:
    return (2 * math.sin(0.5 * min(math.pi, radians))) ** 2


def _sum(a: float, b: float) -> float:
    """The squared chord of the sum of two angles."""
    if a + b >= _STRAIGHT:
        return _STRAIGHT
    x, y = a * (1 - 0.25 * b), b * (1 - 0.25 * a)
    return min(_STRAIGHT, x + y + 2 * math.sqrt(x * y))


def _less_right(a: float) -> float:
    if a <= _RIGHT:
        return 0.0
    x, y = a * (1 - 0.25 * _RIGHT), _RIGHT * (1 - 0.25 * a)
    return float(max(0.0, math.sqrt(x) - math.sqrt(y)) ** 2)


def _ray(origin: Vector, direction: Vector, chord: float) -> Vector:
    """The point at this squared chord from the origin."""
    c, s = 1 - 0.5 * chord, math.sqrt(chord * (1 - 0.25 * chord))
    x, y, z = (c * o + s * d for o, d in zip(origin, direction, strict=True))
    return _unit((x, y, z))


def _orthogonal(v: Vector) -> Vector:
    """The axis before the vector's largest component gives the plane."""
    k = max(range(3), key=lambda i: abs(v[i])) - 1
    x, y, z = (1.0 if i == k % 3 else _AXES[i] for i in range(3))
    return _unit(cross(v, (x, y, z)))


def _unit(v: Vector) -> Vector:
    """Multiplied by the reciprocal of the length, which rounds otherwise than a division."""
    factor = 1.0 / math.sqrt(dot(v, v))
    return v[0] * factor, v[1] * factor, v[2] * factor
