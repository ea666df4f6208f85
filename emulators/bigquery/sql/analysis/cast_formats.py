"""CAST with FORMAT: which pairs of types take one, and what it becomes."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.cast_templates import CASTS
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.analysis.zones import default_zone
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type

# What is written in front of a value to make it a TIMESTAMP without zone, whose microseconds are taken.
_MICROS = {
    "DATE": "epoch_us(CAST({0} AS TIMESTAMP))",
    "DATETIME": "epoch_us({0})",
    "TIME": "epoch_us(DATE '1970-01-01' + {0})",
    "TIMESTAMP": "epoch_us({0})",
}
_MOMENTS = {
    "DATE": "CAST(make_timestamp({0}) AS DATE)",
    "DATETIME": "make_timestamp({0})",
    "TIME": "CAST(make_timestamp({0}) AS TIME)",
    "TIMESTAMP": "make_timestamptz({0})",
}


def formatted(a: Analyzer, node: nodes.Cast, value: Value, target: Type, scope: Scope) -> Value:
    """CAST(x AS T FORMAT f [AT TIME ZONE z]): dates, times, bytes and numbers to text, and text to all but numbers."""
    assert node.format is not None
    form = coerce(a, a.expression(node.format, scope), t.STRING)
    zone = default_zone(a) or Value("'UTC'", t.STRING)
    if node.zone is not None:
        zone = coerce(a, a.expression(node.zone, scope), t.STRING)
    if value.type.kind == "NULL":
        value = coerce(a, value, t.STRING)
    source, kind = value.type.kind, target.kind
    if node.zone is not None and "TIMESTAMP" not in (source, kind):
        a.fail("AT TIME ZONE of a cast is only allowed for TIMESTAMP", node)
    if kind == "STRING" and source in _MICROS:
        sql = f"bq_cast_moment_text({_MICROS[source].format(value.sql)}, {form.sql}, {zone.sql})"
    elif kind == "STRING" and source == "BYTES":
        sql = f"bq_cast_bytes_text({value.sql}, {form.sql})"
    elif kind == "STRING" and source in t.NUMBERS:
        text = CASTS[source, kind].format(value.sql) if source == "BIGNUMERIC" else f"CAST({value.sql} AS VARCHAR)"
        sql = f"bq_cast_number_text({text}, {form.sql})"
    elif source == "STRING" and kind in _MOMENTS:
        read = f"bq_cast_text_moment({value.sql}, {form.sql}, {zone.sql}, epoch_us(now()))"
        sql = _MOMENTS[kind].format(read)
    elif source == "STRING" and kind == "BYTES":
        sql = f"bq_cast_text_bytes({value.sql}, {form.sql})"
    else:
        a.fail(f"FORMAT is not allowed for cast from {value.type} to {target}", node)
    return combine(sql, target, value, form, zone)
