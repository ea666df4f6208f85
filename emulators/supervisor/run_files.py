"""What was started: .sluice/run/<service>.json, one a service, and the ports, which are kept for the next time."""

import json
from dataclasses import dataclass
from pathlib import Path

from emulators.supervisor import processes

Ports = dict[str, int]


@dataclass(frozen=True)
class Run:
    """A process that was started.

    Attributes:
        ports: what it was told to listen on.
        addresses: the variables of its environment whose change makes it out of date.
        log_start: where in its log it begins, in bytes.
    """

    name: str
    pid: int
    mark: str
    ports: Ports
    addresses: dict[str, str]
    log_start: int

    @property
    def is_alive(self) -> bool:
        return processes.is_alive(self.pid, self.mark)


class RunFiles:
    """The folder run/ of a state directory."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "run"

    def path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def read(self, name: str) -> Run | None:
        """What was last started under this name, whether it lives or not."""
        try:
            return Run(**json.loads(self.path(name).read_text()))
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    def read_ports(self) -> dict[str, Ports]:
        """The ports of each service, as last chosen."""
        try:
            ports: dict[str, Ports] = json.loads((self._folder / "ports").read_text())
        except FileNotFoundError:
            return {}
        return ports

    def write_ports(self, ports: dict[str, Ports]) -> None:
        """Keep the ports; the first of a state directory makes the folder, before any service starts."""
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / "ports.new"
        temporary.write_text(json.dumps(ports, indent=2))
        temporary.replace(self._folder / "ports")


def text_without_end(name: str, ports: Ports, addresses: dict[str, str], log_start: int) -> str:
    """A run file's JSON up to the point where the process itself writes its pid and mark."""
    fields = {"name": name, "ports": ports, "addresses": addresses, "log_start": log_start}
    return json.dumps(fields)[:-1] + ", "
