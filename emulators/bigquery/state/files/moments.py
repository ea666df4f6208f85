"""Dates and times in files, as dateFormat, datetimeFormat, timeFormat, timestampFormat and timeZone say."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emulators.bigquery.sql.functions.cast_formats import cast_text_moment
from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.catalog import now_ms
from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.values import BadValue, plain_timestamp

_FORMATS = {"DATE": "dateFormat", "DATETIME": "datetimeFormat", "TIME": "timeFormat", "TIMESTAMP": "timestampFormat"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ZONED = re.compile(r"(Z|z|UTC|[+-]\d{1,2}(:?\d{2})?|[A-Za-z]+/[A-Za-z_/]+)$")


class Moments:
    """Reads the texts of a load's columns; 400 for a time zone that is none."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self._zone = str(configuration.get("timeZone") or "UTC")
        try:
            ZoneInfo(self._zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise invalid(f"Invalid value for timeZone: {self._zone!r} is not a time zone") from None
        self._formats = {kind: configuration[key] for kind, key in _FORMATS.items() if configuration.get(key)}

    def read(self, field: Field, cell: Any) -> Any:
        """A cell in the form that values.convert takes; BadValue when it does not fit the format."""
        if not isinstance(cell, str) or field.type not in _FORMATS:
            return cell
        pattern = self._formats.get(field.type)
        if pattern is not None:
            return self._formatted(field, cell, str(pattern))
        if field.type == "TIMESTAMP" and self._zone != "UTC":
            return _in_zone(plain_timestamp(cell), self._zone)
        return cell

    def _formatted(self, field: Field, cell: str, pattern: str) -> str:
        zone = self._zone if field.type == "TIMESTAMP" else "UTC"
        try:
            micros = cast_text_moment(cell, pattern, zone, now_ms() * 1000)
        except ValueError as error:
            raise BadValue(field.name, f"{error} (value {cell!r}, format {pattern!r})") from None
        moment = datetime(1970, 1, 1) + timedelta(microseconds=micros)
        if field.type == "DATE":
            return moment.date().isoformat()
        return moment.time().isoformat() if field.type == "TIME" else moment.isoformat(" ")


def _in_zone(cell: str, zone: str) -> str:
    """A text without an offset as a moment in a zone; one that has an offset, or is no moment, as it is."""
    if not _DAY.match(cell) or _ZONED.search(cell, len("YYYY-MM-DD")):
        return cell
    try:
        moment = datetime.fromisoformat(cell).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        return cell
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
