"""NET.*: URLs and IP addresses."""

from emulators.bigquery.sql.functions.registry import SCALARS, table

table(
    SCALARS,
    """
    NET.HOST(STRING) -> STRING = bq_host({0})
    NET.PUBLIC_SUFFIX(STRING) -> STRING = bq_public_suffix({0})
    NET.REG_DOMAIN(STRING) -> STRING = bq_reg_domain({0})
    NET.IP_FROM_STRING(STRING) -> BYTES = bq_ip_from_string({0})
    NET.SAFE_IP_FROM_STRING(STRING) -> BYTES = TRY(bq_ip_from_string({0}))
    NET.IP_TO_STRING(BYTES) -> STRING = bq_ip_to_string({0})
    NET.IP_NET_MASK(INT64, INT64) -> BYTES = bq_ip_net_mask({0}, {1})
    NET.IP_TRUNC(BYTES, INT64) -> BYTES = bq_ip_trunc({0}, {1})
    NET.IPV4_FROM_INT64(INT64) -> BYTES = bq_ipv4_from_int64({0})
    NET.IPV4_TO_INT64(BYTES) -> INT64 = bq_ipv4_to_int64({0})
    NET.IP_IN_NET(STRING, STRING) -> BOOL = bq_ip_in_net({0}, {1})
    """,
)
