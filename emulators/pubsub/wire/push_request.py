"""The HTTP request of one push: the message wrapped in JSON, or its data alone.

Sources: cloud.google.com/pubsub/docs/push and .../payload-unwrapping.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from google.protobuf import json_format

from emulators.pubsub.messages import v1

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~\-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
_OWN = frozenset({"authorization", "connection", "content-length", "host", "transfer-encoding", "user-agent"})
_INTERIM = (100, 103)  # a final answer follows these; 102 is an answer to Pub/Sub

Headers = dict[str, str]


def push_request(subscription: Any, body: bytes, attempt: int) -> tuple[Headers, bytes]:
    """(headers, body) of a message for a google.pubsub.v1.Subscription; attempt is 0 where nobody counts."""
    config = subscription.push_config
    message = v1.PubsubMessage.FromString(body)
    if not config.HasField("no_wrapper"):
        return {"Content-Type": "application/json"}, _wrapped(subscription.name, message, attempt)
    return _metadata(subscription.name, message) if config.no_wrapper.write_metadata else {}, message.data


def _wrapped(subscription: str, message: Any, attempt: int) -> bytes:
    """The JSON of one delivery; a message's id and time are in it under both of their names."""
    document = json_format.MessageToDict(message)
    document |= {"message_id": document["messageId"], "publish_time": document["publishTime"]}
    counted = {"deliveryAttempt": attempt} if attempt else {}
    return json.dumps({"message": document, "subscription": subscription} | counted).encode()


def _metadata(subscription: str, message: Any) -> Headers:
    """A message's metadata as headers; attributes that cannot be headers of their own are left out."""
    found = {key: value for key, value in message.attributes.items() if _is_header(key, value)}
    found["x-goog-pubsub-subscription-name"] = subscription
    found["x-goog-pubsub-message-id"] = message.message_id
    found["x-goog-pubsub-publish-time"] = message.publish_time.ToJsonString()
    if message.ordering_key and _VALUE.fullmatch(message.ordering_key):
        found["x-goog-pubsub-ordering-key"] = message.ordering_key
    return found


def _is_header(key: str, value: str) -> bool:
    name = key.lower()
    return bool(
        _NAME.fullmatch(key) and _VALUE.fullmatch(value) and name not in _OWN and not name.startswith("x-goog-pubsub-")
    )


async def post(endpoint: str, headers: Mapping[str, str], body: bytes) -> int:
    """The status of the answer, whose body does not matter; a redirection is not followed.

    Raises:
        OSError, ValueError, IndexError: there is no answer, or none of HTTP.
    """
    url = urlsplit(endpoint)
    is_secure = url.scheme == "https"
    port = url.port or (443 if is_secure else 80)
    reader, writer = await asyncio.open_connection(url.hostname, port, ssl=is_secure or None)
    try:
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        fixed = {"Host": url.netloc.rpartition("@")[2], "Content-Length": str(len(body)), "Accept": "*/*"}
        fixed |= {"User-Agent": "CloudPubSub-Google", "Connection": "close"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in (fixed | dict(headers)).items())
        writer.write(f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        await writer.drain()
        return await _status(reader)
    finally:
        writer.close()


async def _status(reader: asyncio.StreamReader) -> int:
    while (status := int((await reader.readline()).split()[1])) in _INTERIM:
        while (await reader.readline()).strip():
            pass
    return status
