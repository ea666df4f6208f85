"""ST_INTERSECTSBOX: the sides of a box are meridians and parallels, the edges of a geography great circles."""

import math

from emulators.bigquery.sql.geography import sphere
from emulators.bigquery.sql.geography.shapes import Point, Shape, from_wkt

_NEAR = 1e-12  # degrees


class _Box:
    def __init__(self, west: float, south: float, east: float, north: float) -> None:
        self.west, self.south, self.east, self.north = west, south, east, north

    def holds(self, p: Point) -> bool:
        return self.south - _NEAR <= p[1] <= self.north + _NEAR and self.spans(p[0])

    def spans(self, longitude: float) -> bool:
        """A box whose west is above its east goes over the antimeridian."""
        if self.west <= self.east:
            return self.west - _NEAR <= longitude <= self.east + _NEAR
        return longitude >= self.west - _NEAR or longitude <= self.east + _NEAR

    def meets(self, a: Point, b: Point) -> bool:
        """Whether an edge with both its ends outside crosses a side."""
        start, end = sphere.vector(a), sphere.vector(b)
        for longitude in (self.west, self.east):
            corners = [(longitude, latitude) for latitude in (self.south, self.north)]
            if sphere.crossing(start, end, *map(sphere.vector, corners)) is not None:
                return True
            if any(sphere.on_edge(corner, (a, b)) for corner in corners):
                return True
        return any(self.spans(p[0]) for latitude in (self.south, self.north) for p in _at(start, end, latitude))


def _at(a: sphere.Vector, b: sphere.Vector, latitude: float) -> list[Point]:
    """Where an arc is at a latitude: at none, one or two places."""
    normal = sphere.cross(a, b)
    slope, height = math.hypot(normal[0], normal[1]), math.radians(latitude)
    turn = -normal[2] * math.tan(height) / slope if slope else 2.0
    if abs(turn) > 1:
        return []
    middle = math.atan2(normal[1], normal[0])
    places = (math.degrees(middle + sign * math.acos(turn)) for sign in (-1, 1))
    found = [((longitude + 180) % 360 - 180, latitude) for longitude in places]
    return [p for p in found if _between(sphere.vector(p), a, b, normal)]


def _between(p: sphere.Vector, a: sphere.Vector, b: sphere.Vector, normal: sphere.Vector) -> bool:
    return sphere.dot(sphere.cross(normal, a), p) >= 0 and sphere.dot(sphere.cross(b, normal), p) >= 0


def st_intersectsbox(wkt: str, west: float, south: float, east: float, north: float) -> bool:
    shape, box = from_wkt(wkt), _Box(west, south, east, north)
    if any(box.holds(p) for p in shape.vertices()) or any(box.meets(a, b) for a, b in shape.edges()):
        return True
    return bool(shape.polygons) and sphere.covers_point(Shape(polygons=shape.polygons), (west, south))
