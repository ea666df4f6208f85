"""An error that the service tells its caller: HTTP status, BigQuery's reason, and a message that says what to do."""

from collections.abc import Sequence

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    413: "INVALID_ARGUMENT",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class ServiceError(Exception):
    """What went wrong, in the service's words.

    code is the HTTP status; reason is BigQuery's (invalid, invalidQuery, notFound, duplicate, notImplemented ...).
    """

    def __init__(
        self, code: int, reason: str, message: str, location: str | None = None, more: Sequence[dict[str, str]] = ()
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.location = code, reason, message, location
        self.more = list(more)  # ErrorProtos of what led to it

    @property
    def proto(self) -> dict[str, str]:
        """An ErrorProto, as in a job's errorResult."""
        found = {"reason": self.reason, "message": self.message}
        return found | ({"location": self.location} if self.location else {})

    @property
    def body(self) -> dict[str, object]:
        """The body of a REST error response."""
        detail = {"message": self.message, "domain": "global", "reason": self.reason}
        if self.location:
            place = ("q", "parameter") if self.location == "query" else (self.location, "other")
            detail |= dict(zip(("location", "locationType"), place, strict=True))
        status = _STATUS.get(self.code, "UNKNOWN")
        return {"error": {"code": self.code, "message": self.message, "errors": [detail], "status": status}}


def invalid(message: str, location: str | None = None) -> ServiceError:
    """A request or a value that is not acceptable: 400 invalid."""
    return ServiceError(400, "invalid", message, location)


def bad_request(message: str) -> ServiceError:
    """A request that is no request of this service, refused before BigQuery sees it: 400 badRequest."""
    return ServiceError(400, "badRequest", message)


def not_found(what: str, name: str) -> ServiceError:
    """404: `what` is Dataset, Table, Job ...; name is project:dataset.table."""
    return ServiceError(404, "notFound", f"Not found: {what} {name}")


def duplicate(what: str, name: str) -> ServiceError:
    """409: it exists already."""
    return ServiceError(409, "duplicate", f"Already Exists: {what} {name}")


def not_implemented(what: str) -> ServiceError:
    """501: this emulator refuses what it cannot do as BigQuery does it."""
    return ServiceError(501, "notImplemented", f"{what} is not supported by this emulator.")
