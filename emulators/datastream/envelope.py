"""Datastream's envelope around a row: who wrote it, when, where in the log, and what kind of change it is.

Much of it is equal for a file, more for a transaction; only the sequence number and the change's type belong to a row.
So the parts are encoded once a file or transaction, and repeated by Arrow.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from emulators.datastream.avro import Json, encode_longs, fingerprint, fixed_array
from emulators.datastream.kinds import Column, avro_names
from emulators.datastream.lsn import format_lsn
from emulators.varints import avro_long, avro_string

BACKFILL, CDC = "postgresql-backfill", "postgresql-cdc"
CHANGE_TYPES = ("INSERT", "UPDATE", "DELETE", "UPDATE-DELETE", "UPDATE-INSERT")
INSERT, UPDATE, DELETE, UPDATE_DELETE, UPDATE_INSERT = range(5)
DELETED = frozenset({DELETE, UPDATE_DELETE})
MICROS = {"type": "long", "logicalType": "timestamp-micros"}
HEX_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
SHIFTS = np.arange(44, -4, -4, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Table:
    """A source table as it was at some point of the log. Another definition of it is another object, and so unequal."""

    schema: str
    name: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> str:
        """`public.accounts`, as Datastream displays it."""
        return f"{self.schema}.{self.name}"

    @property
    def object(self) -> str:
        """`public_accounts`, as Datastream names it in paths and records."""
        return f"{self.schema}_{self.name}"

    def payload_schema(self) -> Json:
        """The record of the table's columns."""
        names = avro_names([column.name for column in self.columns])
        fields = []
        for column, name in zip(self.columns, names, strict=True):
            doc = {} if name == column.name else {"doc": f"column {column.name!r} of the source"}
            fields.append({"name": name, "type": column.kind.union(), "default": None, **doc})
        return {"type": "record", "name": "payload", "fields": fields}

    def schema_key(self) -> str:
        """What tells one definition of the table from another."""
        return fingerprint({"schema": self.schema, "table": self.name, "payload": self.payload_schema()})

    def file_schema(self) -> Json:
        """The schema of a landing file."""
        metadata: list[Json] = [
            {"name": "schema", "type": "string"},
            {"name": "table", "type": "string"},
            {"name": "is_deleted", "type": "boolean"},
            {"name": "change_type", "type": "string"},
            {"name": "tx_id", "type": ["null", "long"]},
            {"name": "lsn", "type": "string"},
            {"name": "primary_keys", "type": {"type": "array", "items": "string"}},
        ]
        fields: list[Json] = [
            {"name": "uuid", "type": "string"},
            {"name": "read_timestamp", "type": MICROS},
            {"name": "source_timestamp", "type": MICROS},
            {"name": "object", "type": "string"},
            {"name": "read_method", "type": "string"},
            {"name": "stream_name", "type": "string"},
            {"name": "schema_key", "type": "string"},
            {"name": "sort_keys", "type": {"type": "array", "items": ["string", "long"]}},
            {"name": "source_metadata", "type": {"type": "record", "name": "source_metadata", "fields": metadata}},
            {"name": "payload", "type": self.payload_schema()},
        ]
        return {"type": "record", "name": "datastream_record", "namespace": "sluice", "fields": fields}


@dataclass(frozen=True)
class Origin:
    """A transaction, or the snapshot of a backfill (transaction id None): what its rows have in common."""

    lsn: int
    source_micros: int
    transaction_id: int | None


def uuid_prefix(stream_name: str, table: str, origin: Origin) -> bytes:
    """The first half of the rows' uuids (version 8: our own use): the same change has the same uuid always."""
    digest = hashlib.blake2b(f"{stream_name} {table} {origin.lsn}".encode(), digest_size=10).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[12:15]}-8{digest[15:18]}-".encode()


def hexadecimal(numbers: npt.NDArray[np.int64]) -> pa.Array:
    """Twelve hexadecimal digits of each number."""
    return fixed_array(HEX_DIGITS[(numbers[:, None] >> SHIFTS) & 15])


def repeated(parts: Sequence[bytes], where: npt.NDArray[np.integer]) -> pa.Array | pa.Scalar:
    """Each row's part; a scalar when there is one for all."""
    if len(where) and (where == where[0]).all():
        return pa.scalar(parts[where[0]], pa.binary())
    return pa.array(parts, pa.binary()).take(pa.array(where))


class EnvelopeEncoder:
    """Encodes the envelopes of one table's rows, up to the payload."""

    def __init__(self, stream_name: str, table: Table, read_method: str) -> None:
        self.stream_name, self.table, self.read_method = stream_name, table, read_method
        self.schema_key = table.schema_key()
        names = avro_names([column.name for column in table.columns])
        keys = [name for column, name in zip(table.columns, names, strict=True) if column.key]
        listed = avro_long(len(keys)) + b"".join(avro_string(key) for key in keys) if keys else b""
        self._primary_keys = listed + b"\x00"
        texts = (table.object, read_method, stream_name, self.schema_key)
        self._constant = b"".join(map(avro_string, texts)) + avro_long(3) + b"\x02"
        self._changes = [self._change(number) for number in range(len(CHANGE_TYPES))]

    def _change(self, number: int) -> bytes:
        """From the end of sort_keys to the change's type."""
        deleted = b"\x01" if number in DELETED else b"\x00"
        names = avro_string(self.table.schema) + avro_string(self.table.name)
        return b"\x00" + names + deleted + avro_string(CHANGE_TYPES[number])

    def _around(self, origin: Origin, read: bytes) -> tuple[bytes, bytes]:
        """What stands between uuid and sequence number, and what after the change's type: for one transaction."""
        micros, lsn = avro_long(origin.source_micros), avro_string(format_lsn(origin.lsn))
        number = origin.transaction_id
        transaction = b"\x00" if number is None else b"\x02" + avro_long(number)
        before = b"".join((read, micros, self._constant, micros, b"\x00", lsn))
        return before, transaction + lsn + self._primary_keys

    def encode(
        self,
        origins: Sequence[Origin],
        origin_of_row: npt.NDArray[np.int32],
        sequences: npt.NDArray[np.int64],
        row_numbers: npt.NDArray[np.int64],
        changes: npt.NDArray[np.int8],
        read_micros: int,
    ) -> list[pa.Array | pa.Scalar]:
        """The columns that stand before the payload; the arrays have one entry a row."""
        read = avro_long(read_micros)
        around = [self._around(origin, read) for origin in origins]
        prefixes = [b"\x48" + uuid_prefix(self.stream_name, self.table.key, origin) for origin in origins]
        return [
            repeated(prefixes, origin_of_row),
            hexadecimal(row_numbers),
            repeated([before for before, _ in around], origin_of_row),
            encode_longs(sequences, branch=1)
            if sequences.any()
            else pa.scalar(avro_long(1) + avro_long(0), pa.binary()),
            repeated(self._changes, changes),
            repeated([after for _, after in around], origin_of_row),
        ]
