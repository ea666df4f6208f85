"""Connection profiles and streams, through Datastream's REST API."""

import time
from typing import Any

from emulators.provision.differences import differences
from emulators.provision.errors import ProvisionError
from emulators.provision.resource import Resource
from emulators.provision.rest import Rest

PATIENCE_SECONDS = 60.0


class Datastream:
    """Datastream at DATASTREAM_EMULATOR_HOST. Its changes are long-running operations; each is waited for."""

    def __init__(self) -> None:
        self.rest = Rest("DATASTREAM_EMULATOR_HOST")

    def connection_profile(self, resource: Resource) -> str:
        """Make a connection profile be as wanted; what was done. A password is written once and never compared."""
        return self._converge(resource, dict(resource.body), "connectionProfileId")

    def stream(self, resource: Resource) -> str:
        """Make a stream be as wanted and run; what was done. A new one is created first and started then."""
        wanted = dict(resource.body)
        state = wanted.pop("state")
        done = self._converge(resource, wanted, "streamId")
        actual = self.rest.get(f"/v1/{resource.name}") or {}
        if actual.get("state") in (state, "STARTING"):
            return done
        self._wait(self.rest.patch(f"/v1/{resource.name}", {"state": state}, updateMask="state"), resource)
        return "changed" if done == "unchanged" else done

    def _converge(self, resource: Resource, wanted: dict[str, Any], id_parameter: str) -> str:
        path = f"/v1/{resource.name}"
        actual = self.rest.get(path)
        if actual is None:
            operation = self.rest.post(path.rsplit("/", 1)[0], wanted, **{id_parameter: resource.id})
            self._wait(operation, resource)
            return "created"
        changed = differences(resource.kind, wanted, actual)
        if changed:
            self._wait(self.rest.patch(path, changed, updateMask=",".join(changed)), resource)
        return "changed" if changed else "unchanged"

    def _wait(self, operation: dict[str, Any], resource: Resource) -> None:
        """Wait until an operation is done. Raises ProvisionError when it failed or takes too long."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not operation.get("done"):
            if time.monotonic() > until:
                raise ProvisionError(f"{resource.name}: still not done after a minute", "See Datastream's log.")
            time.sleep(0.05)
            operation = self.rest.get(f"/v1/{operation['name']}") or operation
        if "error" in operation:
            message = operation["error"].get("message", "it gave no reason")
            raise ProvisionError(f"{resource.kind} {resource.name}: {message}", "See Datastream's log.")
