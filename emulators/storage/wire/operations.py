"""The methods of Operations, and how an operation is shown."""

from functools import partial
from typing import Any

from starlette.responses import Response

from emulators.storage.state.operations import Operation
from emulators.storage.wire import paging
from emulators.storage.wire.call import Call

Resource = dict[str, Any]
TYPES = "type.googleapis.com/google.storage.control.v2."
EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}


async def get(call: Call) -> Resource:
    return show(call, call.store.operations.get(call.path["bucket"], call.path["operation"]))


async def cancel(call: Call) -> Response:
    """Without an effect, as on every operation that is done."""
    call.store.operations.get(call.path["bucket"], call.path["operation"])
    return Response(status_code=204)


async def list_all(call: Call) -> Resource:
    limit = call.limit("pageSize")
    after = paging.read_token(call.text("pageToken"))[1]
    found = call.store.operations.list(call.path["bucket"], after, limit + 1)
    listed = paging.page(found, limit, partial(show, call), lambda one: ("", one.number), "operations")
    return {"kind": "storage#operations"} | listed


def show(call: Call, done: Operation) -> Resource:
    """storage#operation"""
    return {
        "kind": "storage#operation",
        "name": f"projects/_/buckets/{done.bucket}/operations/{done.number}",
        "selfLink": f"{call.base_url}/storage/v1/b/{done.bucket}/operations/{done.number}",
        "done": True,
        "metadata": done.metadata,
        "response": done.response,
    }
