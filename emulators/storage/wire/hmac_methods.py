"""The methods of HmacKeys (cloud.google.com/storage/docs/json_api/v1/projects/hmacKeys)."""

from functools import partial
from typing import Any

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.hmac_keys import HmacKey
from emulators.storage.state.times import moment
from emulators.storage.wire import paging
from emulators.storage.wire.call import Call

Resource = dict[str, Any]


async def create(call: Call) -> Resource:
    account = call.text("serviceAccountEmail")
    if not account:
        raise errors.required("serviceAccountEmail")
    key, secret = call.store.hmac_keys.create(call.path["project"], account)
    return {"kind": "storage#hmacKey", "metadata": _show(call, key), "secret": secret}


async def list_all(call: Call) -> Resource:
    limit, after = call.limit(), paging.read_token(call.text("pageToken"))[0]
    wanted = call.path["project"], call.text("serviceAccountEmail"), call.flag("showDeletedKeys")
    found = [key for key in call.store.hmac_keys.of(*wanted) if key.access_id > after]
    listed = paging.page(found, limit, partial(_show, call), lambda key: (key.access_id, 0))
    return {"kind": "storage#hmacKeysMetadata", "items": []} | listed


async def get(call: Call) -> Resource:
    return _show(call, call.store.hmac_keys.get(call.path["project"], call.path["key"]))


async def update(call: Call) -> Resource:
    body = await call.body()
    state, expected = str(body.get("state") or ""), str(body.get("etag") or "")
    return _show(call, call.store.hmac_keys.change(call.path["project"], call.path["key"], state, expected))


async def delete(call: Call) -> Response:
    call.store.hmac_keys.delete(call.path["project"], call.path["key"])
    return Response(status_code=204)


def _show(call: Call, key: HmacKey) -> Resource:
    return {
        "kind": "storage#hmacKeyMetadata",
        "id": f"{key.project}/{key.access_id}",
        "selfLink": f"{call.base_url}/storage/v1/projects/{key.project}/hmacKeys/{key.access_id}",
        "accessId": key.access_id,
        "projectId": key.project,
        "serviceAccountEmail": key.account,
        "state": key.state,
        "timeCreated": moment(key.created),
        "updated": moment(key.updated),
        "etag": key.etag,
    }
