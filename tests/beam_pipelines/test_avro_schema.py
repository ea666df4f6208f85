"""Whatever a file says its schema is, the file is read, or refused with a reason; no other error comes of it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beam_pipelines.avro.container import MAGIC, UnreadableFile, read_header, write_long
from beam_pipelines.avro.schema import check
from beam_pipelines.landing.envelope import Envelope
from beam_pipelines.landing.read_file import read_file
from tests.beam_pipelines.landing_files import avro_file, envelope_schema, records_of
from tests.beam_pipelines.test_envelope import BATCH, NUMERIC, table

Path = tuple[str | int, ...]
PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
LOGICAL = ["decimal", "date", "time-millis", "timestamp-micros", "local-timestamp-millis", "uuid", 7, ["date"]]
ROWS = [{"id": number, "value": value} for number, value in enumerate(["a", None, "ü" * 30, "-1.5"])]
PLAIN = avro_file({"id": "long", "value": ["null", "string"]}, records_of("t", ROWS), "null")


def named(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    field = st.fixed_dictionaries({"name": st.sampled_from(["a", "payload", ""]), "type": inner})
    name = st.sampled_from(["n", "payload", "x.n", ""])
    return st.one_of(
        st.fixed_dictionaries({"type": st.just("array")}, optional={"items": inner}),
        st.fixed_dictionaries({"type": st.just("map"), "values": inner}),
        st.fixed_dictionaries({"type": st.just("record"), "name": name, "fields": st.lists(field, max_size=3)}),
        st.fixed_dictionaries(
            {"type": st.just("fixed"), "name": name, "size": st.sampled_from([0, 3, -1, 10**20, "3"])}
        ),
        st.fixed_dictionaries({"type": st.just("enum"), "name": name, "symbols": st.sampled_from([[], ["a", "b"], 1])}),
        st.fixed_dictionaries({"type": inner}),
        st.lists(inner, max_size=3),
    )


LOGICAL_TYPE = st.fixed_dictionaries(
    {"type": st.sampled_from(PRIMITIVES), "logicalType": st.sampled_from(LOGICAL)},
    optional={"scale": st.sampled_from([0, 2, 30, 19_999, 10**9, -1, "2", None])},
)
ANY = st.recursive(
    st.sampled_from([*PRIMITIVES, "n", "payload", "nothing", None, 1, {}]) | LOGICAL_TYPE, named, max_leaves=5
)


def with_schema(schema: Any) -> bytes:
    """The plain file, whose header says another schema."""
    header = read_header(PLAIN)
    text = json.dumps(schema).encode()
    metadata = write_long(1) + write_long(11) + b"avro.schema" + write_long(len(text)) + text + b"\0"
    return MAGIC + metadata + header.sync + PLAIN[header.start :]


def places(schema: Any, path: Path = ()) -> Iterator[Path]:
    """The paths to all types."""
    keys = schema if isinstance(schema, dict) else range(len(schema)) if isinstance(schema, list) else ()
    for key in keys:
        if key in ("type", "items") or isinstance(key, int):
            yield (*path, key)
        yield from places(schema[key], (*path, key))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_type_that_is_another_one_is_read_or_refused(data: st.DataObject) -> None:
    schema: Any = copy.deepcopy(envelope_schema({"id": "long", "value": ["null", "string"]}))
    place = data.draw(st.sampled_from(list(places(schema))))
    parent = schema
    for key in place[:-1]:
        parent = parent[key]
    parent[place[-1]] = data.draw(ANY)
    try:
        for rows in read_file(with_schema(schema), Envelope(table("NUMERIC"), BATCH)):
            rows.validate(full=True)
    except UnreadableFile as problem:
        assert str(problem)


def record(name: str, kind: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": "a", "type": kind}]}


DEEP: Any = "long"
for _ in range(60):
    DEEP = {"type": "array", "items": DEEP}


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (record("n", ["null", "n"]), "contains itself at a.1"),
        (record("n", {**record("m", "x.n"), "namespace": "y"}), "contains itself"),
        ({"type": "array", "items": "null"}, "take no bytes"),
        ([record("e", "null"), {"type": "array", "items": "e"}], "items that take no bytes"),
        (DEEP, "more than 50 levels"),
        (record("r", {"type": "bytes", "logicalType": "decimal", "scale": 10**9}), "scale is 1000000000 at a"),
        (record("r", "x"), "there is no type 'x' at a"),
        (record("r", ["long", {"type": ["null", "long"]}]), "a union of nothing, or of unions at a"),
        ([], "a union of nothing"),
        ({"type": "record", "name": "r", "fields": [{"name": 1, "type": "long"}]}, "not a list of names and types"),
    ],
)
def test_refused_with_the_place(schema: Any, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        check(schema)


def test_what_a_database_has_is_no_offence() -> None:
    kinds = [*PRIMITIVES, NUMERIC, {"type": "array", "items": ["null", "long"]}, record("inner", ["null", "long"])]
    check(envelope_schema({f"c{number}": kind for number, kind in enumerate(kinds)}))
