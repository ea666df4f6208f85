"""@@time_zone: what a cast, a literal or a function means where no time zone is written."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.values import Value, combine
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.types import Type

# As cast_templates.CASTS, with the zone as {z}.
_CASTS = {
    ("STRING", "TIMESTAMP"): "bq.to_timestamp_in({0}, {z})",
    ("DATE", "TIMESTAMP"): "bq.global(CAST({0} AS TIMESTAMP), {z})",
    ("DATETIME", "TIMESTAMP"): "bq.global({0}, {z})",
    ("TIMESTAMP", "STRING"): "bq.timestamp_text_in({0}, {z})",
    ("TIMESTAMP", "DATE"): "CAST(bq.local({0}, {z}) AS DATE)",
    ("TIMESTAMP", "TIME"): "CAST(bq.local({0}, {z}) AS TIME)",
    ("TIMESTAMP", "DATETIME"): "bq.local({0}, {z})",
}
# Functions of which a signature with a zone stands beside the one without.
OPTIONAL = (
    "CURRENT_DATE", "CURRENT_DATETIME", "CURRENT_TIME", "DATE", "DATETIME", "PARSE_TIMESTAMP", "STRING", "TIME",
    "TIMESTAMP",
)  # fmt: skip


def default_zone(a: Analyzer) -> Value | None:
    """@@time_zone, None while it is UTC."""
    return a.environment.system.get("time_zone")


def zoned_cast(a: Analyzer, value: Value, target: Type) -> Value | None:
    """CAST between TIMESTAMP and what has no zone; None where the zone says nothing."""
    zone, template = default_zone(a), _CASTS.get((value.type.kind, target.kind))
    if zone is None or template is None:
        return None
    return combine(template.format(value.sql, z=zone.sql), target, value)


def refuse_zone(a: Analyzer, kind: Type, what: str) -> None:
    """SqlError for what does not follow @@time_zone here."""
    if default_zone(a) is not None and kind in (t.TIMESTAMP, Type("RANGE", t.TIMESTAMP)):
        message = f"{what} with @@time_zone other than UTC is not supported by this emulator"
        raise SqlError(message, "notImplemented", 501)
