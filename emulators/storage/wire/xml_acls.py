"""Access control lists of the XML API (cloud.google.com/storage/docs/xml-api/put-bucket-acls and put-object-acls)."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from emulators.storage.state import acls
from emulators.storage.wire.acl_methods import BUCKET_ACL, DEFAULT_ACL, OBJECT_ACL, Place
from emulators.storage.wire.call import Call
from emulators.storage.wire.render import project_number
from emulators.storage.wire.xml_documents import Element, Node, malformed, parse, response, text

_PERMISSIONS = {"READER": "READ", "WRITER": "WRITE", "OWNER": "FULL_CONTROL"}
_ROLES = {permission: role for role, permission in _PERMISSIONS.items()}
_EVERYBODY = {"allUsers": "AllUsers", "allAuthenticatedUsers": "AllAuthenticatedUsers"}
_BY_EMAIL = {"user": "UserByEmail", "group": "GroupByEmail"}
_BY_ID = {"user": "UserById", "group": "GroupById"}


def predefined_name(name: str | None) -> str:
    """The JSON API's name of a list (projectPrivate for project-private); "" for none."""
    head, *rest = (name or "").split("-")
    return head + "".join(part.capitalize() for part in rest)


def _get(place: Place) -> Callable[[Call], Awaitable[Response]]:
    async def get(call: Call) -> Response:
        _, entries = place.found(call)
        return response("AccessControlList", [("Entries", [_entry(one) for one in entries])])

    return get


def _put(place: Place) -> Callable[[Call], Awaitable[Response]]:
    async def put(call: Call) -> Response:
        _, _ = place.found(call)
        name = predefined_name(call.request.headers.get("x-goog-acl"))
        if name:
            number = project_number(call.store.buckets.get(call.path["bucket"]).project)
            entries = acls.predefined(name, place.roles, number, "x-goog-acl")
        else:
            root = parse(await call.unpacked(), "AccessControlList")
            entries = [_read(element) for element in root.iterfind("Entries/Entry")]
            acls.check_entries(place.roles, "acl", entries)
        place.write(call, entries)
        return Response(headers={"Content-Length": "0"})

    return put


def _entry(entry: dict[str, str]) -> Node:
    entity = entry["entity"]
    kind, _, who = entity.partition("-")
    scope: Node
    if entity in _EVERYBODY:
        scope = f'Scope type="{_EVERYBODY[entity]}"', ""
    elif kind == "domain":
        scope = 'Scope type="GroupByDomain"', [("Domain", who)]
    elif "@" in who and kind in _BY_EMAIL:
        scope = f'Scope type="{_BY_EMAIL[kind]}"', [("EmailAddress", who)]
    else:
        # A project's team is a group, which has no other id here than its name.
        scope = f'Scope type="{_BY_ID.get(kind, "GroupById")}"', [("ID", who if kind in _BY_ID else entity)]
    return "Entry", [scope, ("Permission", _PERMISSIONS[entry["role"]])]


def _read(element: Element) -> dict[str, str]:
    scope, role = element.find("Scope"), _ROLES.get(text(element.find("Permission")))
    if scope is None or role is None:
        malformed("AccessControlList")
    kind, who = scope.get("type", ""), text(next(iter(scope), None))
    everybody = [entity for entity, name in _EVERYBODY.items() if name == kind]
    people = [name for name, by in (*_BY_EMAIL.items(), *_BY_ID.items()) if by == kind]
    if everybody:
        return {"entity": everybody[0], "role": role}
    if kind == "GroupByDomain":
        return {"entity": f"domain-{who}", "role": role}
    if not people:
        malformed("AccessControlList")
    return {"entity": who if who.startswith("project-") else f"{people[0]}-{who}", "role": role}


def _of(name: str, place: Place) -> tuple[tuple[str, str, Callable[[Call], Awaitable[Response]]], ...]:
    return ("GET", name, _get(place)), ("PUT", name, _put(place))


OF_BUCKETS = (*_of("acl", BUCKET_ACL), *_of("defaultObjectAcl", DEFAULT_ACL))
OF_OBJECTS = _of("acl", OBJECT_ACL)
