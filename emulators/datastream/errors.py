"""Errors: those of the API, in Google's form, and those that stop a stream."""

from typing import Any

HTTP_CODES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "UNIMPLEMENTED": 501,
}
REASONS = {
    "INVALID_ARGUMENT": "badRequest",
    "FAILED_PRECONDITION": "failedPrecondition",
    "NOT_FOUND": "notFound",
    "ALREADY_EXISTS": "alreadyExists",
    "UNIMPLEMENTED": "notImplemented",
}


class ApiError(Exception):
    """A request is refused: `status` is one of google.rpc.Code's names."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message

    @property
    def code(self) -> int:
        """The HTTP status."""
        return HTTP_CODES[self.status]

    def body(self) -> dict[str, Any]:
        """The response's body."""
        detail = {"reason": REASONS[self.status], "domain": "global", "message": self.message}
        return {"error": {"code": self.code, "message": self.message, "errors": [detail], "status": self.status}}


def invalid(message: str) -> ApiError:
    """The request itself is wrong."""
    return ApiError("INVALID_ARGUMENT", message)


def precondition(message: str) -> ApiError:
    """The request is right and the world is not ready for it."""
    return ApiError("FAILED_PRECONDITION", message)


class StreamFailed(Exception):
    """The stream must stop: going on would lose or double changes. The message says what to do."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
