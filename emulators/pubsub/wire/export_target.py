"""What an export needs of the place where it writes messages."""

from typing import NamedTuple, Protocol

from emulators.pubsub.state.batch import Delivery
from emulators.pubsub.wire.http_call import Answer

_STATES = {200: "ACTIVE", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}


def state_of(answer: Answer, service: str) -> str:
    """The state of a subscription whose target gave this answer. OSError: another time it may be another one."""
    if answer.status not in _STATES:
        raise OSError(f"{service}: {answer.message}")
    return _STATES[answer.status]


class Written(NamedTuple):
    """Ack ids of messages that are written now, and (ack id, reason) of those that cannot be."""

    acknowledged: list[str]
    refused: list[tuple[str, str]]


class Target(Protocol):
    """Where a subscription's messages are written. The methods that wait raise OSError when nobody answers."""

    async def look(self) -> tuple[str, str]:
        """(state, what is wrong) of the target; the state is ACTIVE where it can be written to."""

    async def write(self, deliveries: list[Delivery]) -> Written | None:
        """Writes messages, or keeps them to be written with others; None: it has changed, and must be looked at."""

    def due(self) -> float | None:
        """Seconds until what is kept must be written; None: nothing is kept."""

    def forget(self) -> None:
        """Drops what is kept: its messages are delivered again."""
