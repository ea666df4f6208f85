"""What a schema's definition and a message must be: checked, and refused in the service's words."""

from collections.abc import Callable, Sequence
from typing import Any

from emulators.pubsub.state.avro_binary import binary_check
from emulators.pubsub.state.avro_json import Mismatch, json_check
from emulators.pubsub.state.avro_schema import AvroSchemaError, parse_avro
from emulators.pubsub.state.errors import PubsubError, invalid, unsupported

_JSON, _BINARY = 1, 2
ENCODINGS = {_JSON: "JSON", _BINARY: "BINARY"}
_MAX_DEFINITION_BYTES = 300_000

Stamp = Callable[[Any], None]
Check = Callable[[bytes], None]


def check_definition(schema: Any) -> None:
    if schema.type == schema.PROTOCOL_BUFFER:
        raise unsupported("A schema of type PROTOCOL_BUFFER")
    if schema.type != schema.AVRO:
        raise invalid("Invalid schema: type must be AVRO or PROTOCOL_BUFFER.")
    if not schema.definition or len(schema.definition.encode()) > _MAX_DEFINITION_BYTES:
        raise invalid(f"Invalid schema definition: it must have 1 to {_MAX_DEFINITION_BYTES} bytes.")
    try:
        parse_avro(schema.definition)
    except AvroSchemaError as error:
        raise invalid(f"Invalid schema definition: {error}.") from error


def compile_checks(revisions: Sequence[Any], encoding: int) -> list[Check]:
    if encoding not in ENCODINGS:
        raise invalid("Invalid encoding: it must be JSON or BINARY.")
    compile_check = json_check if encoding == _JSON else binary_check
    return [compile_check(parse_avro(revision.definition)) for revision in revisions]


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
    reason = f"INVALID_{ENCODINGS[encoding]}_AVRO_MESSAGE"
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
