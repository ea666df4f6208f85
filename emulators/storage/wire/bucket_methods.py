"""The methods of Buckets (cloud.google.com/storage/docs/json_api/v1/buckets)."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.responses import Response

from emulators.storage.state import acls, errors, settings
from emulators.storage.state.acls import BUCKET_ROLES, OBJECT_ROLES
from emulators.storage.state.model import Bucket, Settings
from emulators.storage.wire import paging, render, render_acls
from emulators.storage.wire.call import Call

Resource = dict[str, Any]


async def insert(call: Call) -> Resource:
    project = call.text("project")
    if not project:
        raise errors.required("project")
    body = await call.body()
    settings.check(body, settings.BUCKET_FIELDS, settings.BUCKET_OUTPUT)
    is_full = not {"acl", "defaultObjectAcl"}.isdisjoint(body)
    body = _with_parameters(call, project, body, body)
    made = call.store.buckets.create(project, body, call.flag("enableObjectRetention"))
    return show(call, made, is_full)


async def list_buckets(call: Call) -> Resource:
    project = call.text("project")
    if not project:
        raise errors.required("project")
    limit = call.limit()
    after, prefix = paging.read_token(call.text("pageToken")), call.text("prefix")
    if call.flag("softDeleted"):
        found = call.store.soft_deletion.buckets(project, prefix, after, limit + 1)
    else:
        found = call.store.buckets.list(project, prefix, after[0], limit + 1)
    listed = paging.page(found, limit, partial(show, call), lambda bucket: (bucket.name, bucket.generation))
    return {"kind": "storage#buckets"} | listed


async def get(call: Call) -> Resource:
    """A bucket by its name; with softDeleted one that was deleted, by its generation, too."""
    name, conditions = call.path["bucket"], call.conditions()
    if call.flag("softDeleted"):
        found = call.store.soft_deletion.bucket(name, call.required_number("generation"))
        conditions.check_read(found)
        return show(call, found)
    found = call.store.buckets.get(name, conditions)
    if call.number("generation") not in (None, found.generation):
        raise errors.bucket_not_found()
    return show(call, found)


async def patch(call: Call) -> Resource:
    found = call.store.buckets.get(call.path["bucket"])
    body = _with_parameters(call, found.project, found.settings, await call.body())
    return show(call, call.store.buckets.patch(found.name, body, call.conditions()), is_full=True)


async def update(call: Call) -> Resource:
    found = call.store.buckets.get(call.path["bucket"])
    body = _with_parameters(call, found.project, found.settings, await call.body())
    return show(call, call.store.buckets.update(found.name, body, call.conditions()), is_full=True)


async def delete(call: Call) -> Response:
    call.store.buckets.delete(call.path["bucket"], call.conditions())
    return Response(status_code=204)


async def lock_retention(call: Call) -> Resource:
    metageneration = call.number("ifMetagenerationMatch")
    if metageneration is None:
        raise errors.required("ifMetagenerationMatch")
    return show(call, call.store.buckets.lock_retention(call.path["bucket"], metageneration))


async def get_policy(call: Call) -> Resource:
    return render.policy(call.store.buckets.get(call.path["bucket"]))


async def set_policy(call: Call) -> Resource:
    policy, expected = read_policy(await call.body())
    return render.policy(call.store.buckets.set_policy(call.path["bucket"], policy, expected))


def read_policy(body: Resource) -> tuple[Settings, str]:
    """The part of an IAM policy that is kept, and the etag that its caller expects ("": none); StorageError 400."""
    kept = {field: body[field] for field in ("version", "bindings") if field in body}
    _check_bindings(kept.setdefault("bindings", []))
    return kept, str(body.get("etag") or "")


async def test_permissions(call: Call) -> Resource:
    """Every caller may do everything here, so every permission that is asked for is granted."""
    call.store.buckets.get(call.path["bucket"])
    asked = call.request.query_params.getlist("permissions")
    return {"kind": "storage#testIamPermissionsResponse", "permissions": asked}


async def storage_layout(call: Call) -> Resource:
    found = call.store.buckets.get(call.path["bucket"])
    resource = render.bucket(found, call.base_url)
    return {
        "kind": "storage#storageLayout",
        "bucket": resource["name"],
        "location": resource["location"],
        "locationType": resource["locationType"],
        "hierarchicalNamespace": {"enabled": found.is_hierarchical},
    }


async def list_caches(call: Call) -> Resource:
    """None: this emulator refuses to create any. Terraform's provider asks before it deletes a bucket."""
    call.store.buckets.get(call.path["bucket"])
    return {"kind": "storage#anywhereCaches"}


async def list_rapid_caches(call: Call) -> Resource:
    """None, likewise."""
    call.store.buckets.get(call.path["bucket"])
    return {"kind": "storage#rapidCaches"}


async def service_account(call: Call) -> Resource:
    number = render.project_number(call.path["project"])
    address = f"service-{number}@gs-project-accounts.iam.gserviceaccount.com"
    return {"kind": "storage#serviceAccount", "email_address": address}


def show(call: Call, found: Bucket, is_full: bool = False) -> Resource:
    """storage#bucket, with its access control lists (`is_full`) where the method shows them by default."""
    return render.bucket(found, call.base_url) | (render_acls.bucket_acls(found) if call.is_full(is_full) else {})


def _with_parameters(call: Call, project: str, settings: Settings, body: Resource) -> Resource:
    return with_predefined(project, settings, body, {name: call.text(name) for name in _PREDEFINED})


_PREDEFINED = {"predefinedAcl": ("acl", BUCKET_ROLES), "predefinedDefaultObjectAcl": ("defaultObjectAcl", OBJECT_ROLES)}


def with_predefined(project: str, settings: Settings, body: Resource, names: Mapping[str, str]) -> Resource:
    """The body with the lists of these names ("": none); refused where the bucket, by its settings, has none."""
    number = render.project_number(project)
    for parameter, (field, roles) in _PREDEFINED.items():
        if names[parameter]:
            entries = acls.predefined(names[parameter], roles, number, parameter)
            acls.refuse_uniform(settings, parameter)
            body = body | {field: entries}
    return body


def _check_bindings(bindings: Any) -> None:
    valid = isinstance(bindings, list) and all(
        isinstance(binding, dict) and isinstance(binding.get("role"), str) and isinstance(binding.get("members"), list)
        for binding in bindings
    )
    if not valid:
        raise errors.invalid("Invalid bindings: a list of {role, members} expected.", "bindings")
