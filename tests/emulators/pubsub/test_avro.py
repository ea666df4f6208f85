"""Avro schemas and messages, with fastavro as the independent judge of what is valid."""

import io
import json
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.pubsub.state.avro_binary import binary_check
from emulators.pubsub.state.avro_json import Mismatch, json_check
from emulators.pubsub.state.avro_schema import AvroSchemaError, parse_avro

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Event",
    "namespace": "test",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "count", "type": "long"},
        {"name": "small", "type": ["null", "int"], "default": None},
        {"name": "ratio", "type": ["null", "double", "boolean"]},
        {"name": "raw", "type": "bytes"},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
        {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 2}},
        {"name": "tags", "type": {"type": "map", "values": "string"}},
        {"name": "parts", "type": {"type": "array", "items": ["null", "test.Kind"]}},
        {"name": "next", "type": ["null", "Event"]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    ],
}
PARSED = parse_avro(json.dumps(SCHEMA))
JUDGE = fastavro.parse_schema(json.loads(json.dumps(SCHEMA).replace("timestamp-micros", "none")))

long = st.integers(-(2**63), 2**63 - 1)
leaf = st.fixed_dictionaries(
    {
        "id": st.text(max_size=5),
        "count": long,
        "small": st.none() | st.integers(-(2**31), 2**31 - 1),
        "ratio": st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
        "raw": st.binary(max_size=4),
        "kind": st.sampled_from("AB"),
        "hash": st.binary(min_size=2, max_size=2),
        "tags": st.dictionaries(st.text(min_size=1, max_size=3), st.text(max_size=3), max_size=3),
        "parts": st.lists(st.none() | st.sampled_from("AB"), max_size=3),
        "next": st.none(),
        "at": long,
    }
)
event = st.builds(lambda one, following: one | {"next": following}, leaf, st.none() | leaf)


def binary(value: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, JUDGE, value)
    return buffer.getvalue()


def as_json(value: dict[str, Any]) -> bytes:
    buffer = io.StringIO()
    fastavro.json_writer(buffer, JUDGE, [value])
    return buffer.getvalue().encode()


@given(event)
def test_what_fastavro_writes_is_valid_in_both_encodings(value: dict[str, Any]) -> None:
    binary_check(PARSED)(binary(value))
    json_check(PARSED)(as_json(value))


@given(event, st.data())
def test_a_binary_message_that_is_cut_or_longer_is_refused(value: dict[str, Any], data: st.DataObject) -> None:
    encoded = binary(value)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    for broken in (encoded[:cut], encoded + b"\0"):
        with pytest.raises(Mismatch):
            binary_check(PARSED)(broken)


@given(st.binary(max_size=40))
def test_any_bytes_are_judged_without_another_error(data: bytes) -> None:
    for check in (binary_check(PARSED), json_check(PARSED)):
        try:
            check(data)
        except Mismatch:
            continue


GOOD = {
    "id": "a",
    "count": 1,
    "small": {"int": 3},
    "ratio": None,
    "raw": "\u00ff",
    "kind": "A",
    "hash": "ab",
    "tags": {"a": "b"},
    "parts": [None, {"test.Kind": "B"}],
    "next": None,
    "at": 5,
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": 3}, "JSON object with type number_integer does not match schema which expected string (field id)"),
        ({"count": "1"}, "JSON object with type string does not match schema which expected number_integer"),
        ({"count": True}, "type boolean"),
        ({"count": 1.5}, "type number_float"),
        ({"count": 2**63}, "out of range"),
        ({"small": 3}, "union of null, int"),
        ({"small": {"int": 2**31}}, "out of range"),
        ({"small": {"long": 3}}, "not a branch"),
        ({"small": {"null": None}}, "not a branch"),
        ({"raw": "\u0100"}, "above U+00FF"),
        ({"kind": "C"}, "Invalid enum index without default value: test.Kind"),
        ({"hash": "abc"}, "3 bytes"),
        ({"tags": []}, "expected object"),
        ({"tags": {"a": 1}}, "expected string"),
        ({"parts": [{"Kind": "A"}]}, "not a branch"),
    ],
)
def test_json_that_does_not_fit_is_refused_in_the_services_words(change: dict[str, Any], words: str) -> None:
    json_check(PARSED)(json.dumps(GOOD).encode())
    with pytest.raises(Mismatch) as refusal:
        json_check(PARSED)(json.dumps(GOOD | change).encode())
    assert words in str(refusal.value)


def test_a_json_message_may_have_more_fields_and_not_fewer() -> None:
    json_check(PARSED)(json.dumps(GOOD | {"extra": 1}).encode())
    fewer = {name: value for name, value in GOOD.items() if name != "id"}
    with pytest.raises(Mismatch, match=r"^Field was not found in JSON object: id$"):
        json_check(PARSED)(json.dumps(fewer).encode())


def test_an_enum_with_a_default_takes_any_symbol() -> None:
    kind = {"type": "enum", "name": "k", "symbols": ["A", "B"], "default": "A"}
    record = {"type": "record", "name": "r", "fields": [{"name": "kind", "type": kind}]}
    json_check(parse_avro(json.dumps(record)))(b'{"kind": "C"}')


@pytest.mark.parametrize("data", [b"", b"{", b'"a"', b"[]", b"NaN", b"\xff\xfe", b"[" * 100_000, b'{"id": "a"}'])
def test_what_is_no_such_json_is_refused(data: bytes) -> None:
    with pytest.raises(Mismatch):
        json_check(PARSED)(data)


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ("nonsense", "not JSON"),
        ('"strng"', "unknown type 'strng'"),
        ("3", "expected a type"),
        ("[]", "a union holds different types"),
        ('{"type": "record", "fields": []}', "no valid name"),
        ('{"type": "record", "name": "a"}', "needs a list 'fields'"),
        ('{"type": "record", "name": "a", "fields": [{"name": "b"}]}', "has no type"),
        ('{"type": "record", "name": "a", "fields": [{"name": "b", "type": "strng"}]}', "unknown type 'strng'"),
        ('{"type": "record", "name": "a", "fields": [{"name": "b", "type": ["null", "null"]}]}', "different types"),
        ('{"type": "record", "name": "a", "fields": [{"name": "b", "type": {"type": "array"}}]}', "needs 'items'"),
        (
            '{"type":"record","name":"a","fields":[{"name":"b","type":"int"},{"name":"b","type":"int"}]}',
            "has the field 'b' twice",
        ),
        ('{"type": "record", "name": "a", "fields": [{"name": "b", "type": {"type": "fixed", "name": "f"}}]}', "size"),
    ],
)
def test_a_definition_that_avro_does_not_allow_is_refused(definition: str, words: str) -> None:
    with pytest.raises(AvroSchemaError) as refusal:
        parse_avro(definition)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("definition", "good", "bad"),
    [
        ('"string"', '"a"', "1"),
        ('{"type": "array", "items": "long"}', "[1, 2]", '["a"]'),
        ('["null", "long"]', '{"long": 1}', "1"),
        ('{"type": "enum", "name": "E", "symbols": ["A"]}', '"A"', '"B"'),
    ],
)
def test_any_type_may_be_the_whole_schema(definition: str, good: str, bad: str) -> None:
    check = json_check(parse_avro(definition))
    check(good.encode())
    with pytest.raises(Mismatch):
        check(bad.encode())
