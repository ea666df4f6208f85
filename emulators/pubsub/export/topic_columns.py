"""The columns of a topic's schema, as https://cloud.google.com/pubsub/docs/bigquery#schema_compatibility maps them."""

from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from emulators.pubsub.export.table_fields import CHANGE_COLUMNS, METADATA, Column, SchemaMismatch
from emulators.pubsub.state.avro_schema import AvroType
from emulators.pubsub.state.errors import unsupported

_NUMBERS = frozenset({"NUMERIC", "BIGNUMERIC"})
_WHOLE, _REAL, _BYTES = _NUMBERS | {"INTEGER"}, _NUMBERS | {"FLOAT64"}, _NUMBERS | {"BYTES"}
_TEXT = _NUMBERS | {"STRING", "JSON", "TIMESTAMP", "DATETIME", "DATE", "TIME"}
_ANY = _TEXT | {"INTEGER", "FLOAT64", "BYTES", "BOOLEAN", "RECORD", "GEOGRAPHY", "INTERVAL", "RANGE"}
_AVRO = {
    "null": _ANY,
    "boolean": frozenset({"BOOLEAN"}),
    "int": _WHOLE,
    "long": _WHOLE,
    "float": _REAL,
    "double": _REAL,
    "bytes": _BYTES,
    "string": _TEXT,
    "fixed": _BYTES,
    "enum": frozenset({"INTEGER"}),
}
_LOGICAL = {
    "timestamp-micros": frozenset({"TIMESTAMP"}),
    "timestamp-millis": frozenset({"TIMESTAMP"}),
    "date": frozenset({"DATE"}),
    "time-micros": frozenset({"TIME"}),
    "time-millis": frozenset({"TIME"}),
    "duration": frozenset({"INTERVAL"}),
    "decimal": _NUMBERS,
}
_DAYS, _MOMENTS = _WHOLE | {"DATE"}, _WHOLE | {"DATE", "DATETIME", "TIMESTAMP"}
_PROTO = {
    "double": _REAL,
    "float": _REAL,
    "int32": _DAYS,
    "int64": _MOMENTS,
    "uint32": _DAYS,
    "uint64": _NUMBERS,
    "sint32": _WHOLE,
    "sint64": _MOMENTS,
    "fixed32": _DAYS,
    "fixed64": _NUMBERS,
    "sfixed32": _DAYS,
    "sfixed64": _MOMENTS,
    "bool": frozenset({"BOOLEAN"}),
    "string": _TEXT,
    "bytes": _BYTES,
    "enum": frozenset({"INTEGER"}),
}
_RECORD = frozenset({"RECORD"})
_NAMES = {value: name.removeprefix("TYPE_").lower() for name, value in FieldDescriptorProto.Type.items()}


def avro_columns(schema: AvroType) -> tuple[Column, ...]:
    """The columns of a record. Raises SchemaMismatch for what has no column."""
    if schema.kind != "record":
        raise SchemaMismatch(f"The topic's schema is of type {schema.kind}, and only a record has columns")
    return tuple(_avro_column(name, kind) for name, kind in schema.fields)


def _avro_column(name: str, schema: AvroType, mode: str = "REQUIRED") -> Column:
    match schema.kind:
        case "union":
            inner = [branch for branch in schema.branches if branch.kind != "null"]
            if len(schema.branches) != 2 or len(inner) != 1 or mode == "REPEATED":
                raise SchemaMismatch(f"Field {name}: a union of other types than null and one more has no column")
            return _avro_column(name, inner[0], "NULLABLE")
        case "array" | "map" if mode == "REPEATED":
            raise SchemaMismatch(f"Field {name}: an array of {schema.kind}s has no column")
        case "array":
            assert schema.items is not None
            return _avro_column(name, schema.items, "REPEATED")
        case "map":
            assert schema.items is not None
            pair = (_avro_column("key", AvroType("string")), _avro_column("value", schema.items))
            return Column(name, "MAP", _RECORD, "REPEATED", pair)
        case "record":
            return Column(name, "RECORD", _RECORD, mode, avro_columns(schema))
        case "null":
            return Column(name, "NULL", _ANY, "NULLABLE")
        case kind:
            return Column(name, kind.upper(), _LOGICAL.get(schema.logical, _AVRO[kind]), mode)


def proto_columns(descriptor: Any) -> tuple[Column, ...]:
    """The columns of a message. Raises SchemaMismatch for what has no column."""
    return tuple(_proto_column(field) for field in descriptor.fields)


def _proto_column(field: Any) -> Column:
    oneof = field.containing_oneof
    if oneof is not None and oneof.name != f"_{field.name}":  # that is how "optional" is told in proto3
        raise SchemaMismatch(f"Field {field.name}: a oneof has no column")
    mode = "REPEATED" if field.is_repeated else "REQUIRED" if field.is_required else "NULLABLE"
    if field.message_type is not None:
        return Column(field.name, "MESSAGE", _RECORD, mode, proto_columns(field.message_type))
    kind = _NAMES[field.type]
    return Column(field.name, kind.upper(), _PROTO[kind], mode)


def check_names(columns: tuple[Column, ...], metadata: bool) -> None:
    """Raises SchemaMismatch where a column would be written twice: as the topic's and as metadata.

    Raises:
        PubsubError: UNIMPLEMENTED, a column asks for change data capture.
    """
    taken = {name.replace("_", "") for name in METADATA} if metadata else set()
    for column in columns:
        if column.name.upper() in CHANGE_COLUMNS:
            raise unsupported(f"Change data capture ({column.name})")
        if column.name.replace("_", "").lower() in taken:
            raise SchemaMismatch(f"Field {column.name} of the topic's schema has the name of a metadata column")
