"""What a schema's definition and a message must be: checked, and refused in the service's words."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from emulators.pubsub.messages import v1
from emulators.pubsub.messages.proto_lexer import ProtoSyntaxError
from emulators.pubsub.state.avro_binary import binary_check
from emulators.pubsub.state.avro_json import Mismatch, json_check
from emulators.pubsub.state.avro_schema import AvroSchemaError, parse_avro
from emulators.pubsub.state.errors import PubsubError, invalid
from emulators.pubsub.state.proto_schema import compile_descriptors, compile_proto, proto_binary_check, proto_json_check
from emulators.pubsub.state.schema_evolution import Incompatible, check_avro, check_proto

Stamp = Callable[[Any], None]
Check = Callable[[bytes], None]

_JSON, _BINARY = 1, 2
ENCODINGS = {_JSON: "JSON", _BINARY: "BINARY"}
_MAX_DEFINITION_BYTES = 300_000

_COMPILERS: dict[tuple[int, int], Callable[[Any], Check]] = {
    (v1.Schema.AVRO, _JSON): json_check,
    (v1.Schema.AVRO, _BINARY): binary_check,
    (v1.Schema.PROTOCOL_BUFFER, _JSON): proto_json_check,
    (v1.Schema.PROTOCOL_BUFFER, _BINARY): proto_binary_check,
}
_KINDS = {v1.Schema.AVRO: "AVRO", v1.Schema.PROTOCOL_BUFFER: "PROTO"}


def check_definition(schema: Any) -> None:
    """INVALID_ARGUMENT unless the definition is one of the schema's type."""
    if schema.type not in (schema.AVRO, schema.PROTOCOL_BUFFER):
        raise invalid("Invalid schema: type must be AVRO or PROTOCOL_BUFFER.")
    compiled = schema.HasField("compiled_proto_schema")
    if compiled and (schema.type != schema.PROTOCOL_BUFFER or schema.definition):
        raise invalid("Invalid schema: compiled_proto_schema needs type PROTOCOL_BUFFER, and no definition beside it.")
    size = len(schema.compiled_proto_schema.compiled_bytes if compiled else schema.definition.encode())
    if not 0 < size <= _MAX_DEFINITION_BYTES:
        raise invalid(f"Invalid schema definition: it must have 1 to {_MAX_DEFINITION_BYTES} bytes.")
    try:
        parsed(schema)
    except AvroSchemaError as error:
        raise invalid(f"Invalid schema definition: {error}.") from error
    except ProtoSyntaxError as error:
        raise invalid(f"Invalid schema definition: Could not parse schema. {error}.") from error


def check_revision(old: Any, new: Any) -> None:
    """INVALID_ARGUMENT unless the new definition may follow the old one."""
    check = check_avro if new.type == new.AVRO else check_proto
    try:
        check(parsed(old), parsed(new))
    except Incompatible as error:
        raise invalid(f"Incompatible schema revision: {error} (compared with revision {old.revision_id}).") from error


def parsed(schema: Any) -> Any:
    """An Avro type, or a message class. Raises AvroSchemaError or ProtoSyntaxError."""
    if schema.HasField("compiled_proto_schema"):
        compiled = schema.compiled_proto_schema
        return _compiled(compiled.compiled_bytes, compiled.root_message)
    return _read(schema.type, schema.definition)


@lru_cache(maxsize=64)
def _read(kind: int, definition: str) -> Any:
    return parse_avro(definition) if kind == v1.Schema.AVRO else compile_proto(definition)


@lru_cache(maxsize=64)
def _compiled(descriptors: bytes, root_message: str) -> Any:
    return compile_descriptors(descriptors, root_message)


def compile_checks(revisions: Sequence[Any], encoding: int) -> list[Check]:
    """A check of messages for each revision; it raises Mismatch."""
    if encoding not in ENCODINGS:
        raise invalid("Invalid encoding: it must be JSON or BINARY.")
    return [_COMPILERS[revision.type, encoding](parsed(revision)) for revision in revisions]


def check_against(revisions: Sequence[Any], checks: Sequence[Check], data: bytes, encoding: int) -> Any:
    """The first revision that the data fits."""
    problem = ""
    for revision, check in zip(revisions, checks, strict=True):
        try:
            check(data)
        except Mismatch as error:
            problem = f"revision_id={revision.revision_id} failed with status: {error}"
        else:
            return revision
    reason = f"INVALID_{ENCODINGS[encoding]}_{_KINDS[revisions[-1].type]}_MESSAGE"
    info = (
        f"Could not validate message with any schema revision for schema: {revisions[-1].name}, last checked revision:"
        f" {problem}"
    )
    metadata = {"message": "Message failed schema validation", "revisionInfo": info}
    raise PubsubError(
        "INVALID_ARGUMENT", "Invalid data in message: Message failed schema validation.", reason, metadata
    )


def make_stamp(revisions: Sequence[Any], encoding: int) -> Stamp:
    checks = compile_checks(revisions, encoding)

    def stamp(message: Any) -> None:
        revision = check_against(revisions, checks, message.data, encoding)
        message.attributes["googclient_schemaencoding"] = ENCODINGS[encoding]
        message.attributes["googclient_schemaname"] = revision.name
        message.attributes["googclient_schemarevisionid"] = revision.revision_id

    return stamp
