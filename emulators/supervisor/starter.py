"""Starts many services at once: each as soon as what it needs is healthy."""

import time
from collections.abc import Callable
from functools import partial

from emulators.supervisor import health
from emulators.supervisor.errors import ServiceFailed
from emulators.supervisor.lifecycle import Lifecycle, Starting
from emulators.supervisor.run_files import Ports, Run, RunFiles
from emulators.supervisor.services import Service


class Starter:
    """One attempt to have some services running."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        files: RunFiles,
        ports: dict[str, Ports],
        variables: dict[str, str],
        say: Callable[[str], object],
    ) -> None:
        self._lifecycle = lifecycle
        self._files = files
        self._ports = ports
        self._variables = variables
        self._say = say
        self._starting: list[Starting] = []
        self._healthy: set[str] = set()
        self._failures: dict[str, ServiceFailed] = {}

    def start(self, wanted: list[Service]) -> list[ServiceFailed]:
        """Return when each service is healthy or has failed; the failures."""
        waiting = list(wanted)
        while waiting or self._starting:
            ready = [service for service in waiting if set(service.needs) <= self._healthy | self._failures.keys()]
            for service in ready:
                waiting.remove(service)
                self._guard(service, partial(self._begin, service))
            for one in list(self._starting):
                self._guard(one.service, partial(self._look_at, one))
            time.sleep(0.01)
        return list(self._failures.values())

    def _guard(self, service: Service, step: Callable[[], None]) -> None:
        """Take one step with a service; a failure is kept, because the others go on."""
        try:
            step()
        except ServiceFailed as failure:
            self._failures[service.name] = failure
            self._starting = [one for one in self._starting if one.service is not service]

    def _begin(self, service: Service) -> None:
        missing = [name for name in service.needs if name in self._failures]
        if missing:
            raise ServiceFailed(service.name, f"not started, because it needs {', '.join(missing)}")
        run = self._files.read(service.name)
        if run and run.is_alive:
            reason = self._out_of_date(service, run)
            if not reason:
                self._healthy.add(service.name)
                return
            self._say(f"{service.name}: starting it again, because {reason}")
            self._lifecycle.end(service.name)
        elif run:
            self._say(f"{service.name}: had died; starting it again")
        addresses = self._addresses(service)
        self._starting.append(self._lifecycle.start(service, self._ports[service.name], self._variables, addresses))

    def _look_at(self, one: Starting) -> None:
        if one.is_ready():
            self._starting.remove(one)
            self._healthy.add(one.service.name)

    def _out_of_date(self, service: Service, run: Run) -> str:
        """Why a living process must be replaced; "" where it is well."""
        addresses = self._addresses(service)
        changed = sorted(
            name for name in addresses.keys() | run.addresses.keys() if addresses.get(name) != run.addresses.get(name)
        )
        if changed:
            return f"{', '.join(changed)} changed"
        return "" if health.is_ready(service.health, run.ports) else "it does not answer"

    def _addresses(self, service: Service) -> dict[str, str]:
        """What a service is told: all variables for the platform's own code, else the ports of some services."""
        if service.is_platform:
            return self._variables
        known = {name: self._ports[name] for name in service.needs + service.calls}
        return {f"{name} {port}": str(number) for name, ports in known.items() for port, number in ports.items()}
