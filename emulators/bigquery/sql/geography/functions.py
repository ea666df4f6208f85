"""The ST_ functions on WKT texts, in which DuckDB keeps a GEOGRAPHY. Each gets values that are not NULL."""

import math

from emulators.bigquery.sql.geography import sphere
from emulators.bigquery.sql.geography.checks import valid
from emulators.bigquery.sql.geography.codes import st_geogfromwkb
from emulators.bigquery.sql.geography.lines import only_point
from emulators.bigquery.sql.geography.shapes import (
    Line,
    Point,
    Shape,
    from_geojson,
    from_wkt,
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


def st_simplify(wkt: str, tolerance: float) -> str:
    shape = from_wkt(wkt)
    lines = tuple(tuple(_simplified(list(line), tolerance)) for line in shape.lines)
    polygons = tuple(tuple(_simplified_ring(one, tolerance) for one in polygon) for polygon in shape.polygons)
    return to_wkt(valid(Shape(shape.points, lines, polygons)))


def _simplified_ring(loop: Line, tolerance: float) -> Line:
    """In two lines: to the vertex that is farthest from the first one, and back."""
    first = sphere.vector(loop[0])
    far = max(range(len(loop)), key=lambda i: sphere.angle(first, sphere.vector(loop[i])))
    found = _simplified(list(loop[: far + 1]), tolerance)[:-1] + _simplified(list(loop[far:]), tolerance)
    if len(found) < 4:
        raise ValueError("ST_SIMPLIFY of polygons that shrink to a line is not supported by this emulator")
    return tuple(found)


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
