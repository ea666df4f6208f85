"""Errors in the form of the XML API (cloud.google.com/storage/docs/xml-api/reference-status)."""

from xml.sax.saxutils import escape

from starlette.responses import Response

from emulators.storage.state.errors import StorageError

_CODES = {
    "notFound": ("NoSuchKey", "The specified key does not exist."),
    "conditionNotMet": ("PreconditionFailed", "At least one of the pre-conditions you specified did not hold."),
    "requestedRangeNotSatisfiable": ("InvalidRange", "The requested range cannot be satisfied."),
    "noSuchUpload": ("NoSuchUpload", "The requested upload was not found."),
    "invalidPart": ("InvalidPart", "One or more of the specified parts could not be found."),
    "invalidPartOrder": ("InvalidPartOrder", "The list of parts was not in ascending order."),
    "entityTooSmall": ("EntityTooSmall", "Your proposed upload is smaller than the minimum object size."),
    "entityTooLarge": ("EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size."),
    "invalidPolicyDocument": ("InvalidPolicyDocument", "The content of the form does not meet the policy."),
    "expiredPolicy": ("PolicyExpired", "The policy document has expired."),
    "badContent": ("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data."),
    "conflict": ("Conflict", "A conflicting operation is in the way."),
    "malformedXml": ("MalformedXML", "The XML you provided was not well-formed."),
    "expired": ("ExpiredToken", "Invalid argument."),
    "invalid": ("InvalidArgument", "Invalid argument."),
    "invalidParameter": ("InvalidArgument", "Invalid argument."),
    "badRequest": ("InvalidArgument", "Invalid argument."),
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
_DIGESTS = {"md5Hash": "BadDigest", "crc32c": "CrcMismatch"}
_CONFLICTS = {
    "The bucket you tried to delete": ("BucketNotEmpty", "The bucket you tried to delete is not empty."),
    "Your previous request": ("BucketAlreadyOwnedByYou", "Your previous request to create the bucket succeeded."),
}
_NO_BUCKET = "The specified bucket does not exist."


def code_and_message(error: StorageError) -> tuple[str, str]:
    """The words of the XML API for an error, which are of a fixed set."""
    if error.message == _NO_BUCKET:
        return "NoSuchBucket", _NO_BUCKET
    for start, words in _CONFLICTS.items():
        if error.code == 409 and error.message.startswith(start):
            return words
    if error.reason == "invalid" and error.location in _DIGESTS:
        return _DIGESTS[error.location], "What was sent does not have the checksum that was announced."
    if error.reason in _SAME_NAMES:
        return error.reason[0].upper() + error.reason[1:], error.message
    return _CODES.get(error.reason, ("NotImplemented", "This feature is not supported."))


def xml_error(error: StorageError, method: str) -> Response:
    """The response; the details say what is wrong."""
    code, message = code_and_message(error)
    details = f"<Details>{escape(error.message)}</Details>" if error.message != message else ""
    body = (
        "<?xml version='1.0' encoding='UTF-8'?>"
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>{details}</Error>"
    )
    headers = {"Content-Type": "application/xml; charset=UTF-8"} | dict(error.headers)
    return Response(b"" if method == "HEAD" else body.encode(), error.code, headers=headers)
