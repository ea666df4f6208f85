"""The methods of Objects that copy (cloud.google.com/storage/docs/json_api/v1/objects/copy and rewrite)."""

import base64
import binascii
import json
from typing import Any

from emulators.storage.state import errors
from emulators.storage.state.encryption import check_key
from emulators.storage.state.errors import StorageError
from emulators.storage.state.model import ObjectVersion
from emulators.storage.state.settings import OBJECT_FIELDS, shown
from emulators.storage.wire.call import SOURCE_CONDITIONS, Call
from emulators.storage.wire.object_methods import NOT_INHERITED, drops_contexts, insert, show

Resource = dict[str, Any]
_MEBIBYTE = 1 << 20


async def copy(call: Call) -> Resource:
    body = await call.body()
    return show(call, _copied(call, _source(call), body), is_full="acl" in body)


async def rewrite(call: Call) -> Resource:
    """A copy that is done in one call, as it copies no bytes, unless its caller wants it in several.

    Where the source and the copy differ in place or class, maxBytesRewrittenPerCall says how far each call comes.
    """
    body, source = await call.body(), _source(call)
    before, most = _progress(call, source)
    done = source.size
    if most is not None and _is_moved(call, source, body):
        done = min(before + most, source.size)
    answer: Resource = {
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": str(done),
        "objectSize": str(source.size),
        "done": done == source.size,
    }
    if done < source.size:
        return answer | {"rewriteToken": _token(source, done, most)}
    return answer | {"resource": show(call, _copied(call, source, body), is_full="acl" in body)}


def _source(call: Call) -> ObjectVersion:
    target = call.path["bucket"], call.path["object"]
    source = call.store.objects.get(*target, call.number("sourceGeneration"), call.conditions(SOURCE_CONDITIONS))
    check_key(source, call.source_key_hash)
    return source


def _copied(call: Call, source: ObjectVersion, body: Resource) -> ObjectVersion:
    """The destination has the metadata of the body or, where that has none, those of the source."""
    content = call.store.objects.duplicate(source)
    known = shown(source.settings)
    if not (OBJECT_FIELDS.keys() - {"contexts"}) & body.keys():
        body = {name: value for name, value in known.items() if name not in NOT_INHERITED} | body
    if body.get("contexts") is None and "contexts" in known and not drops_contexts(call):
        body = body | {"contexts": known["contexts"]}
    destination = call.path["destination_bucket"], call.path["destination_object"]
    return insert(call, *destination, content, body, call.conditions(), source.components)


def _progress(call: Call, source: ObjectVersion) -> tuple[int, int | None]:
    """How far former calls have come, and how far this one may come; StorageError 400."""
    most, name = call.number("maxBytesRewrittenPerCall"), "maxBytesRewrittenPerCall"
    if most is not None and (not most or most % _MEBIBYTE):
        raise errors.invalid_parameter(f"Invalid value '{most}' for {name}: a multiple of 1048576 expected.", name)
    token = call.text("rewriteToken")
    if not token:
        return 0, most
    try:
        generation, done, former = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, binascii.Error):
        generation, done, former = 0, 0, 0
    if generation != source.generation or former != most or not isinstance(done, int) or not 0 < done < source.size:
        raise StorageError(400, "invalid", "Invalid rewrite token.", "parameter", "rewriteToken")
    return done, most


def _token(source: ObjectVersion, done: int, most: int | None) -> str:
    return base64.urlsafe_b64encode(json.dumps([source.generation, done, most]).encode()).decode()


def _is_moved(call: Call, source: ObjectVersion, body: Resource) -> bool:
    """Whether the bytes would have to move in the cloud."""
    here, there = call.store.buckets.get(source.bucket), call.store.buckets.get(call.path["destination_bucket"])
    storage_class = body.get("storageClass") or there.settings["storageClass"]
    places = here.settings["location"], there.settings["location"]
    return places[0] != places[1] or bool(storage_class != source.settings["storageClass"])
