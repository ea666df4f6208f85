"""What can go wrong with a service, said so that a person knows where to look."""

from dataclasses import dataclass
from pathlib import Path

LINES = 15


class SupervisorError(Exception):
    """A command that could not do its work."""


@dataclass
class ServiceFailed(SupervisorError):
    """A service did not start, or is not started because another one did not."""

    name: str
    reason: str
    log: Path | None = None
    log_start: int = 0

    def __str__(self) -> str:
        text = f"{self.name}: {self.reason}"
        if self.log is None:
            return text
        lines = [f"    {line}" for line in self._last_lines()] or ["    (it has written nothing)"]
        return "\n".join([text, f"  its log: {self.log}, which ends", *lines])

    def _last_lines(self) -> list[str]:
        if self.log is None or not self.log.exists():
            return []
        with self.log.open("rb") as file:
            file.seek(self.log_start)
            return file.read().decode(errors="replace").splitlines()[-LINES:]


@dataclass
class UpFailed(SupervisorError):
    """Some services do not run; each failure is told by itself."""

    failures: list[ServiceFailed]

    def __str__(self) -> str:
        return "\n".join(str(failure) for failure in self.failures)
