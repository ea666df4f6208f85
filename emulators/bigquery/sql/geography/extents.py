"""ST_ functions of a geography's extent: bounding boxes, hulls, centroids, greatest distances."""

import math
from itertools import pairwise

from emulators.bigquery.sql.geography import sphere
from emulators.bigquery.sql.geography.shapes import Point, Shape, from_wkt, to_wkt

Box = dict[str, float]


def st_boundingbox(wkt: str) -> Box | None:
    return _box([from_wkt(wkt)])


def st_extent(shapes: list[str | None]) -> Box | None:
    """The bounding box of all; NULL when there are none."""
    return _box([from_wkt(wkt) for wkt in shapes if wkt is not None])


def _box(shapes: list[Shape]) -> Box | None:
    """Latitudes with the bows of the edges; longitudes of the shortest span, so xmax may be above 180."""
    points = [p for shape in shapes for p in shape.vertices()]
    if not points:
        return None
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    for shape in shapes:
        for a, b in shape.edges():
            for latitude in _bow(a, b):
                south, north = min(south, latitude), max(north, latitude)
    longitudes = sorted({p[0] for p in points})
    gaps = [(b - a, b) for a, b in pairwise([*longitudes, longitudes[0] + 360])]
    gap, west = max(gaps, key=lambda found: (found[0], -found[1]))
    if gap <= 180 or west > longitudes[-1]:  # around the world, or not over the antimeridian
        return {"xmin": longitudes[0], "ymin": south, "xmax": longitudes[-1], "ymax": north}
    return {"xmin": west, "ymin": south, "xmax": west + 360 - gap, "ymax": north}


def _bow(a: Point, b: Point) -> list[float]:
    """The highest and the lowest latitude inside of an arc, where it has one."""
    start, end = sphere.vector(a), sphere.vector(b)
    normal = sphere.cross(start, end)
    side = sphere.cross(normal, (0.0, 0.0, 1.0))
    if sphere.dot(side, side) < 1e-30:
        return []
    top = sphere.unit(sphere.cross(side, normal))
    found = []
    for peak in (top, (-top[0], -top[1], -top[2])):
        if sphere.dot(sphere.cross(normal, start), peak) > 0 and sphere.dot(sphere.cross(end, normal), peak) > 0:
            found.append(sphere.degrees(peak)[1])
    return found


def st_convexhull(wkt: str) -> str:
    """The smallest convex polygon (line, point) that holds a geography smaller than a hemisphere."""
    points = sorted(set(from_wkt(wkt).vertices()))
    if len(points) < 3:
        return to_wkt(Shape(points=tuple(points)) if len(points) < 2 else Shape(lines=(tuple(points),)))
    flat = _projected(points)
    hull = _chain(sorted(flat)) + _chain(sorted(flat, reverse=True))
    ring = [flat[corner] for corner in hull]
    if len(ring) < 3:
        return to_wkt(Shape(lines=(tuple(ring),)))
    first = ring.index(min(ring))
    ring = ring[first:] + ring[:first]
    return to_wkt(Shape(polygons=(((*ring, ring[0]),),)))


def _projected(points: list[Point]) -> dict[tuple[float, float], Point]:
    """The points on a plane on which arcs are straight; ValueError when they do not fit into a hemisphere."""
    vectors = [sphere.vector(p) for p in points]
    up = sphere.unit((sum(v[0] for v in vectors), sum(v[1] for v in vectors), sum(v[2] for v in vectors)))
    pole = (0.0, 0.0, 1.0) if abs(up[2]) < 0.9 else (1.0, 0.0, 0.0)
    east = sphere.unit(sphere.cross(pole, up))
    north = sphere.cross(up, east)
    found = {}
    for p, v in zip(points, vectors, strict=True):
        height = sphere.dot(v, up)
        if height <= 1e-9:
            raise ValueError("ST_CONVEXHULL of what is larger than a hemisphere is not supported by this emulator")
        found[sphere.dot(v, east) / height, sphere.dot(v, north) / height] = p
    return found


def _chain(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """One side of the hull, without its last point."""
    kept: list[tuple[float, float]] = []
    for p in points:
        while len(kept) > 1 and _turn(kept[-2], kept[-1], p) <= 1e-18:
            kept.pop()
        kept.append(p)
    return kept[:-1]


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def st_maxdistance(x: str, y: str) -> float | None:
    """Metres between the vertices that are farthest apart."""
    pairs = [(p, q) for p in from_wkt(x).vertices() for q in from_wkt(y).vertices()]
    return max((sphere.length(pair) for pair in pairs), default=None)


def st_hausdorffdistance(x: str, y: str, directed: bool) -> float | None:
    """The greatest distance of a vertex of the one from the other, in metres; in both directions unless directed."""
    one, other = from_wkt(x), from_wkt(y)
    if one.empty or other.empty:
        return None
    there = max(sphere.distance(Shape(points=(p,)), other) for p in one.vertices())
    return there if directed else max(there, *(sphere.distance(Shape(points=(p,)), one) for p in other.vertices()))


def st_centroid(wkt: str) -> str:
    return _centroid([from_wkt(wkt)])


def st_centroid_agg(shapes: list[str | None]) -> str:
    return _centroid([from_wkt(wkt) for wkt in shapes if wkt is not None])


def _centroid(shapes: list[Shape]) -> str:
    """Of the parts of the highest dimension, weighted by their area, length or number."""
    polygons = [polygon for shape in shapes for polygon in shape.polygons]
    lines = [line for shape in shapes for line in shape.lines]
    rings = [ring for polygon in polygons for ring in polygon]
    if rings:
        weights = [part for ring in rings for part in _fan([sphere.vector(p) for p in ring[:-1]])]
    elif lines:
        weights = [_edge(sphere.vector(a), sphere.vector(b)) for line in lines for a, b in pairwise(line)]
    else:
        weights = [sphere.vector(p) for shape in shapes for p in shape.points]
    total = (sum(v[0] for v in weights), sum(v[1] for v in weights), sum(v[2] for v in weights))
    if not any(total):
        return to_wkt(Shape())
    return to_wkt(Shape(points=(sphere.degrees(sphere.unit(total)),)))


def _edge(a: sphere.Vector, b: sphere.Vector) -> sphere.Vector:
    """An arc's centroid times its length."""
    chord = [p - q for p, q in zip(a, b, strict=True)]
    total = [p + q for p, q in zip(a, b, strict=True)]
    size = math.sqrt(sum(p * p for p in chord) / (sum(p * p for p in total) or math.inf))
    return total[0] * size, total[1] * size, total[2] * size


def _fan(corners: list[sphere.Vector]) -> list[sphere.Vector]:
    """The parts of a ring's centroid, from its first corner; what is clockwise counts as negative, and so do holes."""
    return [_triangle(corners[0], b, c) for b, c in pairwise(corners[1:])]


def _triangle(a: sphere.Vector, b: sphere.Vector, c: sphere.Vector) -> sphere.Vector:
    """A triangle's centroid times its area, as S2 solves it: by Cramer's rule, from differences to the first corner."""
    ra, rb, rc = _ratio(b, c), _ratio(c, a), _ratio(a, b)
    x, y, z = ((a[i], b[i] - a[i], c[i] - a[i]) for i in range(3))
    r = (ra, rb - ra, rc - ra)
    found = (sphere.dot(sphere.cross(one, other), r) for one, other in ((y, z), (z, x), (x, y)))
    first, second, third = (0.5 * part for part in found)
    return first, second, third


def _ratio(a: sphere.Vector, b: sphere.Vector) -> float:
    """The angle between two directions over its sine."""
    normal = sphere.cross(a, b)
    angle = math.atan2(math.sqrt(sphere.dot(normal, normal)), sphere.dot(a, b))
    return angle / math.sin(angle) if angle else 1.0
