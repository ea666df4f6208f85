"""What a text may say when it becomes a geography: loops that do not cross themselves, shells that run
counter-clockwise, edges that are the same on a map and on the globe."""

import itertools
import re

from emulators.bigquery.sql.geography.shapes import Line, Point, Shape, from_geojson, from_wkt, ring, to_wkt

_RING = re.compile(r"\(([^()]*)\)")


def valid(shape: Shape) -> Shape:
    """The shape; ValueError where an edge of a loop crosses another one of it."""
    for polygon in shape.polygons:
        for loop in polygon:
            _check_loop(loop)
    return shape


def _check_loop(loop: Line) -> None:
    edges = list(itertools.pairwise(loop))
    if len(edges) > 500:  # each edge is compared with each other one
        return
    for i, j in itertools.combinations(range(len(edges)), 2):
        if _cross(*edges[i], *edges[j]):
            raise ValueError(f"Invalid polygon loop: Edge {i} crosses edge {j}")


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two edges cross inside of both; nothing is said of edges over the antimeridian."""
    if max(p[0] for p in (a, b, c, d)) - min(p[0] for p in (a, b, c, d)) > 180:
        return False
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Point, b: Point, p: Point) -> int:
    turn = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    return (turn > 1e-12) - (turn < -1e-12)


def _check_orientation(text: str) -> None:
    """Rings as they are written are shells that run counter-clockwise, or holes that run clockwise."""
    for polygon in re.findall(r"\(\s*(\([^()]*\)(?:\s*,\s*\([^()]*\))*)\s*\)", text):
        for i, written in enumerate(_RING.findall(polygon)):
            numbers = [tuple(map(float, pair.split())) for pair in written.split(",")]
            loop: Line = tuple((p[0], p[1]) for p in numbers)
            if ring(loop, i > 0) != loop:
                raise ValueError("Polygons larger than a hemisphere are not supported by this emulator")


def _check_planar(shape: Shape) -> None:
    """Only edges along a meridian or the equator are straight on the map as well."""
    if any(a[0] != b[0] and not a[1] == b[1] == 0 for a, b in shape.edges()):
        raise ValueError("Planar edges that are not geodesics are not supported by this emulator")


def st_geogfrom_as(text: str, oriented: bool, planar: bool, make_valid: bool) -> str:
    """WKT or GeoJSON, whose polygons' shells are on the left of their rings when `oriented`, whose edges are straight
    on the map when `planar`, and whose loops are mended when `make_valid`."""
    shape = from_geojson(text) if text.lstrip().startswith("{") else from_wkt(text)
    try:
        valid(shape)
    except ValueError as error:
        if make_valid:
            raise ValueError("Making loops valid that cross themselves is not supported by this emulator") from error
        raise
    if planar:
        _check_planar(shape)
    if oriented and shape.polygons and not text.lstrip().startswith("{"):
        _check_orientation(text)
    return to_wkt(shape)
