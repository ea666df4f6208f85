"""The methods that restore what is soft-deleted."""

from typing import Any

from emulators.storage.state import errors
from emulators.storage.state.globs import compiled
from emulators.storage.state.preconditions import NONE
from emulators.storage.state.restores import Wanted
from emulators.storage.state.times import microseconds
from emulators.storage.wire import operations
from emulators.storage.wire.bucket_methods import show as show_bucket
from emulators.storage.wire.call import Call
from emulators.storage.wire.object_methods import show, soft_deleted

Resource = dict[str, Any]
_TIMES = ("createdAfterTime", "createdBeforeTime", "softDeletedAfterTime", "softDeletedBeforeTime")
_FLAGS = ("allowOverwrite", "copySourceAcl")


async def restore_object(call: Call) -> Resource:
    generation = call.required_number("generation")
    target = call.path["bucket"], call.path["object"], generation
    if call.text("restoreToken"):
        soft_deleted(call, NONE)
    restored = call.store.restores.restore(*target, call.conditions(), call.flag("copySourceAcl"))
    return show(call, restored, is_full=True)


async def restore_bucket(call: Call) -> Resource:
    restored = call.store.buckets.restore(call.path["bucket"], call.required_number("generation"))
    return show_bucket(call, restored, is_full=True)


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
    with call.store.transaction():
        outcome = call.store.restores.restore_many(call.path["bucket"], wanted)
        counts = {"succeededCount": outcome.succeeded, "skippedCount": outcome.skipped, "failedCount": outcome.failed}
        metadata = {"@type": operations.TYPES + "BulkRestoreObjectsMetadata"}
        metadata |= {field: str(count) for field, count in counts.items()}
        return operations.show(call, call.store.operations.note(call.path["bucket"], metadata | body, operations.EMPTY))


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
