"""TIMESTAMP: constructors, Unix time, formatting and parsing."""

from emulators.bigquery.sql.functions.registry import SCALARS, table

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
    TIMESTAMP_SECONDS(INT64) -> TIMESTAMP = make_timestamptz({0} * 1000000)
    TIMESTAMP_MILLIS(INT64) -> TIMESTAMP = make_timestamptz({0} * 1000)
    TIMESTAMP_MICROS(INT64) -> TIMESTAMP = make_timestamptz({0})
    TIMESTAMP_FROM_UNIX_SECONDS(INT64) -> TIMESTAMP = make_timestamptz({0} * 1000000)
    TIMESTAMP_FROM_UNIX_MILLIS(INT64) -> TIMESTAMP = make_timestamptz({0} * 1000)
    TIMESTAMP_FROM_UNIX_MICROS(INT64) -> TIMESTAMP = make_timestamptz({0})
    UNIX_SECONDS(TIMESTAMP) -> INT64 = CAST(floor(epoch_us({0}) / 1000000) AS BIGINT)
    UNIX_MILLIS(TIMESTAMP) -> INT64 = CAST(floor(epoch_us({0}) / 1000) AS BIGINT)
    UNIX_MICROS(TIMESTAMP) -> INT64 = epoch_us({0})
    STRING(TIMESTAMP) -> STRING = bq.timestamp_text({0})
    STRING(TIMESTAMP, STRING) -> STRING = bq.timestamp_text_in({0}, {1})
    STRING(DATE) -> STRING = bq.date_text({0})
    STRING(DATETIME) -> STRING = bq.datetime_text({0})
    STRING(TIME) -> STRING = bq.time_text({0})
    STRING(JSON) -> STRING = bq.json_string({0})
    FORMAT_TIMESTAMP(STRING, TIMESTAMP) -> STRING = bq.format_moment({0}, CAST({1} AS TIMESTAMP), 'UTC')
    FORMAT_TIMESTAMP(STRING, TIMESTAMP, STRING) -> STRING = bq_format_moment(epoch_us({1}), {0}, {2})
    PARSE_TIMESTAMP(STRING, STRING) -> TIMESTAMP = make_timestamptz(bq_parse_moment({0}, {1}, 'UTC'))
    PARSE_TIMESTAMP(STRING, STRING, STRING) -> TIMESTAMP = make_timestamptz(bq_parse_moment({0}, {1}, {2}))
    """,
)
