"""Message transforms of topics and subscriptions: each changes a message or drops it, one after the other.

Source: cloud.google.com/pubsub/docs/smts/smts-overview.
"""

import zlib
from collections.abc import Callable, Iterable
from typing import Any

from emulators.pubsub.messages import v1
from emulators.pubsub.state.errors import check_range, invalid, unsupported
from emulators.pubsub.state.javascript import JavaScriptError, call_function, check_function

Transform = Callable[[Any], bool]
_MOST = 5
_COMPRESSION = v1.Compression


class TransformError(ValueError):
    """A message that cannot be transformed; the text says why."""


def check_transforms(transforms: Iterable[Any]) -> None:
    """Refuses what cannot be honoured, each google.pubsub.v1.MessageTransform in the order of the list."""
    transforms = list(transforms)
    check_range("message_transforms", len(transforms), 0, _MOST)
    names = [one.javascript_udf.function_name for one in transforms if one.HasField("javascript_udf")]
    if len(set(names)) != len(names):
        raise invalid("Invalid message_transforms: each JavaScript UDF must have a function_name of its own.")
    for one in transforms:
        match one.WhichOneof("transform"):
            case "javascript_udf":
                try:
                    check_function(one.javascript_udf.code, one.javascript_udf.function_name)
                except JavaScriptError as error:
                    raise invalid(f"Invalid JavaScript UDF: {error}.") from error
            case "compression":
                _check_compression(one.compression)
            case "ai_inference":
                raise unsupported("Inference by Vertex AI (message_transforms.ai_inference)")
            case _:
                raise invalid("Invalid message_transforms: a transform must be set.")


def _check_compression(config: Any) -> None:
    if config.compression_algorithm == _COMPRESSION.ZSTD:
        raise unsupported("Compression by ZSTD (message_transforms.compression)")
    if config.compression_algorithm != _COMPRESSION.ZLIB:
        raise invalid("Invalid message_transforms: compression_algorithm must be set.")
    if config.compression_mode not in (_COMPRESSION.COMPRESS, _COMPRESSION.DECOMPRESS):
        raise invalid("Invalid message_transforms: compression_mode must be set.")


def compile_transforms(transforms: Iterable[Any]) -> Transform | None:
    """What changes a google.pubsub.v1.PubsubMessage in place, and says whether it is kept; None: nothing does.

    The function raises TransformError.
    """
    steps = [_step(one) for one in transforms if not one.disabled]
    return (lambda message: all(step(message) for step in steps)) if steps else None


def compile_for_delivery(transforms: Iterable[Any]) -> Callable[[bytes], bytes | None] | None:
    """The same for encoded messages: what is delivered, or None for what is dropped."""
    transform = compile_transforms(transforms)
    if transform is None:
        return None

    def deliver(body: bytes) -> bytes | None:
        message = v1.PubsubMessage.FromString(body)
        return message.SerializeToString() if transform(message) else None

    return deliver


def _step(transform: Any) -> Transform:
    if transform.HasField("javascript_udf"):
        udf = transform.javascript_udf
        return lambda message: _javascript(udf.code, udf.function_name, message)
    compresses = transform.compression.compression_mode == _COMPRESSION.COMPRESS
    return _compress if compresses else _decompress


def _javascript(code: str, name: str, message: Any) -> bool:
    try:
        given = {"data": message.data.decode(), "attributes": dict(message.attributes)}
        found = call_function(code, name, given, _metadata(message))
    except UnicodeDecodeError as error:
        raise TransformError(f"the data of the message is not UTF-8: {error}") from error
    except JavaScriptError as error:
        raise TransformError(str(error)) from error
    if found is None:
        return False
    attributes = found.get("attributes", given["attributes"]) if isinstance(found, dict) else None
    if not isinstance(attributes, dict) or not isinstance(found.get("data"), str):
        raise TransformError(f"the function {name!r} returned no message")
    if not all(isinstance(value, str) for value in attributes.values()):
        raise TransformError(f"the function {name!r} returned attributes that are not strings")
    message.data = found["data"].encode("utf-8", "replace")
    message.attributes.clear()
    message.attributes.update(attributes)
    if not message.data and not attributes:
        raise TransformError(f"the function {name!r} returned an empty message")
    return True


def _metadata(message: Any) -> dict[str, str]:
    found = {"message_id": message.message_id, "ordering_key": message.ordering_key}
    if message.HasField("publish_time"):
        found["publish_time"] = message.publish_time.ToDatetime().strftime("%Y-%m-%dT%H:%M:%SZ")
    return {name: value for name, value in found.items() if value}


def _compress(message: Any) -> bool:
    message.data = zlib.compress(message.data)
    return True


def _decompress(message: Any) -> bool:
    try:
        message.data = zlib.decompress(message.data)
    except zlib.error as error:
        raise TransformError(f"the data of the message cannot be decompressed: {error}") from error
    return True
