"""The platform's processes as a whole: up, down, status, reset. This is the supervisor's API.

Platform().up()                       # the emulators and Postgres, healthy when it returns
Platform().up("dataflow", "dagster")  # these, and what they need
os.environ.update(Platform().environment())
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from emulators.auth.credentials import write_service_account_key
from emulators.supervisor import environment, health, ports, processes
from emulators.supervisor.environment import PROJECT, ROOT
from emulators.supervisor.errors import ServiceFailed, SupervisorError, UpFailed
from emulators.supervisor.lifecycle import Lifecycle
from emulators.supervisor.lock import locked
from emulators.supervisor.run_files import Ports, RunFiles
from emulators.supervisor.services import SERVICES, Service
from emulators.supervisor.starter import Starter

ATTEMPTS = 3
"""How often a start is tried again when a port was taken between its choice and its use."""


@dataclass(frozen=True)
class Status:
    """How a service is: "running", "unhealthy" (it lives but does not answer), "died" or "stopped"."""

    name: str
    state: str
    pid: int | None
    ports: Ports
    log: Path


class Platform:
    """The services of one state directory.

    Args:
        state: the directory; SLUICE_STATE or .sluice where it is None.
        any_port: begin with free ports instead of the usual ones; SLUICE_ANY_PORT where it is None.
        say: takes a line about what is being done.
        services: what there is to run.
    """

    def __init__(
        self,
        state: Path | None = None,
        any_port: bool | None = None,
        say: Callable[[str], object] = lambda line: print(line, file=sys.stderr, flush=True),
        services: tuple[Service, ...] = SERVICES,
    ) -> None:
        self.state = (state or environment.state_directory()).absolute()
        self._any_port = bool(os.environ.get("SLUICE_ANY_PORT")) if any_port is None else any_port
        self._say = say
        self._services = {service.name: service for service in services}

    def up(self, *names: str) -> None:
        """Start the named services and what they need (no names: the emulators and Postgres), and wait for health.

        What runs goes on, unless an address that it was given has changed. What runs but does not answer is replaced.

        Raises:
            UpFailed: names each service that does not run, with its reason and the end of its log.
        """
        with locked(self.state, self._say):
            wanted = self._with_needs(names or self._usual())
            for attempt in range(ATTEMPTS):
                failures = self._start(wanted)
                if not failures:
                    return
                if attempt == ATTEMPTS - 1 or not self._lost_a_port(failures):
                    raise UpFailed(failures)

    def down(self, *names: str) -> None:
        """Stop the named services, or all; what needs another one first."""
        if not self.state.exists():
            return
        with locked(self.state, self._say):
            self._stop([self._service(name) for name in names] or list(self._services.values()))

    def reset(self) -> None:
        """Stop all services and remove the state directory with all that they hold."""
        if not self.state.exists():
            return
        with locked(self.state, self._say):
            self._stop(list(self._services.values()))
            shutil.rmtree(self.state)

    def status(self) -> list[Status]:
        """How each service is now."""
        files = self._files()
        lifecycle = Lifecycle(self.state, files)
        return [_status(service, files, lifecycle.log(service.name)) for service in self._services.values()]

    def died(self, *names: str) -> list[ServiceFailed]:
        """Those of the named services that do not run, each with the end of its log. It costs no request."""
        files = self._files()
        lifecycle = Lifecycle(self.state, files)
        failures = []
        for name in names:
            run = files.read(name)
            if run is None or not run.is_alive:
                reason = "it was stopped" if run is None else f"it has died (it was process {run.pid})"
                failures.append(ServiceFailed(name, reason, lifecycle.log(name), run.log_start if run else 0))
        return failures

    def owns(self, pid: int) -> bool:
        """Whether a living process was started with this platform's state, by a service or by its child."""
        return processes.mark(pid) is not None and processes.variable(pid, "SLUICE_STATE") == str(self.state)

    def started_at(self, name: str) -> float:
        """When a service was last started, in seconds of the clock; 0 where it never was."""
        path = self._files().path(name)
        return path.stat().st_mtime if path.exists() else 0.0

    def environment(self) -> dict[str, str]:
        """The variables for whatever is to work with these services, with absolute paths."""
        known = self._files().read_ports()
        chosen = {
            service.name: {port.name: known.get(service.name, {}).get(port.name, port.usual) for port in service.ports}
            for service in self._services.values()
        }
        return environment.variables(self.state, chosen)

    def _start(self, wanted: list[Service]) -> list[ServiceFailed]:
        """One attempt: choose ports, end what is out of date, start what is missing, wait."""
        files = self._files()
        lifecycle = Lifecycle(self.state, files)
        running = [s.name for s in self._services.values() if (run := files.read(s.name)) and run.is_alive]
        for service in self._services.values():
            run = files.read(service.name)
            if run and service.name not in running:
                lifecycle.end_leftovers(run)
        chosen = ports.choose(self._services.values(), files.read_ports(), running, self._any_port)
        files.write_ports(chosen)
        variables = environment.variables(self.state, chosen)
        self._prepare(chosen)
        return Starter(lifecycle, files, chosen, variables, self._say).start(wanted)

    def _prepare(self, chosen: dict[str, Ports]) -> None:
        """What must be there before the first service: the credentials, and Dagster's instance."""
        address = f"http://{ports.HOST}:{chosen['auth']['port']}"
        write_service_account_key(environment.credentials_file(self.state), self.state / "auth", address, PROJECT)
        home = self.state / "dagster"
        home.mkdir(exist_ok=True)
        settings = ROOT / "orchestration" / "dagster.yaml"
        if settings.exists():
            shutil.copyfile(settings, home / "dagster.yaml")

    def _stop(self, services: list[Service]) -> None:
        lifecycle = Lifecycle(self.state, self._files())
        failures: list[ServiceFailed] = []
        for level in reversed(_levels(services)):
            with ThreadPoolExecutor(len(level)) as pool:
                for future in [pool.submit(lifecycle.end, service.name) for service in level]:
                    if isinstance(error := future.exception(), ServiceFailed):
                        failures.append(error)
                    elif error:
                        raise error
        if failures:
            raise UpFailed(failures)

    def _lost_a_port(self, failures: list[ServiceFailed]) -> bool:
        """Whether some failed service's port is held by somebody else."""
        known, files = self._files().read_ports(), self._files()
        for failure in failures:
            run = files.read(failure.name)
            alive = run is not None and run.is_alive
            if not alive and not all(ports.is_free(number) for number in known.get(failure.name, {}).values()):
                self._say(f"{failure.name}: its port was taken meanwhile; trying another one")
                return True
        return False

    def _usual(self) -> list[str]:
        """What is started when no names are given."""
        return [one.name for one in self._services.values() if not one.is_platform and not one.is_on_demand]

    def _service(self, name: str) -> Service:
        if name not in self._services:
            raise SupervisorError(f"there is no service {name!r}; there are: {', '.join(self._services)}")
        return self._services[name]

    def _with_needs(self, names: Iterable[str]) -> list[Service]:
        """The services with all that they need, in the order of the list."""
        wanted: set[str] = set()
        waiting = list(names)
        while waiting:
            service = self._service(waiting.pop())
            if service.name not in wanted:
                wanted.add(service.name)
                waiting.extend(service.needs)
        return [service for service in self._services.values() if service.name in wanted]

    def _files(self) -> RunFiles:
        return RunFiles(self.state)


def _levels(services: list[Service]) -> list[list[Service]]:
    """The services in groups, each of which needs only services of the groups before it."""
    names = {service.name for service in services}
    levels: list[list[Service]] = []
    placed: set[str] = set()
    while len(placed) < len(names):
        level = [s for s in services if s.name not in placed and set(s.needs) & names <= placed]
        levels.append(level)
        placed |= {service.name for service in level}
    return levels


def _status(service: Service, files: RunFiles, log: Path) -> Status:
    run = files.read(service.name)
    if run is None:
        return Status(service.name, "stopped", None, {}, log)
    if not run.is_alive:
        return Status(service.name, "died", None, run.ports, log)
    state = "running" if health.is_ready(service.health, run.ports) else "unhealthy"
    return Status(service.name, state, run.pid, run.ports, log)
