"""Message classes from the .proto files beside this file, without a compiler and without importing Google's clients.

Importing `google.pubsub_v1.types` loads every client (1.7 s); reading three small files takes some milliseconds.
The classes live in a descriptor pool of their own, so that the official classes may be loaded in the same process.
"""

from pathlib import Path
from typing import Any

from google.protobuf import (
    descriptor_pool,
    duration_pb2,
    field_mask_pb2,
    message_factory,
    timestamp_pb2,
)

from emulators.pubsub.messages.proto_parser import parse_proto

_WELL_KNOWN = (duration_pb2, field_mask_pb2, timestamp_pb2)


def load_messages(*names: str) -> dict[str, Any]:
    """Message classes by full name ("google.pubsub.v1.Topic"), of the named files ("pubsub" reads pubsub.proto)."""
    pool = descriptor_pool.DescriptorPool()
    for module in _WELL_KNOWN:
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    classes: dict[str, Any] = {}
    for name in names:
        path = Path(__file__).with_name(f"{name}.proto")
        file = parse_proto(path.read_text(encoding="utf-8"), f"emulators/pubsub/{path.name}")
        file.dependency.extend(module.DESCRIPTOR.name for module in _WELL_KNOWN)
        pool.Add(file)
        for message in file.message_type:
            full_name = f"{file.package}.{message.name}"
            classes[full_name] = message_factory.GetMessageClass(pool.FindMessageTypeByName(full_name))
    return classes
