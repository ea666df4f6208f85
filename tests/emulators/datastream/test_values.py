"""Each value of each type lands as it is, the same from a snapshot and from the log; what Avro cannot hold, as text."""

import datetime
import math
from decimal import Decimal
from typing import Any

import pytest

from tests.emulators.datastream.support import Landed, Place, run, stream

UTC = datetime.UTC
# type, literal, what is read back
VALUES: list[tuple[str, str, Any]] = [
    ("smallint", "'-32768'", -32768),
    ("integer", "'2147483647'", 2147483647),
    ("bigint", "'-9223372036854775808'", -9223372036854775808),
    ("real", "'1.5'", 1.5),
    ("double precision", "'1e-300'", 1e-300),
    ("double precision", "'Infinity'", math.inf),
    ("double precision", "'-Infinity'", -math.inf),
    ("boolean", "true", True),
    ("boolean", "false", False),
    ("numeric(12,2)", "'-1234567890.12'", Decimal("-1234567890.12")),
    ("numeric(12,2)", "'NaN'", "NaN"),
    (
        "numeric(38,9)",
        "'-12345678901234567890123456789.123456789'",
        Decimal("-12345678901234567890123456789.123456789"),
    ),
    (
        "numeric(76,38)",
        "'99999999999999999999999999999999999999.5'",
        Decimal("99999999999999999999999999999999999999.5"),
    ),
    ("numeric(100,50)", "'1.5'", "1.50000000000000000000000000000000000000000000000000"),
    ("numeric(5,-2)", "'12345'", Decimal("12300")),
    ("numeric(2,4)", "'0.0012'", Decimal("0.0012")),
    ("numeric", "'1.230000000000000000000000000000001'", "1.230000000000000000000000000000001"),
    ("numeric", "'Infinity'", "Infinity"),
    ("numeric", "'NaN'", "NaN"),
    ("date", "'2026-02-28'", datetime.date(2026, 2, 28)),
    ("date", "'0001-01-01'", datetime.date(1, 1, 1)),
    ("date", "'infinity'", "infinity"),
    ("date", "'-infinity'", "-infinity"),
    ("date", "'20000-01-01'", "20000-01-01"),
    ("date", "'0044-03-15 BC'", "0044-03-15 BC"),
    ("time", "'23:59:59.999999'", datetime.time(23, 59, 59, 999999)),
    ("time", "'24:00:00'", "24:00:00"),
    ("timetz", "'12:00:00+02'", "12:00:00+02"),
    ("timestamp", "'2026-02-28 12:00:00.000001'", datetime.datetime(2026, 2, 28, 12, 0, 0, 1)),
    ("timestamp", "'infinity'", "infinity"),
    ("timestamp", "'9999-12-31 23:59:59.999999'", datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)),
    ("timestamptz", "'2026-02-28 12:00:00+02'", datetime.datetime(2026, 2, 28, 10, tzinfo=UTC)),
    ("timestamptz", "'1900-01-01 00:00:00.5+00'", datetime.datetime(1900, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)),
    ("timestamptz", "'20000-01-01 00:00:00+00'", "20000-01-01 00:00:00+00"),
    ("timestamptz", "'0044-03-15 00:00:00+00 BC'", "0044-03-15 00:00:00+00 BC"),
    ("interval", "'1 year 2 days'", "1 year 2 days"),
    (
        "text",
        "E'tab\\t newline\\n return\\r back\\\\slash \\\\N \\\\t quote\" '",
        'tab\t newline\n return\r back\\slash \\N \\t quote" ',
    ),
    ("text", "''", ""),
    ("text", "'\\N'", "\\N"),
    ("text", "'żółć 🐘'", "żółć 🐘"),
    ("text", "repeat('x', 20000)", "x" * 20000),
    ("char(5)", "'ab'", "ab   "),
    ("uuid", "'2f1a3c9e-0000-4000-8000-000000000001'", "2f1a3c9e-0000-4000-8000-000000000001"),
    ("bytea", "'\\x00ff5c0a'", b"\x00\xff\\\n"),
    ("bytea", "''", b""),
    ("json", "'{\"a\":  1}'", '{"a":  1}'),
    ("jsonb", '\'{"a": "x\\ny"}\'', '{"a": "x\\ny"}'),
    ("mood", "'happy'", "happy"),
    ("positive", "7", 7),
    ("inet", "'10.0.0.1/8'", "10.0.0.1/8"),
    ("int4range", "'[1,5)'", "[1,5)"),
    ("pair", "'(1,\"a b\")'", '(1,"a b")'),
    ("integer[]", "'{1,NULL,-3}'", [1, None, -3]),
    ("integer[]", "'{}'", []),
    ("integer[]", "'{{1,2},{3,NULL}}'", "[[1, 2], [3, null]]"),
    ("integer[]", "'[0:1]={1,2}'", "[0:1]={1,2}"),
    ("text[]", "ARRAY['a', 'b \"c\" \\ {,}', 'NULL', NULL, '']", ["a", 'b "c" \\ {,}', "NULL", None, ""]),
    ("numeric(6,2)[]", "'{1.25,NaN}'", [Decimal("1.25"), "NaN"]),
    ("date[]", "'{2026-01-01,infinity}'", [datetime.date(2026, 1, 1), "infinity"]),
    ("mood[]", "'{happy,sad}'", ["happy", "sad"]),
    ("boolean[]", "'{{t,f}}'", "[[true, false]]"),
    ("int2vector", "'1 2'", "1 2"),
    ("box[]", "'{(1,1),(0,0);(3,3),(2,2)}'", "{(1,1),(0,0);(3,3),(2,2)}"),
]
TYPES = """
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE DOMAIN positive AS integer CHECK (value > 0);
CREATE TYPE pair AS (a integer, b text);
"""


def table_of_everything() -> str:
    columns = ", ".join(f"c{number} {kind}" for number, (kind, _, _) in enumerate(VALUES))
    return f"{TYPES} CREATE TABLE everything (id integer PRIMARY KEY, {columns});"


def insert(key: int) -> str:
    literals = ", ".join(f"({literal})::{kind}" for kind, literal, _ in VALUES)
    return f"INSERT INTO everything VALUES ({key}, {literals});"


@pytest.fixture(scope="module")
def landed(place: Place) -> Landed:
    """Row 1 and 2 come by the snapshot, 3 and 4 by the log; 2 and 4 are empty."""
    statements = table_of_everything() + insert(1) + "INSERT INTO everything (id) VALUES (2);"
    with stream(place, statements) as (it, connection):
        it.wait(connection)
        run(connection, insert(3) + "INSERT INTO everything (id) VALUES (4);")
        it.wait(connection)
        return it.landed()


@pytest.mark.parametrize("key", [1, 3], ids=["snapshot", "log"])
def test_every_value_lands_as_it_is(landed: Landed, key: int) -> None:
    row = landed.state("everything", "id")[key,]
    expected = {f"c{number}": value for number, (_, _, value) in enumerate(VALUES)}
    assert {name: value for name, value in row.items() if name != "id"} == expected


@pytest.mark.parametrize("key", [2, 4], ids=["snapshot", "log"])
def test_null_is_null(landed: Landed, key: int) -> None:
    row = landed.state("everything", "id")[key,]
    assert {value for name, value in row.items() if name != "id"} == {None}


def test_not_a_number_is_kept(place: Place) -> None:
    with stream(place, "CREATE TABLE t (id int PRIMARY KEY, d float8); INSERT INTO t VALUES (1, 'NaN');") as (
        it,
        connection,
    ):
        it.wait(connection)
        assert math.isnan(it.landed().state("t", "id")[1,]["d"])


def test_both_ways_have_one_schema(landed: Landed) -> None:
    """A reader that groups files by schema_key sees one definition of the table."""
    assert len({record["schema_key"] for record in landed.records}) == 1
    assert {record["read_method"] for record in landed.records} == {"postgresql-backfill", "postgresql-cdc"}
