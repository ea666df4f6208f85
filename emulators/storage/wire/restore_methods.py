"""Restoring what is soft-deleted, and the operations of a bucket."""

from typing import Any

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.globs import compiled
from emulators.storage.state.operations import Operation
from emulators.storage.state.restores import Wanted
from emulators.storage.state.times import microseconds
from emulators.storage.wire import paging
from emulators.storage.wire.bucket_methods import show as show_bucket
from emulators.storage.wire.call import Call
from emulators.storage.wire.object_methods import show

Resource = dict[str, Any]
_TIMES = ("createdAfterTime", "createdBeforeTime", "softDeletedAfterTime", "softDeletedBeforeTime")
_FLAGS = ("allowOverwrite", "copySourceAcl")
_TYPES = "type.googleapis.com/google.storage.control.v2."


async def restore_object(call: Call) -> Resource:
    generation = call.required_number("generation")
    target = call.path["bucket"], call.path["object"], generation
    return show(call, call.store.restores.restore(*target, call.conditions(), call.flag("copySourceAcl")))


async def restore_bucket(call: Call) -> Resource:
    return show_bucket(call, call.store.buckets.restore(call.path["bucket"], call.required_number("generation")))


async def bulk_restore(call: Call) -> Resource:
    body = await call.body()
    unknown = body.keys() - {*_TIMES, *_FLAGS, "matchGlobs"}
    if unknown:
        raise errors.not_implemented(f"The field {min(unknown)}")
    globs = body.get("matchGlobs") or []
    if not isinstance(globs, list) or not all(isinstance(one, str) for one in globs):
        raise errors.invalid("Invalid value for field matchGlobs: a list of patterns expected.", "matchGlobs")
    after, before, deleted_after, deleted_before = (_time(body, field) for field in _TIMES)
    overwrite, copy_acl = (_flag(body, field) for field in _FLAGS)
    most = 2**63
    wanted = Wanted(
        [compiled(one) for one in globs],
        after or 0,
        most if before is None else before,
        deleted_after or 0,
        most if deleted_before is None else deleted_before,
        overwrite,
        copy_acl,
    )
    outcome = call.store.restores.restore_many(call.path["bucket"], wanted)
    counts = {"succeededCount": outcome.succeeded, "skippedCount": outcome.skipped, "failedCount": outcome.failed}
    metadata = {"@type": _TYPES + "BulkRestoreObjectsMetadata"} | {field: str(n) for field, n in counts.items()}
    return operation(call, call.store.operations.note(call.path["bucket"], metadata | body, {"@type": _EMPTY}))


_EMPTY = "type.googleapis.com/google.protobuf.Empty"


async def get_operation(call: Call) -> Resource:
    return operation(call, call.store.operations.get(call.path["bucket"], call.path["operation"]))


async def cancel_operation(call: Call) -> Response:
    """Without an effect, as on every operation that is done."""
    call.store.operations.get(call.path["bucket"], call.path["operation"])
    return Response(status_code=204)


async def list_operations(call: Call) -> Resource:
    limit = min(call.number("pageSize") or 1000, 1000)
    after = paging.read_token(call.text("pageToken"))[1]
    found = call.store.operations.list(call.path["bucket"], after, limit + 1)
    resource: Resource = {"kind": "storage#operations"}
    if found[:limit]:
        resource["operations"] = [operation(call, one) for one in found[:limit]]
    if len(found) > limit:
        resource["nextPageToken"] = paging.write_token("", found[limit - 1].number)
    return resource


def operation(call: Call, done: Operation) -> Resource:
    """storage#operation"""
    name = f"projects/_/buckets/{done.bucket}/operations/{done.number}"
    return {
        "kind": "storage#operation",
        "name": name,
        "selfLink": f"{call.base_url}/storage/v1/b/{done.bucket}/operations/{done.number}",
        "done": True,
        "metadata": done.metadata,
        "response": done.response,
    }


def _time(body: Resource, field: str) -> int | None:
    if body.get(field) is None:
        return None
    try:
        return microseconds(body[field])
    except (TypeError, ValueError, OverflowError):
        raise errors.invalid(f"Invalid value for field {field}: {body[field]!r} (RFC 3339 time expected)") from None


def _flag(body: Resource, field: str) -> bool:
    value = body.get(field)
    if value is not None and not isinstance(value, bool):
        raise errors.invalid(f"Invalid value for field {field}: {value!r}", field)
    return bool(value)
