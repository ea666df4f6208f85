"""Signed URLs, versions 4 and 2: their form and their time (cloud.google.com/storage/docs/authentication/signatures).

Who signed is not verified, as no caller is: everyone may do everything here.
"""

import re
import time
from calendar import timegm

from starlette.requests import Request

from emulators.storage.state import errors
from emulators.storage.state.errors import StorageError

VERSION_2 = ("GoogleAccessId", "Expires", "Signature")
_OF_S3 = ("AWSAccessKeyId", "Expires", "Signature")
SIGNATURES = frozenset((*VERSION_2, *_OF_S3))
_REQUIRED = ("Credential", "Date", "Expires", "SignedHeaders", "Signature")
_ALGORITHMS = {"X-Goog-": ("GOOG4-RSA-SHA256", "GOOG4-HMAC-SHA256"), "X-Amz-": ("AWS4-HMAC-SHA256",)}
_WEEK = 7 * 24 * 3600
_CLOCK_SKEW = 15 * 60


def check_signed(request: Request) -> None:
    """StorageError 400 for a signed URL that is malformed or expired, or sent without a header that it signs."""
    query = request.query_params
    if "AWSAccessKeyId" in query:
        _check_version_2(request, _OF_S3)
    elif any(name in query for name in VERSION_2):
        _check_version_2(request, VERSION_2)
    for prefix in _ALGORITHMS:
        if f"{prefix}Algorithm" in query or f"{prefix}Signature" in query:
            _check_version_4(request, prefix)


def _check_version_4(request: Request, prefix: str) -> None:
    query = request.query_params
    values = {name: query.get(prefix + name, "") for name in _REQUIRED}
    missing = [prefix + name for name, value in values.items() if not value]
    if query.get(f"{prefix}Algorithm") not in _ALGORITHMS[prefix] or missing:
        raise errors.invalid(f"Malformed signed URL: {', '.join(missing) or f'{prefix}Algorithm'}")
    unsent = [name for name in values["SignedHeaders"].split(";") if name not in request.headers]
    if unsent:
        raise errors.invalid(f"Header was included in signedheaders, but not in the request: {', '.join(unsent)}")
    _check_time(values["Date"], values["Expires"])


def _check_version_2(request: Request, names: tuple[str, str, str]) -> None:
    values = {name: request.query_params.get(name, "") for name in names}
    if not all(values.values()) or not re.fullmatch(r"\d{1,12}", values["Expires"]):
        raise errors.invalid(f"Malformed signed URL: {', '.join(names)} (seconds since 1970) belong together")
    if int(values["Expires"]) < time.time():
        raise StorageError(400, "expired", f"The signed URL was valid until {values['Expires']}.")


def _check_time(date: str, seconds: str) -> None:
    if not re.fullmatch(r"\d{8}T\d{6}Z", date) or not re.fullmatch(r"\d{1,6}", seconds) or int(seconds) > _WEEK:
        raise errors.invalid(f"Malformed signed URL: X-Goog-Date={date}, X-Goog-Expires={seconds} (at most {_WEEK})")
    try:
        start = timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise errors.invalid(f"Malformed signed URL: X-Goog-Date={date}") from None
    if start - _CLOCK_SKEW > time.time():
        raise errors.invalid(f"The signed URL is not valid before {date}.")
    if start + int(seconds) < time.time():
        raise StorageError(400, "expired", f"The signed URL was valid for {seconds} s from {date}.")
