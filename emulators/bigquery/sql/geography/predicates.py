"""ST_INTERSECTS and its kin: edges are cut where the other shape meets them, and each piece is asked where it lies."""

from emulators.bigquery.sql.geography import sphere
from emulators.bigquery.sql.geography.pieces import Edge, cut, middle
from emulators.bigquery.sql.geography.shapes import Polygon, Shape, from_wkt


def st_equals(x: str, y: str) -> bool:
    one, other = from_wkt(x), from_wkt(y)
    if one.empty or other.empty:
        return one.empty and other.empty
    return one == other or (_covers(one, other) and _covers(other, one))


def st_intersects(x: str, y: str) -> bool:
    return sphere.intersects(from_wkt(x), from_wkt(y))


def st_covers(x: str, y: str) -> bool:
    return _covers(from_wkt(x), from_wkt(y))


def st_contains(x: str, y: str) -> bool:
    one, other = from_wkt(x), from_wkt(y)
    return _covers(one, other) and _interiors_meet(one, other)


def st_touches(x: str, y: str) -> bool:
    one, other = from_wkt(x), from_wkt(y)
    return sphere.intersects(one, other) and not _interiors_meet(one, other)


def _covers(x: Shape, y: Shape) -> bool:
    if x.empty or y.empty or not all(sphere.covers_point(x, p) for p in y.vertices()):
        return False
    if not all(sphere.covers_point(x, middle(piece)) for piece in cut(y.edges(), x.edges())):
        return False
    borders = Shape(polygons=x.polygons).edges() if y.polygons else []
    return not any(_inside(piece, y.polygons) for piece in cut(borders, y.edges()))


def _inside(piece: Edge, polygons: tuple[Polygon, ...]) -> bool:
    v = sphere.vector(middle(piece))
    return any(sphere.inside(v, polygon) for polygon in polygons)


def _interiors_meet(x: Shape, y: Shape) -> bool:
    """Whether more than boundaries touch."""
    if sphere.edges_cross(x, y):
        return True
    pieces = [cut(one.edges(), other.edges()) for one, other in ((x, y), (y, x))]
    if _common_border(x, y, *map(set, pieces)):
        return True
    return any(_meet(one, other, own) for one, other, own in ((x, y, pieces[0]), (y, x, pieces[1])))


def _common_border(x: Shape, y: Shape, first: set[Edge], second: set[Edge]) -> bool:
    """Whether they share an edge that has both their insides on the same side, or is a line in both."""
    if x.polygons and y.polygons:
        return not first.isdisjoint(second)
    return bool(x.lines and y.lines) and not set(map(frozenset, first)).isdisjoint(map(frozenset, second))


def _meet(one: Shape, other: Shape, pieces: list[Edge]) -> bool:
    for p in one.vertices():
        if any(sphere.inside(sphere.vector(p), polygon) for polygon in other.polygons):
            return True
    if any(_inside(piece, other.polygons) for piece in pieces):
        return True
    if any(p in other.points for p in one.points):
        return True
    lines = Shape(lines=other.lines)
    ends = {end for line in other.lines for end in (line[0], line[-1])}
    return any(sphere.on_edges(sphere.vector(p), lines) for p in one.points if p not in ends)
