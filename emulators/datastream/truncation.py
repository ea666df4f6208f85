"""What a TRUNCATE deletes: the rows that a reader of the landing files has, found by reading these files.

The log says that a table was truncated, and not which rows it had. Datastream itself leaves a TRUNCATE out, so that its
readers keep rows that are gone. Here it becomes a DELETE for each row.
"""

import datetime
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from emulators import avro_codecs
from emulators.datastream.envelope import Table
from emulators.datastream.kinds import avro_names
from emulators.datastream.lsn import parse_lsn
from emulators.datastream.pgoutput import Values

Place = tuple[int, int]


def to_text(value: Any) -> str:
    """A value as Avro's reader gives it, in Postgres' text."""
    match value:
        case bool():
            return "t" if value else "f"
        case bytes():
            return f"\\x{value.hex()}"
        case Decimal():
            return format(value, "f")
        case float() if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        case float() if math.isnan(value):
            return "NaN"
        case datetime.datetime():
            return value.replace(tzinfo=None).isoformat(" ") + ("+00" if value.tzinfo else "")
        case list():
            return "{" + ",".join("NULL" if each is None else quoted(to_text(each)) for each in value) + "}"
        case _:
            return str(value)


def quoted(text: str) -> str:
    """An item of an array."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def records(files: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The records of landing files."""
    import fastavro  # not at the start: a truncation is rare

    avro_codecs.install()
    for data in files:
        for record in fastavro.reader(io.BytesIO(data)):
            if isinstance(record, dict):
                yield record


def place(record: dict[str, Any]) -> Place:
    """Where a record is in the log."""
    keys = record["sort_keys"]
    return parse_lsn(keys[1]), keys[2]


def belongs(record: dict[str, Any], table: Table) -> bool:
    """Whether the record is of this table: a_b.c and a.b_c have one folder."""
    metadata = record["source_metadata"]
    return (metadata["schema"], metadata["table"]) == (table.schema, table.name)


def living_rows(table: Table, before: Place, files: Iterable[bytes]) -> Iterator[Values]:
    """The rows that a reader of the files has just before a place in the log: keys, or whole rows without a key."""
    names = avro_names([column.name for column in table.columns])
    keys = [index for index, column in enumerate(table.columns) if column.key]
    found = (record for record in records(files) if place(record) < before and belongs(record, table))
    living = keyed(found, [names[index] for index in keys]) if keys else bag(found, names)
    for row in living:
        values: Values = [None] * len(names)
        for index, value in zip(keys or range(len(names)), row, strict=True):
            values[index] = None if value is None else to_text(value).encode()
        yield values


def keyed(found: Iterable[dict[str, Any]], names: list[str]) -> list[tuple[Any, ...]]:
    """The keys whose last record is no delete."""
    last: dict[tuple[Any, ...], tuple[Place, bool]] = {}
    for record in found:
        key = hashable(record["payload"], names)
        where, deleted = place(record), bool(record["source_metadata"]["is_deleted"])
        if key not in last or last[key][0] <= where:
            last[key] = where, deleted
    return [key for key, (_, deleted) in last.items() if not deleted]


def bag(found: Iterable[dict[str, Any]], names: list[str]) -> list[tuple[Any, ...]]:
    """Whole rows, each as often as it came more often than it went."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for record in found:
        counts[hashable(record["payload"], names)] += -1 if record["source_metadata"]["is_deleted"] else 1
    return list((+counts).elements())


def hashable(payload: dict[str, Any], names: list[str]) -> tuple[Any, ...]:
    """Values that can be a dictionary's key; lists in Postgres' text."""
    values = (payload.get(name) for name in names)
    return tuple(to_text(value) if isinstance(value, list) else value for value in values)
