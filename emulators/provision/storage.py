"""Buckets, through Cloud Storage's JSON API."""

from emulators.provision.differences import differences
from emulators.provision.resource import Resource
from emulators.provision.rest import Rest


class Storage:
    """Cloud Storage at STORAGE_EMULATOR_HOST."""

    def __init__(self, project: str) -> None:
        self.project = project
        self.rest = Rest("STORAGE_EMULATOR_HOST")

    def bucket(self, resource: Resource) -> str:
        """Make a bucket be as wanted; what was done: created, changed or unchanged."""
        path = f"/storage/v1/b/{resource.name}"
        actual = self.rest.get(path)
        if actual is None:
            self.rest.post("/storage/v1/b", dict(resource.body), project=self.project)
            return "created"
        changed = differences(resource.kind, resource.body, actual)
        if changed:
            self.rest.patch(path, changed)
        return "changed" if changed else "unchanged"
