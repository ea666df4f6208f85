"""Events by the contract: what fits is a row, what does not is a dead letter with a reason, and nothing is changed."""

import base64
import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beam_pipelines.columns.arrow_schema import arrow_schema
from beam_pipelines.events.json_text import decode_objects
from beam_pipelines.events.message_batch import Decoded, Fault
from beam_pipelines.events.validation import validate
from contracts.bronze import bronze_columns
from contracts.model import Table
from tests.beam_pipelines.events import ALL_TYPES, INGESTED, PUBLISHED, column, event_table, registered

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["2026-01-31", "12:00:00", "2026-01-31T12:00:00Z", "2026-01-31 12:00:00", "aGk=", "1.5", "NaN"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)
NAMES = [each.name for each in ALL_TYPES.columns]
VALID = {"key": "k", "required_int64": 1, "required_float64": 0.5}
EVENTS = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), JSON_VALUES, max_size=6).map(
    lambda changes: json.dumps({**VALID, **changes}).encode()
)


@st.composite
def malformed(draw: st.DrawFn) -> bytes:
    """A valid event with something done to its bytes."""
    data = bytearray(draw(EVENTS))
    way = draw(st.integers(0, 5))
    if way == 0:
        return bytes(data[: draw(st.integers(0, len(data)))])
    if way == 1:
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    elif way == 2:
        return draw(st.binary(max_size=60))
    elif way == 3:
        depth = draw(st.sampled_from([3, 190, 220, 300, 1030, 2000]))
        return b'{"json":' + b"[" * depth + b"]" * depth + b"}"
    elif way == 4:
        return bytes(data).replace(b"{", b'{"key": "again", ', 1)
    return bytes(data) + draw(st.sampled_from([b"", b" ", b"\x00", b"}", b"\xff"]))


def run(messages: list[bytes], table: Table = ALL_TYPES) -> tuple[list[dict[str, Any]], dict[int, Fault]]:
    """(rows, faults by the message's index)."""
    batch = registered(messages)
    objects, indices, faults = decode_objects(batch.batch.messages.column("data"))
    valid = validate(Decoded(batch, objects, indices), table)
    assert valid.rows.schema == arrow_schema(bronze_columns(table))
    valid.rows.validate(full=True)
    found = [*faults, *valid.faults]
    return valid.rows.to_pylist(), {fault.index: fault for fault in found}


@settings(max_examples=100, deadline=None)
@given(st.lists(EVENTS | malformed(), max_size=30))
def test_each_message_is_a_row_or_a_fault_and_never_both(messages: list[bytes]) -> None:
    rows, faults = run(messages)
    assert sorted([f"m{index}" for index in faults] + [row["_message_id"] for row in rows]) == sorted(
        f"m{index}" for index in range(len(messages))
    )
    assert [row["_message_id"] for row in rows] == [f"m{i}" for i in range(len(messages)) if i not in faults]
    for index, fault in faults.items():
        assert fault.reason in REASONS and fault.detail, messages[index]


REASONS = (
    "invalid_json", "invalid_encoding", "missing_required", "wrong_type", "invalid_timestamp", "unrepresentable",
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(EVENTS)
def test_no_value_changes_on_the_way(message: bytes) -> None:
    """What is in a column is what was in the event; what is not is in _raw, with every digit."""
    rows, faults = run([message])
    if faults:
        return
    event, row = exactly(message), rows[0]
    raw = exactly(row["_raw"]) if row["_raw"] else {}
    for name, given_value in event.items():
        if name not in NAMES or (row[name] in (None, []) and given_value not in (None, [])):
            assert raw[name] == given_value
        else:
            assert same(row[name], given_value, name), (name, row[name], given_value)


def exactly(text: bytes | str) -> Any:
    """JSON with decimals instead of doubles."""
    return json.loads(text, parse_float=Decimal)


def same(found: Any, given_value: Any, name: str) -> bool:
    if given_value is None:
        return found in (None, [])
    if name == "json":
        return bool(exactly(found) == given_value)
    if isinstance(found, bytes):
        return bool(base64.b64encode(found).decode() == given_value)
    if isinstance(found, Decimal | int) and not isinstance(found, bool):
        return bool(found == Decimal(str(given_value)))
    if isinstance(found, float):
        return bool(found == float(given_value))
    if isinstance(found, datetime | date | time):
        return str(given_value)[:8] in found.isoformat().replace("T", " ")
    return bool(found == given_value)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"[]", "invalid_json"),
        (b'"text"', "invalid_json"),
        (b'\xef\xbb\xbf{"key": "k"}', "invalid_json"),
        (b'{"key": "\xff"}', "invalid_encoding"),
        ('{"key": "k"}'.encode("utf-16"), "invalid_encoding"),
        (b'{"key": "\\ud800"}', "invalid_encoding"),
        (b'{"key": NaN}', "invalid_json"),
        (b'{"key": "a", "key": "b"}', "invalid_json"),
        (b'{"key": "a", "key" :"b"}', "invalid_json"),
        (b'{"key": "a", "\\u006bey": "b"}', "invalid_json"),
        (b'{"key": "k", "json": {"a": 1, "a": 2}, "required_int64": 1, "required_float64": 1}', "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"key": "k", "required_float64": 1}', "missing_required"),
        (b'{"key": "k", "required_int64": null, "required_float64": 1}', "missing_required"),
        (b'{"key": 1, "required_int64": 1, "required_float64": 1}', "wrong_type"),
        (b'{"key": "k", "required_int64": true, "required_float64": 1}', "wrong_type"),
        (b'{"key": "k", "required_int64": 1.5, "required_float64": 1}', "wrong_type"),
        (b'{"key": "k", "required_int64": "1", "required_float64": 1}', "wrong_type"),
        (b'{"key": "k", "required_int64": 9223372036854775808, "required_float64": 1}', "unrepresentable"),
        (b'{"key": "k", "required_int64": 1, "required_float64": 1e400}', "unrepresentable"),
        (b'{"key": "k", "required_int64": 1, "required_float64": 1, "timestamp": "yesterday"}', "invalid_timestamp"),
        (b'{"key": "k", "required_int64": 1, "required_float64": 1, "timestamp": 1700000000}', "wrong_type"),
        (b'{"key": "k", "required_int64": 1, "required_float64": 1, "date": "2026-02-30"}', "invalid_timestamp"),
        (b'{"key": "k", "required_int64": 1, "required_float64": 1, "array_int64": 5}', "wrong_type"),
    ],
)
def test_the_reason_says_what_is_wrong(message: bytes, reason: str) -> None:
    rows, faults = run([message])
    assert not rows
    assert faults[0].reason == reason


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("int64", "9223372036854775808"),
        ("int64", "-123456789012345678901234567890"),
        ("float64", "1e400"),
        ("numeric", "0.12345678901"),
        ("numeric", "123456789012345678901234567890"),
        ("timestamp", '"20000-01-01T00:00:00Z"'),
        ("timestamp", '"2026-01-01T00:00:00.1234567Z"'),
        ("date", '"0000-01-01"'),
        ("array_int64", "[1,null]"),
    ],
)
def test_what_a_nullable_column_cannot_hold_is_null_and_raw(name: str, text: str) -> None:
    rows, faults = run([f'{{"key":"k","required_int64":1,"required_float64":1,"{name}":{text}}}'.encode()])
    assert not faults
    assert rows[0][name] in (None, [])
    assert exactly(rows[0]["_raw"]) == {name: json.loads(text, parse_float=Decimal)}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("int64", "5.0", 5),
        ("int64", "-9223372036854775808", -(2**63)),
        ("float64", "3", 3.0),
        ("float64", "0.1000000000000000055511151231257827", 0.1),
        ("numeric", "0.123456789", Decimal("0.123456789")),
        ("numeric", "12345678901234567890.123456789", Decimal("12345678901234567890.123456789")),
        ("numeric", '"7.25"', Decimal("7.25")),
        ("bignumeric", "1e37", Decimal("1e37")),
        ("bool", "false", False),
        ("string", '"\\u0000"', "\x00"),
        ("bytes", '"aGk="', b"hi"),
        ("date", '"2024-02-29"', date(2024, 2, 29)),
        ("time", '"23:59:59.5"', time(23, 59, 59, 500000)),
        ("datetime", '"2026-01-01T00:00:00"', datetime(2026, 1, 1)),
        ("timestamp", '"2026-01-01T02:00:00+02:00"', datetime(2026, 1, 1, tzinfo=UTC)),
        ("timestamp", '"2026-01-01t00:00:00.123456000z"', datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)),
        ("json", '{"n":0.12345678901234567890123,"big":123456789012345678901234567890}', None),
        ("array_string", '["a","b"]', ["a", "b"]),
    ],
)
def test_values(name: str, text: str, value: Any) -> None:
    rows, faults = run([f'{{"key":"k","required_int64":1,"required_float64":1,"{name}":{text}}}'.encode()])
    assert not faults
    assert rows[0]["_raw"] is None
    assert rows[0][name] == (text if name == "json" else value)


def test_metadata_and_unknown_fields() -> None:
    rows, _ = run([b'{"key":"k","required_int64":1,"required_float64":1,"new_field":{"a":[1.50]},"\xc3\xa9":null}'])
    row = rows[0]
    assert (row["_message_id"], row["_source_timestamp"], row["_ingested_at"]) == ("m0", PUBLISHED, INGESTED)
    assert len(row["_batch_id"]) == 32
    assert json.loads(row["_raw"]) == {"new_field": {"a": [1.5]}, "é": None}


def test_what_no_row_can_hold_is_too_large() -> None:
    text = b'{"key":"k","required_int64":1,"required_float64":1,"string":"' + b"x" * (9 << 20) + b'"}'
    many = b'{"key":"k","required_int64":1,"required_float64":1,"array_string":[' + b'"",' * (3 << 20) + b'""]}'
    good = b'{"key":"k","required_int64":1,"required_float64":1}'
    rows, faults = run([text, good, many])
    assert [row["_message_id"] for row in rows] == ["m1"]
    assert {index: fault.reason for index, fault in faults.items()} == {0: "too_large", 2: "too_large"}


def test_one_bad_value_costs_its_event_alone() -> None:
    good = b'{"key":"k","required_int64":1,"required_float64":1,"timestamp":"2026-01-01T00:00:00Z"}'
    rows, faults = run([good] * 500 + [good.replace(b"2026-01", b"2026-13")] + [good] * 500)
    assert list(faults) == [500] and len(rows) == 1000


def test_avro_json_of_a_topic_that_enforces_its_schema() -> None:
    table = event_table(
        [column("key", "STRING", True), column("ip", "STRING"), column("n", "INT64"), column("extra", "JSON")], "topic"
    )
    message = b'{"key":"k","ip":{"string":"192.0.2.1"},"n":{"long":5},"extra":{"string":"{\\"a\\": 1}"}}'
    rows, faults = run([message, b'{"key":"k","ip":null,"n":null,"extra":null}', b'{"key":"k","extra":"{"}'], table)
    assert [(row["ip"], row["n"], row["extra"]) for row in rows] == [("192.0.2.1", 5, '{"a": 1}'), (None, None, None)]
    assert faults[2].reason == "wrong_type"
