"""Geometry on the sphere that BigQuery measures on (radius 6,371,010 m): distances, areas, crossings, containment."""

import math
from itertools import pairwise

from emulators.bigquery.sql.geography.shapes import Line, Point, Polygon, Shape

RADIUS = 6_371_010.0
Vector = tuple[float, float, float]
_TINY = 1e-15
ON = 1e-12  # radians: nearer than this is on the line


def vector(p: Point) -> Vector:
    longitude, latitude = math.radians(p[0]), math.radians(p[1])
    c = math.cos(latitude)
    return c * math.cos(longitude), c * math.sin(longitude), math.sin(latitude)


def degrees(v: Vector) -> Point:
    """By a plain square root, as S2 does, not by the finer hypot: the fifteenth digit shows it."""
    latitude = math.atan2(v[2], math.sqrt(v[0] * v[0] + v[1] * v[1]))
    return math.degrees(math.atan2(v[1], v[0])), math.degrees(latitude)


def dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def unit(v: Vector) -> Vector:
    n = math.sqrt(dot(v, v))
    return (v[0] / n, v[1] / n, v[2] / n)


def angle(a: Vector, b: Vector) -> float:
    """Radians between two directions, exact for near ones."""
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    chord = math.sqrt(x * x + y * y + z * z)
    return 2 * math.asin(min(1.0, chord / 2))


def nearest(p: Vector, a: Vector, b: Vector) -> Vector:
    """The point of the arc a-b that is nearest to p."""
    normal = cross(a, b)
    size = math.sqrt(dot(normal, normal))
    if size > _TINY:
        normal = (normal[0] / size, normal[1] / size, normal[2] / size)
        height = dot(p, normal)
        foot = (p[0] - height * normal[0], p[1] - height * normal[1], p[2] - height * normal[2])
        if dot(cross(normal, a), foot) >= 0 and dot(cross(b, normal), foot) >= 0 and dot(foot, foot) > _TINY:
            return unit(foot)
    return a if angle(p, a) <= angle(p, b) else b


def length(line: Line) -> float:
    """Metres."""
    return sum(angle(vector(a), vector(b)) for a, b in pairwise(line)) * RADIUS


def _signed(a: Vector, b: Vector, c: Vector) -> float:
    """The signed solid angle of a triangle, from differences so that small ones keep their digits."""
    u = (b[0] - a[0], b[1] - a[1], b[2] - a[2])
    w = (c[0] - a[0], c[1] - a[1], c[2] - a[2])
    return 2 * math.atan2(dot(a, cross(u, w)), 1 + dot(a, b) + dot(b, c) + dot(c, a))


def area(polygon: Polygon) -> float:
    """Square metres of the shell less its holes."""

    def one(ring: Line) -> float:
        v = [vector(p) for p in ring[:-1]]
        return abs(sum(_signed(v[0], b, c) for b, c in pairwise(v[1:])))

    return (one(polygon[0]) - sum(one(hole) for hole in polygon[1:])) * RADIUS * RADIUS


def _around(p: Vector, ring: Line) -> bool:
    """Whether the ring goes around p: the sum of the turns as seen from p, which is that of the opposite point turned
    the other way."""
    corners, total = [vector(q) for q in ring], 0.0
    for a, b in pairwise(corners):
        x, y = cross(p, a), cross(p, b)
        total += math.atan2(dot(p, cross(x, y)), dot(x, y))
    return abs(total) > math.pi and total * sum(_signed(corners[0], b, c) for b, c in pairwise(corners[1:])) > 0


def on_edge(p: Point, edge: tuple[Point, Point]) -> bool:
    v = vector(p)
    return angle(v, nearest(v, vector(edge[0]), vector(edge[1]))) < ON


def on_edges(p: Vector, shape: Shape) -> bool:
    return any(angle(p, nearest(p, vector(a), vector(b))) < ON for a, b in shape.edges())


def inside(p: Vector, polygon: Polygon) -> bool:
    """Strictly inside, the boundary is not."""
    if on_edges(p, Shape(polygons=(polygon,))):
        return False
    return _around(p, polygon[0]) and not any(_around(p, hole) for hole in polygon[1:])


def covers_point(shape: Shape, p: Point) -> bool:
    v = vector(p)
    if any(angle(v, vector(q)) < ON for q in shape.points) or on_edges(v, shape):
        return True
    return any(inside(v, polygon) for polygon in shape.polygons)


def crossing(a: Vector, b: Vector, c: Vector, d: Vector) -> Vector | None:
    """Where the arcs a-b and c-d cross in their inner parts, or None."""
    ab, cd = cross(a, b), cross(c, d)
    if not (_on_either_side(ab, c, d) and _on_either_side(cd, a, b)):
        return None
    found = cross(ab, cd)
    if dot(found, found) < _TINY * _TINY:
        return None
    found = unit(found)
    if not _between(found, a, b, ab):
        found = (-found[0], -found[1], -found[2])
    return found if _between(found, a, b, ab) and _between(found, c, d, cd) else None


def _on_either_side(normal: Vector, p: Vector, q: Vector) -> bool:
    """Whether two points lie clearly apart from a great circle, one on each side: an end on it only touches."""
    x, y, near = dot(normal, p), dot(normal, q), ON * math.sqrt(dot(normal, normal))
    return x * y < 0 and min(abs(x), abs(y)) > near


def _between(p: Vector, a: Vector, b: Vector, normal: Vector) -> bool:
    return dot(cross(normal, a), p) > 0 and dot(cross(b, normal), p) > 0


def edges_cross(x: Shape, y: Shape) -> bool:
    others = [(vector(c), vector(d)) for c, d in y.edges()]
    return any(crossing(vector(a), vector(b), c, d) is not None for a, b in x.edges() for c, d in others)


def intersects(x: Shape, y: Shape) -> bool:
    if any(covers_point(x, p) for p in y.vertices()) or any(covers_point(y, p) for p in x.vertices()):
        return True
    return edges_cross(x, y)


def distance(x: Shape, y: Shape) -> float:
    """Metres between the nearest points; 0 when they meet."""
    if (x.edges() or y.edges()) and intersects(x, y):
        return 0.0
    return min(angle(p, q) for p, q in _candidates(x, y)) * RADIUS


def closest(x: Shape, y: Shape) -> Point:
    """The point of x that is nearest to y."""
    return degrees(min(_candidates(x, y), key=lambda pair: angle(*pair))[0])


def _candidates(x: Shape, y: Shape) -> list[tuple[Vector, Vector]]:
    xs, ys = [vector(p) for p in x.vertices()], [vector(p) for p in y.vertices()]
    pairs = [(p, q) for p in xs for q in ys]
    pairs += [(p, nearest(p, vector(a), vector(b))) for p in xs for a, b in y.edges()]
    return pairs + [(nearest(q, vector(a), vector(b)), q) for q in ys for a, b in x.edges()]


def divided(line: Line) -> list[Point]:
    """The line with vertices added where its arcs leave the straight line on the map by more than 10 m."""
    found = [line[0]]

    def add(a: Point, b: Point, depth: int) -> None:
        va, vb = vector(a), vector(b)
        middle = unit((va[0] + vb[0], va[1] + vb[1], va[2] + vb[2]))
        straight = vector(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2))
        if depth < 12 and angle(middle, straight) * RADIUS > 10 and abs(a[0] - b[0]) < 180:
            m = degrees(middle)
            add(a, m, depth + 1)
            found.append(m)
            add(m, b, depth + 1)

    for a, b in pairwise(line):
        add(a, b, 0)
        found.append(b)
    return found
