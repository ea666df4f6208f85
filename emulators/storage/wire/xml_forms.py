"""Uploads by HTML forms: POST /bucket (cloud.google.com/storage/docs/xml-api/post-object-forms)."""

import re
from collections.abc import AsyncIterator, Mapping
from email.message import Message
from email.parser import BytesHeaderParser
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.files import Incoming
from emulators.storage.state.model import ObjectVersion, Settings
from emulators.storage.state.post_policies import check_signature_fields, read_policy
from emulators.storage.state.preconditions import NONE
from emulators.storage.wire import multipart, uploads
from emulators.storage.wire.call import Call
from emulators.storage.wire.entity_tags import xml_etag
from emulators.storage.wire.object_methods import insert
from emulators.storage.wire.xml_acls import predefined_name
from emulators.storage.wire.xml_documents import response
from emulators.storage.wire.xml_settings import METADATA, SETTINGS

_MOST_FIELDS = 1 << 20


async def upload(call: Call) -> Response:
    """The fields, then the file, which is the last of them."""
    boundary = multipart.boundary_of(call.request.headers.get("content-type", ""), "form-data")
    incoming = call.store.files.receive()
    try:
        form, headers = await _receive(uploads.stream(call), boundary, incoming)
        version = _keep(call, form, headers, incoming)
    except BaseException:
        incoming.discard()
        raise
    return _answer(call, form, version)


def _keep(call: Call, form: dict[str, str], headers: Message, incoming: Incoming) -> ObjectVersion:
    bucket = call.path["bucket"]
    if form.get("bucket", bucket) != bucket:
        raise errors.invalid(f"The form names another bucket: {form['bucket']}", "bucket")
    if not form.get("key"):
        raise errors.required("key")
    if "policy" in form:
        check_signature_fields(form)
        policy = read_policy(form["policy"])
        policy.check(form, bucket)
        policy.check_size(incoming.size)
    body = _settings(form)
    if "content-type" in headers:
        body.setdefault("contentType", str(headers["content-type"]))
    acl = predefined_name(form.get("acl"))
    file_name = str(headers.get_param("filename", "", "content-disposition"))
    name = form["key"].replace("${filename}", file_name)
    return insert(call, bucket, name, incoming.finish(), body, NONE, predefined_acl=acl)


def _settings(form: Mapping[str, str]) -> Settings:
    settings: Settings = {field: form[name] for name, field in SETTINGS.items() if form.get(name)}
    metadata = {name.removeprefix(METADATA): value for name, value in form.items() if name.startswith(METADATA)}
    return settings | ({"metadata": metadata} if metadata else {})


def _answer(call: Call, form: Mapping[str, str], version: ObjectVersion) -> Response:
    location = f"{call.base_url}/{version.bucket}/{quote(version.name)}"
    headers = {"Location": location, "ETag": xml_etag(version), "X-Goog-Generation": str(version.generation)}
    target = form.get("success_action_redirect") or form.get("redirect")
    if target:
        parts = urlsplit(target)
        about = {"bucket": version.bucket, "key": version.name, "etag": xml_etag(version)}
        query = urlencode([*parse_qsl(parts.query), *about.items()])
        headers["Location"] = urlunsplit(parts._replace(query=query))
        return Response(status_code=303, headers=headers)
    status = form.get("success_action_status", "204")
    if status == "201":
        told = [("Location", location), ("Bucket", version.bucket), ("Key", version.name), ("ETag", xml_etag(version))]
        answer = response("PostResponse", [*told], status=201)
        answer.headers.update(headers)
        return answer
    return Response(status_code=200 if status == "200" else 204, headers=headers)


async def _receive(stream: AsyncIterator[bytes], boundary: bytes, incoming: Incoming) -> tuple[dict[str, str], Message]:
    """The fields by their names in lower case and the file's headers; its bytes go to `incoming`, never held whole."""
    held = b""
    async for chunk in stream:
        held += chunk
        parsed = _parse_fields(held, boundary)
        if parsed:
            form, headers, rest = parsed
            await multipart.receive_media(rest, stream, boundary, incoming)
            return form, headers
        if len(held) > _MOST_FIELDS:
            break
    raise errors.invalid("A form with a field named file, after all others, expected.")


def _parse_fields(held: bytes, boundary: bytes) -> tuple[dict[str, str], Message, bytes] | None:
    """What stands before the file, its own headers and what has come of it; None until all of that is there."""
    form: dict[str, str] = {}
    opening = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"[ \t]*\r?\n")
    part = opening.search(held)
    while part:
        end = multipart.BLANK_LINE.search(held, part.end() - 2)
        if end is None:
            return None
        headers = BytesHeaderParser().parsebytes(held[part.end() : end.start()] + b"\r\n\r\n")
        name = str(headers.get_param("name", "", "content-disposition")).lower()
        if name == "file":
            return form, headers, held[end.end() :]
        following = opening.search(held, end.end() - 2)
        if following is None:
            return None
        form[name] = held[end.end() : following.start()].decode("utf-8", "replace")
        part = following
    return None
