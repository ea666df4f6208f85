"""Options of a .proto file: kept where google.protobuf.*Options know them, refused where they do not."""

import math
from typing import Any

from google.protobuf import descriptor_pb2

_FIELD = descriptor_pb2.FieldDescriptorProto
_FLOATS = (_FIELD.TYPE_DOUBLE, _FIELD.TYPE_FLOAT)
_ESCAPES = {0x22: '\\"', 0x27: "\\'", 0x5C: "\\\\", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t"}
_BOOLEANS = {"true": True, "false": False}


def set_option(options: Any, name: str, value: str | bytes) -> None:
    """Sets an option of a file, message, field or enum; value is bytes of a string, or a constant's text.

    Raises:
        ValueError: there is no such option, or its type is another.
    """
    field = options.DESCRIPTOR.fields_by_name.get(name)
    if field is None or field.message_type is not None:
        raise ValueError(f'option "{name}" unknown')
    if field.enum_type is not None and isinstance(value, str) and value in field.enum_type.values_by_name:
        setattr(options, name, field.enum_type.values_by_name[value].number)
    elif field.type == _FIELD.TYPE_BOOL and value in _BOOLEANS:
        setattr(options, name, _BOOLEANS[str(value)])
    elif field.type == _FIELD.TYPE_STRING and isinstance(value, bytes):
        setattr(options, name, value.decode())
    else:
        raise ValueError(f'the value of option "{name}" is of another type')


def set_default(field: Any, value: str | bytes) -> None:
    """Sets a field's default in the text that descriptors have for it.

    Raises:
        ValueError: it is not of the field's type; a pool checks enums and the bounds of numbers.
    """
    field.default_value = _default(field, value)


def _default(field: Any, value: str | bytes) -> str:
    if isinstance(value, bytes):
        if field.type == _FIELD.TYPE_STRING:
            return value.decode()
        if field.type == _FIELD.TYPE_BYTES:
            return "".join(_escaped(byte) for byte in value)
    elif field.HasField("type_name"):
        return value  # of an enum: its type is not known here
    elif field.type in _FLOATS:
        number = float(value)
        return str(number) if math.isfinite(number) else str(number).replace("infinity", "inf")
    elif field.type == _FIELD.TYPE_BOOL:
        if value in _BOOLEANS:
            return value
    elif field.type not in (_FIELD.TYPE_STRING, _FIELD.TYPE_BYTES):
        return str(int(value, 0))
    raise ValueError(f'the default of field "{field.name}" is of another type')


def _escaped(byte: int) -> str:
    return _ESCAPES.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}")
