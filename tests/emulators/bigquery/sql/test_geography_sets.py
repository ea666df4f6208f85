"""Union, intersection and difference of lines, points and polygons together; boxes; simpler polygons."""

import random
from typing import Any

import pytest

from emulators.bigquery.sql.geography.functions import st_area, st_geogfromtext, st_length
from emulators.bigquery.sql.geography.predicates import st_intersects, st_touches
from emulators.bigquery.sql.geography.set_operations import st_difference, st_intersection, st_union
from emulators.bigquery.sql.model import SqlError

SQUARE = "POLYGON((0 -1, 4 -1, 4 1, 0 1, 0 -1))"
LINE = "LINESTRING(-3 0, 7 0)"

SETS = [
    ("INTERSECTION", LINE, SQUARE, "LINESTRING(0 0, 4 0)"),
    ("INTERSECTION", SQUARE, LINE, "LINESTRING(0 0, 4 0)"),
    ("INTERSECTION", "LINESTRING(7 0, -3 0)", SQUARE, "LINESTRING(4 0, 0 0)"),
    ("INTERSECTION", LINE, "LINESTRING(1 -1, 1 1)", "POINT(1 0)"),
    ("INTERSECTION", LINE, "LINESTRING(5 0, 9 0)", "LINESTRING(5 0, 7 0)"),
    ("INTERSECTION", LINE, "LINESTRING(7 0, 9 0)", "POINT(7 0)"),
    ("INTERSECTION", "LINESTRING(4 0, 9 0)", SQUARE, "POINT(4 0)"),
    ("INTERSECTION", LINE, "MULTIPOINT(1 0, 1 1)", "POINT(1 0)"),
    ("INTERSECTION", LINE, "LINESTRING(1 1, 1 2)", "GEOMETRYCOLLECTION EMPTY"),
    ("INTERSECTION", "GEOMETRYCOLLECTION(POINT(1 0), LINESTRING(2 0, 2 9))", SQUARE,
     "GEOMETRYCOLLECTION(POINT(1 0), LINESTRING(2 0, 2 1.00060942040799))"),
    ("INTERSECTION", "POLYGON((1 1, 3 1, 3 3, 1 3, 1 1))", "POLYGON((1 1, 3 1, 3 3, 1 3, 1 1))",
     "POLYGON((1 1, 3 1, 3 3, 1 3, 1 1))"),
    ("DIFFERENCE", LINE, SQUARE, "MULTILINESTRING((-3 0, 0 0), (4 0, 7 0))"),
    ("DIFFERENCE", SQUARE, LINE, SQUARE),
    ("DIFFERENCE", LINE, "LINESTRING(-9 0, 0 0)", "LINESTRING(0 0, 7 0)"),
    ("DIFFERENCE", LINE, "POINT(1 0)", LINE),
    ("DIFFERENCE", "LINESTRING(1 0, 2 0)", SQUARE, "GEOMETRYCOLLECTION EMPTY"),
    ("UNION", LINE, "LINESTRING(7 0, 8 1)", "LINESTRING(-3 0, 7 0, 8 1)"),
    ("UNION", LINE, "LINESTRING(8 1, 7 0)", "LINESTRING(-3 0, 7 0, 8 1)"),
    ("UNION", LINE, "LINESTRING(1 -1, 1 1)",
     "MULTILINESTRING((-3 0, 1 0), (1 0, 7 0), (1 -1, 1 0), (1 0, 1 1))"),
    ("UNION", LINE, "LINESTRING(1 0, 2 0)", "LINESTRING(-3 0, 1 0, 2 0, 7 0)"),
    ("UNION", LINE, SQUARE,
     "GEOMETRYCOLLECTION(LINESTRING(-3 0, 0 0), LINESTRING(4 0, 7 0), "
     "POLYGON((0 -1, 4 -1, 4 0, 4 1, 0 1, 0 0, 0 -1)))"),
    ("UNION", "LINESTRING(1 0, 2 0)", SQUARE, SQUARE),
    ("UNION", "MULTIPOINT(1 0, 9 9)", SQUARE, f"GEOMETRYCOLLECTION(POINT(9 9), {SQUARE})"),
    ("UNION", "MULTIPOINT(1 0, 9 9)", LINE, f"GEOMETRYCOLLECTION(POINT(9 9), {LINE})"),
    ("UNION", "MULTIPOLYGON(((8 8, 9 8, 9 9, 8 8)), ((1 -1, 2 -1, 2 1, 1 1, 1 -1)))", LINE,
     "GEOMETRYCOLLECTION(LINESTRING(-3 0, 1 0), LINESTRING(2 0, 7 0), POLYGON((8 8, 9 8, 9 9, 8 8)), "
     "POLYGON((1 -1, 2 -1, 2 0, 2 1, 1 1, 1 0, 1 -1)))"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "one", "other", "expected"), SETS)
def test_sets(warehouse: Any, operation: str, one: str, other: str, expected: str) -> None:
    call = f"ST_{operation}(ST_GEOGFROMTEXT('{one}'), ST_GEOGFROMTEXT('{other}'))"
    assert warehouse.run(f"SELECT ST_ASTEXT({call})") == [(expected,)]


def test_lines_begin_where_cells_do() -> None:
    """Both lines begin at their common end, so neither direction can be kept: the cell's number decides."""
    assert st_union(["LINESTRING(8 50, 9 51)", "LINESTRING(8 50, 7 49)"]) == "LINESTRING(7 49, 8 50, 9 51)"


def test_a_ring_of_lines_is_one_line(warehouse: Any) -> None:
    lines = ["LINESTRING(0 0, 1 0)", "LINESTRING(1 0, 1 1)", "LINESTRING(1 1, 0 0)"]
    listed = ", ".join(f"ST_GEOGFROMTEXT('{line}')" for line in lines)
    assert warehouse.run(f"SELECT ST_ASTEXT(ST_UNION([{listed}]))") == [("LINESTRING(0 0, 1 0, 1 1, 0 0)",)]


def test_lengths_add_up() -> None:
    numbers = random.Random(7)
    for _ in range(20):
        corners = [(numbers.uniform(-5, 5), numbers.uniform(-5, 5)) for _ in range(6)]
        line = "LINESTRING({})".format(", ".join(f"{x} {y}" for x, y in corners))
        half = numbers.uniform(1, 4)
        area = st_geogfromtext(f"POLYGON(({-half} {-half}, {half} {-half}, {half} {half}, 0 0, {-half} {-half}))")
        inner, outer = st_intersection(line, area), st_difference(line, area)
        assert st_length(inner) + st_length(outer) == pytest.approx(st_length(line), rel=1e-9)
        assert st_length(st_union([line, area])) == pytest.approx(st_length(outer), rel=1e-9)


@pytest.mark.parametrize(
    ("wkt", "box", "meets"),
    [
        (LINE, "0, -1, 1, 1", True),
        (LINE, "0, 1, 1, 2", False),
        (LINE, "0, 0, 1, 2", True),
        (SQUARE, "1, 0, 2, 0.5", True),
        (SQUARE, "-9, -9, 9, 9", True),
        (SQUARE, "170, -1, -170, 1", False),
        # The great circle between these points passes over 52.5 degrees north.
        ("LINESTRING(-50 40, 50 40)", "-5, 52.4, 5, 53", True),
        ("LINESTRING(-50 40, 50 40)", "-5, 52.6, 5, 53", False),
        ("LINESTRING(-50 40, 50 40)", "-5, 39, 5, 41", False),
        ("LINESTRING(175 0, -175 5)", "178, 0, -178, 5", True),
        ("LINESTRING(175 0, -175 5)", "-178, 0, 178, 5", True),
        ("LINESTRING(179 0, -179 5)", "-178, 0, 178, 5", False),
    ],
)
def test_boxes(warehouse: Any, wkt: str, box: str, meets: bool) -> None:
    assert warehouse.run(f"SELECT ST_INTERSECTSBOX(ST_GEOGFROMTEXT('{wkt}'), {box})") == [(meets,)]


def test_a_polygon_does_not_cover_the_other_side_of_the_world(warehouse: Any) -> None:
    assert warehouse.run(f"SELECT ST_COVERS(ST_GEOGFROMTEXT('{SQUARE}'), ST_GEOGPOINT(-178, 0))") == [(False,)]


def test_simpler_polygons(warehouse: Any) -> None:
    call = "SELECT ST_ASTEXT(ST_SIMPLIFY(ST_GEOGFROMTEXT('POLYGON((0 0, 1 0.001, 2 0, 2 2, 0 2, 0 0))'), {}))"
    assert warehouse.run(call.format(1000)) == [("POLYGON((0 0, 2 0, 2 2, 0 2, 0 0))",)]
    assert warehouse.run(call.format(1)) == [("POLYGON((0 0, 1 0.001, 2 0, 2 2, 0 2, 0 0))",)]
    with pytest.raises(SqlError, match="ST_SIMPLIFY of polygons that shrink to a line is not supported"):
        warehouse.run(call.format(1e6))


@pytest.mark.parametrize(
    ("predicate", "one", "other", "expected"),
    [
        # Squares that share a meridian, on either side of it and on the same one.
        ("TOUCHES", "POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))", "POLYGON((1 0.3, 2 0, 2 1, 1 0.7, 1 0.3))", True),
        ("TOUCHES", "POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))", "POLYGON((0 0, 1 0, 1 3, 0 3, 0 0))", False),
        ("TOUCHES", "POLYGON((0 0, 1 0, 1 3, 0 3, 0 0))", "POLYGON((0 2, 1 2, 1 6, 0 6, 0 2))", False),
        ("CONTAINS", "POLYGON((0 0, 1 0, 1 3, 0 3, 0 0))", "POLYGON((0 1, 1 1, 1 2, 0 2, 0 1))", True),
        ("COVERS", "POLYGON((0 0, 9 0, 9 9, 0 9, 0 0), (2 2, 3 2, 3 3, 2 3, 2 2))",
         "POLYGON((1 1, 4 1, 4 4, 1 4, 1 1))", False),
        ("COVERS", "POLYGON((0 0, 4 0, 4 4, 3 4, 3 1, 1 1, 1 4, 0 4, 0 0))", "LINESTRING(0 3, 4 3)", False),
        ("COVERS", "POLYGON((0 0, 4 0, 4 4, 3 4, 3 1, 1 1, 1 4, 0 4, 0 0))", "LINESTRING(0 0, 4 0)", True),
        ("CONTAINS", LINE, "POINT(-3 0)", False),
        ("CONTAINS", LINE, "POINT(1 0)", True),
        ("TOUCHES", LINE, "POINT(-3 0)", True),
        ("TOUCHES", SQUARE, "LINESTRING(0 -1, 0 1)", True),
        ("TOUCHES", SQUARE, "LINESTRING(0 -1, 4 1)", False),
        ("TOUCHES", "LINESTRING(1 0, 2 0)", LINE, False),
        ("EQUALS", "LINESTRING(1 0, 2 0, 3 0)", "LINESTRING(3 0, 1 0)", True),
    ],
)  # fmt: skip
def test_predicates(warehouse: Any, predicate: str, one: str, other: str, expected: bool) -> None:
    call = f"ST_{predicate}(ST_GEOGFROMTEXT('{one}'), ST_GEOGFROMTEXT('{other}'))"
    assert warehouse.run(f"SELECT {call}") == [(expected,)]


def test_predicates_agree_with_areas() -> None:
    """Shapes on a grid share corners and edges, where rounding decides."""
    numbers = random.Random(3)

    def shape() -> str:
        x, y, w, h = (numbers.randint(*span) for span in ((-3, 3), (0, 3), (1, 3), (1, 3)))
        return f"POLYGON(({x} {y}, {x + w} {y}, {x + w} {y + h}, {x} {y + h}, {x} {y}))"

    for _ in range(150):
        one, other = shape(), shape()
        common = st_area(st_intersection(one, other)) / min(st_area(one), st_area(other))
        assert st_touches(one, other) == (st_intersects(one, other) and common < 1e-7)
        assert st_area(st_union([one, other])) + st_area(st_intersection(one, other)) == pytest.approx(
            st_area(one) + st_area(other), rel=1e-7
        )
