"""SAFE functions over many rows of which some fail: DuckDB's TRY must not meet COALESCE, which it does not survive."""

import random
import re
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from emulators.bigquery.sql.analysis.trying import without_coalesce
from emulators.bigquery.sql.errors import from_duckdb
from emulators.bigquery.sql.functions.install import definitions

DICE = random.Random(7)
TEXTS = [DICE.choice(["x", "", "1e9", *[str(DICE.randrange(10 ** DICE.randrange(1, 22)))] * 5]) for _ in range(3000)]
ROWS = "UNNEST([" + ", ".join(f"'{text}'" for text in TEXTS) + "]) v WITH OFFSET n"


def number(text: str) -> int | None:
    return int(text) if text.isdigit() and int(text) < 2**63 else None


def whole(value: int | None) -> int | None:
    return value if value is None or -(2**63) <= value < 2**63 else None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SAFE_CAST(v AS INT64)", number),
        ("SAFE_CAST(COALESCE(NULLIF(v, 'x'), '7') AS INT64)", lambda v: 7 if v == "x" else number(v)),
        ("SAFE_CAST(CAST(COALESCE(SAFE_CAST(v AS FLOAT64), 5) AS FLOAT64) * 1e9 AS INT64)",
         lambda v: whole(round(float(v) * 1e9)) if v not in ("", "x") else 5 * 10**9),
        ("SAFE_ADD(COALESCE(SAFE_CAST(v AS INT64), 1), 9223372036854775807 - LENGTH(v))",
         lambda v: whole((1 if number(v) is None else number(v)) + 2**63 - 1 - len(v))),
        ("SAFE.DIV(10, COALESCE(SAFE_CAST(v AS INT64), 0))", lambda v: 10 // number(v) if number(v) else None),
        ("SAFE.STRING(TIMESTAMP_SECONDS(n), v) IS NULL", lambda v: True),
        ("SAFE.FORMAT_TIMESTAMP('%H', TIMESTAMP_SECONDS(n), v) IS NULL", lambda v: True),
        ("SAFE.PARSE_DATE('%Y', COALESCE(NULLIF(v, 'x'), '2020')) IS NULL",
         lambda v: not (v == "x" or (v.isdigit() and 1 <= int(v) <= 9999 and len(v) <= 4))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_each_row_that_fails_is_null_and_no_other(warehouse: Any, expression: str, expected: Any) -> None:
    found = [value for (value,) in warehouse.run(f"SELECT {expression} FROM {ROWS} ORDER BY n")]
    assert found == [expected(text) for text in TEXTS]


GROUPS = "(SELECT MOD(x, 2) AS g, x, CAST(x AS NUMERIC) AS n, DATE '2020-01-01' AS d FROM UNNEST([1, 2, 3]) x)"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SAFE_DIVIDE(SUM(n), SUM(x) - 2)", [None, Decimal(2)]),
        ("SAFE_ADD(SUM(x), 9223372036854775804)", [2**63 - 2, None]),
        ("SAFE_CAST(AVG(x) * 1e18 AS INT64)", [2 * 10**18] * 2),
        ("SAFE_CAST(MAX(CAST(x AS STRING)) AS INT64)", [2, 3]),
        ("SAFE_NEGATE(g)", [0, -1]),
        ("SAFE_CAST(g AS NUMERIC)", [Decimal(0), Decimal(1)]),
        ("SAFE.LN(g)", [None, 0.0]),
        ("SAFE.FORMAT_DATE('%Y', MAX(d))", ["2020", "2020"]),
        ("SAFE.DATE_ADD(MIN(d), INTERVAL MAX(x) * 1000000 DAY)", [date(7495, 10, 25), None]),
        ("SAFE_SUBTRACT(SUM(SUM(x)) OVER (), g)", [6, 5]),
    ],
)
def test_aggregates_windows_and_columns_of_group_by(warehouse: Any, expression: str, expected: list[Any]) -> None:
    for by in ("g", "1", f"g HAVING {expression} IS NULL OR TRUE"):
        if "OVER" in expression and "HAVING" in by:
            continue  # no window is known there
        query = f"SELECT g, {expression} FROM {GROUPS} GROUP BY {by} ORDER BY g"
        assert [value for _, value in warehouse.run(query)] == expected, by


def test_coalesce_is_written_as_case() -> None:
    assert without_coalesce("f(COALESCE(a, 'x,)', coalesce(b, c)), \"COALESCE(\")") == (
        "f((CASE WHEN a IS NOT NULL THEN a WHEN 'x,)' IS NOT NULL THEN 'x,)' "
        'ELSE (CASE WHEN b IS NOT NULL THEN b ELSE c END) END), "COALESCE(")'
    )
    for kept in ("bq.coalesce(a, b)", "'COALESCE(a, b)'", "(a), b", "g(')', ((1)))"):
        assert without_coalesce(kept) == kept


def test_no_macro_has_coalesce_around_what_may_fail() -> None:
    """A macro may stand in TRY, where what it makes is not seen."""
    for line in re.split(r"(?m)^CREATE MACRO ", definitions()):
        for arguments in re.findall(r"(?i)coalesce\((.*)", line):
            assert not re.search(r"bq\.fail|otherwise", arguments), line.split("(")[0]


@pytest.mark.parametrize(
    "query", ["SELECT g, TRY(CAST(CAST(g AS VARCHAR) AS INT)) FROM {} GROUP BY g", "SELECT TRY(sum(g) OVER ()) FROM {}"]
)
def test_what_duckdb_cannot_do_is_said_in_a_line(instance: Any, query: str) -> None:
    """Each TRY above stands around names alone because of this; once DuckDB can do it, it may be simpler."""
    with pytest.raises(duckdb.Error) as raised:
        instance.execute(query.format("(SELECT unnest([1, 2]) AS g)"))
    message = str(from_duckdb(raised.value))
    assert message.startswith("This emulator cannot run this query") and "\n" not in message
