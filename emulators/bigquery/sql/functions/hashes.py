"""Hash functions give BYTES; the fingerprint is a number; a sketch of hashes counts what is different."""

from emulators.bigquery.sql.functions.registry import SCALARS, table

table(
    SCALARS,
    """
    MD5(STRING) -> BYTES = unhex(md5({0}))
    MD5(BYTES) -> BYTES = unhex(md5({0}))
    SHA1(STRING) -> BYTES = unhex(sha1({0}))
    SHA1(BYTES) -> BYTES = unhex(sha1({0}))
    SHA256(STRING) -> BYTES = unhex(sha256({0}))
    SHA256(BYTES) -> BYTES = unhex(sha256({0}))
    SHA512(STRING) -> BYTES = bq_sha512(encode({0}))
    SHA512(BYTES) -> BYTES = bq_sha512({0})
    FARM_FINGERPRINT(STRING) -> INT64 = bq_farm_fingerprint(encode({0}))
    FARM_FINGERPRINT(BYTES) -> INT64 = bq_farm_fingerprint({0})
    HLL_COUNT.EXTRACT(BYTES) -> INT64 = bq_hll_extract({0})
    """,
)
