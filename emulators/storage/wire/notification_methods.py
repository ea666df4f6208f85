"""The methods of Notifications (cloud.google.com/storage/docs/json_api/v1/notifications)."""

import os
from typing import Any

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.notifications import Notification
from emulators.storage.wire.call import Call
from emulators.storage.wire.notifier import ADDRESS

Resource = dict[str, Any]


async def insert(call: Call) -> Resource:
    if not os.environ.get(ADDRESS):
        raise errors.invalid(f"Notifications need a Pub/Sub: start this emulator with {ADDRESS} set.", "topic")
    return _show(call, call.store.notifications.create(call.path["bucket"], await call.body()))


async def get(call: Call) -> Resource:
    return _show(call, call.store.notifications.get(call.path["bucket"], call.path["notification"]))


async def list_all(call: Call) -> Resource:
    found = [_show(call, one) for one in call.store.notifications.of(call.path["bucket"])]
    return {"kind": "storage#notifications"} | ({"items": found} if found else {})


async def delete(call: Call) -> Response:
    call.store.notifications.delete(call.path["bucket"], call.path["notification"])
    return Response(status_code=204)


def _show(call: Call, found: Notification) -> Resource:
    return found.settings | {
        "kind": "storage#notification",
        "id": str(found.id),
        "selfLink": f"{call.base_url}/storage/v1/b/{found.bucket}/notificationConfigs/{found.id}",
        "etag": str(found.id),
    }
