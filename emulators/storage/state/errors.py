"""The one exception of the state layer: what Cloud Storage would answer.

Codes, reasons and messages follow the JSON API's reference ("HTTP status and error codes for JSON").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class StorageError(Exception):
    """A refusal: HTTP code, Google's reason word, message, the part of the request that caused it, more headers."""

    code: int
    reason: str
    message: str
    location_type: str = ""
    location: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code} {self.reason}: {self.message}"


def bucket_not_found() -> StorageError:
    return StorageError(404, "notFound", "The specified bucket does not exist.")


def object_not_found(bucket: str, name: str) -> StorageError:
    return StorageError(404, "notFound", f"No such object: {bucket}/{name}")


def condition_not_met(header: str = "If-Match") -> StorageError:
    message = "At least one of the pre-conditions you specified did not hold."
    return StorageError(412, "conditionNotMet", message, "header", header)


def not_modified() -> StorageError:
    """The answer to a read whose ...NotMatch condition failed; it has no body."""
    return StorageError(304, "notModified", "Not Modified")


def range_not_satisfiable(size: int) -> StorageError:
    headers = {"Content-Range": f"bytes */{size}"}
    return StorageError(416, "requestedRangeNotSatisfiable", "Request range not satisfiable", headers=headers)


def invalid(message: str, parameter: str = "") -> StorageError:
    return StorageError(400, "invalid", message, "parameter" if parameter else "", parameter)


def invalid_parameter(message: str, parameter: str) -> StorageError:
    """The refusal of a value in the query; `invalid` is that of one in a resource."""
    return StorageError(400, "invalidParameter", message, "parameter", parameter)


def required(parameter: str) -> StorageError:
    return StorageError(400, "required", f"Required parameter: {parameter}", "parameter", parameter)


def not_implemented(what: str) -> StorageError:
    """The refusal of everything this emulator does not do: never an answer that only looks right.

    400, because Google's Go client repeats every 5xx, 501 too, for as long as its caller waits.
    """
    return StorageError(400, "notImplemented", f"{what} is not supported by this emulator of Cloud Storage.")
