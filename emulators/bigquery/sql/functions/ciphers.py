"""What is encrypted with a keyset: by AES-GCM, or by AES-SIV where equal texts shall give equal bytes.

As Tink writes it: the key's prefix, then the nonce that AES-GCM needs, then what the cipher gives.
"""

import secrets
from collections.abc import Callable
from typing import Any

from emulators.bigquery.sql.functions.keysets import Key, decode

_NONCE = 12


def _cipher(key: Key) -> Any:
    # Imported at the first use: it takes longer than all of this room's other modules.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

    return (AESGCM if key.kind == "AesGcmKey" else AESSIV)(key.secret)


def _encrypt(keyset: bytes, plain: bytes, more: bytes, kind: str, name: str) -> bytes:
    found = decode(keyset, name)
    key = next(key for key in found.keys if key.id == found.primary)
    if key.kind != kind:
        raise ValueError(f"{name} failed: the primary key of the keyset is of another type")
    if kind == "AesSivKey":
        return bytes(key.prefix + _cipher(key).encrypt(plain, [more]))
    nonce = secrets.token_bytes(_NONCE)
    return bytes(key.prefix + nonce + _cipher(key).encrypt(nonce, plain, more))


def _decrypt(keyset: bytes, encrypted: bytes, more: bytes, kind: str, name: str) -> bytes:
    from cryptography.exceptions import InvalidTag

    for key in decode(keyset, name).keys:
        if key.status != 1 or key.kind != kind or not encrypted.startswith(key.prefix):
            continue
        rest = encrypted[len(key.prefix) :]
        try:
            if kind == "AesSivKey":
                return bytes(_cipher(key).decrypt(rest, [more]))
            return bytes(_cipher(key).decrypt(rest[:_NONCE], rest[_NONCE:], more))
        except (InvalidTag, ValueError):
            continue
    raise ValueError(f"{name} failed: no key of the keyset decrypts this ciphertext with this additional data")


def aead_encrypt(keyset: bytes, plain: bytes, more: bytes) -> bytes:
    return _encrypt(keyset, plain, more, "AesGcmKey", "AEAD.ENCRYPT")


def aead_decrypt(keyset: bytes, encrypted: bytes, more: bytes) -> bytes:
    return _decrypt(keyset, encrypted, more, "AesGcmKey", "AEAD.DECRYPT")


def deterministic_encrypt(keyset: bytes, plain: bytes, more: bytes) -> bytes:
    return _encrypt(keyset, plain, more, "AesSivKey", "DETERMINISTIC_ENCRYPT")


def deterministic_decrypt(keyset: bytes, encrypted: bytes, more: bytes) -> bytes:
    return _decrypt(keyset, encrypted, more, "AesSivKey", "DETERMINISTIC_DECRYPT")


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (aead_encrypt, ("BLOB", "BLOB", "BLOB"), "BLOB"),
    (aead_decrypt, ("BLOB", "BLOB", "BLOB"), "BLOB"),
    (deterministic_encrypt, ("BLOB", "BLOB", "BLOB"), "BLOB"),
    (deterministic_decrypt, ("BLOB", "BLOB", "BLOB"), "BLOB"),
)
RANDOM = ("aead_encrypt",)
