"""GEOGRAPHY: texts, tests and measures on the sphere; what is not supported is refused."""

from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

SQUARE = "ST_GEOGFROMTEXT('POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))')"

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
    ("ST_X(ST_ENDPOINT(ST_GEOGFROMTEXT('LINESTRING(1 2, 3 4)')))", 3.0),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES)
def test_value(warehouse: Any, expression: str, expected: Any) -> None:
    ((value,),) = warehouse.run(f"SELECT {expression} AS v")
    assert value == (pytest.approx(expected, rel=1e-12) if isinstance(expected, float) else expected)


ERRORS = [
    ("ST_GEOGPOINT(0, 91)", "Latitude must be between -90 and 90 degrees: 91"),
    ("ST_GEOGFROMTEXT('POINT(1)')", "ST_GeogFromText failed: Invalid WKT string: POINT(1)"),
    (f"ST_BUFFER({SQUARE}, 10)", "Function not found: ST_BUFFER at [1:8]"),
    (
        f"ST_UNION({SQUARE}, ST_GEOGFROMTEXT('POLYGON((2 2, 6 2, 6 6, 2 6, 2 2))'))",
        "ST_UNION of lines or polygons that meet is not supported by this emulator",
    ),
]


@pytest.mark.parametrize(("expression", "message"), ERRORS)
def test_error(warehouse: Any, expression: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(f"SELECT {expression} AS v")
    assert raised.value.message == message
