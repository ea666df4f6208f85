"""The issuer's public key, in the two forms in which Google publishes its own."""

import base64
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from emulators.auth.state.keys import Key


def x509_by_key_id(key: Key) -> dict[str, str]:
    """/oauth2/v1/certs: a self-signed certificate under the key's name."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sluice-local")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.private.public_key())
        .serial_number(int(key.key_id, 16) >> 1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .sign(key.private, SHA256())
    )
    return {key.key_id: certificate.public_bytes(Encoding.PEM).decode()}


def key_set(key: Key) -> dict[str, list[dict[str, str]]]:
    """/oauth2/v3/certs: a JSON Web Key Set (RFC 7517)."""
    numbers = key.private.public_key().public_numbers()
    fixed = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": key.key_id}
    return {"keys": [fixed | {"n": _number(numbers.n), "e": _number(numbers.e)}]}


def _number(value: int) -> str:
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
