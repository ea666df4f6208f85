"""Text -> values of a BigQuery type, exactly or not at all: what does not fit becomes null, never another value."""

from collections import deque
from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from beam_pipelines.columns.arrow_schema import TIMESTAMP, arrow_type

_NUMBER = r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$"
_CLOCK = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0*)?)?"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_ZONE = r"([Zz]| ?[-+][0-9]{2}(:?[0-9]{2})?)"
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999  # microseconds: years 0001 to 9999


def parse_text(text: pa.Array, bigquery_type: str) -> pa.Array:
    """Values of a scalar type, null where the text is null or is not exactly such a value.

    Takes what PostgreSQL, JSON and RFC 3339 write. TIMESTAMP needs a zone, DATETIME must not have one; BYTES is base64.
    """
    return _PARSERS[bigquery_type](text)


def within_bigquery(values: pa.Array) -> pa.Array:
    """Dates and timestamps, null where they are outside BigQuery's years 0001 to 9999."""
    kind = values.type
    if pa.types.is_date32(kind):
        numbers, first, last = values.view(pa.int32()), _FIRST // 86_400_000_000, _LAST // 86_400_000_000
    else:
        numbers, first, last = values.view(pa.int64()), _FIRST, _LAST
    return _only(values, pc.and_(pc.greater_equal(numbers, first), pc.less_equal(numbers, last)))


def cast_or_null(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Arrow's exact cast, null for the values that it refuses; halves the array until each refused one stands alone."""
    try:
        return values.cast(kind)
    except pa.ArrowInvalid:
        if len(values) == 1:
            return pa.nulls(1, kind)
    middle = len(values) // 2
    return pa.concat_arrays([cast_or_null(values[:middle], kind), cast_or_null(values[middle:], kind)])


def _only(values: pa.Array, mask: pa.Array) -> pa.Array:
    if pc.all(mask).as_py() is not False:
        return values
    return pc.if_else(mask, values, pa.scalar(None, values.type))


def _matching(text: pa.Array, pattern: str) -> pa.Array:
    return _only(text, pc.match_substring_regex(text, pattern))


def _simple(kind: str, pattern: str) -> Callable[[pa.Array], pa.Array]:
    def parse(text: pa.Array) -> pa.Array:
        return cast_or_null(_matching(text, pattern), arrow_type(kind))

    return parse


def _decimal(kind: str, whole: int, fraction: int) -> Callable[[pa.Array], pa.Array]:
    """Up to so many digits before and after the point; of longer numbers Arrow makes wrong ones without a word."""
    surely = rf"^[-+]?[0-9]{{1,{whole}}}(\.[0-9]{{0,{fraction}}})?$"

    def parse(text: pa.Array) -> pa.Array:
        plain = _matching(text, surely)
        values = plain.cast(arrow_type(kind))
        others = pc.and_(pc.match_substring_regex(text, _NUMBER), plain.is_null())
        if pc.any(others).as_py() is not True:
            return values
        exact = [exact_decimal(number, whole, fraction) for number in _only(text, others).to_pylist()]
        return pc.coalesce(values, pa.array(exact, values.type))

    return parse


def exact_decimal(text: str | None, whole: int, fraction: int) -> Decimal | None:
    """A number in any of its forms, if it needs no more than so many digits before and after the point."""
    try:
        number = Decimal(text or "NaN")
    except ArithmeticError:  # an exponent beyond all
        return None
    if not number.is_finite() or (number and number.adjusted() >= whole):
        return None
    sign, digits, exponent = number.as_tuple()
    significant = "".join(map(str, digits)).rstrip("0")
    exponent = int(exponent) + len(digits) - len(significant) if significant else 0
    if exponent < -fraction:
        return None
    return Decimal((sign, tuple(map(int, significant or "0")), exponent))


def _parse_double(text: pa.Array) -> pa.Array:
    """Nothing overflows to infinity or underflows to zero; infinity and NaN are values where they are spelt out."""
    finite = _matching(text, _NUMBER)
    values = cast_or_null(finite, pa.float64())
    lost = pc.and_(pc.equal(values, 0.0), pc.match_substring_regex(finite, "^[^eE]*[1-9]"))
    values = _only(values, pc.and_(pc.is_finite(values), pc.invert(lost)))
    spelt = _matching(text, "^([Nn]a[Nn]|[-+]?[Ii]nf(inity)?)$")
    return values if spelt.null_count == len(spelt) else pc.coalesce(values, spelt.cast(pa.float64()))


def _parse_date(text: pa.Array) -> pa.Array:
    return within_bigquery(cast_or_null(_matching(text, f"^{_DAY}$"), pa.date32()))


def _parse_time(text: pa.Array) -> pa.Array:
    clock = _microseconds(_matching(text, f"^{_CLOCK}$"))
    moments = pc.binary_join_element_wise("1970-01-01T", clock, "")
    return cast_or_null(moments, pa.timestamp("us")).cast(pa.time64("us"))


def _parse_datetime(text: pa.Array) -> pa.Array:
    moments = _microseconds(_matching(text, f"^{_DAY}[Tt ]{_CLOCK}$"))
    return within_bigquery(cast_or_null(pc.utf8_upper(moments), pa.timestamp("us")))


def _parse_timestamp(text: pa.Array) -> pa.Array:
    moments = _microseconds(_matching(text, f"^{_DAY}[Tt ]{_CLOCK}{_ZONE}$"))
    spaced = pc.replace_substring_regex(pc.utf8_upper(moments), r" ([-+])", r"\1")
    return within_bigquery(cast_or_null(spaced, TIMESTAMP))


def _microseconds(text: pa.Array) -> pa.Array:
    """Fractions without the zeros that follow the sixth digit, which Arrow refuses."""
    long_ones = pc.match_substring_regex(text, r"\.[0-9]{7,}")
    if pc.any(long_ones).as_py() is not True:
        return text
    return pc.replace_substring_regex(text, r"(\.[0-9]{6})0+", r"\1")


def _parse_json(text: pa.Array) -> pa.Array:
    import orjson

    def is_json(value: str | None) -> bool:
        try:
            orjson.loads(value or "")
        except ValueError:
            return False
        return True

    distinct = pc.dictionary_encode(text)
    documents = distinct.dictionary.to_pylist()
    try:
        deque(map(orjson.loads, documents), maxlen=0)
    except ValueError:
        return _only(text, pa.array([is_json(document) for document in documents], pa.bool_()).take(distinct.indices))
    return text


def _parse_bytes(text: pa.Array) -> pa.Array:
    import base64
    import binascii

    def decode(value: str | None) -> bytes | None:
        if value is None:
            return None
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return None

    return pa.array([decode(value) for value in text.to_pylist()], pa.binary())


_PARSERS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "INT64": _simple("INT64", r"^-?[0-9]{1,19}$"),
    "NUMERIC": _decimal("NUMERIC", 29, 9),
    "BIGNUMERIC": _decimal("BIGNUMERIC", 38, 38),
    "FLOAT64": _parse_double,
    "BOOL": _simple("BOOL", "^(true|false)$"),
    "STRING": lambda text: text,
    "JSON": _parse_json,
    "BYTES": _parse_bytes,
    "DATE": _parse_date,
    "TIME": _parse_time,
    "DATETIME": _parse_datetime,
    "TIMESTAMP": _parse_timestamp,
}
