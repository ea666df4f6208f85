"""Protocol Buffer schemas: a definition compiled, and messages checked against it.

A definition is one file with one top-level type (https://cloud.google.com/pubsub/docs/schemas); what it imports cannot
be found, so every import is refused. A schema may come compiled instead, as a FileDescriptorSet.
"""

from collections.abc import Callable
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import DecodeError

from emulators.pubsub.messages.proto_lexer import ProtoSyntaxError
from emulators.pubsub.messages.proto_parser import parse_proto
from emulators.pubsub.messages.proto_rules import check_file
from emulators.pubsub.state.avro_json import Mismatch

_NAME = "schema.proto"


def compile_proto(definition: str) -> Any:
    """The message class of a definition's type.

    Raises:
        ProtoSyntaxError: it is no .proto file, or not one with a single message and no import.
    """
    file = parse_proto(definition, _NAME)
    if file.dependency:
        raise ProtoSyntaxError(f'import "{file.dependency[0]}" is not supported')
    if len(file.message_type) != 1 or file.enum_type:
        found = len(file.message_type) + len(file.enum_type)
        raise ProtoSyntaxError(f"one top-level message is expected, and there are {found} top-level types")
    check_file(file)
    scope = f"{file.package}." if file.package else ""
    return _class([file], scope + file.message_type[0].name)


def compile_descriptors(compiled: bytes, root_message: str) -> Any:
    """The message class of a type in an encoded FileDescriptorSet.

    Raises:
        ProtoSyntaxError: it is none, is not whole, or does not hold the type.
    """
    try:
        files = descriptor_pb2.FileDescriptorSet.FromString(compiled)
    except DecodeError as error:
        raise ProtoSyntaxError("compiled_bytes are not a FileDescriptorSet") from error
    if not files.file:
        raise ProtoSyntaxError("compiled_bytes hold no file")
    return _class(list(files.file), root_message.removeprefix("."))


def _class(files: list[Any], name: str) -> Any:
    pool = descriptor_pool.DescriptorPool()
    try:
        for file in files:
            pool.Add(file)
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
    except KeyError as error:
        raise ProtoSyntaxError(f'there is no message "{name}"') from error
    except TypeError as error:
        raise ProtoSyntaxError(str(error).removeprefix("Couldn't build proto file into descriptor pool: ")) from error


def proto_json_check(kind: Any) -> Callable[[bytes], None]:
    """A check of messages in the JSON encoding of Protocol Buffers; it raises Mismatch."""

    def check_message(data: bytes) -> None:
        message = kind()
        try:
            json_format.Parse(data, message)
        except (json_format.ParseError, ValueError, TypeError, RecursionError) as error:
            raise Mismatch(str(error)) from error
        _check_complete(message)

    return check_message


def proto_binary_check(kind: Any) -> Callable[[bytes], None]:
    """A check of messages in the wire format; it raises Mismatch."""

    def check_message(data: bytes) -> None:
        try:
            message = kind.FromString(data)
        except DecodeError as error:
            raise Mismatch(f"Invalid binary message: {error}") from error
        _check_complete(message)

    return check_message


def _check_complete(message: Any) -> None:
    missing = message.FindInitializationErrors()
    if missing:
        raise Mismatch(f"Message is missing required fields: {', '.join(missing)}")
