"""The methods of access controls: a bucket's, its default ones for objects, and an object's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from emulators.storage.state import acls, errors
from emulators.storage.state.acls import BUCKET_ROLES, OBJECT_ROLES, Entries
from emulators.storage.state.model import Bucket, ObjectVersion
from emulators.storage.state.preconditions import NONE
from emulators.storage.wire.call import Call
from emulators.storage.wire.render_acls import acl_entry, acl_of, default_acl_of, object_acl_of
from emulators.storage.wire.routing import Route

Resource = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a list lies: the route to it, the kind of its entries, and how it is read and written."""

    path: str
    kind: str
    roles: tuple[str, ...]
    read: Callable[[Call], tuple[Bucket | ObjectVersion, Entries]]
    write: Callable[[Call, Entries], object]

    def routes(self) -> list[Route]:
        one, generation = self.path + "/{entity}", frozenset({"generation"})
        return [
            Route("GET", self.path, self._list, generation),
            Route("POST", self.path, self._insert, generation),
            Route("GET", one, self._get, generation),
            Route("PUT", one, self._update, generation),
            Route("PATCH", one, self._patch, generation),
            Route("DELETE", one, self._delete, generation),
        ]

    async def _list(self, call: Call) -> Resource:
        owner, entries = self.found(call)
        return {"kind": f"{self.kind}s", "items": [self._shown(call, owner, one) for one in entries]}

    async def _get(self, call: Call) -> Resource:
        owner, entries = self.found(call)
        return self._shown(call, owner, self._entry(call, entries))

    async def _insert(self, call: Call) -> Resource:
        return self._put(call, await call.body())

    async def _update(self, call: Call) -> Resource:
        """Also of what is not there yet, as Go's client grants every role."""
        return self._put(call, await call.body() | {"entity": call.path["entity"]})

    async def _patch(self, call: Call) -> Resource:
        body = await call.body()
        _, entries = self.found(call)
        role = body.get("role", self._entry(call, entries)["role"])
        return self._put(call, {"entity": call.path["entity"], "role": role})

    async def _delete(self, call: Call) -> Response:
        _, entries = self.found(call)
        self.write(call, acls.without_entry(entries, self._entry(call, entries)["entity"]))
        return Response(status_code=204)

    def _put(self, call: Call, body: Resource) -> Resource:
        _, entries = self.found(call)
        acls.check_entry(body, self.roles)
        self.write(call, acls.with_entry(entries, body["entity"], body["role"]))
        owner, _ = self.found(call)
        return self._shown(call, owner, {"entity": body["entity"], "role": body["role"]})

    def found(self, call: Call) -> tuple[Bucket | ObjectVersion, Entries]:
        """The list and what has it; StorageError 400 for a bucket without lists, 404."""
        acls.refuse_uniform(call.store.buckets.get(call.path["bucket"]).settings)
        return self.read(call)

    def _entry(self, call: Call, entries: Entries) -> dict[str, str]:
        for one in entries:
            if one["entity"] == call.path["entity"]:
                return one
        raise errors.StorageError(404, "notFound", f"No such access control entry: {call.path['entity']}")

    def _shown(self, call: Call, owner: Bucket | ObjectVersion, entry: dict[str, str]) -> Resource:
        return acl_entry(self.kind, owner, entry)


def _bucket_acl(call: Call) -> tuple[Bucket, Entries]:
    bucket = call.store.buckets.get(call.path["bucket"])
    return bucket, acl_of(bucket)


def _default_acl(call: Call) -> tuple[Bucket, Entries]:
    bucket = call.store.buckets.get(call.path["bucket"])
    return bucket, default_acl_of(bucket)


def _object_acl(call: Call) -> tuple[ObjectVersion, Entries]:
    version = call.store.objects.get(call.path["bucket"], call.path["object"], call.number("generation"))
    return version, object_acl_of(version, call.store.buckets.get(call.path["bucket"]))


def _write_bucket(field: str) -> Callable[[Call, Entries], object]:
    return lambda call, entries: call.store.buckets.patch(call.path["bucket"], {field: entries}, NONE)


def _write_object(call: Call, entries: Entries) -> object:
    place = call.path["bucket"], call.path["object"], call.number("generation")
    return call.store.objects.patch(*place, {"acl": entries}, NONE, keep=True)


_BUCKET = "storage/v1/b/{bucket}"
BUCKET_ACL = Place(f"{_BUCKET}/acl", "storage#bucketAccessControl", BUCKET_ROLES, _bucket_acl, _write_bucket("acl"))
DEFAULT_ACL = Place(
    f"{_BUCKET}/defaultObjectAcl",
    "storage#objectAccessControl",
    OBJECT_ROLES,
    _default_acl,
    _write_bucket("defaultObjectAcl"),
)
OBJECT_ACL = Place(
    f"{_BUCKET}/o/{{object}}/acl", "storage#objectAccessControl", OBJECT_ROLES, _object_acl, _write_object
)
PLACES = (BUCKET_ACL, DEFAULT_ACL, OBJECT_ACL)
