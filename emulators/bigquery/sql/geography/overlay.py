"""Union, intersection and difference of polygons: in a plane where great circles are straight (gnomonic projection).

Every edge is cut where the other shape's edges meet it; of the pieces those are kept that bound the result, and joined
into rings. Shapes must lie within one hemisphere, so that one plane holds them.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial

from emulators.bigquery.sql.geography import sphere
from emulators.bigquery.sql.geography.shapes import Line, Point, Polygon, Shape

Edge = tuple[Point, Point]
_NEAR = 1e-12  # in the plane, whose unit is the sphere's radius
_DIGITS = 15


class _Plane:
    """The plane that touches the sphere in the middle of some shapes."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        vectors = [sphere.vector(p) for shape in shapes for p in shape.vertices()]
        total = (sum(v[0] for v in vectors), sum(v[1] for v in vectors), sum(v[2] for v in vectors))
        if math.hypot(*total) < 1e-9 or any(sphere.dot(sphere.unit(total), v) < 0.01 for v in vectors):
            raise ValueError("Set operations on polygons larger than a hemisphere are not supported by this emulator")
        self.middle = sphere.unit(total)
        pole = (0.0, 0.0, 1.0) if abs(self.middle[2]) < 0.9 else (1.0, 0.0, 0.0)
        self.east = sphere.unit(sphere.cross(pole, self.middle))
        self.north = sphere.cross(self.middle, self.east)

    def flat(self, point: Point) -> Point:
        v = sphere.vector(point)
        height = sphere.dot(v, self.middle)
        return round(sphere.dot(v, self.east) / height, _DIGITS), round(sphere.dot(v, self.north) / height, _DIGITS)

    def round(self, point: Point) -> Point:
        """Back to degrees; noise of the projection is rounded away."""
        x, y = point
        v = tuple(m + x * e + y * n for m, e, n in zip(self.middle, self.east, self.north, strict=True))
        longitude, latitude = sphere.degrees(sphere.unit((v[0], v[1], v[2])))
        return float(f"{longitude:.13g}"), float(f"{latitude:.13g}")


def overlay(one: Shape, other: Shape, operation: str) -> Shape:
    """operation: union, intersection or difference, of shapes made of polygons only."""
    plane = _Plane([one, other])
    given = {p: plane.flat(p) for p in (*one.vertices(), *other.vertices())}
    exact = {flat: p for p, flat in given.items()}
    a = [tuple(given[p] for p in ring) for polygon in one.polygons for ring in polygon]
    b = [tuple(given[p] for p in ring) for polygon in other.polygons for ring in polygon]
    kept = _kept(a, b, operation)
    rings = [tuple(exact.get(p) or plane.round(p) for p in ring) for ring in _rings(kept)]
    return Shape(polygons=tuple(_polygons(rings)))


def _edges(rings: Iterable[Line]) -> list[Edge]:
    return [(p, q) for ring in rings for p, q in itertools.pairwise(ring) if p != q]


def _kept(a: list[Line], b: list[Line], operation: str) -> list[Edge]:
    """The directed pieces that bound the result, its inside on their left."""
    first, second = _cut(_edges(a), _edges(b)), _cut(_edges(b), _edges(a))
    of_a, of_b = set(first), set(second)
    found: list[Edge] = []
    for edge in first:
        back = (edge[1], edge[0])
        if edge in of_b:  # a common border, with both insides on the same side
            keep = operation != "difference"
        elif back in of_b:  # a common border, with the insides on either side
            keep = operation == "difference"
        else:
            keep = _inside(_middle(edge), b) == (operation == "intersection")
        if keep:
            found.append(edge)
    for edge in second:
        back = (edge[1], edge[0])
        if edge in of_a or back in of_a:
            continue
        if _inside(_middle(edge), a) == (operation != "union"):
            found.append(back if operation == "difference" else edge)
    return found


def _middle(edge: Edge) -> Point:
    return (edge[0][0] + edge[1][0]) / 2, (edge[0][1] + edge[1][1]) / 2


def _inside(point: Point, rings: list[Line]) -> bool:
    """By the number of edges that a ray to the right crosses."""
    x, y = point
    crossings = 0
    for p, q in _edges(rings):
        if (p[1] > y) != (q[1] > y) and x < p[0] + (y - p[1]) / (q[1] - p[1]) * (q[0] - p[0]):
            crossings += 1
    return crossings % 2 == 1


def _cut(edges: list[Edge], others: list[Edge]) -> list[Edge]:
    """The edges in pieces that no other edge crosses or touches between their ends."""
    pieces: list[Edge] = []
    for p, q in edges:
        points = {p, q}
        for r, s in others:
            points.update(_meetings(p, q, r, s))
        pieces += itertools.pairwise(sorted(points, key=partial(math.dist, p)))
    return pieces


def _meetings(p: Point, q: Point, r: Point, s: Point) -> list[Point]:
    """Where the edge r-s meets p-q, ends of either included."""
    found = [z for z in (r, s) if _on(z, p, q)]
    if found or _on(p, r, s) or _on(q, r, s):
        return found
    d, e = (q[0] - p[0], q[1] - p[1]), (s[0] - r[0], s[1] - r[1])
    across = d[0] * e[1] - d[1] * e[0]
    if abs(across) < _NEAR * math.hypot(*d) * math.hypot(*e):
        return []
    t = ((r[0] - p[0]) * e[1] - (r[1] - p[1]) * e[0]) / across
    u = ((r[0] - p[0]) * d[1] - (r[1] - p[1]) * d[0]) / across
    if not (0 < t < 1 and 0 < u < 1):
        return []
    # From the same edge whichever of the two asks, so that both are cut in the same point.
    x, y = (p[0] + t * d[0], p[1] + t * d[1]) if (p, q) < (r, s) else (r[0] + u * e[0], r[1] + u * e[1])
    return [(round(x, _DIGITS), round(y, _DIGITS))]


def _on(z: Point, p: Point, q: Point) -> bool:
    length = math.dist(p, q)
    away = abs((q[0] - p[0]) * (z[1] - p[1]) - (q[1] - p[1]) * (z[0] - p[0])) / length
    along = ((z[0] - p[0]) * (q[0] - p[0]) + (z[1] - p[1]) * (q[1] - p[1])) / length
    return away < _NEAR and -_NEAR <= along <= length + _NEAR


def _rings(edges: list[Edge]) -> list[Line]:
    """Closed rings of the edges; where several go on, the sharpest left turn, so that rings only touch."""
    following: defaultdict[Point, list[Point]] = defaultdict(list)
    for p, q in dict.fromkeys(edges):
        following[p].append(q)
    rings = []
    while following:
        start = min(following)
        ring = [start, _next(following, start, None)]
        while ring[-1] != start:
            if ring[-1] not in following:
                raise ValueError("Set operation on these polygons is not supported by this emulator")
            ring.append(_next(following, ring[-1], ring[-2]))
        if len(ring) > 3:
            rings.append(_straightened(ring))
    return rings


def _next(following: dict[Point, list[Point]], at: Point, before: Point | None) -> Point:
    choices = following[at]
    if before is None or len(choices) == 1:
        chosen = choices[0]
    else:
        back = math.atan2(before[1] - at[1], before[0] - at[0])
        chosen = min(choices, key=lambda q: -((math.atan2(q[1] - at[1], q[0] - at[0]) - back) % (2 * math.pi)))
    choices.remove(chosen)
    if not choices:
        del following[at]
    return chosen


def _straightened(ring: list[Point]) -> Line:
    """Without the points that only cut a straight edge."""
    corners = ring[:-1]
    kept = [q for p, q, r in zip(corners[-1:] + corners[:-1], corners, corners[1:] + corners[:1], strict=True)
            if not _on(q, p, r)]  # fmt: skip
    return (*kept, kept[0])


def _polygons(rings: list[Line]) -> list[Polygon]:
    """Shells (counter-clockwise) with the holes that lie in them."""
    shells = [ring for ring in rings if _area(ring) > 0]
    holes = [ring for ring in rings if _area(ring) < 0]
    found: dict[Line, list[Line]] = {shell: [] for shell in sorted(shells)}
    for hole in holes:
        around = [shell for shell in shells if _inside(_middle((hole[0], hole[1])), [shell])]
        if around:
            found[min(around, key=_area)].append(hole)
    return [(shell, *own) for shell, own in found.items()]


def _area(ring: Line) -> float:
    return sum(p[0] * q[1] - q[0] * p[1] for p, q in itertools.pairwise(ring))
