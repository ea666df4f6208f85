"""Objects that are written once: whoever comes second finds the first one's, and takes it. A reload exchanges them."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from beam_pipelines import clients


def write_once(role: str, name: str, data: bytes, content_type: str) -> bool:
    """Whether this call wrote the object; False when it was there already (if-generation-match=0)."""
    from google.api_core.exceptions import PreconditionFailed
    from google.cloud.storage.retry import DEFAULT_RETRY

    blob = clients.bucket(role).blob(name)
    try:
        blob.upload_from_string(data, content_type=content_type, if_generation_match=0, retry=DEFAULT_RETRY)
    except PreconditionFailed:
        return False
    return True


def write_file_once(role: str, name: str, path: str, content_type: str) -> bool:
    """Like write_once, from a file."""
    from google.api_core.exceptions import PreconditionFailed
    from google.cloud.storage.retry import DEFAULT_RETRY

    blob = clients.bucket(role).blob(name, chunk_size=None)
    try:
        blob.upload_from_filename(path, content_type=content_type, if_generation_match=0, retry=DEFAULT_RETRY)
    except PreconditionFailed:
        return False
    return True


def replace(role: str, name: str, data: bytes, content_type: str) -> bool:
    """Whether this call changed the object: it is made, or exchanged for another content, in one step.

    Raises:
        google.api_core.exceptions.PreconditionFailed: somebody else exchanges it again and again.
    """
    from google.api_core.exceptions import PreconditionFailed
    from google.api_core.retry import Retry, if_exception_type
    from google.cloud.storage.retry import DEFAULT_RETRY

    digest = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()

    @Retry(predicate=if_exception_type(PreconditionFailed), initial=0.1, timeout=30.0)
    def exchange() -> bool:
        there = clients.bucket(role).get_blob(name)
        if there is not None and there.md5_hash == digest:
            return False
        generation = there.generation if there is not None else 0
        blob = clients.bucket(role).blob(name)
        blob.upload_from_string(data, content_type=content_type, if_generation_match=generation, retry=DEFAULT_RETRY)
        return True

    return bool(exchange())


def replace_json(role: str, name: str, content: dict[str, Any]) -> bool:
    """Like replace, a JSON object."""
    return replace(role, name, _json(content), "application/json")


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1, sort_keys=True).encode()


def read_json(role: str, name: str) -> dict[str, Any] | None:
    """A JSON object, or None when there is no such object."""
    from google.api_core.exceptions import NotFound

    try:
        content: dict[str, Any] = json.loads(clients.bucket(role).blob(name).download_as_bytes())
    except NotFound:
        return None
    return content


def write_json_once(role: str, name: str, content: dict[str, Any]) -> dict[str, Any]:
    """Writes a JSON object unless it is there; returns the one that is there afterwards."""
    if write_once(role, name, _json(content), "application/json"):
        return content
    existing = read_json(role, name)
    if existing is None:
        raise RuntimeError(f"gs://{clients.bucket(role).name}/{name} was there and is gone: who deletes manifests?")
    return existing


def list_from(role: str, prefix: str, start: str | None = None) -> Iterator[Any]:
    """The blobs under a prefix by name, from the name `start` on; name, size and generation are filled."""
    fields = "items(name,size,generation),nextPageToken"
    return iter(clients.storage().list_blobs(clients.bucket(role), prefix=prefix, start_offset=start, fields=fields))


def list_folder(role: str, prefix: str) -> tuple[list[Any], list[str]]:
    """The blobs right under a prefix that ends in a slash, and the folders under it, as prefixes."""
    fields = "items(name,size,generation),prefixes,nextPageToken"
    listed = clients.storage().list_blobs(clients.bucket(role), prefix=prefix, delimiter="/", fields=fields)
    return list(listed), sorted(listed.prefixes)


def last_name(role: str, prefix: str, numbered: Callable[[int], str], page: int = 1000) -> str | None:
    """The last of names that are numbered from 1 on, without listing them all: steps that double, then a page."""
    first, step = 1, page
    while step >= page:
        found = next(list_from(role, prefix, numbered(first + step)), None)
        first, step = (first + step, 2 * step) if found else (first, step // 2)
    return max((blob.name for blob in list_from(role, prefix, numbered(first))), default=None)


def exists(role: str, name: str) -> bool:
    """Whether the object is there."""
    return bool(clients.bucket(role).blob(name).exists())


def remove(role: str, name: str) -> None:
    """Removes an object; one that is gone is as good."""
    from google.api_core.exceptions import NotFound

    try:
        clients.bucket(role).delete_blob(name)
    except NotFound:
        return
