"""Files as Datastream lands them, written by fastavro: independent of the code under test."""

import io
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import fastavro

MICROS = {"type": "long", "logicalType": "timestamp-micros"}
LOCAL_MICROS = {"type": "long", "logicalType": "local-timestamp-micros"}
DATE = {"type": "int", "logicalType": "date"}
TIME = {"type": "long", "logicalType": "time-micros"}
_EPOCH_MICROS = 1_760_000_000_000_000


def decimal(precision: int, scale: int) -> dict[str, Any]:
    """Avro's decimal in bytes."""
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def envelope_schema(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a landing file whose payload has these fields: name -> Avro type or union."""
    metadata = [
        {"name": "schema", "type": "string"},
        {"name": "table", "type": "string"},
        {"name": "is_deleted", "type": "boolean"},
        {"name": "change_type", "type": "string"},
        {"name": "tx_id", "type": ["null", "long"]},
        {"name": "lsn", "type": "string"},
        {"name": "primary_keys", "type": {"type": "array", "items": "string"}},
    ]
    fields = [
        {"name": "uuid", "type": "string"},
        {"name": "read_timestamp", "type": MICROS},
        {"name": "source_timestamp", "type": MICROS},
        *({"name": name, "type": "string"} for name in ("object", "read_method", "stream_name", "schema_key")),
        {"name": "sort_keys", "type": {"type": "array", "items": ["string", "long"]}},
        {"name": "source_metadata", "type": {"type": "record", "name": "source_metadata", "fields": metadata}},
        {
            "name": "payload",
            "type": {
                "type": "record",
                "name": "payload",
                "fields": [{"name": name, "type": kind} for name, kind in payload.items()],
            },
        },
    ]
    return {"type": "record", "name": "datastream_record", "fields": fields}


def envelope(table: str, payload: Mapping[str, Any], lsn: int = 1, sequence: int = 0, change: str = "INSERT") -> Any:
    """One record: a change of a table, the `sequence`th of the transaction that committed at `lsn`."""
    position = f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"
    micros = _EPOCH_MICROS + lsn
    return {
        "uuid": str(uuid.UUID(int=(lsn << 64) + sequence)),
        "read_timestamp": micros + 5,
        "source_timestamp": micros,
        "object": f"public_{table}",
        "read_method": "postgresql-cdc",
        "stream_name": "projects/p/locations/l/streams/s",
        "schema_key": "0123456789abcdeffedcba9876543210",
        "sort_keys": [micros, position, sequence],
        "source_metadata": {
            "schema": "public",
            "table": table,
            "is_deleted": change == "DELETE",
            "change_type": change,
            "tx_id": lsn if lsn % 2 else None,
            "lsn": position,
            "primary_keys": [next(iter(payload), "id")],
        },
        "payload": dict(payload),
    }


def source_time(lsn: int) -> datetime:
    """The commit time that `envelope` writes."""
    return datetime.fromtimestamp((_EPOCH_MICROS + lsn) / 1e6, UTC)


def avro_file(
    payload: Mapping[str, Any], records: Iterable[Any], codec: str = "deflate", interval: int = 4000
) -> bytes:
    """A file with these records; `interval` is about the bytes of a block."""
    file = io.BytesIO()
    schema = fastavro.parse_schema(envelope_schema(payload))
    fastavro.writer(file, schema, records, codec=codec, sync_interval=interval)
    return file.getvalue()


def records_of(table: str, rows: Sequence[Mapping[str, Any]], first_lsn: int = 1) -> list[Any]:
    """One transaction a row."""
    return [envelope(table, row, first_lsn + number) for number, row in enumerate(rows)]
