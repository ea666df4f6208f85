"""Functions of legacy SQL as templates of GoogleSQL, by the number of their arguments; {0} is the first argument.

What has no counterpart that gives the same (TOP, FIRST, QUANTILES, GROUP_CONCAT, which quotes its texts) is missing.
"""

_SAME = """
    ABS ACOS ACOSH ASIN ASINH ATAN ATANH ATAN2 AVG BIT_COUNT CEIL COALESCE CONCAT CORR COS COSH COUNT COVAR_POP
    COVAR_SAMP CUME_DIST CURRENT_TIMESTAMP DENSE_RANK EXP FLOOR GREATEST IF IFNULL IS_INF IS_NAN JSON_EXTRACT
    JSON_EXTRACT_SCALAR LAG LEAD LEAST LEFT LENGTH LN LOG LOG10 LOWER LPAD LTRIM MAX MIN NTILE PERCENT_RANK POW RAND
    RANK REGEXP_EXTRACT REGEXP_REPLACE REPLACE RIGHT ROUND ROW_NUMBER RPAD RTRIM SHA1 SIN SINH SQRT STDDEV STDDEV_POP
    STDDEV_SAMP SUBSTR SUM TAN TANH TIMESTAMP UPPER VARIANCE VAR_POP VAR_SAMP
"""
SAME = frozenset(_SAME.split())
_PARTS = ("YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "DAYOFWEEK", "DAYOFYEAR")
_MICROS = "UNIX_MICROS(TIMESTAMP_TRUNC(TIMESTAMP_MICROS({{0}}), {}))"

TEMPLATES: dict[tuple[str, int], str] = {
    **{(part, 1): f"EXTRACT({part} FROM {{0}})" for part in _PARTS},
    **{(f"UTC_USEC_TO_{part}", 1): _MICROS.format(part) for part in ("HOUR", "DAY", "MONTH", "YEAR")},
    ("REGEXP_MATCH", 2): "REGEXP_CONTAINS({0}, {1})",
    ("INSTR", 2): "STRPOS({0}, {1})",
    ("NVL", 2): "IFNULL({0}, {1})",
    ("LOG2", 1): "LOG({0}, 2)",
    ("PI", 0): "ACOS(-1)",
    ("RADIANS", 1): "(({0}) * ACOS(-1) / 180)",
    ("DEGREES", 1): "(({0}) * 180 / ACOS(-1))",
    ("EXACT_COUNT_DISTINCT", 1): "COUNT(DISTINCT {0})",
    ("GROUP_CONCAT_UNQUOTED", 1): "STRING_AGG({0})",
    ("GROUP_CONCAT_UNQUOTED", 2): "STRING_AGG({0}, {1})",
    ("CURRENT_DATE", 0): "FORMAT_DATE('%F', CURRENT_DATE())",
    ("CURRENT_TIME", 0): "FORMAT_TIME('%T', CURRENT_TIME())",
    ("NOW", 0): "UNIX_MICROS(CURRENT_TIMESTAMP())",
    ("DATE", 1): "FORMAT_TIMESTAMP('%F', {0})",
    ("TIME", 1): "FORMAT_TIMESTAMP('%T', {0})",
    ("DATEDIFF", 2): "DATE_DIFF(DATE({0}), DATE({1}), DAY)",
    ("FORMAT_UTC_USEC", 1): "FORMAT_TIMESTAMP('%F %H:%M:%E6S', TIMESTAMP_MICROS({0}))",
    ("STRFTIME_UTC_USEC", 2): "FORMAT_TIMESTAMP({1}, TIMESTAMP_MICROS({0}))",
    ("PARSE_UTC_USEC", 1): "UNIX_MICROS(TIMESTAMP({0}))",
    ("SEC_TO_TIMESTAMP", 1): "TIMESTAMP_SECONDS({0})",
    ("MSEC_TO_TIMESTAMP", 1): "TIMESTAMP_MILLIS({0})",
    ("USEC_TO_TIMESTAMP", 1): "TIMESTAMP_MICROS({0})",
    ("TIMESTAMP_TO_SEC", 1): "UNIX_SECONDS({0})",
    ("TIMESTAMP_TO_MSEC", 1): "UNIX_MILLIS({0})",
    ("TIMESTAMP_TO_USEC", 1): "UNIX_MICROS({0})",
    ("FORMAT_IP", 1): "NET.IP_TO_STRING(NET.IPV4_FROM_INT64({0}))",
    ("PARSE_IP", 1): "NET.IPV4_TO_INT64(NET.SAFE_IP_FROM_STRING({0}))",
}


def date_add(moment: str, count: str, unit: str) -> str | None:
    """DATE_ADD(moment, count, 'UNIT') of a TIMESTAMP; None for a unit that there is not."""
    if unit in ("'SECOND'", "'MINUTE'", "'HOUR'", "'DAY'"):
        return f"TIMESTAMP_ADD({moment}, INTERVAL {count} {unit[1:-1]})"
    if unit in ("'MONTH'", "'YEAR'"):
        return f"TIMESTAMP(DATETIME_ADD(DATETIME({moment}), INTERVAL {count} {unit[1:-1]}))"
    return None
