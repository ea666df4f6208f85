"""ST_UNION, ST_INTERSECTION and ST_DIFFERENCE: each of polygons, lines and points has its part of the result."""

import itertools

from emulators.bigquery.sql.geography import sphere
from emulators.bigquery.sql.geography.overlay import overlay
from emulators.bigquery.sql.geography.pieces import Edge, cut, joined, middle
from emulators.bigquery.sql.geography.shapes import Line, Point, Polygon, Shape, from_wkt, merged, to_wkt


def st_union(shapes: list[str]) -> str:
    separate: list[Shape] = []
    for one in dict.fromkeys(from_wkt(wkt) for wkt in shapes):
        for other in [known for known in separate if sphere.intersects(one, known)]:
            separate.remove(other)
            one = _union(other, one)
        separate.append(one)
    return to_wkt(merged(separate))


def st_intersection(x: str, y: str) -> str:
    return to_wkt(_intersection(from_wkt(x), from_wkt(y)))


def st_difference(x: str, y: str) -> str:
    return to_wkt(_difference(from_wkt(x), from_wkt(y)))


def _polygons(shape: Shape) -> Shape:
    return Shape(polygons=shape.polygons)


def _pieces(one: Shape, other: Shape) -> list[Edge]:
    """The edges of its lines, cut wherever the other one's lines and rings meet them."""
    return cut([pair for line in one.lines for pair in itertools.pairwise(line)], other.edges())


def _held(piece: Edge, shape: Shape) -> bool:
    """Whether a piece lies in the polygons or on the lines of a shape."""
    return sphere.covers_point(Shape(lines=shape.lines, polygons=shape.polygons), middle(piece))


def _new(pieces: list[Edge], known: list[Edge]) -> list[Edge]:
    """Those that are not among the known ones, in either direction."""
    found = set(map(frozenset, known))
    return [piece for piece in pieces if frozenset(piece) not in found]


def _union(one: Shape, other: Shape) -> Shape:
    first = [piece for piece in _pieces(one, other) if not _held(piece, _polygons(other))]
    second = [piece for piece in _pieces(other, one) if not _held(piece, _polygons(one))]
    lines = joined(first + _new(second, first))
    polygons = tuple(_with_corners(polygon, lines) for polygon in _united(one, other))
    edges = Shape(lines=lines, polygons=polygons)
    points = dict.fromkeys(p for p in one.points + other.points if not sphere.covers_point(edges, p))
    return Shape(tuple(points), lines, polygons)


def _united(one: Shape, other: Shape) -> tuple[Polygon, ...]:
    """Their polygons; those that meet none of the other's stay as they are."""
    if one.polygons == other.polygons:
        return one.polygons

    def meeting(polygons: tuple[Polygon, ...], others: Shape) -> tuple[Polygon, ...]:
        return tuple(p for p in polygons if sphere.intersects(Shape(polygons=(p,)), _polygons(others)))

    first, second = meeting(one.polygons, other), meeting(other.polygons, one)
    apart = tuple(p for p in one.polygons + other.polygons if p not in first and p not in second)
    return (overlay(Shape(polygons=first), Shape(polygons=second), "union").polygons if first else ()) + apart


def _with_corners(polygon: Polygon, lines: tuple[Line, ...]) -> Polygon:
    """The polygon with a vertex wherever a line of the result ends at its border."""
    others = Shape(lines=lines).edges()

    def cut_ring(ring: Line) -> Line:
        return (ring[0], *(q for _, q in cut(list(itertools.pairwise(ring)), others)))

    return tuple(map(cut_ring, polygon))


def _difference(one: Shape, other: Shape) -> Shape:
    """Less what the other one covers; what has fewer dimensions takes nothing away."""
    lines = joined([piece for piece in _pieces(one, other) if not _held(piece, other)]) if other.edges() else one.lines
    polygons = one.polygons
    if sphere.intersects(_polygons(one), _polygons(other)):
        polygons = overlay(_polygons(one), _polygons(other), "difference").polygons
    return Shape(tuple(p for p in one.points if not sphere.covers_point(other, p)), lines, polygons)


def _intersection(one: Shape, other: Shape) -> Shape:
    if not sphere.intersects(one, other):
        return Shape()
    polygons: tuple[Polygon, ...] = ()
    if sphere.intersects(_polygons(one), _polygons(other)):
        polygons = _clipped(_polygons(one), _polygons(other)).polygons
    first, second = _pieces(one, other), _pieces(other, one)
    kept = [piece for piece in first if _held(piece, other)]
    lines = joined(kept + _new([piece for piece in second if _held(piece, one)], kept))
    edges = Shape(lines=lines, polygons=polygons)
    meeting = [p for p in (*one.points, *other.points, *itertools.chain(*first, *second)) if _common(p, one, other)]
    return Shape(tuple(dict.fromkeys(p for p in meeting if not sphere.covers_point(edges, p))), lines, polygons)


def _common(point: Point, one: Shape, other: Shape) -> bool:
    return sphere.covers_point(one, point) and sphere.covers_point(other, point)


def _clipped(one: Shape, other: Shape) -> Shape:
    """Two convex polygons with no corner on an edge of the other one by cutting along each edge, in all digits."""
    touching = any(sphere.on_edges(sphere.vector(p), b) for a, b in ((one, other), (other, one)) for p in a.vertices())
    if (
        touching
        or one.kind != "POLYGON"
        or other.kind != "POLYGON"
        or len(one.polygons[0]) > 1
        or len(other.polygons[0]) > 1
    ):
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
