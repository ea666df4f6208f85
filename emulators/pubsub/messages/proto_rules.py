"""What protoc refuses and a descriptor pool does not: numbers and names that are reserved or used twice."""

from typing import Any

from emulators.pubsub.messages.proto_lexer import ProtoSyntaxError

_OWN_NUMBERS = range(19000, 20000)  # Protocol Buffers keep these for themselves


def check_file(file: Any) -> None:
    """Raises ProtoSyntaxError for the first thing that is wrong in a FileDescriptorProto."""
    for message in file.message_type:
        _check_message(message, file.syntax == "proto3")
    for enum in file.enum_type:
        _check_enum(enum)


def _check_message(message: Any, is_proto3: bool) -> None:
    if is_proto3 and message.extension_range:
        raise ProtoSyntaxError(f'"{message.name}": extension ranges are not allowed in proto3')
    for field in message.field:
        _check_field(message, field)
    for nested in message.nested_type:
        _check_message(nested, is_proto3)
    for enum in message.enum_type:
        _check_enum(enum)
    for one, oneof in enumerate(message.oneof_decl):
        if not any(field.HasField("oneof_index") and field.oneof_index == one for field in message.field):
            raise ProtoSyntaxError(f'"{message.name}.{oneof.name}": a oneof must have at least one field')


def _check_field(message: Any, field: Any) -> None:
    where = f'field "{field.name}" of "{message.name}"'
    if field.number in _OWN_NUMBERS:
        raise ProtoSyntaxError(
            f"{where}: field numbers 19000 through 19999 are reserved for the protocol buffer library implementation"
        )
    if field.name in message.reserved_name:
        raise ProtoSyntaxError(f'{where}: field name "{field.name}" is reserved')
    if any(reserved.start <= field.number < reserved.end for reserved in message.reserved_range):
        raise ProtoSyntaxError(f"{where} uses reserved number {field.number}")
    if any(extension.start <= field.number < extension.end for extension in message.extension_range):
        raise ProtoSyntaxError(f"{where} uses number {field.number} of an extension range")


def _check_enum(enum: Any) -> None:
    seen: dict[int, str] = {}
    for value in enum.value:
        where = f'value "{value.name}" of "{enum.name}"'
        if value.number in seen and not enum.options.allow_alias:
            raise ProtoSyntaxError(
                f'{where} uses the same number as "{seen[value.number]}"; an alias needs "option allow_alias = true;"'
            )
        if value.name in enum.reserved_name:
            raise ProtoSyntaxError(f"{where}: its name is reserved")
        if any(reserved.start <= value.number <= reserved.end for reserved in enum.reserved_range):
            raise ProtoSyntaxError(f"{where} uses reserved number {value.number}")
        seen.setdefault(value.number, value.name)
