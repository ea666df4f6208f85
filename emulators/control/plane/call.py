"""One request to one method, checked in form: what the methods of all services work with."""

from dataclasses import dataclass
from typing import Any

from emulators.control.api.document import Document
from emulators.control.api.method import Method
from emulators.control.api.schema import Checker
from emulators.control.plane import names
from emulators.control.plane.service import Service
from emulators.control.state.errors import ControlError, failed_precondition, not_found
from emulators.control.state.store import POLICY, PRIVATE, RESOURCE, Store

Json = dict[str, Any]
RUNNING = "JOB_STATE_RUNNING"


@dataclass
class Call:
    """A request.

    Attributes:
        name: the resource or collection that the path names, with the project's id.
        values: the parameters in the path.
        query: the parameters after it, by their types.
        body: as checked against the method's schema.
        target: the resource that is being made or changed, once that is known.
    """

    store: Store
    service: Service
    document: Document
    checker: Checker
    method: Method
    name: str
    values: dict[str, str]
    query: Json
    body: Json
    target: str = ""

    @property
    def project(self) -> str:
        return names.project_of(self.name)

    @property
    def is_dry(self) -> bool:
        """Whether the request is only to be checked."""
        return bool(self.query.get("validateOnly"))

    def shower(self, name: str) -> Method | None:
        """The method that answers with the resource of this name: its get, or, where there is none, its patch."""
        for http, verb in (("GET", "get"), ("PATCH", "patch")):
            found = self.document.find(http, name)
            if found and found[0].verb == verb:
                method = found[0]
                return method if verb == "get" or "done" not in self.document.properties(method.response) else None
        return None

    def schema_of(self, name: str) -> str:
        """The schema of the resource of this name; "" where no method answers with one."""
        method = self.shower(name)
        return method.response if method else ""

    def can_create(self, name: str) -> bool:
        """Whether resources of this kind are made by a method of the API, so that one may be missing."""
        collection = name.rpartition("/")[0]
        found = self.document.find("POST", collection)
        return found is not None and found[0].verb in ("create", "insert") and bool(self.schema_of(name))

    def find(self, name: str, service: str = "") -> Json | None:
        """A resource, of this service where no other is named; None where there is none."""
        found = self.store.get(RESOURCE, service or self.service.label, name)
        default = self.service.defaults.get(names.collection_of(name))
        if found is None and default is not None and service in ("", self.service.label):
            return default(self.store, name)
        return found

    def get(self, name: str) -> Json:
        """A resource; NOT_FOUND."""
        found = self.find(name)
        if found is None:
            raise self.missing(name)
        return found

    def missing(self, name: str) -> ControlError:
        """NOT_FOUND in the words of the service."""
        if self.service.label == "compute":
            return ControlError("NOT_FOUND", f"The resource '{name}' was not found")
        return not_found(name)

    def keep(self, name: str, resource: Json) -> None:
        """Keep a resource, unless the request is only to be checked."""
        if not self.is_dry:
            self.store.put(RESOURCE, self.service.label, name, resource)

    def forget(self, name: str) -> None:
        """Forget a resource with all below it, and their policies."""
        if self.is_dry:
            return
        for space in (RESOURCE, POLICY, PRIVATE):
            self.store.delete(space, self.service.label, name)
            for below, _ in self.store.below(space, self.service.label, f"{name}/"):
                self.store.delete(space, self.service.label, below)

    def members(self, collection: str) -> list[tuple[str, Json]]:
        """The resources directly in a collection, with their names; "-" in its name stands for any."""
        parts = collection.split("/")
        prefix = collection.partition("/-")[0] if "-" in parts else collection
        found = self.store.below(RESOURCE, self.service.label, f"{prefix}/")
        return [one for one in found if _is_in(one[0].split("/")[:-1], parts)]

    def shown(self, name: str, resource: Json) -> Json:
        """A resource as the API shows it."""
        result = self.checker.shown(self.schema_of(name), resource)
        if show := self.service.shows.get(names.collection_of(name)):
            show(self, result)
        return result

    def check_etag(self, old: Json, given: Any) -> None:
        """Refuse a request that means an older state of the resource; one without an etag means any."""
        if given and old.get("etag") != given:
            raise ControlError(
                "ABORTED", "The etag provided does not match the resource's current etag; read it again."
            )

    def refuse_use(self, name: str, users: str = "") -> None:
        """Refuse to let go what another resource (whose name holds `users`) refers to."""
        for service, user in self.store.mentions(name):
            job = (self.find(user, service) or {}).get("currentState", RUNNING)  # one that has ended uses nothing
            if user != name and not user.startswith(f"{name}/") and users in user and job == RUNNING:
                message = f"The resource '{name}' is already being used by '{user}' of {service}"
                if self.service.is_old:
                    raise ControlError("INVALID_ARGUMENT", message, reason="resourceInUseByAnotherResource")
                raise failed_precondition(message)


def _is_in(parts: list[str], collection: list[str]) -> bool:
    return len(parts) == len(collection) and all(
        wanted in ("-", part) for part, wanted in zip(parts, collection, strict=True)
    )
