"""What a Postgres type is in Avro: the kind of a column, from its type and type modifier.

A kind is text unless Avro has a type for it. A value that the Avro type cannot hold (infinity, NaN in a numeric, a year
beyond 9999, a nested array) is the text itself, in a `string` branch of the column's union.
"""

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

AvroType: TypeAlias = str | dict[str, Any]

LONG, DOUBLE, BOOLEAN, DECIMAL, DATE, TIME, DATETIME, TIMESTAMP, BYTES, TEXT, ARRAY = (
    *("long", "double", "boolean", "decimal", "date", "time", "datetime", "timestamp", "bytes", "text", "array"),
)
# Object identifiers of built-in types are fixed: src/include/catalog/pg_type.dat of PostgreSQL.
BUILT_IN = {
    16: BOOLEAN, 17: BYTES, 20: LONG, 21: LONG, 23: LONG, 700: DOUBLE, 701: DOUBLE,
    1082: DATE, 1083: TIME, 1114: DATETIME, 1184: TIMESTAMP,
}  # fmt: skip
NUMERIC_OID = 1700
AVRO_TYPES: dict[str, AvroType] = {
    LONG: "long",
    DOUBLE: "double",
    BOOLEAN: "boolean",
    BYTES: "bytes",
    TEXT: "string",
    DATE: {"type": "int", "logicalType": "date"},
    TIME: {"type": "long", "logicalType": "time-micros"},
    DATETIME: {"type": "long", "logicalType": "local-timestamp-micros"},
    TIMESTAMP: {"type": "long", "logicalType": "timestamp-micros"},
}
# Kinds whose Avro type cannot hold each value of the Postgres type.
WITH_RAW_TEXT = frozenset({DECIMAL, DATE, TIME, DATETIME, TIMESTAMP, ARRAY})


@dataclass(frozen=True)
class Kind:
    """How a column is encoded. `precision` and `scale` belong to decimals, `item` to arrays."""

    name: str
    precision: int = 0
    scale: int = 0
    item: "Kind | None" = None

    def avro_type(self) -> AvroType:
        """The Avro type, without the null and the raw text of its union."""
        if self.name == DECIMAL:
            return {"type": "bytes", "logicalType": "decimal", "precision": self.precision, "scale": self.scale}
        if self.item is not None:
            return {"type": "array", "items": self.item.union()}
        return AVRO_TYPES[self.name]

    def union(self) -> list[AvroType]:
        """The column's union: null, the type, and a string where the type cannot hold every value."""
        return ["null", self.avro_type(), *(["string"] if self.name in WITH_RAW_TEXT else [])]


@dataclass(frozen=True)
class Column:
    """A column of a source table.

    key: it is part of what identifies a row. weight: at most so many bytes are stored for a byte of its text; 0 for a
    type of fixed length, which is never stored out of line.
    """

    name: str
    kind: Kind
    key: bool
    weight: int = 0


def decimal_kind(modifier: int) -> Kind:
    """numeric(p, s) from its type modifier; text when it has none, or more digits than 256 bits hold."""
    if modifier < 4:
        return Kind(TEXT)
    precision = ((modifier - 4) >> 16) & 0xFFFF
    scale = (((modifier - 4) & 0x7FF) ^ 1024) - 1024
    if scale < 0:  # rounded to tens: printed as a whole number with more digits
        precision, scale = precision - scale, 0
    precision = max(precision, scale)
    return Kind(DECIMAL, precision, scale) if precision <= 76 else Kind(TEXT)


def scalar_kind(oid: int, modifier: int) -> Kind:
    """The kind of a type that is no array and no domain; whatever is not known is text, which loses nothing."""
    if oid == NUMERIC_OID:
        return decimal_kind(modifier)
    return Kind(BUILT_IN.get(oid, TEXT))


def avro_names(names: list[str]) -> list[str]:
    """Avro names for columns: letters, digits and underscores; a name that collides gets a number."""
    taken: set[str] = set()
    result = []
    for name in names:
        clean = re.sub(r"[^A-Za-z0-9_]", "_", name)
        clean = base = f"_{clean}" if clean[:1].isdigit() or not clean else clean
        number = 2
        while clean in taken or (clean != name and clean in names):
            clean, number = f"{base}_{number}", number + 1
        taken.add(clean)
        result.append(clean)
    return result
