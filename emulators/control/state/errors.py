"""The one exception of the control plane: what the service would answer.

Codes and status words are those of google.rpc.Code and its mapping to HTTP (cloud.google.com/apis/design/errors).
"""

from dataclasses import dataclass

CODES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "CONDITION_NOT_MET": 412,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
}
REASONS = {
    "INVALID_ARGUMENT": "invalid",
    "FAILED_PRECONDITION": "failedPrecondition",
    "PERMISSION_DENIED": "forbidden",
    "NOT_FOUND": "notFound",
    "ALREADY_EXISTS": "alreadyExists",
    "ABORTED": "aborted",
    "CONDITION_NOT_MET": "conditionNotMet",
    "INTERNAL": "internalError",
    "UNIMPLEMENTED": "notImplemented",
}


@dataclass
class ControlError(Exception):
    """A refusal.

    Attributes:
        status: a key of CODES.
        message: for a person.
        violations: (path of the field, what is wrong with it), where the request's content is at fault.
        reason: the word of the older APIs (Compute, Cloud SQL, DNS) where it differs from that of the status.
    """

    status: str
    message: str
    violations: tuple[tuple[str, str], ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.status}: {self.message}"

    @property
    def code(self) -> int:
        """The HTTP status."""
        return CODES[self.status]


def invalid(field: str, message: str) -> ControlError:
    """A field's value cannot be."""
    return ControlError("INVALID_ARGUMENT", message, ((field, message),))


def not_found(name: str) -> ControlError:
    return ControlError("NOT_FOUND", f"Resource '{name}' was not found.")


def already_exists(name: str) -> ControlError:
    return ControlError("ALREADY_EXISTS", f"Resource '{name}' already exists.")


def failed_precondition(message: str) -> ControlError:
    return ControlError("FAILED_PRECONDITION", message)


def unimplemented(what: str) -> ControlError:
    """The refusal of everything that this control plane does not do: never an answer that only looks right."""
    return ControlError("UNIMPLEMENTED", f"{what} is not supported by this emulator.")
