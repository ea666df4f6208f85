"""A function gives the same value wherever it stands: of a column, of GROUP BY's columns, of aggregates, of windows, in
a subquery, in the aggregate of a subquery. What DuckDB takes in one place it does not always take in another."""

import re
from typing import Any

import pytest

from emulators.bigquery.sql.analysis.lambda_names import canonical
from emulators.bigquery.sql.functions.registry import SCALARS, Overload
from emulators.bigquery.sql.model import Field, SqlError, TableName
from emulators.bigquery.sql.types import Type

# Column -> its type and value; names are marked with @ until the place is known.
ROW = {
    "i": ("INT64", "3"), "s": ("STRING", "'7'"), "f": ("FLOAT64", "0.5"), "n": ("NUMERIC", "NUMERIC '2.5'"),
    "bn": ("BIGNUMERIC", "BIGNUMERIC '1.5'"), "b": ("BOOL", "TRUE"), "y": ("BYTES", "b'ab'"),
    "d": ("DATE", "DATE '2020-02-03'"), "ts": ("TIMESTAMP", "TIMESTAMP '2020-02-03 04:05:06'"),
    "dt": ("DATETIME", "DATETIME '2020-02-03 04:05:06'"), "tm": ("TIME", "TIME '04:05:06'"),
    "iv": ("INTERVAL", "MAKE_INTERVAL(day => 3)"), "j": ("JSON", "PARSE_JSON('[5]')"),
    "gg": ("GEOGRAPHY", "ST_GEOGPOINT(1, 2)"),
}  # fmt: skip
COLUMNS = {kind: f"@{name}" for name, (kind, _) in ROW.items()} | dict.fromkeys("TUNE", "@i")
# What is no row of a table of signatures, or tries.
OTHERS = """
DATE(@i, @i, @i); SAFE_DIVIDE(@n, @n); SAFE_CAST(@f AS INT64); SAFE.LN(@f); SAFE_ADD(@i, @i); SAFE_CAST(@s AS DATE)
DATE_TRUNC(@d, WEEK(MONDAY)); TIMESTAMP_TRUNC(@ts, DAY, 'Europe/Paris'); DATE_DIFF(@d, @d, ISOWEEK); LAST_DAY(@d, YEAR)
DATE_ADD(@d, INTERVAL @i MONTH); TIMESTAMP_SUB(@ts, INTERVAL 1 HOUR); @d + @i; @ts - @ts; @d - INTERVAL 1 YEAR
EXTRACT(ISOWEEK FROM @d); EXTRACT(HOUR FROM @ts AT TIME ZONE 'Europe/Paris'); FORMAT_DATE('%B', @d); FORMAT('%5d', @i)
FORMAT_TIMESTAMP('%F %T', @ts, 'Europe/Paris'); CAST(@ts AS STRING FORMAT 'YYYY'); SAFE.FORMAT_DATE('%Y', @d)
SAFE.DATE_ADD(@d, INTERVAL @i DAY); SAFE.PARSE_DATE('%Y', @s); SAFE.TIMESTAMP_TRUNC(@ts, DAY, @s)
SAFE_CAST(@i AS STRING)
CONCAT(@s, 'x', @s); @s || @s; @s LIKE '7%'; @i IN (1, 2, 3); @i BETWEEN 1 AND @i; IF(@b, @i, 0); (NOT @b); -@n; @i / @f
CASE @i WHEN 3 THEN @s ELSE '' END; COALESCE(NULLIF(@i, 3), @i); TO_JSON_STRING(@ts); JSON_OBJECT('a', @i, 'b', @s)
FARM_FINGERPRINT(TO_JSON_STRING([STRUCT(@i AS a)]))
JSON_VALUE(@s); STRUCT(@i AS a, @s AS b).b; [@i, 1][OFFSET(0)]; [@i][SAFE_OFFSET(@i)]; @i IN UNNEST([@i])
MAKE_INTERVAL(@i)
GENERATE_ARRAY(1, @i); GENERATE_DATE_ARRAY(@d, @d); TO_JSON_STRING(STRUCT(@i AS a, [@s] AS b)); CONTAINS_SUBSTR(@s, '7')
NORMALIZE(@s); RANGE(@d, NULL); CAST(@n AS NUMERIC(3, 1)); @bn * @bn
"""
RANDOM = re.compile("UUID|RAND|CURRENT|KEYS|ENCRYPT|HLL|KLL")
NOT_GROUPED = re.compile("(ORDER BY does not support|Grouping by) expressions of type")
PLACES = {
    "group by": lambda call: f"SELECT r FROM (SELECT {at(call)} AS r, COUNT(*) FROM d.t GROUP BY {columns(call)})",
    "its own group": lambda call: (
        f"SELECT {at(call)} FROM d.t GROUP BY {at(call)} HAVING ({at(call)}) IS NOT NULL OR TRUE"
    ),
    "order": lambda call: f"SELECT DISTINCT {at(call)} FROM d.t ORDER BY {at(call)}",
    "aggregate": lambda call: f"SELECT {at(call, r'ANY_VALUE({})')} FROM d.t GROUP BY g",
    "window": lambda call: f"SELECT {at(call, r'ANY_VALUE({}) OVER ()')} FROM d.t",
    "subquery": lambda call: f"SELECT (SELECT {at(call)}) FROM d.t",
    "aggregate of a subquery": lambda call: f"SELECT (SELECT ANY_VALUE({at(call)}) FROM UNNEST([1, 2])) FROM d.t",
    "where": lambda call: f"SELECT {at(call)} FROM d.t WHERE ({at(call)}) IS NOT NULL OR g = 1",
}


def at(call: str, form: str = "{}") -> str:
    return re.sub(r"@(\w+)", lambda found: form.format(found[1]), call)


def columns(call: str) -> str:
    return ", ".join(sorted(set(re.findall(r"@(\w+)", call)))) or "1"


def argument(kind: Type) -> str | None:
    if kind.kind == "ARRAY":
        element = argument(kind.element) if kind.element is not None else None
        return f"[{element}]" if element else None
    return COLUMNS.get(kind.kind)


def calls() -> list[str]:
    """Every scalar signature whose arguments the row has, deterministic ones alone."""
    found = []
    for name, overloads in sorted(SCALARS.items()):
        for overload in overloads if not RANDOM.search(name) else ():
            given = [argument(kind) for kind in arguments(overload)]
            names = [*overload.names, *[None] * len(given)]
            if None not in given:
                each = [f"{own} => {value}" if own else str(value) for own, value in zip(names, given, strict=False)]
                found.append(f"{name}({', '.join(each)})")
    return found


def arguments(overload: Overload) -> list[Type]:
    return [*overload.arguments, *([overload.variadic] if overload.variadic is not None else [])]


def check(warehouse: Any, made: list[str]) -> None:
    warehouse.create(TableName("p", "d", "t"), (Field("g", "INT64"), *(Field(n, k) for n, (k, _) in ROW.items())))
    warehouse.run(f"INSERT INTO d.t SELECT 1, {', '.join(value for _, value in ROW.values())}")
    wrong = []
    for call in made:
        try:
            expected = warehouse.run(f"SELECT {at(call)} FROM d.t")
        except SqlError:
            continue  # these values are none that it takes
        for place, query in PLACES.items():
            try:
                found = warehouse.run(query(call))
            except SqlError as error:
                if NOT_GROUPED.search(str(error)):
                    continue
                found = [(str(error),)]
            if found != expected:
                wrong.append(f"{place}: {call} is {found[0][0]!r} and not {expected[0][0]!r}")
    assert not wrong, "\n".join(wrong)


def test_some_functions_are_the_same_everywhere(warehouse: Any) -> None:
    check(warehouse, [*calls()[::7], *re.split(r"[;\n]\s*", OTHERS.strip())])


@pytest.mark.long
def test_all_functions_are_the_same_everywhere(warehouse: Any) -> None:
    check(warehouse, calls())


def test_equal_lambdas_are_equal_texts() -> None:
    assert canonical("f(lambda e7: e7 + g(lambda x, y9: x.e7 + y9 + e7 + 'e7' + \"e7\"), e7)[1:2]") == (
        "f(lambda p0: p0 + g(lambda p1, p1_: p1.e7 + p1_ + p0 + 'e7' + \"e7\"), e7)[1:2]"
    )
