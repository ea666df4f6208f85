"""What an export reads of a message beside its data."""

from typing import Any


def attributes_of(message: Any) -> dict[str, str]:
    """The attributes as they are written: the ordering key is one of them."""
    key = {"ordering_key": message.ordering_key} if message.ordering_key else {}
    return {**message.attributes, **key}


def is_json(message: Any) -> bool:
    """Whether a message with a schema was published in JSON, and not in the schema's binary encoding."""
    return bool(message.attributes["googclient_schemaencoding"] == "JSON")
