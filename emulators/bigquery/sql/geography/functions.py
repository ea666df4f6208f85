"""The ST_ functions on WKT texts, in which DuckDB keeps a GEOGRAPHY. Each gets values that are not NULL."""

import itertools
import math

from emulators.bigquery.sql.geography import sphere
from emulators.bigquery.sql.geography.checks import valid
from emulators.bigquery.sql.geography.codes import st_geogfromwkb
from emulators.bigquery.sql.geography.lines import only_point
from emulators.bigquery.sql.geography.overlay import overlay
from emulators.bigquery.sql.geography.shapes import (
    Line,
    Point,
    Shape,
    from_geojson,
    from_wkt,
    merged,
    point,
    ring,
    to_geojson,
    to_wkt,
)

_TYPES = {
    "POINT": "ST_Point", "LINESTRING": "ST_LineString", "POLYGON": "ST_Polygon", "MULTIPOINT": "ST_MultiPoint",
    "MULTILINESTRING": "ST_MultiLineString", "MULTIPOLYGON": "ST_MultiPolygon", "GEOMETRYCOLLECTION":
    "ST_GeometryCollection",
}  # fmt: skip


def st_geogpoint(longitude: float, latitude: float) -> str:
    return to_wkt(Shape(points=(point(longitude, latitude),)))


def st_geogfromtext(text: str) -> str:
    return to_wkt(valid(from_wkt(text)))


def st_geogfromgeojson(text: str) -> str:
    return to_wkt(valid(from_geojson(text)))


def st_asgeojson(wkt: str) -> str:
    return to_geojson(from_wkt(wkt), sphere.divided)


def st_geometrytype(wkt: str) -> str:
    return _TYPES[from_wkt(wkt).kind]


def st_dimension(wkt: str) -> int:
    shape = from_wkt(wkt)
    return 2 if shape.polygons else 1 if shape.lines else 0 if shape.points else -1


def st_npoints(wkt: str) -> int:
    shape = from_wkt(wkt)
    return len(shape.points) + sum(map(len, shape.lines)) + sum(len(one) for p in shape.polygons for one in p)


def st_numgeometries(wkt: str) -> int:
    return len(from_wkt(wkt).parts())


def st_isempty(wkt: str) -> bool:
    return from_wkt(wkt).empty


def st_iscollection(wkt: str) -> bool:
    return len(from_wkt(wkt).parts()) > 1


def st_isclosed(wkt: str) -> bool:
    shape = from_wkt(wkt)
    return not shape.empty and not shape.polygons and all(line[0] == line[-1] for line in shape.lines)


def st_isring(wkt: str) -> bool:
    shape = from_wkt(wkt)
    if shape.kind != "LINESTRING" or shape.lines[0][0] != shape.lines[0][-1] or len(shape.lines[0]) < 4:
        return False
    return len(set(shape.lines[0])) == len(shape.lines[0]) - 1 and not sphere.edges_cross(shape, shape)


def st_x(wkt: str) -> float:
    return only_point(wkt, "ST_X")[0]


def st_y(wkt: str) -> float:
    return only_point(wkt, "ST_Y")[1]


def st_pointn(wkt: str, n: int) -> str | None:
    shape = from_wkt(wkt)
    if shape.kind != "LINESTRING":
        raise ValueError("ST_POINTN: the argument must be a linestring")
    line = shape.lines[0]
    at = n - 1 if n > 0 else len(line) + n
    return to_wkt(Shape(points=(line[at],))) if n and 0 <= at < len(line) else None


def st_dump(wkt: str) -> list[str]:
    return [to_wkt(part) for part in from_wkt(wkt).parts()]


def st_dumpof(wkt: str, dimension: int) -> list[str]:
    """The parts of a dimension: 0 points, 1 lines, 2 polygons; -1 all."""
    if not -1 <= dimension <= 2:
        raise ValueError(f"ST_DUMP: the dimension must be between -1 and 2, but is {dimension}")
    return [part for part in st_dump(wkt) if dimension in (-1, st_dimension(part))]


def st_dumppoints(wkt: str) -> list[str]:
    """All points, and all vertices of lines and rings in their order."""
    shape = from_wkt(wkt)
    chains = [*shape.lines, *(one for polygon in shape.polygons for one in polygon)]
    return [to_wkt(Shape(points=(p,))) for p in [*shape.points, *(p for chain in chains for p in chain)]]


def st_geogfrom(text: str) -> str:
    """WKT, GeoJSON, or WKB in hexadecimal digits."""
    given = text.strip()
    if given.startswith("{"):
        return st_geogfromgeojson(text)
    if given and all(c in "0123456789abcdefABCDEF" for c in given):
        return st_geogfromwkb(bytes.fromhex(given if len(given) % 2 == 0 else "0" + given))
    return st_geogfromtext(text)


def st_distance(x: str, y: str) -> float | None:
    one, other = from_wkt(x), from_wkt(y)
    return None if one.empty or other.empty else sphere.distance(one, other)


def st_length(wkt: str) -> float:
    shape = from_wkt(wkt)
    return float(sum(sphere.length(line) for line in shape.lines))


def st_perimeter(wkt: str) -> float:
    return float(sum(sphere.length(one) for polygon in from_wkt(wkt).polygons for one in polygon))


def st_area(wkt: str) -> float:
    return float(sum(sphere.area(polygon) for polygon in from_wkt(wkt).polygons))


def st_equals(x: str, y: str) -> bool:
    one, other = from_wkt(x), from_wkt(y)
    if one.empty or other.empty:
        return one.empty and other.empty
    return one == other or (sphere.covers(one, other) and sphere.covers(other, one))


def st_intersects(x: str, y: str) -> bool:
    return sphere.intersects(from_wkt(x), from_wkt(y))


def st_covers(x: str, y: str) -> bool:
    return sphere.covers(from_wkt(x), from_wkt(y))


def st_contains(x: str, y: str) -> bool:
    one, other = from_wkt(x), from_wkt(y)
    return sphere.covers(one, other) and sphere.interiors_meet(one, other)


def st_touches(x: str, y: str) -> bool:
    one, other = from_wkt(x), from_wkt(y)
    return sphere.intersects(one, other) and not sphere.interiors_meet(one, other)


def st_intersectsbox(wkt: str, west: float, south: float, east: float, north: float) -> bool:
    shape = from_wkt(wkt)

    def within(p: Point) -> bool:
        across = west <= p[0] <= east if west <= east else p[0] >= west or p[0] <= east
        return across and south <= p[1] <= north

    if shape.edges():
        raise ValueError("ST_INTERSECTSBOX of lines and polygons is not supported by this emulator")
    return any(within(p) for p in shape.points)


def st_closestpoint(x: str, y: str) -> str | None:
    one, other = from_wkt(x), from_wkt(y)
    return None if one.empty or other.empty else to_wkt(Shape(points=(sphere.closest(one, other),)))


def st_makeline(parts: list[str]) -> str:
    found: list[Point] = []
    for wkt in parts:
        shape = from_wkt(wkt)
        if shape.kind not in ("POINT", "LINESTRING"):
            raise ValueError("ST_MAKELINE: the arguments must be points or linestrings")
        for p in [*shape.points, *(q for line in shape.lines for q in line)]:
            if not found or found[-1] != p:
                found.append(p)
    return to_wkt(Shape(points=(found[0],)) if len(found) == 1 else Shape(lines=(tuple(found),)))


def st_makepolygon(rings: list[str]) -> str:
    lines = []
    for wkt in rings:
        shape = from_wkt(wkt)
        if shape.kind != "LINESTRING":
            raise ValueError("ST_MAKEPOLYGON: the arguments must be linestrings")
        line = shape.lines[0]
        lines.append(line if line[0] == line[-1] else (*line, line[0]))
    return to_wkt(Shape(polygons=(tuple(ring(line, i > 0) for i, line in enumerate(lines)),)))


def st_union(shapes: list[str]) -> str:
    """Of points, polygons, and lines that meet nothing."""
    given = [from_wkt(wkt) for wkt in shapes]
    separate: list[Shape] = []
    for one in dict.fromkeys(given):
        for other in [known for known in separate if sphere.intersects(one, known)]:
            if not (one.edges() or other.edges()):
                continue
            if not (_only_polygons(one) and _only_polygons(other)):
                raise ValueError("ST_UNION of lines that meet others is not supported by this emulator")
            separate.remove(other)
            one = overlay(one, other, "union")
        separate.append(one)
    return to_wkt(merged(separate))


def _only_polygons(shape: Shape) -> bool:
    return bool(shape.polygons) and not shape.points and not shape.lines


def st_difference(x: str, y: str) -> str:
    """Of polygons, and of points and anything."""
    one, other = from_wkt(x), from_wkt(y)
    if not one.edges():
        return to_wkt(Shape(points=tuple(p for p in one.points if not sphere.covers_point(other, p))))
    if not sphere.intersects(one, other) or not other.polygons:
        return x
    if not (_only_polygons(one) and _only_polygons(other)):
        raise ValueError("ST_DIFFERENCE of lines is not supported by this emulator")
    return to_wkt(overlay(one, other, "difference"))


def st_intersection(x: str, y: str) -> str:
    """Of polygons, and of points with anything."""
    one, other = from_wkt(x), from_wkt(y)
    if not one.edges() or not other.edges():
        dots, area = (one, other) if not one.edges() else (other, one)
        return to_wkt(Shape(points=tuple(p for p in dots.points if sphere.covers_point(area, p))))
    if not sphere.intersects(one, other):
        return to_wkt(Shape())
    if not (_only_polygons(one) and _only_polygons(other)):
        raise ValueError("ST_INTERSECTION of lines is not supported by this emulator")
    return to_wkt(_clipped(one, other))


def _clipped(one: Shape, other: Shape) -> Shape:
    if one.kind != "POLYGON" or other.kind != "POLYGON" or len(one.polygons[0]) > 1 or len(other.polygons[0]) > 1:
        return overlay(one, other, "intersection")
    corners = [sphere.vector(p) for p in one.polygons[0][0][:-1]]
    clip = [sphere.vector(p) for p in other.polygons[0][0]]
    if not (_convex(clip[:-1]) and _convex(corners)):
        return overlay(one, other, "intersection")
    for a, b in itertools.pairwise(clip):
        normal, kept = sphere.cross(a, b), []
        for p, q in zip(corners, corners[1:] + corners[:1], strict=True):
            inner, following = sphere.dot(normal, p) >= 0, sphere.dot(normal, q) >= 0
            if inner:
                kept.append(p)
            if inner != following:
                meet = sphere.unit(sphere.cross(normal, sphere.cross(p, q)))
                kept.append(meet if sphere.dot(meet, p) > 0 else (-meet[0], -meet[1], -meet[2]))
        corners = kept
    points = [sphere.degrees(v) for v in corners]
    points = [(float(f"{x:.15g}"), float(f"{y:.15g}")) for x, y in points]
    first = points.index(min(points))
    points = points[first:] + points[:first]
    return Shape(polygons=(((*points, points[0]),),))


def _convex(corners: list[sphere.Vector]) -> bool:
    n = len(corners)
    turns = [sphere.dot(sphere.cross(corners[i], corners[(i + 1) % n]), corners[(i + 2) % n]) for i in range(n)]
    return all(turn >= -1e-15 for turn in turns)


def st_simplify(wkt: str, tolerance: float) -> str:
    shape = from_wkt(wkt)
    if shape.polygons:
        raise ValueError("ST_SIMPLIFY of polygons is not supported by this emulator")
    return to_wkt(Shape(shape.points, tuple(tuple(_simplified(list(line), tolerance)) for line in shape.lines)))


def _simplified(line: list[Point], tolerance: float) -> list[Point]:
    if len(line) < 3:
        return line
    a, b = sphere.vector(line[0]), sphere.vector(line[-1])
    distances = [sphere.angle(v := sphere.vector(p), sphere.nearest(v, a, b)) * sphere.RADIUS for p in line[1:-1]]
    worst = max(range(len(distances)), key=distances.__getitem__)
    if distances[worst] <= tolerance:
        return [line[0], line[-1]]
    middle = worst + 1
    return _simplified(line[: middle + 1], tolerance)[:-1] + _simplified(line[middle:], tolerance)


def st_snaptogrid(wkt: str, grid: float) -> str:
    """Each vertex moved to the grid; lines that shrink to a point are one."""
    shape, digits = from_wkt(wkt), max(0, round(-math.log10(grid)))

    def snap(p: Point) -> Point:
        longitude, latitude = (float(round(round(v * 10**digits) / 10**digits, digits)) for v in p)
        return longitude, latitude

    def snapped(line: Line) -> Line:
        found = [snap(p) for p in line]
        return tuple(p for i, p in enumerate(found) if i == 0 or p != found[i - 1])

    lines = [snapped(line) for line in shape.lines]
    rings = tuple(tuple(snapped(one) for one in polygon) for polygon in shape.polygons)
    if any(len(one) < 4 for polygon in rings for one in polygon):
        raise ValueError("ST_SNAPTOGRID of polygons that shrink to a line is not supported by this emulator")
    points = [snap(p) for p in shape.points] + [line[0] for line in lines if len(line) == 1]
    return to_wkt(Shape(tuple(dict.fromkeys(points)), tuple(line for line in lines if len(line) > 1), rings))
