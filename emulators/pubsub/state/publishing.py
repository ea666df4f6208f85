"""Publish: what a message may hold, and the bytes that subscribers get.

A message passes through as the publisher encoded it; its id and its time are appended as two encoded fields.
"""

from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from emulators.pubsub.messages import v1
from emulators.pubsub.state.errors import check_range, invalid
from emulators.pubsub.state.transforms import Transform, TransformError

MAX_REQUEST_BYTES = 10 * 1024 * 1024
MAX_MESSAGES = 1000
_MAX_ATTRIBUTES, _MAX_KEY_BYTES, _MAX_VALUE_BYTES = 100, 256, 1024
_ID_TAG, _TIME_TAG = b"\x1a", b"\x22"  # message_id = 3 and publish_time = 4, both of wire type 2

Stamp = Callable[[Any], None]


def check_messages(encoded: Sequence[bytes], stamp: Stamp | None, transform: Transform | None) -> list[bytes | None]:
    """The messages of one request, checked, without id and time; None in place of one that is dropped.

    Args:
        encoded: google.pubsub.v1.PubsubMessage each.
        stamp: checks a message against the topic's schema and adds the attributes that tell of it.
        transform: the topic's transforms.

    Raises:
        PubsubError: INVALID_ARGUMENT, for the first message that the service would refuse; none is published.
    """
    check_range("message_count", len(encoded), 1, MAX_MESSAGES)
    check_range("request_size", sum(map(len, encoded)), 0, MAX_REQUEST_BYTES)
    bodies: list[bytes | None] = []
    ordering_key = None
    for body in encoded:
        try:
            message = v1.PubsubMessage.FromString(body)
        except DecodeError as error:
            raise invalid(f"Invalid PubsubMessage: {error}.") from error
        _check_message(message)
        if ordering_key is None:
            ordering_key = message.ordering_key
        elif message.ordering_key != ordering_key:
            raise invalid(
                "In a single publish request, all messages must have no ordering key or they must all have the same"
                " ordering key."
            )
        if transform is not None and not _is_kept(message, transform):
            bodies.append(None)
            continue
        if stamp is not None:
            stamp(message)
        if stamp is not None or transform is not None or message.message_id or message.HasField("publish_time"):
            message.ClearField("message_id")
            message.ClearField("publish_time")
            body = message.SerializeToString()
        bodies.append(body)
    return bodies


def _is_kept(message: Any, transform: Transform) -> bool:
    message.ClearField("message_id")
    message.ClearField("publish_time")
    try:
        kept = transform(message)
    except TransformError as error:
        raise invalid(f"Failed to transform a message of the publish request: {error}.") from error
    if kept:
        _check_message(message)
    return kept


def _check_message(message: Any) -> None:
    attributes = message.attributes
    if not attributes:
        if not message.data:
            raise invalid(
                "One or more messages in the publish request is empty. Each message must contain either non-empty data,"
                " or at least one attribute. See"
                " https://cloud.google.com/pubsub/docs/reference/rpc/google.pubsub.v1#google.pubsub.v1.PubsubMessage"
                " for more information."
            )
    else:
        check_range("attribute_count", len(attributes), 0, _MAX_ATTRIBUTES)
        for key, value in attributes.items():
            check_range("attribute_key_size", len(key.encode()), 1, _MAX_KEY_BYTES)
            check_range("attribute_value_size", len(value.encode()), 0, _MAX_VALUE_BYTES)
            if key.startswith("goog"):
                raise invalid(f"Attributes must not start with the reserved prefix 'goog' (attribute={key}).")
    if message.ordering_key:
        check_range("ordering_key_size", len(message.ordering_key.encode()), 0, _MAX_VALUE_BYTES)


def message_id(topic_number: int, offset: int) -> str:
    """Decimal digits, unique in the whole emulator for good, growing with a topic's messages."""
    return f"{topic_number}{offset:013d}"


def dropped_message_id(topic_number: int, now: float, index: int) -> str:
    """The id that a publisher gets for a message that a transform dropped: no message has it."""
    return message_id(topic_number, 9 * 10**12 + (int(now * 1_000_000) + index) % 10**12)


def complete(bodies: Sequence[bytes], ids: Sequence[str], time_us: int) -> list[bytes]:
    """The messages as subscribers get them: with id and publish time."""
    time = Timestamp()
    time.FromMicroseconds(time_us)
    encoded = time.SerializeToString()
    suffix = _TIME_TAG + bytes((len(encoded),)) + encoded
    prefix = _ID_TAG + bytes((len(ids[0]),))
    return [body + prefix + one.encode() + suffix for body, one in zip(bodies, ids, strict=True)]
