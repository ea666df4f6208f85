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
from beam_pipelines.avro.marks import occurrences
from beam_pipelines.avro.source_column import Path, SourceColumn
from beam_pipelines.avro.varints import Bytes, Unaligned
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


@st.composite
def blocks(draw: st.DrawFn) -> tuple[bytes, int, Any]:
    """A block's records as a stream writes them: runs of one transaction, with few or many changes, alike or not."""
    number = draw(st.integers(1, 300))
    length = draw(st.sampled_from([1, 3, 70, 300]))  # changes of a transaction: a sequence of one byte, or of two
    first = draw(st.sampled_from([1, 60, 2**32 - 2, 2**40]))  # positions and transaction ids that grow longer
    changes = draw(st.lists(st.sampled_from(["INSERT", "UPDATE", "DELETE", "UPDATE-INSERT"]), min_size=1, max_size=3))
    texts = draw(st.lists(st.none() | st.text(max_size=200), min_size=1, max_size=4))
    numbers = draw(st.lists(st.none() | LONGS, min_size=1, max_size=4))
    records = [
        envelope(
            "t",
            {"note": texts[n % len(texts)], "count": numbers[n % len(numbers)], "flag": n % 2 == 0},
            first + n // length, n % length, changes[n % len(changes)],
        )
        for n in range(number)
    ]  # fmt: skip
    for n in range(0, number, draw(st.sampled_from([1, 7, 1000]))):  # read at other moments, and so of other lengths
        records[n]["read_timestamp"] += draw(st.sampled_from([0, 1, 2**55]))
    data = avro_file(
        {"note": ["null", "string"], "count": ["null", "long"], "flag": "boolean"}, records, "null", 1 << 24
    )
    header = read_header(data)
    (block,) = read_blocks(data, header)
    return block.data, block.records, header.schema


def assert_equal(quick: dict[Path, SourceColumn], slow: dict[Path, SourceColumn], count: int) -> None:
    """Wherever both have a column, its values and its texts are the same."""
    for path in slow.keys() & quick.keys():
        assert quick[path].values.equals(slow[path].values), path
        quick_text, slow_text = quick[path].text, slow[path].text
        if quick_text is None or slow_text is None:
            assert all(text is None or text.null_count == count for text in (quick_text, slow_text))
        else:
            assert quick_text.equals(slow_text), path


@settings(max_examples=100, deadline=None)
@given(files())
def test_all_records_at_once_are_what_they_are_one_by_one(file: tuple[bytes, int]) -> None:
    data, count = file
    header = read_header(data)
    blocks = list(read_blocks(data, header))
    body = b"".join(block.data for block in blocks)
    assert sum(block.records for block in blocks) == count
    quick, slow = lanes.decode(body, count, header.schema), records.decode(body, count, header.schema)
    assert_equal(quick, slow, count)
    assert {path for path in slow if path[0] == "payload"} == {path for path in quick if path[0] == "payload"}


@settings(max_examples=60, deadline=None)
@given(blocks())
def test_envelopes_that_are_alike_or_not_are_what_they_are_one_by_one(block: tuple[bytes, int, Any]) -> None:
    data, count, schema = block
    slow = records.decode(data, count, schema)
    assert_equal(decode(data, count, schema), slow, count)
    try:
        quick = lanes.decode(data, count, schema)
    except Unaligned:  # the moments of reading have other lengths: a mark is not at one distance from its record
        assert len({len(write_long(value)) for value in slow["read_timestamp",].values.to_pylist()}) > 1
    else:
        assert_equal(quick, slow, count)
        assert {path for path in slow.keys() ^ quick.keys() if path[:2] != ("source_metadata", "primary_keys")} == set()


@settings(max_examples=150, deadline=None)
@given(blocks(), st.data())
def test_a_damaged_block_is_read_as_it_is_one_by_one_or_refused(
    block: tuple[bytes, int, Any], data: st.DataObject
) -> None:
    """Whatever bytes are others: what the quick way reads, the slow way reads the same."""
    content, count, schema = bytearray(block[0]), *block[1:]
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    needed = {("payload", "note"), ("payload", "count"), ("source_metadata", "lsn"), ("sort_keys", 2)}
    try:
        quick = lanes.decode(bytes(content), count, schema, needed.__contains__)
        slow = records.decode(bytes(content), count, schema)
    except (Unaligned, UnreadableFile):
        return
    assert quick.keys() <= needed
    assert_equal(quick, slow, count)


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


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_marks_are_found_wherever_they_are(data: st.DataObject) -> None:
    """As bytes.find finds them, with parts of the mark between them, before the first and after the last."""
    mark = data.draw(st.binary(min_size=1, max_size=60))
    cut = st.integers(0, len(mark))
    filling = st.binary(max_size=40) | st.tuples(cut, cut).map(lambda cuts: mark[cuts[0] : cuts[1]])
    pieces = data.draw(st.lists(filling, min_size=1, max_size=12))
    whole = mark.join(pieces)
    found = occurrences(Bytes(whole), mark)
    expected = [at for at in range(len(whole)) if whole.startswith(mark, at)]
    assert found is None or found.tolist() == expected


def test_marks_of_records_are_found_the_quick_way() -> None:
    mark = b"\x1apublic_orders*postgresql-cdcXprojects/p/locations/l/streams/s@0123456789abcdeffedcba9876543210"
    found = occurrences(Bytes(b"some" + mark + mark + b"more" + mark), mark)
    assert found is not None and found.tolist() == [4, 4 + len(mark), 8 + 2 * len(mark)]


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
    mark = "postgresql-cdc@projects/p/locations/l/streams/s@0123456789abcdeffedcba9876543210"
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
