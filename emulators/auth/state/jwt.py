"""JSON Web Tokens signed with RSA and SHA-256 (RFC 7519, RS256), the one form that Google's accounts use."""

import base64
import binascii
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

Claims = dict[str, Any]


class InvalidTokenError(Exception):
    """The text is not a token, or not one that the key has signed."""


def sign(claims: Claims, key: RSAPrivateKey, key_id: str) -> str:
    """The signed token of some claims."""
    header = {"alg": "RS256", "typ": "JWT", "kid": key_id}
    text = f"{_encode(json.dumps(header).encode())}.{_encode(json.dumps(claims).encode())}"
    return f"{text}.{_encode(key.sign(text.encode(), padding.PKCS1v15(), SHA256()))}"


def read(token: str) -> tuple[Claims, Claims]:
    """Header and claims, without a look at the signature; InvalidTokenError where there are none."""
    parts = token.split(".")
    if len(parts) != 3:
        raise InvalidTokenError("a token has three parts")
    try:
        header, claims = (json.loads(_decode(part)) for part in parts[:2])
    except (ValueError, binascii.Error) as error:
        raise InvalidTokenError(f"not JSON in base64: {error}") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise InvalidTokenError("header and claims must be JSON objects")
    return header, claims


def verify(token: str, key: RSAPublicKey) -> Claims:
    """The claims of a token that this key has signed with RS256; InvalidTokenError otherwise."""
    header, claims = read(token)
    if header.get("alg") != "RS256":
        raise InvalidTokenError(f"the algorithm must be RS256, not {header.get('alg')!r}")
    text, _, signature = token.rpartition(".")
    try:
        key.verify(_decode(signature), text.encode(), padding.PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error) as error:
        raise InvalidTokenError("the signature does not match") from error
    return claims


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
