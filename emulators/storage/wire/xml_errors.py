"""Errors in the form of the XML API (cloud.google.com/storage/docs/xml-api/reference-status)."""

from xml.sax.saxutils import escape

from starlette.responses import Response

from emulators.storage.state.errors import StorageError

_CODES = {
    "notFound": ("NoSuchKey", "The specified key does not exist."),
    "conditionNotMet": ("PreconditionFailed", "At least one of the pre-conditions you specified did not hold."),
    "rangeNotSatisfiable": ("InvalidRange", "The requested range cannot be satisfied."),
    "noSuchUpload": ("NoSuchUpload", "The requested upload was not found."),
    "invalidPart": ("InvalidPart", "One or more of the specified parts could not be found."),
    "invalidPartOrder": ("InvalidPartOrder", "The list of parts was not in ascending order."),
    "entityTooSmall": ("EntityTooSmall", "Your proposed upload is smaller than the minimum object size."),
    "malformedXml": ("MalformedXML", "The XML you provided was not well-formed."),
    "expired": ("ExpiredToken", "Invalid argument."),
    "invalid": ("InvalidArgument", "Invalid argument."),
    "required": ("InvalidArgument", "Invalid argument."),
    "forbidden": ("AccessDenied", "Access denied."),
    "backendError": ("ServiceUnavailable", "Service unavailable. Please retry."),
    "internalError": ("InternalError", "We encountered an internal error. Please try again."),
}
# What the XML API calls as the JSON API does, but for the capital.
_SAME_NAMES = (
    "customerEncryptionAlgorithmIsInvalid",
    "customerEncryptionKeyFormatIsInvalid",
    "customerEncryptionKeyIsIncorrect",
    "customerEncryptionKeySha256IsInvalid",
    "resourceIsEncryptedWithCustomerEncryptionKey",
    "resourceNotEncryptedWithCustomerEncryptionKey",
    "objectUnderActiveHold",
    "retentionPolicyNotMet",
)
_NO_BUCKET = "The specified bucket does not exist."


def xml_error(error: StorageError, method: str) -> Response:
    """The response; the details say what is wrong, the code and the message are one of a fixed set."""
    code, message = _CODES.get(error.reason, ("NotImplemented", "This feature is not supported."))
    if error.reason in _SAME_NAMES:
        code, message = error.reason[0].upper() + error.reason[1:], error.message
    if error.message == _NO_BUCKET:
        code, message = "NoSuchBucket", _NO_BUCKET
    details = f"<Details>{escape(error.message)}</Details>" if error.message != message else ""
    body = (
        f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message>{details}</Error>"
    )
    headers = {"Content-Type": "application/xml; charset=UTF-8"} | dict(error.headers)
    return Response(b"" if method == "HEAD" else body.encode(), error.code, headers=headers)
