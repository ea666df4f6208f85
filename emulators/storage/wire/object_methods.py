"""The methods of Objects that move no bytes over the wire (cloud.google.com/storage/docs/json_api/v1/objects)."""

import asyncio
from pathlib import Path
from typing import Any

from starlette.responses import Response

from emulators.storage.state import acls, contexts, errors
from emulators.storage.state.encryption import check_key, described, key_hash_of
from emulators.storage.state.globs import compiled
from emulators.storage.state.listing import Query
from emulators.storage.state.model import Bucket, Content, ObjectVersion, Settings
from emulators.storage.state.preconditions import Preconditions
from emulators.storage.wire import paging, render, render_acls
from emulators.storage.wire.call import SOURCE_CONDITIONS, Call, whole_number
from emulators.storage.wire.downloads import download

Resource = dict[str, Any]
MOST_COMPONENTS = 32


async def get(call: Call) -> Resource | Response:
    """The metadata, or with alt=media the bytes; with softDeleted the metadata of what can be restored."""
    if call.flag("softDeleted"):
        if call.text("alt") == "media":
            raise errors.invalid_parameter("A soft-deleted object cannot be read: restore it.", "softDeleted")
        return show(call, soft_deleted(call, call.conditions()))
    if call.text("alt") == "media":
        return download(call, call.conditions())
    version = call.store.objects.get(*_target(call), call.number("generation"), call.conditions())
    check_key(version, call.key_hash, is_needed=False)
    return show(call, version)


def soft_deleted(call: Call, conditions: Preconditions) -> ObjectVersion:
    """The version that can be restored which the request names, in a hierarchical namespace also by its token."""
    version = call.store.restores.get(*_target(call), call.required_number("generation"), conditions)
    token = call.text("restoreToken")
    if token and not call.store.buckets.get(version.bucket).is_hierarchical:
        raise errors.invalid_parameter("restoreToken is for buckets with a hierarchical namespace.", "restoreToken")
    if token not in ("", render.restore_token(version)):
        raise errors.object_not_found(version.bucket, version.name)
    return version


_DIGESTS = ("crc32c", "md5Hash")


async def list_objects(call: Call) -> Resource:
    if call.flag("softDeleted") and call.flag("versions"):
        raise errors.invalid_parameter("softDeleted and versions cannot both be true.", "softDeleted")
    token = call.text("pageToken")
    query = Query(
        bucket=call.path["bucket"],
        prefix=call.text("prefix"),
        delimiter=call.text("delimiter"),
        start=call.text("startOffset"),
        end=call.text("endOffset"),
        versions=call.flag("versions"),
        soft_deleted=call.flag("softDeleted"),
        trailing_delimiter=call.flag("includeTrailingDelimiter"),
        folders=call.flag("includeFoldersAsPrefixes") and call.text("delimiter") == "/",
        filter=contexts.compiled(call.text("filter")) if call.text("filter") else None,
        glob=compiled(call.text("matchGlob")) if call.text("matchGlob") else None,
        limit=call.limit(),
    )
    page = call.store.list_objects(query, paging.read_token(token) if token else None)
    resource: Resource = {"kind": "storage#objects"}
    if page.next:
        resource["nextPageToken"] = paging.write_token(*page.next)
    if page.prefixes:
        resource["prefixes"] = page.prefixes
    if page.objects:
        owner, base_url = call.store.buckets.get(query.bucket), call.base_url
        resource["items"] = [_shown(call, version, owner, base_url, False) for version in page.objects]
    return resource


async def view_full_context(call: Call) -> Resource:
    """One context of an object. Extended data, which Google's services alone write, it has none."""
    key = call.text("contextKey")
    if not key:
        raise errors.required("contextKey")
    version = call.store.objects.get(*_target(call), call.number("generation"))
    found = contexts.custom_of(version.settings).get(key)
    if found is None:
        raise errors.StorageError(404, "notFound", f"No such context of {version.bucket}/{version.name}: {key}")
    return {"kind": "storage#objectFullContext", "key": key, "type": "CUSTOM"} | found


async def test_permissions(call: Call) -> Resource:
    """Every caller may do everything here."""
    call.store.objects.get(*_target(call), call.number("generation"))
    asked = call.request.query_params.getlist("permissions")
    return {"kind": "storage#testIamPermissionsResponse", "permissions": asked}


async def patch(call: Call) -> Resource:
    return await _change(call, keep=True)


async def update(call: Call) -> Resource:
    return await _change(call, keep=False)


async def delete(call: Call) -> Response:
    call.store.objects.delete(*_target(call), call.number("generation"), call.conditions())
    return Response(status_code=204)


async def move(call: Call) -> Resource:
    bucket, source = _target(call)
    conditions = call.conditions(SOURCE_CONDITIONS), call.conditions()
    check_key(call.store.objects.get(bucket, source), call.key_hash)
    return show(call, call.store.objects.move(bucket, source, call.path["destination_object"], *conditions))


async def compose(call: Call) -> Resource:
    body = await call.body()
    if body.get("deleteSourceObjects"):
        raise errors.not_implemented("The field deleteSourceObjects")
    bucket, name = _target(call)
    # The digests are the service's to say: gcloud sends those of the first source.
    destination = {key: value for key, value in _record(body, "destination").items() if key not in _DIGESTS}
    content, inherited, components = await concatenated(call, bucket, body.get("sourceObjects"))
    if destination.get("contexts") is None:
        destination |= inherited
    return show(call, insert(call, bucket, name, content, destination, call.conditions(), components))


async def concatenated(call: Call, bucket: str, sources: Any) -> tuple[Content, Settings, int]:
    """The bytes of what `sourceObjects` lists, the contexts that the whole inherits and how many parts it has."""
    if not isinstance(sources, list) or not 1 <= len(sources) <= MOST_COMPONENTS:
        raise errors.invalid(f"The number of source components must be from 1 to {MOST_COMPONENTS}.", "sourceObjects")
    versions = [_component(call, bucket, source) for source in sources]
    inherited = {} if drops_contexts(call) else contexts.composed(version.settings for version in versions)
    # In a thread, because it reads and writes all the bytes.
    content = await asyncio.to_thread(call.store.objects.concatenate, versions)
    return content, inherited, sum(version.components or 1 for version in versions)


def insert(
    call: Call,
    bucket: str,
    name: str,
    content: Content,
    body: Settings,
    conditions: Preconditions,
    components: int | None = None,
    predefined_acl: str = "",
) -> ObjectVersion:
    """Make the content an object, or remove it where that is refused."""
    try:
        body = with_parameters(call, bucket, body, predefined_acl)
        return call.store.objects.insert(bucket, name, content, body, conditions, components)
    except BaseException:
        Path(content.path).unlink(missing_ok=True)
        raise


def with_parameters(call: Call, bucket: str, body: Settings, predefined_acl: str = "") -> Settings:
    """The body with what the request says beside it: a list by its name, refused where the bucket has none; keys.

    The XML API names the list in a header.
    """
    body = {field: value for field, value in body.items() if field != "customerEncryption"}
    key_hash = call.key_hash
    if key_hash:
        body["customerEncryption"] = described(key_hash)
    parameters = ("predefinedAcl", "destinationPredefinedAcl")
    for parameter, name in [(one, call.text(one)) for one in parameters] + [("x-goog-acl", predefined_acl)]:
        if name:
            owner = call.store.buckets.get(bucket)
            number = render.project_number(owner.project)
            entries = acls.predefined(name, acls.OBJECT_ROLES, number, parameter)
            acls.refuse_uniform(owner.settings, parameter)
            body = body | {"acl": entries}
    for parameter in ("kmsKeyName", "destinationKmsKeyName"):
        if call.text(parameter):
            body = body | {"kmsKeyName": call.text(parameter)}
    return body


def show(call: Call, version: ObjectVersion, is_full: bool = False) -> Resource:
    """storage#object, with its access control list (`is_full`) where the method shows it by default."""
    return _shown(call, version, call.store.buckets.get(version.bucket), call.base_url, is_full)


def _shown(call: Call, version: ObjectVersion, owner: Bucket, base_url: str, is_full: bool) -> Resource:
    resource = render.object_version(version, base_url, owner)
    key_hash = key_hash_of(version.settings)
    if key_hash and key_hash != call.key_hash:
        # With the bytes the key protects what would tell of them.
        resource = {field: value for field, value in resource.items() if field not in _DIGESTS}
    return resource | (render_acls.object_acls(version, owner) if call.is_full(is_full) else {})


def _target(call: Call) -> tuple[str, str]:
    return call.path["bucket"], call.path["object"]


async def _change(call: Call, keep: bool) -> Resource:
    body = with_parameters(call, call.path["bucket"], await call.body())
    generation = call.number("generation")
    override = call.flag("overrideUnlockedRetention")
    changed = call.store.objects.patch(*_target(call), generation, body, call.conditions(), keep, override)
    return show(call, changed, is_full=True)


NOT_INHERITED = ("acl", "kmsKeyName", "storageClass", "eventBasedHold", "temporaryHold", "retention", "contexts")


def drops_contexts(call: Call) -> bool:
    """Whether the caller wants none of the sources' contexts."""
    groups = call.request.query_params.getlist("dropContextGroups")
    if any(group not in ("", "custom") for group in groups):
        raise errors.invalid_parameter(
            f"Invalid value {groups} for dropContextGroups: custom expected.", "dropContextGroups"
        )
    return "custom" in groups


def _component(call: Call, bucket: str, source: Any) -> ObjectVersion:
    if not isinstance(source, dict) or not isinstance(source.get("name"), str):
        raise errors.invalid("Each of sourceObjects needs a name.", "sourceObjects")
    conditions = _record(source, "objectPreconditions")
    wanted = Preconditions(_generation(conditions, "ifGenerationMatch"))
    version = call.store.objects.get(bucket, source["name"], _generation(source, "generation"), wanted)
    check_key(version, call.key_hash)
    return version


def _generation(record: Resource, field: str) -> int | None:
    value = record.get(field)
    return None if value is None else whole_number(value, field)


def _record(body: Resource, field: str) -> Resource:
    """The object in a field, {} where there is none; StorageError 400 for anything else."""
    value = body.get(field)
    if value is not None and not isinstance(value, dict):
        raise errors.invalid(f"Invalid value for field {field}: an object expected.", field)
    return value or {}
