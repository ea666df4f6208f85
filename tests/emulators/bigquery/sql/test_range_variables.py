"""What a name means that is both a range variable's and a field's of its rows."""

from typing import Any

import pytest

NOTES = "UNNEST([STRUCT(1 AS id, 'a' AS note)]) AS note"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"SELECT note FROM {NOTES}", {"id": 1, "note": "a"}),
        (f"SELECT note.note FROM {NOTES}", "a"),
        (f"SELECT id FROM {NOTES}", 1),
        (f"SELECT ARRAY(SELECT note FROM {NOTES} UNION ALL SELECT (2, 'b'))[1].id", 2),
        ("SELECT x FROM (SELECT 1 AS x, 2 AS y) AS x", 1),  # a table's column goes before its alias
    ],
)
def test_the_element_of_an_array_hides_its_fields(warehouse: Any, query: str, expected: Any) -> None:
    assert warehouse.run(query) == [(expected,)]
