"""ST_ functions of directions, and of parts of lines and rings. Each gets WKT texts that are not NULL."""

import math
from itertools import pairwise

from emulators.bigquery.sql.geography import sphere
from emulators.bigquery.sql.geography.shapes import Line, Point, Shape, from_wkt, to_wkt


def only_point(wkt: str, function: str) -> Point:
    """The point that a geography is; ValueError for anything else."""
    shape = from_wkt(wkt)
    if shape.kind != "POINT":
        raise ValueError(f"{function}: the argument must be a single point")
    return shape.points[0]


def _only_line(wkt: str, function: str) -> Line:
    shape = from_wkt(wkt)
    if shape.kind != "LINESTRING":
        raise ValueError(f"{function}: the argument must be a single linestring")
    return shape.lines[0]


def st_azimuth(start: str, end: str) -> float | None:
    """Radians clockwise from north; NULL for one and the same point, and for opposite ones."""
    return _azimuth(only_point(start, "ST_AZIMUTH"), only_point(end, "ST_AZIMUTH"))


def _opposite(start: Point, end: Point) -> bool:
    around = math.isclose(abs(start[0] - end[0]), 180) or abs(start[1]) == 90
    return around and math.isclose(start[1], -end[1], abs_tol=1e-12)


def _azimuth(start: Point, end: Point) -> float | None:
    if start == end or _opposite(start, end):
        return None
    south, north = math.radians(start[1]), math.radians(end[1])
    turn = math.radians(end[0] - start[0])
    east = math.sin(turn) * math.cos(north)
    up = math.cos(south) * math.sin(north) - math.sin(south) * math.cos(north) * math.cos(turn)
    return math.atan2(east, up) % (2 * math.pi)


def st_angle(one: str, middle: str, other: str) -> float | None:
    """Radians clockwise from middle-one to middle-other; NULL when two of the points are one."""
    corner = only_point(middle, "ST_ANGLE")
    first = _azimuth(corner, only_point(one, "ST_ANGLE"))
    second = _azimuth(corner, only_point(other, "ST_ANGLE"))
    return None if first is None or second is None else (second - first) % (2 * math.pi)


def st_boundary(wkt: str) -> str:
    """Rings of polygons, and the ends of lines that are not closed."""
    shape = from_wkt(wkt)
    ends = [p for line in shape.lines if line[0] != line[-1] for p in (line[0], line[-1])]
    rings = tuple(ring for polygon in shape.polygons for ring in polygon)
    return to_wkt(Shape(tuple(dict.fromkeys(ends)), rings))


def st_exteriorring(wkt: str) -> str:
    shape = from_wkt(wkt)
    if shape.kind != "POLYGON":
        raise ValueError("ST_EXTERIORRING: the argument must be a single polygon")
    return to_wkt(Shape(lines=(shape.polygons[0][0],)))


def st_interiorrings(wkt: str) -> list[str]:
    shape = from_wkt(wkt)
    if shape.kind != "POLYGON":
        raise ValueError("ST_INTERIORRINGS: the argument must be a single polygon")
    return [to_wkt(Shape(lines=(ring,))) for ring in shape.polygons[0][1:]]


def st_lineinterpolatepoint(wkt: str, fraction: float) -> str:
    """The point at a fraction of a line's length."""
    _check_fraction(fraction, "ST_LINEINTERPOLATEPOINT")
    return to_wkt(Shape(points=(_at(_only_line(wkt, "ST_LINEINTERPOLATEPOINT"), fraction),)))


def _check_fraction(fraction: float, function: str) -> None:
    if not 0 <= fraction <= 1:
        raise ValueError(f"{function}: a fraction must be between 0 and 1, but is {fraction}")


def _at(line: Line, fraction: float) -> Point:
    left = fraction * sphere.length(line)
    for a, b in pairwise(line):
        size = sphere.length((a, b))
        if left <= size and size:
            return _along(a, b, left / size)
        left -= size
    return line[-1]


def _along(a: Point, b: Point, fraction: float) -> Point:
    if fraction in (0, 1):
        return b if fraction else a
    start, end = sphere.vector(a), sphere.vector(b)
    turn = sphere.angle(start, end)
    x, y = math.sin((1 - fraction) * turn) / math.sin(turn), math.sin(fraction * turn) / math.sin(turn)
    return sphere.degrees((x * start[0] + y * end[0], x * start[1] + y * end[1], x * start[2] + y * end[2]))


def st_linelocatepoint(wkt: str, point: str) -> float:
    """The fraction of a line's length at which it is nearest to a point."""
    line, wanted = _only_line(wkt, "ST_LINELOCATEPOINT"), sphere.vector(only_point(point, "ST_LINELOCATEPOINT"))
    passed, best = 0.0, (math.inf, 0.0)
    for a, b in pairwise(line):
        start, end = sphere.vector(a), sphere.vector(b)
        foot = sphere.nearest(wanted, start, end)
        best = min(best, (sphere.angle(wanted, foot), passed + sphere.angle(start, foot)))
        passed += sphere.angle(start, end)
    return best[1] / passed if passed else 0.0


def st_linesubstring(wkt: str, start: float, end: float) -> str:
    """The part of a line between two fractions of its length."""
    _check_fraction(start, "ST_LINESUBSTRING")
    _check_fraction(end, "ST_LINESUBSTRING")
    if start > end:
        raise ValueError("ST_LINESUBSTRING: the start fraction must not be greater than the end fraction")
    line = _only_line(wkt, "ST_LINESUBSTRING")
    total, passed, kept = sphere.length(line), 0.0, [_at(line, start)]
    for a, b in pairwise(line):
        passed += sphere.length((a, b))
        if start * total < passed < end * total and b != kept[-1]:
            kept.append(b)
    last = _at(line, end)
    kept += [last] if last != kept[-1] else []
    return to_wkt(Shape(points=(kept[0],)) if len(kept) == 1 else Shape(lines=(tuple(kept),)))
