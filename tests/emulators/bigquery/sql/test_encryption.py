"""AEAD, DETERMINISTIC and KEYS functions: keysets and ciphertexts are Tink's, each row's random."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

from emulators.bigquery.sql.model import SqlError
from tests.emulators.bigquery.sql.conftest import Warehouse

GCM, SIV = "AEAD_AES_GCM_256", "DETERMINISTIC_AEAD_AES_SIV_CMAC_256"
MESSAGES = f"FROM (SELECT KEYS.NEW_KEYSET('{GCM}') AS k, KEYS.NEW_KEYSET('{SIV}') AS d)"


@pytest.mark.parametrize(("kind", "function"), [(GCM, "AEAD.ENCRYPT"), (SIV, "DETERMINISTIC_ENCRYPT")])
def test_the_bytes_are_tinks(warehouse: Warehouse, kind: str, function: str) -> None:
    warehouse.run(f"CREATE TABLE d.k AS SELECT KEYS.NEW_KEYSET('{kind}') AS k")
    ((text, sealed),) = warehouse.run(f"SELECT KEYS.KEYSET_TO_JSON(k), {function}(k, 'plain', 'more') FROM d.k")
    (key,) = json.loads(text)["key"]
    secret = base64.b64decode(key["keyData"]["value"])[2:]  # after the tag and the length
    assert sealed[:5] == b"\x01" + key["keyId"].to_bytes(4, "big") and len(secret) == (32 if kind == GCM else 64)
    opened = (
        AESGCM(secret).decrypt(sealed[5:17], sealed[17:], b"more") if kind == GCM
        else AESSIV(secret).decrypt(sealed[5:], [b"more"])
    )  # fmt: skip
    assert opened == b"plain"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"AEAD.DECRYPT_STRING(k, AEAD.ENCRYPT(k, 'é', 'a'), 'a') {MESSAGES}", "é"),
        (f"AEAD.DECRYPT_BYTES(k, AEAD.ENCRYPT(k, b'x', b''), b'') {MESSAGES}", b"x"),
        (f"DETERMINISTIC_DECRYPT_STRING(d, DETERMINISTIC_ENCRYPT(d, 'x', 'a'), 'a') {MESSAGES}", "x"),
        (f"DETERMINISTIC_ENCRYPT(d, 'x', 'a') = DETERMINISTIC_ENCRYPT(d, 'x', 'a') {MESSAGES}", True),
        (f"AEAD.DECRYPT_STRING(KEYS.ROTATE_KEYSET(k, '{GCM}'), AEAD.ENCRYPT(k, 'x', ''), '') {MESSAGES}", "x"),
        (f"KEYS.KEYSET_FROM_JSON(KEYS.KEYSET_TO_JSON(k)) = k {MESSAGES}", True),
        (f"KEYS.KEYSET_LENGTH(KEYS.ADD_KEY_FROM_RAW_BYTES(k, 'AES_GCM', b'0123456789abcdef')) {MESSAGES}", 2),
        (f"COUNT(DISTINCT k) FROM (SELECT KEYS.NEW_KEYSET('{GCM}') AS k FROM UNNEST([1, 2, 3]))", 3),
        (f"COUNT(DISTINCT AEAD.ENCRYPT(k, 'x', '')) {MESSAGES}, UNNEST([1, 2, 3])", 3),
        ("AEAD.ENCRYPT(NULL, 'x', '')", None),
        (f"SAFE.AEAD.DECRYPT_STRING(k, b'nonsense', '') {MESSAGES}", None),
    ],
)
def test_round_trips(warehouse: Warehouse, sql: str, expected: object) -> None:
    assert warehouse.run(f"SELECT {sql}") == [(expected,)]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (f"AEAD.DECRYPT_STRING(k, AEAD.ENCRYPT(k, 'x', 'a'), 'b') {MESSAGES}", "no key of the keyset decrypts"),
        (f"AEAD.ENCRYPT(d, 'x', 'a') {MESSAGES}", "primary key of the keyset is of another type"),
        ("AEAD.ENCRYPT(b'nonsense', 'x', '')", "not a serialized google.crypto.tink.Keyset"),
        ("KEYS.NEW_KEYSET('ROT13')", "unsupported key type ROT13"),
        ("KEYS.KEYSET_FROM_JSON('[]')", "not the JSON of a keyset"),
        (f"KEYS.ADD_KEY_FROM_RAW_BYTES(k, 'AES_GCM', b'short') {MESSAGES}", "has 16 or 32 bytes"),
        ("KEYS.KEYSET_CHAIN('gcp-kms://k', b'')", "needs Cloud KMS"),
    ],
)
def test_refusals(warehouse: Warehouse, sql: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(f"SELECT {sql}")
    assert message in raised.value.message
