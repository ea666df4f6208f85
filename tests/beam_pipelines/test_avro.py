"""Two decoders read the same file: all records at once, and one after the other. They must agree, always."""

import io
import zlib
from typing import Any

import fastavro
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beam_pipelines.avro import lanes, records
from beam_pipelines.avro.container import UnreadableFile, read_blocks, read_header, write_long
from beam_pipelines.avro.decode import decode
from beam_pipelines.avro.varints import Unaligned
from tests.beam_pipelines.landing_files import DATE, MICROS, avro_file, decimal, envelope

LONGS = st.integers(-(2**63), 2**63 - 1)
TYPES: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "long": ("long", LONGS | st.integers(-3, 3)),
    "int": ("int", st.integers(-(2**31), 2**31 - 1)),
    "double": ("double", st.floats(allow_nan=False)),
    "float": ("float", st.floats(width=32, allow_nan=False)),
    "boolean": ("boolean", st.booleans()),
    "string": ("string", st.text(max_size=40)),
    "bytes": ("bytes", st.binary(max_size=40)),
    "timestamp": ({**MICROS}, LONGS),
    "date": (DATE, st.integers(-(2**31), 2**31 - 1)),
    "decimal": (decimal(38, 9), st.binary(min_size=1, max_size=16)),
}


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, int]:
    """A file of Datastream's shape with any payload: plain fields, nullable ones, and such with raw text."""
    payload: dict[str, Any] = {}
    values: dict[str, st.SearchStrategy[Any]] = {}
    for number, name in enumerate(draw(st.lists(st.sampled_from(sorted(TYPES)), max_size=6))):
        kind, strategy = TYPES[name]
        form = draw(st.sampled_from(["plain", "null", "text"]))
        if form == "text" and name != "string":
            kind, strategy = ["null", kind, "string"], st.none() | strategy | st.text(max_size=9).map(Text)
        elif form != "plain":
            kind, strategy = ["null", kind], st.none() | strategy
        payload[f"f{number}"], values[f"f{number}"] = kind, strategy
    rows = draw(st.lists(st.fixed_dictionaries(values), min_size=1, max_size=12))
    found = [envelope("t", row, lsn=draw(st.integers(1, 2**40)), sequence=n) for n, row in enumerate(rows)]
    plain = {name: strip(kind) for name, kind in payload.items()}
    return avro_file(plain, found, draw(st.sampled_from(["null", "deflate"])), draw(st.integers(1, 2000))), len(rows)


class Text(str):
    """The raw text of a value that its own type cannot hold."""


def strip(kind: Any) -> Any:
    """Without logical types, so that fastavro writes the raw values that were drawn."""
    if isinstance(kind, list):
        return [strip(branch) for branch in kind]
    return kind["type"] if isinstance(kind, dict) else kind


@settings(max_examples=100, deadline=None)
@given(files())
def test_all_records_at_once_are_what_they_are_one_by_one(file: tuple[bytes, int]) -> None:
    data, count = file
    header = read_header(data)
    blocks = list(read_blocks(data, header))
    body = b"".join(block.data for block in blocks)
    assert sum(block.records for block in blocks) == count
    quick, slow = lanes.decode(body, count, header.schema), records.decode(body, count, header.schema)
    for path in slow.keys() & quick.keys():
        assert quick[path].values.equals(slow[path].values), path
        quick_text, slow_text = quick[path].text, slow[path].text
        if quick_text is None or slow_text is None:
            assert all(text is None or text.null_count == count for text in (quick_text, slow_text))
        else:
            assert quick_text.equals(slow_text), path
    assert {path for path in slow if path[0] == "payload"} == {path for path in quick if path[0] == "payload"}


@settings(max_examples=100, deadline=None)
@given(files(), st.data())
def test_a_damaged_file_is_read_as_before_or_refused(file: tuple[bytes, int], data: st.DataObject) -> None:
    """Cut or changed anywhere: no exception but ours, and both decoders still agree on what they can read."""
    content = bytearray(file[0])
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        header = read_header(bytes(content))
        blocks = list(read_blocks(bytes(content), header))
    except UnreadableFile:
        return
    for block in blocks:
        try:
            found = decode(block.data, block.records, header.schema)
            slow = records.decode(block.data, block.records, header.schema)
        except (UnreadableFile, KeyError, TypeError):  # the last two: from the slow way alone, of a damaged schema
            continue
        for path in slow.keys() & found.keys():
            assert found[path].values.equals(slow[path].values), path


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy"])
def test_codecs(codec: str) -> None:
    written = [envelope("t", {"a": n}, n) for n in range(1, 500)]
    data = snappy(written) if codec == "snappy" else avro_file({"a": "long"}, written, codec)
    header = read_header(data)
    found = [decode(block.data, block.records, header.schema)["payload", "a"] for block in read_blocks(data, header)]
    assert [value for column in found for value in column.values.to_pylist()] == list(range(1, 500))


def snappy(written: list[Any]) -> bytes:
    """fastavro needs one library more for snappy, so its plain blocks are compressed here."""
    plain = avro_file({"a": "long"}, written, "null")
    header = read_header(plain)
    out = plain[: header.start].replace(b"\x08null", b"\x0csnappy")
    for block in read_blocks(plain, header):
        packed = pa.Codec("snappy").compress(block.data, asbytes=True) + zlib.crc32(block.data).to_bytes(4, "big")
        out += write_long(block.records) + write_long(len(packed)) + packed + header.sync
    return out


def test_text_that_looks_like_the_mark_of_a_record_is_no_record() -> None:
    """The bytes by which records are found, inside a value: the quick way gives up, and the slow way reads it."""
    mark = "postgresql-cdc@projects/p/locations/l/streams/s@0123456789abcdef0123456789abcdef"
    inner = b"\x1cpublic_t" + b"\x1c" + mark.replace("@", "\x40").encode()
    whole = envelope("t", {"a": "x"})
    data = avro_file({"a": "string"}, [whole, envelope("t", {"a": inner.decode("latin-1")}, 2), whole], "null")
    header = read_header(data)
    (block,) = read_blocks(data, header)
    slow = records.decode(block.data, 3, header.schema)
    try:
        quick = lanes.decode(block.data, 3, header.schema)
    except Unaligned:
        return
    assert quick["payload", "a"].values.equals(slow["payload", "a"].values)


def test_a_record_that_is_not_an_envelope_is_refused_by_the_quick_way_and_read_by_the_slow() -> None:
    file = io.BytesIO()
    schema = {"type": "record", "name": "r", "fields": [{"name": "m", "type": {"type": "map", "values": "long"}}]}
    fastavro.writer(file, schema, [{"m": {"a": 1}}, {"m": {}}])
    header = read_header(file.getvalue())
    (block,) = read_blocks(file.getvalue(), header)
    with pytest.raises(Unaligned):
        lanes.decode(block.data, 2, header.schema)
    assert records.decode(block.data, 2, header.schema)["m",].values.to_pylist() == ['{"a": 1}', "{}"]


@pytest.mark.parametrize("data", [b"", b"Obj\x01", b"PAR1" + bytes(50), b"Obj\x01" + bytes(40), b"Obj\x01\x02\x16avro"])
def test_what_is_not_avro_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        list(read_blocks(data, read_header(data)))
