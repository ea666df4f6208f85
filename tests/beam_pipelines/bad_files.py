"""Landing files, good and bad, with what must become of each: known from how it was made."""

import gzip
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

from tests.beam_pipelines.landing_files import avro_file, envelope, envelope_schema
from tests.beam_pipelines.source_values import EXTRA, VARIANTS, Dice, Value

_NAMES = ["a b", "größe", "x#1", "50%2F", "quote'\"", "_SUCCESS", ".hidden", "ключ", "tab\tx", "?q=1", "*", "😀"]
_ENDINGS = ["avro", "avro", "parquet", "json", "tmp", "avro.gz"]


@dataclass
class Landed:
    """A file in the folder of `door.things`. Its rows (columns, raw) by sort key; a bad one is a letter."""

    name: str
    data: bytes
    rows: dict[str, tuple[dict[str, Any], dict[str, str]]] = field(default_factory=dict)
    is_bad: bool = False


class Files:
    """Makes files; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._dice, self._number, self._lsn = random.Random(seed), 0, 0

    def make(self, count: int) -> list[Landed]:
        """So many files, half of them readable."""
        return [self._one() for _ in range(count)]

    def _one(self) -> Landed:
        dice = self._dice
        self._number += 1
        minute = f"2026/05/01/{dice.randint(8, 12):02d}/{dice.randint(0, 59):02d}/"
        name = f"{minute if dice.random() < 0.95 else ''}{self._number}{dice.choice(_NAMES)}.{dice.choice(_ENDINGS)}"
        if dice.random() < 0.5:
            data, rows = self.good()
            return Landed(name, data, rows)
        return Landed(name, dice.choice(BAD)(self, dice), is_bad=True)

    def payload(self) -> dict[str, tuple[Any, Callable[[Dice], Value]]]:
        """The source's columns: some retyped, some gone, some new."""
        dice = self._dice
        chosen = {name: found[0] if dice.random() < 0.7 else dice.choice(found) for name, found in VARIANTS.items()}
        columns = {name: found for name, found in chosen.items() if dice.random() < 0.9}
        for number in range(dice.choice([0, 0, 0, 1, 5])):
            columns[f"extra_{number}"] = dice.choice(EXTRA)
        names = list(columns)
        dice.shuffle(names)
        return {name: columns[name] for name in names}

    def records(self, columns: dict[str, Any], count: int, table: str = "things") -> tuple[list[Any], dict[str, Any]]:
        """Records, and the rows that they are."""
        written, rows = [], {}
        for _ in range(count):
            self._lsn += 1
            values = {name: self._value(kind, make) for name, (kind, make) in columns.items()}
            payload = {"thing_id": self._lsn, **{name: value.written for name, value in values.items()}}
            change = self._dice.choice(["INSERT", "UPDATE", "UPDATE-INSERT", "UPDATE-DELETE", "DELETE"])
            sequence = self._dice.randint(0, 10**9)
            written.append(envelope(table, payload, self._lsn, sequence, change))
            row = {name: value.value for name, value in values.items() if not name.startswith("extra_")}
            raw = {name: value.raw for name, value in values.items() if value.raw is not None}
            rows[f"{self._lsn:016X}/{sequence:010d}"] = {"thing_id": self._lsn, "_change_type": change, **row}, raw
        return written, rows

    def _value(self, kind: Any, make: Callable[[Dice], Value]) -> Value:
        if isinstance(kind, list) and self._dice.random() < 0.15:
            return Value(None)
        value = make(self._dice)
        if isinstance(kind, list) and len(kind) == 3 and isinstance(value.written, str):
            return replace(value, written=("string", value.written))  # fastavro would make a date of it
        return value

    def good(self, codec: str | None = None) -> tuple[bytes, dict[str, Any]]:
        """A readable file and its rows; now and then of none."""
        columns = self.payload()
        written, rows = self.records(columns, self._dice.choice([0, 1, 2, 5, 30]))
        types = {"thing_id": ["null", "long"], **{name: kind for name, (kind, _) in columns.items()}}
        codec = codec or self._dice.choice(["deflate", "null"])
        return avro_file(types, written, codec, self._dice.choice([1, 300, 64_000])), rows

    def full(self, codec: str | None = None) -> bytes:
        """A readable file with rows."""
        while True:
            data, rows = self.good(codec)
            if rows:
                return data


def _cut(files: Files, dice: Dice) -> bytes:
    """Anywhere but at the end of a block, where no reader could tell."""
    data = files.full()
    sync, ends, start = data[-16:], set(), 0
    while (start := data.find(sync, start)) >= 0:
        start += 16
        ends.add(start)
    places = [place for place in range(1, len(data)) if place not in ends]
    return data[: dice.choice(places)]


def _foreign(files: Files, dice: Dice) -> bytes:
    table = io.BytesIO()
    pq.write_table(pa.table({"thing_id": [1, 2], "note": ["a", "b"]}), table)
    forms = [
        b"", table.getvalue(), b"thing_id,note\n1,a\n", b'{"thing_id": 1}\n', gzip.compress(files.full()), b"\0" * 500,
        dice.randbytes(dice.randint(1, 3000)), b"Obj\x01" + dice.randbytes(300), files.full()[4:], b"PAR1PAR1",
        b"\x89PNG\r\n\x1a\n", b"<html>503</html>", files.full().hex().encode(),
    ]  # fmt: skip
    return dice.choice(forms)


def _other_avro(files: Files, dice: Dice) -> bytes:
    """Avro, but not Datastream's."""
    field_of: Callable[[str, Any], Any] = lambda name, kind: {"name": name, "type": kind}  # noqa: E731
    empty = {"type": "record", "name": "e", "fields": []}
    schemas: list[tuple[Any, Any]] = [
        ({"type": "record", "name": "r", "fields": [field_of("thing_id", "long")]}, {"thing_id": 1}),
        ("long", 1),
        ({"type": "array", "items": "null"}, [None] * 5),
        ({"type": "record", "name": "r", "fields": [
            field_of("source_timestamp", "null"), field_of("source_metadata", empty),
            field_of("payload", {**empty, "name": "p"})]},
         {"source_timestamp": None, "source_metadata": {}, "payload": {}}),
    ]  # fmt: skip
    schema, record = dice.choice(schemas)
    out = io.BytesIO()
    fastavro.writer(out, schema, [record] * 3)
    return out.getvalue()


def _other_codec(files: Files, dice: Dice) -> bytes:
    """A codec that Datastream does not write, or a header that names the wrong one."""
    if dice.random() < 0.5:
        return files.full(dice.choice(["bzip2", "xz"]))
    data = files.full("deflate")
    return data.replace(b"\x0edeflate", dice.choice([b"\x0ereflate", b"\x0csnappy", b"\x08null", b"\x00"]), 1)


def _damaged_mark(files: Files, dice: Dice) -> bytes:
    data = bytearray(files.full())
    data[-dice.randint(1, 16)] ^= dice.randint(1, 255)
    return bytes(data)


def _wrong_counts(files: Files, dice: Dice) -> bytes:
    """The first block says another number of records than it has."""
    columns = {"note": VARIANTS["note"][0]}
    written, _ = files.records(columns, 20)
    data = bytearray(avro_file({"thing_id": "long", "note": columns["note"][0]}, written, "null", 10**9))
    place = data.index(data[-16:]) + 16
    assert data[place] == 40  # 20, as a zigzag number
    data[place] = dice.choice([0, 1, 38, 42, 126])
    return bytes(data)


def _wrong_inside(files: Files, dice: Dice) -> bytes:
    """Records that are not of this table, or have no place in the log, or are no change that there is."""
    columns = files.payload()
    written, _ = files.records(columns, dice.choice([1, 3, 9]))
    record = dice.choice(written)
    change: Callable[[], object] = dice.choice([
        lambda: record["source_metadata"].update(table=dice.choice(["others", "Things", "", "things\0"])),
        lambda: record["source_metadata"].update(lsn=dice.choice(["nowhere", "", "0/", "1", "G/1", "0/123456789"])),
        lambda: record["source_metadata"].update(change_type=dice.choice(["TRUNCATE", "", "insert", "UPSERT"])),
        lambda: record["sort_keys"].__setitem__(2, dice.choice([-1, 10**10, 2**62])),
    ])  # fmt: skip
    change()
    types = {"thing_id": "long", **{name: kind for name, (kind, _) in columns.items()}}
    return avro_file(types, written, dice.choice(["null", "deflate"]), 500)


def _wrong_schema(files: Files, dice: Dice) -> bytes:
    """A header that is JSON, or nearly, and no schema of these records."""
    schema = envelope_schema({"thing_id": "long"})
    written, _ = files.records({}, 3)
    out = io.BytesIO()
    fastavro.writer(out, schema, written, codec="null")
    text = json.dumps(fastavro.schema.parse_schema(schema)).encode()
    data = out.getvalue()
    place = data.index(b'{"')
    head = data[place : data.index(b"}", place)]
    assert head and text
    return dice.choice([
        data.replace(b'"source_timestamp"', b'"source_timestamq"', 1), data.replace(b'"record"', b'"recorb"', 1),
        data.replace(b'"payload"', b'"qayload"', 1), data.replace(b'"lsn"', b'"lsm"', 1), data.replace(b"{", b"[", 1),
        data.replace(b'"tx_id"', b'"table"', 1), data.replace(b'"read_timestamp"', b'"read_timestamq\xff', 1),
    ])  # fmt: skip


BAD: list[Callable[[Files, Dice], bytes]] = [
    _cut, _cut, _foreign, _other_avro, _other_codec, _damaged_mark, _wrong_counts, _wrong_inside, _wrong_schema,
]  # fmt: skip
