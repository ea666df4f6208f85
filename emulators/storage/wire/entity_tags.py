"""Conditions on entity tags and times: If-Match, If-None-Match and their like on reads.

Source: cloud.google.com/storage/docs/json_api/v1/parameters and xml-api/reference-headers; RFC 9110, 13.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from emulators.storage.state import errors
from emulators.storage.state.etags import etag
from emulators.storage.state.model import ObjectVersion


def xml_etag(version: ObjectVersion) -> str:
    """The tag by which the XML API knows bytes: their MD5 in hexadecimal or, for a composite object, a made-up one."""
    if version.md5 is None:
        return f'"-{etag(version.generation, version.metageneration)}"'
    return f'"{base64.b64decode(version.md5).hex()}"'


def check_tags(sent: Mapping[str, str], *tags: str) -> None:
    """StorageError 412 where If-Match names none of a resource's tags, 304 where If-None-Match names one."""
    own = {tag.strip('"') for tag in tags}
    if "if-match" in sent and not _names(sent["if-match"], own):
        raise errors.condition_not_met()
    if "if-none-match" in sent and _names(sent["if-none-match"], own):
        raise errors.not_modified()


def check_times(sent: Mapping[str, str], modified: int) -> None:
    """StorageError 412 and 304 by the moment (microseconds) of the last change; a tag's condition goes first."""
    seconds = datetime.fromtimestamp(modified // 1_000_000, UTC)
    unmodified = _time(sent.get("if-unmodified-since", ""))
    if unmodified and "if-match" not in sent and seconds > unmodified:
        raise errors.condition_not_met("If-Unmodified-Since")
    since = _time(sent.get("if-modified-since", ""))
    if since and "if-none-match" not in sent and seconds <= since:
        raise errors.not_modified()


def _names(header: str, own: set[str]) -> bool:
    listed = {tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")}
    return "*" in listed or bool(listed & own)


def _time(header: str) -> datetime | None:
    """HTTP says to ignore what is no date."""
    try:
        found = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
