"""The source's tables: a million plain rows, and a few rows of every value that tools get wrong."""

ORDERS = """
CREATE TABLE orders (id bigint PRIMARY KEY, account_id bigint NOT NULL, name text NOT NULL, email text, country char(2),
    plan text, amount numeric(12,2), ratio double precision, is_active boolean, settings jsonb, started_on date,
    updated_at timestamptz);
INSERT INTO orders SELECT i, i % 1000, 'name of ' || i, 'user' || i || '@example.com', 'DE', 'enterprise', i * 0.01,
    i / 7.0, i % 2 = 0, '{{"theme": "dark", "seats": 5}}', date '2020-01-01' + (i % 1000)::int,
    now() - i * interval '1 second'
    FROM generate_series(1::bigint, {rows}) i;
"""
AWKWARD = """
CREATE TYPE mood AS ENUM ('good', 'so "so"', 'n/a');
CREATE TABLE awkward (id bigint PRIMARY KEY, whole bigint, price numeric(20,4), exact numeric, ratio double precision,
    flag boolean, day date, clock time, local_time timestamp, moment timestamptz, note text, details jsonb,
    document json, token uuid, blob bytea, mood mood, numbers bigint[], words text[]);
"""
# A column's values, as Postgres reads them; each is a row of its own, all other columns of which are NULL.
VALUES = {
    "whole": ["0", "-1", "9223372036854775807", "-9223372036854775808", "9007199254740993"],
    "price": ["0", "-0.0001", "9999999999999999.9999", "1234567890123.4567", "NaN"],
    "exact": [
        "0.1", "NaN", "Infinity", "-Infinity", "12345678901234567890.123456789", "1e-38",
        "3.14159265358979323846264338327950288", "1e50", "100", "1.10", "123456789.123456789012",
    ],
    "ratio": ["NaN", "Infinity", "-Infinity", "-0", "5e-324", "0.30000000000000004", "1.7976931348623157e308"],
    "flag": ["true", "false"],
    "day": ["2026-02-28", "infinity", "-infinity", "0044-03-15 BC", "9999-12-31", "20000-01-01", "0001-01-01"],
    "clock": ["00:00:00", "24:00:00", "23:59:59.999999", "12:30:00.5"],
    "local_time": [
        "2026-03-29 02:30:00", "infinity", "-infinity", "0044-03-15 12:00:00 BC", "9999-12-31 23:59:59.999999",
        "20000-01-01 00:00:00", "1969-12-31 23:59:59.999999", "2300-01-01 00:00:00",
    ],
    "moment": [
        "2026-03-29 02:30:00+00", "2026-10-25 01:30:00.123456+02", "infinity", "-infinity", "0044-03-15 12:00:00+00 BC",
        "9999-12-31 23:59:59.999999+00", "20000-01-01 00:00:00+00", "1600-01-01 00:00:00+00", "2300-01-01 00:00:00+00",
    ],
    "note": [
        "", "NULL", "\\N", "null", "a\tb\nc\rd\\e", "\\x00", "naïve 🎈 \u200b", " padded ", "\x01\x1f", "None", "NaN",
    ],
    "details": [
        '{"a": 12345678901234567890.123456789}', '{"n": 9007199254740993}', "null", "[]", '"text"', '{"k": "\\u00e9"}',
        '{"b": 1, "a": {"deep": [1, null]}}', "1e400",
    ],
    "document": ['{"a": 1, "a": 2}', '{"a":   1.10}', '"\\u0000"', "[1, 2.50]"],
    "token": ["00000000-0000-0000-0000-000000000000", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"],
    "blob": ["\\x", "\\x00", "\\x00ff5c5c0a", "\\x68656c6c6f"],
    "mood": ["good", 'so "so"', "n/a"],
    "numbers": ["{}", "{1,2,3}", "{1,NULL,3}", "{{1,2},{3,4}}", "[0:2]={7,8,9}", "{9223372036854775807}"],
    "words": ["{}", '{a,"b c","d,e"}', '{"NULL",NULL,""}', '{{"x","y"},{"z","w"}}', '{"quote \\" and \\\\"}'],
}  # fmt: skip


def awkward_rows() -> list[tuple[int, str, str]]:
    """(id, column, value) of every row."""
    flat = [(column, value) for column, values in VALUES.items() for value in values]
    return [(number, column, value) for number, (column, value) in enumerate(flat, 1)]


def awkward_inserts() -> list[tuple[str, tuple[int, str]]]:
    """Statements with their parameters; and a row of NULLs."""
    rows = [
        (f"INSERT INTO awkward (id, {column}) VALUES (%s, %s)", (number, value))
        for number, column, value in awkward_rows()
    ]
    return [*rows, ("INSERT INTO awkward (id, note) VALUES (%s, %s)", (0, "a row of nulls"))]
