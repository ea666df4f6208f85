"""The methods of ManagedFolders (cloud.google.com/storage/docs/json_api/v1/managedFolder)."""

from functools import partial
from typing import Any

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.wire import paging, render
from emulators.storage.wire.bucket_methods import read_policy
from emulators.storage.wire.call import Call

Resource = dict[str, Any]
_CONDITIONS = ("", "", "ifMetagenerationMatch", "ifMetagenerationNotMatch")
_UNKNOWN = ("delimiter", "startOffset", "endOffset")
"""Taken where there are no folders, because clients ask for everything of a bucket in one way."""


async def insert(call: Call) -> Resource:
    body = await call.body()
    if body.keys() - {"name", "bucket", "kind"}:
        raise errors.invalid(f"Unknown field: {min(body.keys() - {'name', 'bucket', 'kind'})}")
    if not isinstance(body.get("name"), str):
        raise errors.required("name")
    found = call.store.managed_folders.create(call.path["bucket"], body["name"])
    return render.managed_folder(found, call.base_url)


async def get(call: Call) -> Resource:
    found = call.store.managed_folders.get(*_target(call), call.conditions(_CONDITIONS))
    return render.managed_folder(found, call.base_url)


async def list_folders(call: Call) -> Resource:
    limit = min(call.number("pageSize") or call.limit(), 1000)
    after = paging.read_token(call.text("pageToken"))[0]
    found = call.store.managed_folders.list(call.path["bucket"], call.text("prefix"), after, limit + 1)
    refused = [name for name in _UNKNOWN if call.text(name)]
    if found and refused:
        raise errors.not_implemented(f"The parameter {refused[0]} of a list of managed folders")
    listed = paging.page(
        found, limit, partial(render.managed_folder, base_url=call.base_url), lambda one: (one.name, 0)
    )
    return {"kind": "storage#managedFolders"} | listed


async def delete(call: Call) -> Response:
    call.store.managed_folders.delete(*_target(call), call.flag("allowNonEmpty"), call.conditions(_CONDITIONS))
    return Response(status_code=204)


async def get_policy(call: Call) -> Resource:
    return render.folder_policy(call.store.managed_folders.get(*_target(call)))


async def set_policy(call: Call) -> Resource:
    policy, expected = read_policy(await call.body())
    return render.folder_policy(call.store.managed_folders.set_policy(*_target(call), policy, expected))


async def test_permissions(call: Call) -> Resource:
    """Every caller may do everything here."""
    call.store.managed_folders.get(*_target(call))
    asked = call.request.query_params.getlist("permissions")
    return {"kind": "storage#testIamPermissionsResponse", "permissions": asked}


def _target(call: Call) -> tuple[str, str]:
    return call.path["bucket"], call.path["folder"]
