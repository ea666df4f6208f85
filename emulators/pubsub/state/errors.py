"""An error that the service would answer: gRPC status name, message, and optionally its ErrorInfo."""

from collections.abc import Mapping


class PubsubError(Exception):
    """What is refused and why.

    Attributes:
        status: name of the gRPC status code (NOT_FOUND, INVALID_ARGUMENT, ...).
        message: the text that the caller sees.
        reason, metadata: google.rpc.ErrorInfo of the domain pubsub.googleapis.com; no ErrorInfo when reason is "".
    """

    def __init__(self, status: str, message: str, reason: str = "", metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message
        self.reason = reason
        self.metadata = dict(metadata or {})


class DamagedState(Exception):
    """The state folder holds something that cannot be read; the message names the file and what to do."""


def not_found(name: str) -> PubsubError:
    """NOT_FOUND for a resource, by the last part of its name, as the service writes it."""
    return PubsubError("NOT_FOUND", f"Resource not found (resource={name.rpartition('/')[2]}).")


def already_exists(name: str) -> PubsubError:
    """ALREADY_EXISTS for a resource."""
    return PubsubError(
        "ALREADY_EXISTS", f"Resource already exists in the project (resource={name.rpartition('/')[2]})."
    )


def invalid(message: str) -> PubsubError:
    """INVALID_ARGUMENT."""
    return PubsubError("INVALID_ARGUMENT", message)


def failed_precondition(message: str) -> PubsubError:
    """FAILED_PRECONDITION."""
    return PubsubError("FAILED_PRECONDITION", message)


def unsupported(what: str) -> PubsubError:
    """UNIMPLEMENTED: the service could do it, the emulator does not."""
    return PubsubError("UNIMPLEMENTED", f"{what} is not supported by the Pub/Sub emulator.")


def check_range(field: str, value: int, low: int, high: int) -> None:
    """INVALID_ARGUMENT, in the service's words, when a number is not within [low, high]."""
    if value < low:
        raise invalid(
            f"The value for {field} is too small. You passed {value} in the request, but the minimum value is {low}."
        )
    if value > high:
        raise invalid(
            f"The value for {field} is too large. You passed {value} in the request, but the maximum value is {high}."
        )
