"""A geography as points, lines and polygons in degrees; its texts (WKT, GeoJSON); normal form as BigQuery shows it."""

import json  # noqa: I001
import math
import re
from dataclasses import dataclass, field
from typing import Any
import itertools

Point = tuple[float, float]  # longitude, latitude
Line = tuple[Point, ...]
Polygon = tuple[Line, ...]  # the shell, then holes; each ring is closed

_TOKEN = re.compile(r"\s*([A-Za-z]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[(),])")


@dataclass(frozen=True)
class Shape:
    points: tuple[Point, ...] = ()
    lines: tuple[Line, ...] = ()
    polygons: tuple[Polygon, ...] = field(default=())

    @property
    def empty(self) -> bool:
        return not (self.points or self.lines or self.polygons)

    @property
    def kind(self) -> str:
        """The WKT name of the simplest type that holds it."""
        present = [
            (n, items)
            for n, items in (("POINT", self.points), ("LINESTRING", self.lines), ("POLYGON", self.polygons))
            if items
        ]
        if len(present) != 1:
            return "GEOMETRYCOLLECTION"
        name, items = present[0]
        return name if len(items) == 1 else "MULTI" + name

    def parts(self) -> "list[Shape]":
        found = [Shape(points=(p,)) for p in self.points] + [Shape(lines=(line,)) for line in self.lines]
        return found + [Shape(polygons=(polygon,)) for polygon in self.polygons]

    def edges(self) -> list[tuple[Point, Point]]:
        chains = [*self.lines, *(ring for polygon in self.polygons for ring in polygon)]
        return [pair for chain in chains for pair in itertools.pairwise(chain)]

    def vertices(self) -> list[Point]:
        rings = [p for polygon in self.polygons for ring in polygon for p in ring[:-1]]
        return [*self.points, *(p for line in self.lines for p in line), *rings]


def merged(shapes: list[Shape]) -> Shape:
    return Shape(
        tuple(dict.fromkeys(p for s in shapes for p in s.points)),
        tuple(line for s in shapes for line in s.lines),
        tuple(polygon for s in shapes for polygon in s.polygons),
    )


def point(longitude: float, latitude: float) -> Point:
    """A checked coordinate; the longitude is brought between -180 and 180."""
    if not -90 <= latitude <= 90:
        raise ValueError(f"Latitude must be between -90 and 90 degrees: {number(latitude)}")
    if not math.isfinite(longitude):
        raise ValueError(f"Longitude must be finite: {longitude}")
    if not -180 <= longitude <= 180:
        longitude = (longitude + 180) % 360 - 180
    return longitude, latitude


def _eastward(a: Point, b: Point) -> float:
    """Degrees of longitude from a to b, by the shorter way, which may cross the antimeridian."""
    difference = b[0] - a[0]
    return difference - 360 if difference > 180 else difference + 360 if difference < -180 else difference


def ring(line: Line, hole: bool) -> Line:
    """A closed ring, counter-clockwise for a shell and clockwise for a hole."""
    if len(line) < 4 or line[0] != line[-1]:
        raise ValueError("Invalid polygon loop: a loop must be closed and have at least 3 different vertices")
    area = sum(_eastward(a, b) * (b[1] + a[1]) for a, b in itertools.pairwise(line))
    clockwise = area > 0
    return line if clockwise == hole else line[::-1]


# --- WKT
# ---------------------------------------------------------------------------------------------------------------
class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.tokens = text, [m.group(1) for m in _TOKEN.finditer(text)]
        if "".join(self.tokens) != re.sub(r"\s+", "", text):
            self.fail()
        self.at = 0

    def fail(self) -> Any:
        raise ValueError(f"ST_GeogFromText failed: Invalid WKT string: {self.text}")

    def take(self) -> str:
        if self.at >= len(self.tokens):
            self.fail()
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token: str) -> None:
        if self.take() != token:
            self.fail()

    def accept(self, token: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at].upper() == token:
            self.at += 1
            return True
        return False

    def coordinate(self) -> Point:
        try:
            return point(float(self.take()), float(self.take()))
        except ValueError as error:
            if "could not convert" in str(error):
                self.fail()
            raise

    def many(self, one: Any) -> list[Any]:
        self.expect("(")
        found = [one()]
        while self.accept(","):
            found.append(one())
        self.expect(")")
        return found

    def line(self) -> Line:
        return tuple(self.many(self.coordinate))

    def polygon(self) -> Polygon:
        rings = self.many(self.line)
        return tuple(ring(one, i > 0) for i, one in enumerate(rings))

    def bare_point(self) -> Point:
        if self.accept("("):
            found = self.coordinate()
            self.expect(")")
            return found
        return self.coordinate()

    def shape(self) -> Shape:
        kind = self.take().upper()
        if self.accept("EMPTY"):
            return Shape()
        if kind == "POINT":
            return Shape(points=tuple(self.many(self.coordinate)))
        if kind == "MULTIPOINT":
            return Shape(points=tuple(dict.fromkeys(self.many(self.bare_point))))
        if kind == "LINESTRING":
            return Shape(lines=(self.line(),))
        if kind == "MULTILINESTRING":
            return Shape(lines=tuple(self.many(self.line)))
        if kind == "POLYGON":
            return Shape(polygons=(self.polygon(),))
        if kind == "MULTIPOLYGON":
            return Shape(polygons=tuple(self.many(self.polygon)))
        if kind == "GEOMETRYCOLLECTION":
            return merged(self.many(self.shape))
        return self.fail()  # type: ignore[no-any-return]


def from_wkt(text: str) -> Shape:
    reader = _Reader(text)
    found = reader.shape()
    if reader.at != len(reader.tokens):
        reader.fail()
    if any(len(line) < 2 for line in found.lines):
        reader.fail()
    return found


def number(value: float) -> str:
    text = f"{value:.15g}"
    return "0" if text == "-0" else text


def _coordinates(line: Line) -> str:
    return "(" + ", ".join(f"{number(x)} {number(y)}" for x, y in line) + ")"


def _polygon(polygon: Polygon) -> str:
    return "(" + ", ".join(_coordinates(one) for one in polygon) + ")"


def to_wkt(shape: Shape) -> str:
    kind = shape.kind
    if shape.empty:
        return "GEOMETRYCOLLECTION EMPTY"
    if kind == "GEOMETRYCOLLECTION":
        return f"{kind}({', '.join(to_wkt(part) for part in shape.parts())})"
    if kind.endswith("POINT"):
        return kind + _coordinates(shape.points)
    if kind == "LINESTRING":
        return kind + _coordinates(shape.lines[0])
    if kind == "MULTILINESTRING":
        return f"{kind}({', '.join(_coordinates(line) for line in shape.lines)})"
    if kind == "POLYGON":
        return kind + _polygon(shape.polygons[0])
    return f"{kind}({', '.join(_polygon(polygon) for polygon in shape.polygons)})"


# --- GeoJSON
# -----------------------------------------------------------------------------------------------------------
def from_geojson(text: str) -> Shape:
    try:
        return _from_json(json.loads(text))
    except (KeyError, TypeError, json.JSONDecodeError, IndexError) as error:
        raise ValueError(f"ST_GeogFromGeoJSON failed: Invalid GeoJSON: {text}") from error


def _from_json(value: dict[str, Any]) -> Shape:
    kind = value["type"]
    if kind == "GeometryCollection":
        return merged([_from_json(part) for part in value["geometries"]])
    given = value["coordinates"]
    if kind in ("Point", "LineString", "Polygon"):
        given, kind = [given], "Multi" + kind
    if kind == "MultiPoint":
        return Shape(points=tuple(point(p[0], p[1]) for p in given))
    if kind == "MultiLineString":
        return Shape(lines=tuple(tuple(point(p[0], p[1]) for p in line) for line in given))
    if kind == "MultiPolygon":
        polygons = [[tuple(point(p[0], p[1]) for p in one) for one in polygon] for polygon in given]
        return Shape(polygons=tuple(tuple(ring(one, i > 0) for i, one in enumerate(polygon)) for polygon in polygons))
    raise KeyError(kind)


def to_geojson(shape: Shape, divide: Any) -> str:
    """divide: puts vertices into an edge, because GeoJSON's edges are straight on the map."""

    def pair(p: Point) -> str:
        return f"[{number(p[0])}, {number(p[1])}]"

    def chain(line: Line) -> str:
        return "[ " + ", ".join(pair(p) for p in divide(line)) + " ]"

    def area(polygon: Polygon) -> str:
        return "[ " + ", ".join(chain(one) for one in polygon) + " ]"

    def one(kind: str, coordinates: str) -> str:
        return f'{{ "type": "{kind}", "coordinates": {coordinates} }} '

    kind = shape.kind
    if kind == "GEOMETRYCOLLECTION":
        inner = ", ".join(to_geojson(part, divide).strip() for part in shape.parts())
        return f'{{ "type": "GeometryCollection", "geometries": [ {inner} ] }} '
    names = {"POINT": "Point", "LINESTRING": "LineString", "POLYGON": "Polygon"}
    name = ("Multi" if kind.startswith("MULTI") else "") + names[kind.removeprefix("MULTI")]
    texts = [pair(p) for p in shape.points] + [chain(line) for line in shape.lines] + [area(p) for p in shape.polygons]
    return one(name, texts[0] if len(texts) == 1 else "[ " + ", ".join(texts) + " ]")
