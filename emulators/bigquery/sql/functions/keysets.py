"""Keysets as Google's Tink library writes them, of AES-GCM keys and of AES-SIV keys."""

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from emulators.varints import varint

_URL = "type.googleapis.com/google.crypto.tink."
_KINDS = {"AEAD_AES_GCM_256": ("AesGcmKey", 32), "DETERMINISTIC_AEAD_AES_SIV_CMAC_256": ("AesSivKey", 64)}
_VALUE_FIELD = {"AesGcmKey": 3, "AesSivKey": 2}  # where a key's protocol buffer has its bytes
_STATUS = {1: "ENABLED", 2: "DISABLED", 3: "DESTROYED"}
_PREFIX = {1: "TINK", 3: "RAW"}


@dataclass(frozen=True)
class Key:
    """One key; tink: whether what it encrypts begins with its id."""

    id: int
    kind: str
    secret: bytes
    status: int = 1
    tink: bool = True

    @property
    def prefix(self) -> bytes:
        return b"\x01" + self.id.to_bytes(4, "big") if self.tink else b""


@dataclass(frozen=True)
class Keyset:
    """Keys, of which the primary one encrypts."""

    primary: int
    keys: tuple[Key, ...]

    def encode(self) -> bytes:
        return _number(1, self.primary) + b"".join(_bytes(2, _encoded(key)) for key in self.keys)

    def with_key(self, kind: str, secret: bytes, tink: bool = True) -> "Keyset":
        """One more key, under an id of its own."""
        known = {key.id for key in self.keys}
        new = next(n for n in iter(lambda: secrets.randbelow(2**32 - 1) + 1, 0) if n not in known)
        return replace(self, keys=(*self.keys, Key(new, kind, secret, tink=tink)))


def _number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(value)) + value


def _encoded(key: Key) -> bytes:
    value = _bytes(_VALUE_FIELD[key.kind], key.secret)
    data = _bytes(1, (_URL + key.kind).encode()) + _bytes(2, value) + _number(3, 1)  # 1: symmetric
    return _bytes(1, data) + _number(2, key.status) + _number(3, key.id) + _number(4, 1 if key.tink else 3)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a protocol buffer of numbers and bytes."""
    at = 0

    def varint() -> int:
        nonlocal at
        shift = number = 0
        while True:
            byte = data[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 2:
            size = varint()
            if at + size > len(data):
                raise ValueError
            at += size
            yield tag >> 3, data[at - size : at]
        else:
            raise ValueError


def _key(data: bytes) -> Key:
    fields = dict(_fields(data))
    about = dict(_fields(fields[1]))
    kind = about[1].decode().removeprefix(_URL)
    if kind not in _VALUE_FIELD:
        raise ValueError
    secret = dict(_fields(about[2]))[_VALUE_FIELD[kind]]
    return Key(fields[3], kind, secret, fields[2], _PREFIX[fields[4]] == "TINK")


def decode(data: bytes, function: str) -> Keyset:
    """A keyset from its bytes; ValueError when they are none that is understood here."""
    try:
        fields = list(_fields(data))
        found = Keyset(next(v for f, v in fields if f == 1), tuple(_key(v) for f, v in fields if f == 2))
        if found.primary not in {key.id for key in found.keys if key.status == 1}:
            raise ValueError
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, StopIteration) as error:
        raise ValueError(f"{function} failed: the keyset is not a serialized google.crypto.tink.Keyset of AES-GCM or "
                         "AES-SIV keys") from error  # fmt: skip
    return found


def _fresh(kind: str, function: str) -> tuple[str, bytes]:
    if kind not in _KINDS:
        raise ValueError(f"{function} failed: unsupported key type {kind}; use one of {', '.join(_KINDS)}")
    name, size = _KINDS[kind]
    return name, secrets.token_bytes(size)


def keys_new_keyset(kind: str) -> bytes:
    keyset = Keyset(0, ()).with_key(*_fresh(kind, "KEYS.NEW_KEYSET"))
    return replace(keyset, primary=keyset.keys[0].id).encode()


def keys_rotate_keyset(keyset: bytes, kind: str) -> bytes:
    found = decode(keyset, "KEYS.ROTATE_KEYSET").with_key(*_fresh(kind, "KEYS.ROTATE_KEYSET"))
    return replace(found, primary=found.keys[-1].id).encode()


def keys_add_key_from_raw_bytes(keyset: bytes, kind: str, raw: bytes) -> bytes:
    name = "KEYS.ADD_KEY_FROM_RAW_BYTES"
    if kind != "AES_GCM":
        raise ValueError(f"{name} failed: key type {kind} is not supported by this emulator; use AES_GCM")
    if len(raw) not in (16, 32):
        raise ValueError(f"{name} failed: a key of type AES_GCM has 16 or 32 bytes, but was given {len(raw)}")
    return decode(keyset, name).with_key("AesGcmKey", raw, tink=False).encode()


def keys_keyset_length(keyset: bytes) -> int:
    return len(decode(keyset, "KEYS.KEYSET_LENGTH").keys)


def keys_keyset_to_json(keyset: bytes) -> str:
    found = decode(keyset, "KEYS.KEYSET_TO_JSON")
    keys = [
        {
            "keyData": {
                "keyMaterialType": "SYMMETRIC", "typeUrl": _URL + key.kind,
                "value": base64.b64encode(_bytes(_VALUE_FIELD[key.kind], key.secret)).decode(),
            },
            "keyId": key.id, "outputPrefixType": "TINK" if key.tink else "RAW", "status": _STATUS[key.status],
        }
        for key in found.keys
    ]  # fmt: skip
    return json.dumps({"key": keys, "primaryKeyId": found.primary}, separators=(",", ":"))


def keys_keyset_from_json(text: str) -> bytes:
    name = "KEYS.KEYSET_FROM_JSON"
    try:
        given = json.loads(text)
        written = b"".join(_bytes(2, _from_json(key)) for key in given["key"])
        return decode(_number(1, int(given["primaryKeyId"])) + written, name).encode()
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{name} failed: the text is not the JSON of a keyset") from error


def _from_json(key: dict[str, Any]) -> bytes:
    data = key["keyData"]
    about = _bytes(1, data["typeUrl"].encode()) + _bytes(2, base64.b64decode(data["value"])) + _number(3, 1)
    numbers = [_number_of(_STATUS, key["status"]), int(key["keyId"]), _number_of(_PREFIX, key["outputPrefixType"])]
    return _bytes(1, about) + b"".join(_number(field, value) for field, value in enumerate(numbers, 2))


def _number_of(names: dict[int, str], name: str) -> int:
    return {text: number for number, text in names.items()}[name]


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (keys_new_keyset, ("VARCHAR",), "BLOB"),
    (keys_rotate_keyset, ("BLOB", "VARCHAR"), "BLOB"),
    (keys_add_key_from_raw_bytes, ("BLOB", "VARCHAR", "BLOB"), "BLOB"),
    (keys_keyset_length, ("BLOB",), "BIGINT"),
    (keys_keyset_to_json, ("BLOB",), "VARCHAR"),
    (keys_keyset_from_json, ("VARCHAR",), "BLOB"),
)
RANDOM = ("keys_new_keyset", "keys_rotate_keyset", "keys_add_key_from_raw_bytes")
