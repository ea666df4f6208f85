"""The methods of Folders (cloud.google.com/storage/docs/json_api/v1/folders)."""

from functools import partial
from typing import Any

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.folders import FolderQuery
from emulators.storage.state.times import moment
from emulators.storage.wire import paging, render
from emulators.storage.wire.call import Call
from emulators.storage.wire.operations import EMPTY, TYPES, show

Resource = dict[str, Any]
_CONDITIONS = ("", "", "ifMetagenerationMatch", "ifMetagenerationNotMatch")
_SOURCE_CONDITIONS = ("", "", "ifSourceMetagenerationMatch", "ifSourceMetagenerationNotMatch")


async def insert(call: Call) -> Resource:
    body = await call.body()
    if not isinstance(body.get("name"), str):
        raise errors.required("name")
    return render.folder(
        call.store.folders.create(call.path["bucket"], body["name"], call.flag("recursive")), call.base_url
    )


async def get(call: Call) -> Resource:
    return render.folder(call.store.folders.get(*_target(call), call.conditions(_CONDITIONS)), call.base_url)


async def list_all(call: Call) -> Resource:
    prefix, delimiter = call.text("prefix"), call.text("delimiter")
    if delimiter not in ("", "/"):
        raise errors.invalid_parameter(f"Invalid value '{delimiter}' for delimiter: / expected.", "delimiter")
    if prefix and not prefix.endswith("/"):
        raise errors.invalid_parameter(f"Invalid value '{prefix}' for prefix: it must end in a slash.", "prefix")
    query = FolderQuery(prefix, call.text("startOffset"), call.text("endOffset"), bool(delimiter))
    limit = call.limit("pageSize")
    after = paging.read_token(call.text("pageToken"))[0]
    found = call.store.folders.list(call.path["bucket"], query, after, limit + 1)
    listed = paging.page(found, limit, partial(render.folder, base_url=call.base_url), lambda one: (one.name, 0))
    return {"kind": "storage#folders"} | listed


async def delete(call: Call) -> Response:
    call.store.folders.delete(*_target(call), call.conditions(_CONDITIONS))
    return Response(status_code=204)


async def delete_recursive(call: Call) -> Resource:
    bucket, name = _target(call)
    metadata: Resource = {"@type": TYPES + "DeleteFolderRecursiveMetadata", "folderId": name}
    with call.store.transaction():
        done = call.store.folders.delete_recursive(bucket, name, call.conditions(_CONDITIONS))
        metadata |= _common("delete-folder-recursive", done)
        return show(call, call.store.operations.note(bucket, metadata, EMPTY))


async def rename(call: Call) -> Resource:
    bucket, source, name = call.path["bucket"], call.path["folder"], call.path["destination"]
    metadata: Resource = {
        "@type": TYPES + "RenameFolderMetadata",
        "sourceFolderId": source,
        "destinationFolderId": name,
    }
    # The page on the method has conditions of one name, the discovery document of another.
    of_source = any(call.text(parameter) for parameter in _SOURCE_CONDITIONS if parameter)
    conditions = call.conditions(_SOURCE_CONDITIONS if of_source else _CONDITIONS)
    with call.store.transaction():
        renamed = call.store.folders.rename(bucket, source, name, conditions)
        metadata |= _common("rename-folder", renamed.updated)
        response = {
            "@type": TYPES + "Folder",
            "name": f"projects/_/buckets/{bucket}/folders/{renamed.name}",
            "metageneration": str(renamed.metageneration),
            "createTime": moment(renamed.created),
            "updateTime": moment(renamed.updated),
        }
        return show(call, call.store.operations.note(bucket, metadata, response))


def _common(kind: str, done: int) -> Resource:
    """What the metadata of every operation on folders says: here all is done at one moment."""
    times = dict.fromkeys(("createTime", "endTime", "updateTime"), moment(done))
    return {"commonMetadata": times | {"type": kind, "requestedCancellation": False, "progressPercent": 100}}


def _target(call: Call) -> tuple[str, str]:
    return call.path["bucket"], call.path["folder"]
