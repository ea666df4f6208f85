"""Policy documents of HTML forms: what a form may upload, and until when.

Source: cloud.google.com/storage/docs/authentication/signatures#policy-document. Who signed is not verified.
"""

import base64
import binascii
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulators.storage.state import errors
from emulators.storage.state.errors import StorageError
from emulators.storage.state.times import microseconds

_FREE = ("policy", "file", "x-goog-signature", "signature", "googleaccessid", "x-amz-signature", "awsaccesskeyid")
"""Fields of which no condition has to speak; so do those that begin with x-ignore-."""


@dataclass(frozen=True)
class PostPolicy:
    """`least` and `most` are the sizes of a file that are taken."""

    conditions: list[tuple[str, str, str]]
    expiration: int
    least: int = 0
    most: int = 2**63

    def check(self, form: Mapping[str, str], bucket: str) -> None:
        """StorageError 400 where a form (by fields in lower case) is late or does not do as the policy says.

        The address names the bucket, whether a field does or not.
        """
        if self.expiration < time.time_ns() // 1000:
            raise StorageError(400, "expiredPolicy", "The policy has expired.")
        spoken = {field for _, field, _ in self.conditions}
        for field in form:
            if field not in spoken and field not in _FREE and not field.startswith("x-ignore-"):
                raise _violated(f"Policy did not reference these fields: {field}")
        for kind, field, value in self.conditions:
            found = bucket if field == "bucket" else form.get(field, "")
            if not (found == value if kind == "eq" else found.startswith(value)):
                raise _violated(f'Policy condition failed: ["{kind}", "${field}", "{value}"]')

    def check_size(self, size: int) -> None:
        """StorageError 400 for a file that is too small or too large."""
        if size < self.least:
            raise StorageError(400, "entityTooSmall", f"{size} bytes are fewer than the policy's {self.least}.")
        if size > self.most:
            raise StorageError(400, "entityTooLarge", f"{size} bytes are more than the policy's {self.most}.")


def read_policy(text: str) -> PostPolicy:
    """A policy from its Base64; StorageError 400 for none."""
    try:
        document = json.loads(base64.b64decode(text, validate=True))
        expiration = microseconds(document["expiration"])
        least, most = 0, 2**63
        conditions = []
        for condition in document["conditions"]:
            if isinstance(condition, dict):
                conditions += [("eq", field.lower(), _text(value)) for field, value in condition.items()]
            elif condition[0].lower() == "content-length-range":
                least, most = int(condition[1]), int(condition[2])
            else:
                kind, field, value = condition
                if kind.lower() not in ("eq", "starts-with") or not field.startswith("$"):
                    raise ValueError(condition)
                conditions.append((kind.lower(), field[1:].lower(), _text(value)))
    except (binascii.Error, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise StorageError(400, "invalidPolicyDocument", f"Invalid policy document: {error!r}") from None
    return PostPolicy(conditions, expiration, least, most)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def _violated(message: str) -> StorageError:
    return StorageError(400, "invalidPolicyDocument", message)


def check_signature_fields(form: Mapping[str, str]) -> None:
    """StorageError 400 for a policy that nobody signed, by any of the ways to sign."""
    ways = (
        ("x-goog-algorithm", "x-goog-credential", "x-goog-date", "x-goog-signature"),
        ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"),
        ("googleaccessid", "signature"),
        ("awsaccesskeyid", "signature"),
    )
    if not any(all(form.get(field) for field in way) for way in ways):
        raise errors.invalid("A policy needs x-goog-algorithm, x-goog-credential, x-goog-date and x-goog-signature.")
