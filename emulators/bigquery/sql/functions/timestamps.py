"""TIMESTAMP: constructors, Unix time, formatting and parsing."""

import re

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.calls import arguments, no_function_signature
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.analysis.zones import default_zone
from emulators.bigquery.sql.functions.formatting import own_elements
from emulators.bigquery.sql.functions.registry import SCALARS, rule, table
from emulators.bigquery.sql.syntax import nodes

table(
    SCALARS,
    """
    CURRENT_TIMESTAMP() -> TIMESTAMP = now()
    TIMESTAMP(TIMESTAMP) -> TIMESTAMP = {0}
    TIMESTAMP(STRING) -> TIMESTAMP = bq.to_timestamp({0})
    TIMESTAMP(STRING, STRING) -> TIMESTAMP = bq.global(bq.to_datetime({0}), {1})
    TIMESTAMP(DATE) -> TIMESTAMP = CAST({0} AS TIMESTAMPTZ)
    TIMESTAMP(DATE, STRING) -> TIMESTAMP = bq.global(CAST({0} AS TIMESTAMP), {1})
    TIMESTAMP(DATETIME) -> TIMESTAMP = CAST({0} AS TIMESTAMPTZ)
    TIMESTAMP(DATETIME, STRING) -> TIMESTAMP = bq.global({0}, {1})
    TIMESTAMP_SECONDS(INT64) -> TIMESTAMP = bq.unix_timestamp({0}, 1)
    TIMESTAMP_MILLIS(INT64) -> TIMESTAMP = bq.unix_timestamp({0}, 1000)
    TIMESTAMP_MICROS(INT64) -> TIMESTAMP = bq.unix_timestamp({0}, 1000000)
    TIMESTAMP_FROM_UNIX_SECONDS(INT64) -> TIMESTAMP = bq.unix_timestamp({0}, 1)
    TIMESTAMP_FROM_UNIX_MILLIS(INT64) -> TIMESTAMP = bq.unix_timestamp({0}, 1000)
    TIMESTAMP_FROM_UNIX_MICROS(INT64) -> TIMESTAMP = bq.unix_timestamp({0}, 1000000)
    UNIX_SECONDS(TIMESTAMP) -> INT64 = CAST(floor(epoch_us({0}) / 1000000) AS BIGINT)
    UNIX_MILLIS(TIMESTAMP) -> INT64 = CAST(floor(epoch_us({0}) / 1000) AS BIGINT)
    UNIX_MICROS(TIMESTAMP) -> INT64 = epoch_us({0})
    STRING(TIMESTAMP) -> STRING = bq.timestamp_text({0})
    STRING(TIMESTAMP, STRING) -> STRING = bq.timestamp_text_in({0}, {1})
    STRING(DATE) -> STRING = bq.date_text({0})
    STRING(DATETIME) -> STRING = bq.datetime_text({0})
    STRING(TIME) -> STRING = bq.time_text({0})
    STRING(JSON) -> STRING = bq.json_string({0})
    PARSE_TIMESTAMP(STRING, STRING) -> TIMESTAMP = make_timestamptz(bq_parse_moment('TIMESTAMP', {0}, {1}, 'UTC'))
    PARSE_TIMESTAMP(STRING, STRING, STRING) -> TIMESTAMP = make_timestamptz(bq_parse_moment('TIMESTAMP', {0}, {1}, {2}))
    """,
)

# What is written in front of a value to make it a TIMESTAMP without zone.
_MOMENTS = {
    "DATE": "CAST({0} AS TIMESTAMP)",
    "DATETIME": "{0}",
    "TIME": "(DATE '1970-01-01' + {0})",
    "TIMESTAMP": "CAST({0} AS TIMESTAMP)",
}
_COMPOUND = (("%F", "%Y-%m-%d"), ("%T", "%H:%M:%S"), ("%R", "%H:%M"))
# Elements that DuckDB writes as BigQuery does, for years of four digits.
_SAME = re.compile(r"(?:[^%]|%[YmdHMSBbAajyIp])*")


@rule("FORMAT_DATE", "FORMAT_DATETIME", "FORMAT_TIME", "FORMAT_TIMESTAMP")
def format_moment(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """FORMAT_X(format, x[, zone]): by DuckDB where the format is a literal of common elements, else by our own
    function."""
    values = arguments(a, node, scope)
    kind = t.SIMPLE[node.name.removeprefix("FORMAT_")]
    if len(values) not in ((2, 3) if kind == t.TIMESTAMP else (2,)) or t.coerces(values[0].type, t.STRING) is None:
        no_function_signature(a, node, values)
    moment = values[1] if node.name == "FORMAT_DATE" and values[1].type.kind in ("DATETIME", "TIMESTAMP") else None
    if moment is None:
        if t.coerces(values[1].type, kind, values[1].literal) is None:
            no_function_signature(a, node, values)
        moment = coerce(a, values[1], kind)
    sql = _MOMENTS[moment.type.kind].format(moment.sql)
    given = coerce(a, values[2], t.STRING) if len(values) == 3 else default_zone(a)
    zone = given or Value("'UTC'", t.STRING)
    pattern, written = "%", f"bq_own_elements({values[0].sql}, '{moment.type.kind}')"
    if isinstance(values[0].raw, str):
        pattern = own_elements(values[0].raw, moment.type.kind)
        written = t.text(pattern)
    own = f"bq_format_moment(epoch_us({moment.sql if kind == t.TIMESTAMP else sql}), {written}, {zone.sql})"
    for element, parts in _COMPOUND:
        pattern = pattern.replace(element, parts)
    if given is not None and moment.type.kind == "TIMESTAMP":
        sql = f"bq.local({moment.sql}, {zone.sql})"
    if pattern and _SAME.fullmatch(pattern):
        own = f"CASE WHEN year({sql}) > 999 THEN strftime({sql}, {t.text(pattern)}) ELSE {own} END"
    return combine(own, t.STRING, *values)
