"""GEOGRAPHY: texts, tests and measures on the sphere; what is not supported is refused."""

import math
import random
from typing import Any

import pytest

from emulators.bigquery.sql.geography.functions import st_area, st_geogfromtext
from emulators.bigquery.sql.geography.set_operations import st_difference, st_intersection, st_union
from emulators.bigquery.sql.model import SqlError

SQUARE = "ST_GEOGFROMTEXT('POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))')"
INNER = "ST_GEOGFROMTEXT('POLYGON((1 1, 2 1, 2 2, 1 2, 1 1))')"

VALUES: list[tuple[str, Any]] = [
    ("ST_ASTEXT(ST_GEOGPOINT(1.5, -2))", "POINT(1.5 -2)"),
    ("ST_ASTEXT(ST_GEOGFROMTEXT('MULTIPOINT(0 0, 1 1, 0 0)'))", "MULTIPOINT(0 0, 1 1)"),
    ("ST_ASTEXT(ST_GEOGFROMTEXT('POLYGON((0 0, 0 1, 1 1, 1 0, 0 0))'))", "POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))"),
    ('ST_ASTEXT(ST_GEOGFROMGEOJSON(\'{"type": "Point", "coordinates": [3, 4]}\'))', "POINT(3 4)"),
    ("ST_ASGEOJSON(ST_GEOGPOINT(1, 2))", '{ "type": "Point", "coordinates": [1, 2] } '),
    ("ST_DISTANCE(ST_GEOGPOINT(0, 0), ST_GEOGPOINT(0, 1))", 111195.10117748393),
    (f"ST_DISTANCE({SQUARE}, ST_GEOGPOINT(1, 1))", 0.0),
    (f"ST_CONTAINS({SQUARE}, ST_GEOGPOINT(1, 1))", True),
    (f"ST_CONTAINS({SQUARE}, ST_GEOGPOINT(0, 1))", False),
    (f"ST_COVERS({SQUARE}, ST_GEOGPOINT(0, 1))", True),
    (f"ST_TOUCHES({SQUARE}, ST_GEOGPOINT(0, 1))", True),
    (f"ST_INTERSECTS({SQUARE}, ST_GEOGFROMTEXT('LINESTRING(-1 1, 9 1)'))", True),
    (f"ST_INTERSECTS({SQUARE}, ST_GEOGPOINT(5, 5))", False),
    ("ST_DISTANCE(ST_GEOGPOINT(0, 0), NULL)", None),
    (f"ST_ASTEXT(ST_DIFFERENCE({SQUARE}, {INNER}))", "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 1 2, 2 2, 2 1, 1 1))"),
    (f"ST_ASTEXT(ST_UNION({SQUARE}, {INNER}))", "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))"),
    (f"ST_ASTEXT(ST_UNION(ST_DIFFERENCE({SQUARE}, {INNER}), {INNER}))", "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))"),
    (f"ST_ISEMPTY(ST_DIFFERENCE({SQUARE}, {SQUARE}))", True),
    (f"ST_ASTEXT(ST_DIFFERENCE(ST_GEOGFROMTEXT('MULTIPOINT(1 1, 9 9)'), {SQUARE}))", "POINT(9 9)"),
    # A corner of the circle of 10 m around (0, 0), as the service gives it.
    (
        "ST_ASTEXT(ST_STARTPOINT(ST_EXTERIORRING(ST_BUFFER(ST_GEOGPOINT(0, 0), 10))))",
        "POINT(-8.99307563648653e-05 4.76633008733591e-07)",
    ),
    ("ST_NPOINTS(ST_BUFFER(ST_GEOGPOINT(8, 50), 10, num_seg_quarter_circle => 2))", 9),
    ("ROUND(ST_AREA(ST_BUFFER(ST_GEOGPOINT(8, 50), 1000, 1000)) / 1e6, 4)", 3.1416),
    ("ROUND(ST_MAXDISTANCE(ST_GEOGPOINT(8, 50), ST_BUFFER(ST_GEOGPOINT(8, 50), 2e6)))", 2e6),
    ("ST_NPOINTS(ST_BUFFERWITHTOLERANCE(ST_GEOGPOINT(8, 50), 100, tolerance_meters => 1))", 24),
    ("ST_NUMGEOMETRIES(ST_BUFFER(ST_GEOGFROMTEXT('MULTIPOINT(0 0, 0 1)'), 10))", 2),
    ("ST_ISEMPTY(ST_BUFFER(ST_GEOGPOINT(8, 50), -1))", True),
    ("ST_X(ST_ENDPOINT(ST_GEOGFROMTEXT('LINESTRING(1 2, 3 4)')))", 3.0),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES)
def test_value(warehouse: Any, expression: str, expected: Any) -> None:
    ((value,),) = warehouse.run(f"SELECT {expression} AS v")
    assert value == (pytest.approx(expected, rel=1e-12) if isinstance(expected, float) else expected)


ERRORS = [
    ("ST_GEOGPOINT(0, 91)", "Latitude must be between -90 and 90 degrees: 91"),
    ("ST_GEOGFROMTEXT('POINT(1)')", "ST_GeogFromText failed: Invalid WKT string: POINT(1)"),
    (f"ST_BUFFER({SQUARE}, 10)", "ST_BUFFER of lines and polygons is not supported by this emulator"),
    (
        "ST_BUFFER(ST_GEOGFROMTEXT('MULTIPOINT(0 0, 0 1)'), 60000)",
        "ST_BUFFER of points whose circles meet is not supported by this emulator",
    ),
]


@pytest.mark.parametrize(("expression", "message"), ERRORS)
def test_error(warehouse: Any, expression: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(f"SELECT {expression} AS v")
    assert raised.value.message == message


def star(dice: random.Random) -> str:
    """A polygon around a random middle."""
    x, y, n = dice.uniform(-1, 1), dice.uniform(40, 42), dice.randint(3, 9)
    corners = []
    for k in range(n):
        angle, radius = (k + dice.uniform(0.05, 0.95)) * 2 * math.pi / n, dice.uniform(0.3, 1.5)
        corners.append(f"{x + radius * math.cos(angle):.3f} {y + radius * math.sin(angle):.3f}")
    return st_geogfromtext(f"POLYGON(({', '.join([*corners, corners[0]])}))")


def test_areas_add_up() -> None:
    dice = random.Random(3)
    for _ in range(60):
        one, other = star(dice), star(dice)
        common, both = st_area(st_intersection(one, other)), st_area(st_union([one, other]))
        assert both + common == pytest.approx(st_area(one) + st_area(other), rel=1e-7)
        assert st_area(st_difference(one, other)) + common == pytest.approx(st_area(one), rel=1e-7)
