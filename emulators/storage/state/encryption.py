"""Customer-supplied encryption keys: the hash of a key is kept with the object, and asked for by whoever reads it.

Source: cloud.google.com/storage/docs/encryption/customer-supplied-keys. The bytes themselves are not encrypted.
"""

import base64
import binascii
import hashlib
from typing import Any

from emulators.storage.state import errors
from emulators.storage.state.errors import StorageError
from emulators.storage.state.model import ObjectVersion, Settings

ALGORITHM = "AES256"
_KEY_BYTES = 32


def hash_of(algorithm: str | None, key: str | None, sha256: str | None) -> str | None:
    """The hash of a key that a request brings, None for no key; StorageError 400 where its parts do not fit."""
    if (algorithm, key, sha256) == (None, None, None):
        return None
    if algorithm != ALGORITHM:
        message = f"Missing an encryption algorithm, or it is not {ALGORITHM}."
        raise StorageError(400, "customerEncryptionAlgorithmIsInvalid", message)
    secret = _decoded(key)
    if len(secret) != _KEY_BYTES:
        message = f"Missing an encryption key, or it is not {_KEY_BYTES} bytes in Base64."
        raise StorageError(400, "customerEncryptionKeyFormatIsInvalid", message)
    if _decoded(sha256) != hashlib.sha256(secret).digest():
        message = "Missing a SHA256 hash of the encryption key, or it is not Base64 encoded or of another key."
        raise StorageError(400, "customerEncryptionKeySha256IsInvalid", message)
    return base64.b64encode(hashlib.sha256(secret).digest()).decode()


def described(key_hash: str) -> Settings:
    """The setting `customerEncryption` of an object."""
    return {"encryptionAlgorithm": ALGORITHM, "keySha256": key_hash}


def check_setting(field: str, value: Any) -> None:
    """StorageError 400 unless a value is what `described` makes."""
    if not isinstance(value, dict) or not isinstance(value.get("keySha256"), str):
        raise errors.invalid(f"Invalid value for field {field}: {value!r}", field)


def key_hash_of(settings: Settings) -> str | None:
    found: str | None = (settings.get("customerEncryption") or {}).get("keySha256")
    return found


def check_key(version: ObjectVersion, key_hash: str | None, is_needed: bool = True) -> None:
    """StorageError 400 unless a request brings the key of a version; without one it passes where none `is_needed`."""
    own = key_hash_of(version.settings)
    if own is None and key_hash is not None:
        message = "The target object is not encrypted by a customer-supplied encryption key."
        raise StorageError(400, "resourceNotEncryptedWithCustomerEncryptionKey", message)
    if own is not None and key_hash is None and is_needed:
        message = "The target object is encrypted by a customer-supplied encryption key."
        raise StorageError(400, "resourceIsEncryptedWithCustomerEncryptionKey", message)
    if own is not None and key_hash not in (None, own):
        raise _incorrect()


def check_same(settings: Settings, key_hash: str | None) -> None:
    """StorageError 400 where a later request of an upload brings another key than the first."""
    if key_hash not in (None, key_hash_of(settings)):
        raise _incorrect()


def _incorrect() -> StorageError:
    return StorageError(400, "customerEncryptionKeyIsIncorrect", "The provided encryption key is incorrect.")


def _decoded(text: str | None) -> bytes:
    try:
        return base64.b64decode(text or "", validate=True)
    except (binascii.Error, ValueError):
        return b""
