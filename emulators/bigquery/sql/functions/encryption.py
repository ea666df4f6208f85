"""AEAD, DETERMINISTIC and KEYS functions. Those that ask Cloud KMS for a key are refused."""

from typing import NoReturn

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.values import Scope
from emulators.bigquery.sql.functions.registry import SCALARS, rule, table
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.syntax import nodes

table(
    SCALARS,
    """
    ~ KEYS.NEW_KEYSET(STRING) -> BYTES = bq_keys_new_keyset({0})
    ~ KEYS.ROTATE_KEYSET(BYTES, STRING) -> BYTES = bq_keys_rotate_keyset({0}, {1})
    ~ KEYS.ADD_KEY_FROM_RAW_BYTES(BYTES, STRING, BYTES) -> BYTES = bq_keys_add_key_from_raw_bytes({0}, {1}, {2})
    KEYS.KEYSET_LENGTH(BYTES) -> INT64 = bq_keys_keyset_length({0})
    KEYS.KEYSET_TO_JSON(BYTES) -> STRING = bq_keys_keyset_to_json({0})
    KEYS.KEYSET_FROM_JSON(STRING) -> BYTES = bq_keys_keyset_from_json({0})
    ~ AEAD.ENCRYPT(BYTES, STRING, STRING) -> BYTES = bq_aead_encrypt({0}, encode({1}), encode({2}))
    ~ AEAD.ENCRYPT(BYTES, BYTES, BYTES) -> BYTES = bq_aead_encrypt({0}, {1}, {2})
    AEAD.DECRYPT_STRING(BYTES, BYTES, STRING) -> STRING = bq.bytes_to_string(bq_aead_decrypt({0}, {1}, encode({2})))
    AEAD.DECRYPT_BYTES(BYTES, BYTES, BYTES) -> BYTES = bq_aead_decrypt({0}, {1}, {2})
    DETERMINISTIC_ENCRYPT(BYTES, STRING, STRING) -> BYTES = bq_deterministic_encrypt({0}, encode({1}), encode({2}))
    DETERMINISTIC_ENCRYPT(BYTES, BYTES, BYTES) -> BYTES = bq_deterministic_encrypt({0}, {1}, {2})
    DETERMINISTIC_DECRYPT_STRING(BYTES, BYTES, STRING) -> STRING = bq.bytes_to_string(bq_deterministic_decrypt({0}, {1}, encode({2})))
    DETERMINISTIC_DECRYPT_BYTES(BYTES, BYTES, BYTES) -> BYTES = bq_deterministic_decrypt({0}, {1}, {2})
    """,  # noqa: E501
)


@rule("KEYS.KEYSET_CHAIN", "KEYS.NEW_WRAPPED_KEYSET", "KEYS.REWRAP_KEYSET", "KEYS.ROTATE_WRAPPED_KEYSET")
def wrapped(a: Analyzer, node: nodes.Call, scope: Scope) -> NoReturn:
    """What has a keyset unwrapped by Cloud KMS."""
    raise SqlError(f"{node.name} needs Cloud KMS and is not supported by this emulator", "notImplemented", 501)
