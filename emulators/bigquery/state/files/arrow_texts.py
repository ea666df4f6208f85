"""Columns of text as columns of a type, by Arrow: for texts of the usual form alone, which text_formats reads alike."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.arrow import arrow_type

_DAY, _CLOCK = r"(?:000[1-9]|00[1-9]\d|0[1-9]\d{2}|[1-9]\d{3})-\d{2}-\d{2}", r"\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?"
_USUAL = {
    "INT64": r"-?\d{1,18}",
    "FLOAT64": r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?",
    "BOOL": r"(?i:true|false)",
    "NUMERIC": r"-?\d{1,29}(?:\.\d{1,9})?",
    "BIGNUMERIC": r"-?\d{1,38}(?:\.\d{1,38})?",
    "DATE": _DAY,
    "TIME": _CLOCK,
    "DATETIME": f"{_DAY}[ T]{_CLOCK}",
    "TIMESTAMP": f"{_DAY}[ T]{_CLOCK}(?:Z| ?UTC|\\+00:00|\\+00)?",
}
_ZONE = r"(?:Z| ?UTC|\+00:00|\+00)$"
TEXT_TYPES = ("STRING", *_USUAL)
_KNOWN = frozenset(
    [
        "sourceFormat", "schema", "sourceUris", "destinationTable", "destinationTableProperties", "writeDisposition",
        "createDisposition", "autodetect", "maxBadRecords", "ignoreUnknownValues", "timePartitioning", "clustering",
        "rangePartitioning", "schemaUpdateOptions", "csvOptions", "skipLeadingRows", "fieldDelimiter", "quote",
        "encoding", "nullMarker", "allowJaggedRows", "allowQuotedNewlines",
    ]
)  # fmt: skip


class Unusual(Exception):
    """What is better read value by value: by the rules of text_formats, which also say what is wrong with it."""


def require_known(configuration: Mapping[str, Any]) -> None:
    """Unusual when a load or external table has options of which the Arrow readers know nothing."""
    if not _KNOWN.issuperset([*configuration, *(configuration.get("csvOptions") or ())]):
        raise Unusual


def plain(field: Field) -> bool:
    """Whether a field is one of these types and promises nothing about lengths or digits."""
    return (
        field.type in TEXT_TYPES and field.mode != "REPEATED" and field.max_length is None and field.precision is None
    )


def from_texts(texts: pa.ChunkedArray, field: Field) -> pa.ChunkedArray:
    """The values of a column (NULL stays NULL); Unusual when a text may be wrong, or NULL where REQUIRED."""
    if field.mode == "REQUIRED" and texts.null_count:
        raise Unusual
    if field.type == "STRING":
        return texts
    if not pc.all(pc.match_substring_regex(texts, f"^(?:{_USUAL[field.type]})$"), min_count=0).as_py():
        raise Unusual
    try:
        return _cast(texts, field)
    except pa.ArrowInvalid as error:  # the 31st of June
        raise Unusual from error


def _cast(texts: pa.ChunkedArray, field: Field) -> pa.ChunkedArray:
    """Arrow reads no time of day, and a time zone only where each text has one."""
    moment = pa.timestamp("us")
    if field.type == "TIME":
        texts = pc.cast(pc.binary_join_element_wise("1970-01-01", texts, " "), moment)
    elif field.type == "TIMESTAMP":
        return pc.assume_timezone(pc.cast(pc.replace_substring_regex(texts, _ZONE, ""), moment), "UTC")
    return pc.cast(texts, arrow_type(field))
