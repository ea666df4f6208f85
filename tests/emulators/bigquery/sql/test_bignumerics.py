"""BIGNUMERIC over its whole range: each signature that takes one against Python's Decimal, so that none of DuckDB's
operators, which make a DOUBLE of a BIGNUM, stands in for exact arithmetic unseen."""

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DecimalException,
)
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.functions import registry
from emulators.bigquery.sql.model import Field, QueryParameter, SqlError

EXACT = Context(prec=250)
LEAST, GREATEST = (Decimal(n).scaleb(-38, EXACT) for n in (-(2**255), 2**255 - 1))
ONE = Decimal(1)


def rounded(value: Decimal, places: int = 38, mode: str = ROUND_HALF_UP) -> Decimal:
    return value.quantize(ONE.scaleb(-places), mode, EXACT)


def mod(x: Decimal, y: Decimal) -> Decimal:
    return EXACT.remainder(x, y)


def ln(x: Decimal) -> Decimal:
    return EXACT.ln(x) if x else EXACT.divide(ONE, x)


def power(x: Decimal, y: Decimal) -> Decimal:
    return ONE if not y else EXACT.power(x, y)


# What each function of BIGNUMERICs alone is, exactly; it raises where BigQuery does.
Reference = Callable[..., Decimal]
SCALARS: dict[str, Reference] = {
    "ABS": lambda x: x.copy_abs(),
    "SIGN": lambda x: Decimal((x > 0) - (x < 0)),
    "SAFE_DIVIDE": EXACT.divide,
    "SAFE_ADD": EXACT.add,
    "SAFE_SUBTRACT": EXACT.subtract,
    "SAFE_MULTIPLY": EXACT.multiply,
    "SAFE_NEGATE": lambda x: x.copy_negate(),
    "DIV": EXACT.divide_int,
    "MOD": mod,
    "SQRT": EXACT.sqrt,
    "CBRT": lambda x: EXACT.power(x.copy_abs(), EXACT.divide(ONE, Decimal(3))).copy_sign(x) if x else x,
    "EXP": lambda x: EXACT.exp(x),
    "LN": ln,
    "LOG": lambda x, base=None: ln(x) if base is None else EXACT.divide(ln(x), ln(base)),
    "LOG10": lambda x: EXACT.log10(x) if x else EXACT.divide(x, x),
    "POW": power,
    "POWER": power,
    "ROUND": lambda x: rounded(x, 0),
    "TRUNC": lambda x: rounded(x, 0, ROUND_DOWN),
    "CEIL": lambda x: rounded(x, 0, ROUND_CEILING),
    "CEILING": lambda x: rounded(x, 0, ROUND_CEILING),
    "FLOOR": lambda x: rounded(x, 0, ROUND_FLOOR),
    "GREATEST": lambda *all_of: max(all_of),
    "LEAST": lambda *all_of: min(all_of),
    "COALESCE": lambda *all_of: all_of[0],
    "IFNULL": lambda x, y: x,
    "ZEROIFNULL": lambda x: x,
}
integers = st.one_of(
    st.integers(-(2**255), 2**255 - 1),
    st.integers(-(10**76), 10**76).map(lambda n: n // 10**38),
    st.integers(-(10**6), 10**6).map(lambda n: n * 10**36),
    st.sampled_from([0, 1, -1, 10**38, -(10**38), 2**255 - 1, -(2**255), 5 * 10**37, 2**64, -(2**96)]),
)
values = integers.map(lambda n: Decimal(n).scaleb(-38, EXACT))


def expected(reference: Reference, *arguments: Decimal) -> Decimal | None:
    """NULL stands for an error."""
    try:
        found = rounded(reference(*arguments))
    except (DecimalException, ZeroDivisionError):
        return None
    return found if found.is_finite() and LEAST <= found <= GREATEST else None


def scalar_signatures() -> list[tuple[str, int]]:
    """The functions that give a BIGNUMERIC for BIGNUMERICs, each with its number of arguments."""
    registry.load()
    found = []
    for name, overloads in registry.SCALARS.items():
        for overload in overloads:
            kinds = {kind.kind for kind in overload.arguments}
            if (
                overload.result.kind in ("BIGNUMERIC", "T", "E", "N")
                and kinds <= {"BIGNUMERIC", "T", "E", "N"}
                and kinds
            ):
                found.append((name, len(overload.arguments)))
    return sorted(set(found))


def test_each_function_of_bignumerics_has_a_reference() -> None:
    known = {name for name, _ in scalar_signatures()}
    assert known - set(SCALARS) == {"NULLIF", "NULLIFZERO"}  # NULL where the other is not


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values, values)
def test_functions_are_exact(warehouse: Any, x: Decimal, y: Decimal) -> None:
    calls = [(name, count) for name, count in scalar_signatures() if name in SCALARS]
    texts = [f"SAFE.{name}({', '.join(['x', 'y'][:count])})" for name, count in calls]
    (row,) = warehouse.run(f"SELECT {', '.join(texts)} FROM (SELECT BIGNUMERIC '{x:f}' AS x, BIGNUMERIC '{y:f}' AS y)")
    assert {field.type for field in warehouse.schema} == {"BIGNUMERIC"}
    for (name, count), value in zip(calls, row, strict=True):
        assert value == expected(SCALARS[name], *[x, y][:count]), f"{name}{(x, y)[:count]}"


OPERATORS: dict[str, Reference] = {
    "+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply, "/": EXACT.divide,
}  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values, values)
def test_operators_are_exact_and_say_what_overflows(warehouse: Any, x: Decimal, y: Decimal) -> None:
    rows = f"FROM UNNEST([STRUCT(BIGNUMERIC '{x:f}' AS x, BIGNUMERIC '{y:f}' AS y)])"
    compared = "x < y, x <= y, x = y, x != y, x BETWEEN y AND x, x IN (y, 0), x IS NOT DISTINCT FROM y"
    assert warehouse.run(f"SELECT {compared} {rows}") == [(x < y, x <= y, x == y, x != y, y <= x, x in (y, 0), x == y)]
    for sign, reference in OPERATORS.items():
        wanted = expected(reference, x, y)
        if wanted is None:
            with pytest.raises(SqlError, match=r"bignumeric overflow: |division by zero: "):
                warehouse.run(f"SELECT x {sign} y {rows}")
        else:
            assert warehouse.run(f"SELECT x {sign} y {rows}") == [(wanted,)]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values, st.integers(-45, 45))
def test_places_are_rounded_as_the_mode_says(warehouse: Any, x: Decimal, places: int) -> None:
    modes = {"'ROUND_HALF_AWAY_FROM_ZERO'": ROUND_HALF_UP, "'ROUND_HALF_EVEN'": ROUND_HALF_EVEN}
    texts = [f"SAFE.ROUND(x, n, {mode})" for mode in modes] + ["SAFE.ROUND(x, n)", "SAFE.TRUNC(x, n)"]
    (row,) = warehouse.run(f"SELECT {', '.join(texts)} FROM (SELECT BIGNUMERIC '{x:f}' AS x, {places} AS n)")
    wanted = (*modes.values(), ROUND_HALF_UP, ROUND_DOWN)
    assert list(row) == [expected(lambda x, m=mode: x if places > 38 else rounded(x, places, m), x) for mode in wanted]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values)
def test_casts_are_exact_and_come_back(warehouse: Any, x: Decimal) -> None:
    text = f"{x:f}".rstrip("0").rstrip(".") if "." in f"{x:f}" else f"{x:f}"
    text = "0" if text in ("-0", "") else text
    (row,) = warehouse.run(
        "SELECT CAST(x AS STRING), CAST(CAST(x AS STRING) AS BIGNUMERIC), PARSE_BIGNUMERIC(CAST(x AS STRING)), "
        "CAST(x AS FLOAT64), SAFE_CAST(x AS INT64), SAFE_CAST(x AS NUMERIC), TO_JSON_STRING(x), FORMAT('%t', x), "
        f"[x][OFFSET(0)], STRUCT(x AS x).x, -(-(x / 2)) FROM (SELECT BIGNUMERIC '{x:f}' AS x)"
    )
    whole, nine = rounded(x, 0), rounded(x, 9)
    assert row[:4] == (text, x, x, float(x))
    assert row[4] == (int(whole) if -(2**63) <= whole < 2**63 else None)
    assert row[5] == (nine if nine.copy_abs() < 10**29 else None)
    assert row[6] == (text if "." not in text and x.copy_abs() <= 2**53 else f'"{text}"')
    assert row[7:] == (text, x, x, rounded(EXACT.divide(x, Decimal(2))))


AGGREGATES = {
    "SUM(x)": lambda xs: sum_of(xs),
    "AVG(x)": lambda xs: EXACT.divide(sum_of(xs), Decimal(len(xs))),
    "MIN(x)": min,
    "MAX(x)": max,
    "SUM(DISTINCT x)": lambda xs: sum_of(set(xs)),
    "AVG(x HAVING MAX 1)": lambda xs: EXACT.divide(sum_of(xs), Decimal(len(xs))),
    "APPROX_QUANTILES(x, 1)[OFFSET(1)]": max,
    "APPROX_TOP_COUNT(x, 1)[OFFSET(0)].value": lambda xs: min(xs, key=lambda x: (-xs.count(x), x)),
    "APPROX_TOP_SUM(1, ABS(x), 1)[OFFSET(0)].sum": lambda xs: sum_of(x.copy_abs() for x in xs),
    "ARRAY_AGG(x ORDER BY x)[OFFSET(0)]": min,
    "MAX_BY(x, x)": max,
    "(SELECT MAX(y) FROM UNNEST(ARRAY_AGG(x)) AS y)": max,
}


def sum_of(xs: Any) -> Decimal:
    total = Decimal(0)
    for x in xs:
        total = EXACT.add(total, x)
    return total


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(integers.map(lambda n: Decimal(n // 8).scaleb(-38, EXACT)), min_size=1, max_size=6))
def test_aggregates_are_exact(warehouse: Any, xs: list[Decimal]) -> None:
    listed = ", ".join(f"BIGNUMERIC '{x:f}'" for x in xs)
    rows = f"FROM UNNEST([{listed}]) AS x"
    (row,) = warehouse.run(f"SELECT {', '.join(AGGREGATES)} {rows}")
    assert list(row) == [rounded(reference(xs)) for reference in AGGREGATES.values()]
    ordered = warehouse.run(f"SELECT x, SUM(x) OVER (ORDER BY x ROWS UNBOUNDED PRECEDING), LAG(x) OVER (ORDER BY x), "
                            f"PERCENTILE_CONT(x, 0.5) OVER () {rows} ORDER BY x")  # fmt: skip
    (columns,) = warehouse.run(
        "SELECT ARRAY_AGG(x - x), ARRAY_AGG((x + 1) - (x + 1)), ARRAY_AGG(x + x), ARRAY_AGG(-x - x), "
        f"ARRAY_AGG(1 - x < 1), SUM(x) - SUM(x) {rows}"
    )
    assert columns[0] == columns[1] == [0] * len(xs)
    assert sorted(columns[2]) == sorted(EXACT.add(x, x) for x in xs)
    assert sorted(columns[3]) == sorted(EXACT.add(x, x).copy_negate() for x in xs)
    assert sorted(columns[4]) == sorted(x > 0 for x in xs) and columns[5] == 0
    sorted_xs = sorted(xs)
    middle = EXACT.divide(EXACT.add(sorted_xs[(len(xs) - 1) // 2], sorted_xs[len(xs) // 2]), Decimal(2))
    assert [row[0] for row in ordered] == sorted_xs
    assert [row[1] for row in ordered] == [sum_of(sorted_xs[: i + 1]) for i in range(len(xs))]
    assert [row[2] for row in ordered] == [None, *sorted_xs[:-1]]
    assert {row[3] for row in ordered} == {rounded(middle)}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("BIGNUMERIC '1' + 1", "2"),
        ("1.5 * BIGNUMERIC '3'", "4.5"),
        ("NUMERIC '1.5' + BIGNUMERIC '0.00000000000000000000000000000000000001'", f"1.5{'0' * 36}1"),
        ("CASE WHEN FALSE THEN BIGNUMERIC '1' ELSE 2 END", "2"),
        ("IF(TRUE, 2, BIGNUMERIC '1')", "2"),
        ("(SELECT MAX(x) FROM (SELECT 1 AS x UNION ALL SELECT BIGNUMERIC '0.5' UNION ALL SELECT NUMERIC '2'))", "2"),
        ("(SELECT x FROM (SELECT 3 AS x) FULL JOIN (SELECT BIGNUMERIC '3' AS x) USING (x))", "3"),
        ("[1, NUMERIC '2', BIGNUMERIC '3'][OFFSET(1)]", "2"),
        ("CAST([1, 2] AS ARRAY<BIGNUMERIC>)[OFFSET(1)]", "2"),
        ("CAST(STRUCT(1, 2.5) AS STRUCT<a BIGNUMERIC, b BIGNUMERIC>).b", "2.5"),
        ("(SELECT SUM(x) FROM UNNEST(GENERATE_ARRAY(BIGNUMERIC '0.1', 1, BIGNUMERIC '0.1')) AS x)", "5.5"),
        ("CAST('1.25' AS BIGNUMERIC(3, 1))", "1.3"),
        ("CAST(1e-38 AS BIGNUMERIC)", "1e-38"),
        ("CAST(CAST('0.1' AS FLOAT64) AS BIGNUMERIC)", "0.10000000000000000555111512312578270212"),
        ("CAST('0.000000000000000000000000000000000000005' AS BIGNUMERIC)", "1e-38"),
        ("(SELECT a__1_point_5 + 0 FROM (SELECT 'a' AS k, BIGNUMERIC '1.5' AS v) PIVOT (SUM(v) AS a FOR v IN (1.5)))",
         "1.5"),
        ("NULLIF(BIGNUMERIC '2', 1)", "2"),
        ("SAFE_DIVIDE(BIGNUMERIC '1', 4)", "0.25"),
        (f"(SELECT {' + '.join(['x', '-x', 'x'] * 10)} FROM UNNEST([BIGNUMERIC '0.5']) AS x)", "5"),
    ],
)  # fmt: skip
def test_other_numbers_become_bignumerics(warehouse: Any, expression: str, wanted: str) -> None:
    assert warehouse.run(f"SELECT {expression} AS v") == [(Decimal(wanted),)]
    assert warehouse.schema[0].type == "BIGNUMERIC"


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("BIGNUMERIC '1' = 1.0 AND 1 = BIGNUMERIC '1' AND BIGNUMERIC '1' < CAST('1.5' AS FLOAT64)", True),
        ("BIGNUMERIC '2' IN (1, NUMERIC '2') AND BIGNUMERIC '2' IN UNNEST([1, 2])", True),
        ("BIGNUMERIC '1' IN (SELECT 1)", True),
        ("STRUCT(BIGNUMERIC '1' AS a, 2 AS b) = STRUCT(1 AS a, BIGNUMERIC '2' AS b)", True),
        ("RANGE_BUCKET(BIGNUMERIC '1.5', [1, 2, 3])", 1),
        ("TO_JSON_STRING(TO_JSON(STRUCT([BIGNUMERIC '1.5'] AS a)))", '{"a":[1.5]}'),
        ("FORMAT('%.40f|%T', BIGNUMERIC '1e-38', BIGNUMERIC '1e-38')",
         f"0.{'0' * 37}100|BIGNUMERIC \"0.{'0' * 37}1\""),
        ("CAST(BIGNUMERIC '-12345678901234567890123456789012345678.5' AS STRING FORMAT "
         "'99999999999999999999999999999999999999.9')", " -12345678901234567890123456789012345678.5".lstrip()),
        ("COUNT(DISTINCT x) FROM UNNEST([BIGNUMERIC '1', 1, 1.0]) AS x", 1),
        ("STDDEV_POP(x) FROM UNNEST([BIGNUMERIC '1', 3]) AS x", 1.0),
        ("CORR(x, y) FROM UNNEST([STRUCT(BIGNUMERIC '1' AS x, 1 AS y), (3, 3), (5, 5)])", 1.0),
    ],
)  # fmt: skip
def test_bignumerics_become_other_values(warehouse: Any, expression: str, wanted: Any) -> None:
    assert warehouse.run(f"SELECT {expression}") == [(wanted,)]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (f"BIGNUMERIC '{GREATEST}' + BIGNUMERIC '1e-38'", f"bignumeric overflow: {GREATEST} + 0.{'0' * 37}1"),
        (f"-BIGNUMERIC '{LEAST}'", "bignumeric overflow: "),
        (f"ABS(BIGNUMERIC '{LEAST}')", "bignumeric overflow: "),
        (f"SUM(x) FROM UNNEST([BIGNUMERIC '{GREATEST}', 1]) AS x", "bignumeric overflow"),
        ("BIGNUMERIC '1' / 0", "division by zero: 1 / 0"),
        ("MOD(BIGNUMERIC '1', 0)", "division by zero: MOD(1, 0)"),
        ("CAST('1e39' AS BIGNUMERIC)", "Invalid BIGNUMERIC value: 1e39"),
        ("CAST('x' AS BIGNUMERIC)", "Invalid BIGNUMERIC value: x"),
        ("BIGNUMERIC '6e38'", "Invalid BIGNUMERIC value: 6E+38"),
        ("CAST(BIGNUMERIC '1e30' AS NUMERIC)", "numeric overflow: 1"),
        ("CAST(BIGNUMERIC '1e30' AS INT64)", "int64 overflow: 1"),
        ("CAST(CAST('inf' AS FLOAT64) AS BIGNUMERIC)", "Illegal conversion of non-finite floating point number"),
        ("CAST(BIGNUMERIC '100' AS BIGNUMERIC(2))", "bignumeric overflow: 100"),
        ("SQRT(BIGNUMERIC '-1')", "Argument to SQRT cannot be negative: -1"),
        ("POW(BIGNUMERIC '10', 39)", "bignumeric overflow in function: POW(10, 39)"),
    ],
)
def test_what_cannot_be_says_so(warehouse: Any, expression: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(f"SELECT {expression}")
    assert raised.value.message.startswith(message)


def test_variables_parameters_and_functions_keep_every_digit(warehouse: Any) -> None:
    text = "-12345678901234567890123456789012345678.12345678901234567890123456789012345678"
    parameter = QueryParameter("p", Field("p", "BIGNUMERIC"), text)
    (row,) = warehouse.run(
        "DECLARE v BIGNUMERIC DEFAULT @p; DECLARE a ARRAY<BIGNUMERIC>; "
        "CREATE TEMP FUNCTION f(x BIGNUMERIC) AS (x - 1); CREATE TEMP FUNCTION g(x ANY TYPE) AS (x); "
        "SET a = [v, 2]; SET v = a[OFFSET(0)]; SELECT v, f(v) + 1, g(v), @p, a[OFFSET(1)]",
        [parameter],
    )
    assert row == (*[Decimal(text)] * 4, Decimal(2))


def test_sums_are_members_of_structs_in_correlated_subqueries(warehouse: Any) -> None:
    (row,) = warehouse.run(
        "SELECT (SELECT AS STRUCT t.x + 1 AS a, UPPER(t.s) AS b), (SELECT STRUCT(t.x - 1 AS a)), "
        "ARRAY(SELECT SAFE.SQRT(t.x - v) FROM UNNEST([BIGNUMERIC '-1']) AS v) "
        "FROM (SELECT x, s FROM UNNEST([STRUCT(BIGNUMERIC '3' AS x, 'a' AS s)])) AS t"
    )
    assert row == ({"a": 4, "b": "A"}, {"a": 2}, [2])


def test_javascript_sees_and_gives_bignumerics_as_texts(warehouse: Any) -> None:
    text = "0.12345678901234567890123456789012345678"
    (row,) = warehouse.run(
        "CREATE TEMP FUNCTION f(x BIGNUMERIC) RETURNS BIGNUMERIC LANGUAGE js AS 'return x;'; "
        f"SELECT f(BIGNUMERIC '{text}'), f(5)"
    )
    assert row == (Decimal(text), Decimal(5))


_GIVEN = {"INT64": "1", "FLOAT64": "0.5", "STRING": "'a'", "BOOL": "TRUE", "NUMERIC": "NUMERIC '1'"}


def test_all_that_takes_any_type_takes_bignumerics(warehouse: Any) -> None:
    """What signatures with letters give is of the type that they say, and no error of DuckDB's."""
    registry.load()
    tables = (registry.SCALARS, registry.AGGREGATES, registry.WINDOWS)
    for name, overload in ((n, o) for functions in tables for n, overloads in functions.items() for o in overloads):
        kinds = [*overload.arguments, *([overload.variadic] if overload.variadic else [])]
        if not any(map(_general, kinds)) or any(k.kind == "RANGE" for k in kinds) or name == "GROUPING":
            continue
        over = "" if name not in registry.WINDOWS else " OVER ()" if "PERCENTILE" in name else " OVER (ORDER BY x)"
        given = [_argument(kind) for kind in kinds]
        given[2:] = ["BIGNUMERIC '0'"] * len(given[2:]) if name in ("LEAD", "LAG") else given[2:]
        call = f"{name}({', '.join(given)}){over}"
        warehouse.run(f"SELECT {call} AS v FROM UNNEST([BIGNUMERIC '1.5', 2]) AS x")


def _general(kind: t.Type) -> bool:
    return kind.kind in ("T", "U", "N", "E") or (kind.element is not None and _general(kind.element))


def _argument(kind: t.Type) -> str:
    if kind.element is None:
        return _GIVEN.get(kind.kind, "x")
    return f"[{_argument(kind.element)}]"
