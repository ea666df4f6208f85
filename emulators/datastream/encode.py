"""Columns of Postgres' text to Avro, vectorised: each function takes Arrow strings and gives each row's bytes.

Postgres writes with client_encoding UTF8, TimeZone UTC, DateStyle ISO, bytea_output hex, IntervalStyle postgres,
extra_float_digits 1 (connection.py sets them, and the walsender's session too).
"""

import binascii

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from emulators.datastream import kinds
from emulators.datastream.arrays import encode_array
from emulators.datastream.avro import encode_longs, fixed_array, join
from emulators.datastream.kinds import Kind
from emulators.varints import avro_long

NULL = pa.scalar(b"\x00", pa.binary())
RAW_BRANCH = 2
TEXT_BRANCH = 1
SHORT = 1 << 13
DAY_MICROSECONDS = 86_400_000_000


def length_prefixes(branch: int) -> pa.Array:
    """The branch and the length of a string, for every length below SHORT; the last stands for null."""
    found = [avro_long(branch) + avro_long(size) for size in range(SHORT)]
    return pa.array([*found, b"\x00"], pa.binary())


PREFIXES = {TEXT_BRANCH: length_prefixes(TEXT_BRANCH), RAW_BRANCH: length_prefixes(RAW_BRANCH)}


def text_pieces(texts: pa.Array, branch: int = TEXT_BRANCH) -> list[pa.Array]:
    """Strings or bytes in a branch of their union, as two columns to be joined; a null's second is null."""
    data = texts.cast(pa.binary())
    sizes = pc.binary_length(data)
    if (pc.max(sizes).as_py() or 0) < SHORT:
        return [PREFIXES[branch].take(pc.fill_null(sizes, SHORT)), data]
    longs = encode_longs(pc.fill_null(sizes, 0).to_numpy().astype(np.int64))
    prefixes = join([pa.scalar(avro_long(branch), pa.binary()), longs])
    return [pc.if_else(data.is_null(), NULL, prefixes) if data.null_count else prefixes, data]


def encode_text(texts: pa.Array, branch: int = TEXT_BRANCH) -> pa.Array:
    """Strings or bytes in a branch of their union; a null is null."""
    return join(text_pieces(texts, branch))


def first_bytes(texts: pa.Array, position: int) -> npt.NDArray[np.uint8]:
    """The byte at `position` of each text, from its end when negative; 0 where the text is too short or null."""
    number = len(texts)
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + number + 1]
    sizes = np.diff(offsets)
    data = np.frombuffer(texts.buffers()[2] or b"\x00", np.uint8)
    at = offsets[1:] + position if position < 0 else offsets[:-1] + position
    inside = sizes >= (-position if position < 0 else position + 1)
    return np.where(inside, data[np.where(inside, at, 0)], 0).astype(np.uint8)


def usual_dates(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Which texts begin with a date of the years 1 to 9999: not infinity, not BC, not a year of five digits."""
    dash, digit = first_bytes(texts, 4) == ord("-"), first_bytes(texts, 0)
    return np.asarray(dash & (digit >= ord("0")) & (digit <= ord("9")) & (first_bytes(texts, -1) != ord("C")))


def usual_numbers(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Which texts are finite: they end in a digit."""
    last = first_bytes(texts, -1)
    return np.asarray((last >= ord("0")) & (last <= ord("9")))


def to_times(texts: pa.Array) -> npt.NDArray[np.int64]:
    """Microseconds since midnight of HH:MM:SS[.ffffff]."""
    moments = pc.binary_join_element_wise(pa.scalar("1970-01-01 "), texts, "").cast(pa.timestamp("us"))
    return np.asarray(moments.cast(pa.int64()).to_numpy())


def encode_decimals(texts: pa.Array, kind: Kind) -> pa.Array:
    """Two's complement of the unscaled number, big-endian, at the width in which the whole column fits."""
    width = 8 if kind.precision <= 18 else 16 if kind.precision <= 38 else 32
    if width == 8:
        unscaled = pc.replace_substring(texts, ".", "").cast(pa.int64()).to_numpy()
        digits = unscaled.astype(">i8").view(np.uint8).reshape(-1, 8)
    else:
        decimals = texts.cast((pa.decimal128 if width == 16 else pa.decimal256)(kind.precision, kind.scale))
        buffer = np.frombuffer(decimals.buffers()[1], np.uint8).reshape(-1, width)
        digits = buffer[decimals.offset : decimals.offset + len(decimals), ::-1]
    rows = np.empty((len(texts), width + 2), np.uint8)
    rows[:, 0], rows[:, 1], rows[:, 2:] = TEXT_BRANCH << 1, width << 1, digits
    return fixed_array(rows)


def encode_doubles(texts: pa.Array) -> pa.Array:
    """Eight bytes, little-endian; NaN and the infinities are values of a double."""
    rows = np.empty((len(texts), 9), np.uint8)
    rows[:, 0] = TEXT_BRANCH << 1
    rows[:, 1:] = texts.cast(pa.float64()).to_numpy().astype("<f8").view(np.uint8).reshape(-1, 8)
    return fixed_array(rows)


def encode_booleans(texts: pa.Array) -> pa.Array:
    """`t` and `f`."""
    rows = np.empty((len(texts), 2), np.uint8)
    rows[:, 0], rows[:, 1] = TEXT_BRANCH << 1, first_bytes(texts, 0) == ord("t")
    return fixed_array(rows)


def encode_bytea(texts: pa.Array) -> pa.Array:
    r"""bytea as Postgres prints it, \x6869."""
    return encode_text(pa.array([binascii.unhexlify(text[2:]) for text in texts.to_pylist()], pa.binary()))


def encode_usual(texts: pa.Array, kind: Kind) -> pa.Array:
    """Texts, none of them null, that the kind's Avro type can hold."""
    match kind.name:
        case kinds.LONG:
            return encode_longs(texts.cast(pa.int64()).to_numpy(), TEXT_BRANCH)
        case kinds.DOUBLE:
            return encode_doubles(texts)
        case kinds.BOOLEAN:
            return encode_booleans(texts)
        case kinds.DECIMAL:
            return encode_decimals(texts, kind)
        case kinds.DATE:
            return encode_longs(texts.cast(pa.date32()).cast(pa.int32()).to_numpy().astype(np.int64), TEXT_BRANCH)
        case kinds.TIME:
            return encode_longs(to_times(texts), TEXT_BRANCH)
        case kinds.DATETIME:
            return encode_longs(texts.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(), TEXT_BRANCH)
        case kinds.TIMESTAMP:
            return encode_longs(texts.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy(), TEXT_BRANCH)
        case kinds.BYTES:
            return encode_bytea(texts)
        case _:
            return encode_text(texts)


def usual(texts: pa.Array, kind: Kind) -> npt.NDArray[np.bool_]:
    """Which texts the kind's Avro type can hold."""
    if kind.name in (kinds.DATE, kinds.DATETIME, kinds.TIMESTAMP):
        return usual_dates(texts)
    if kind.name == kinds.DECIMAL:
        return usual_numbers(texts)
    if kind.name == kinds.TIME:  # 24:00:00 is a time for Postgres and for nobody else
        return np.asarray((first_bytes(texts, 0) != ord("2")) | (first_bytes(texts, 1) != ord("4")))
    return np.ones(len(texts), np.bool_)


def column_pieces(texts: pa.Array, kind: Kind) -> list[pa.Array]:
    """A column of the payload as columns to be joined, with one copy less of texts than encode_column() makes."""
    return text_pieces(texts) if kind.name == kinds.TEXT else [encode_column(texts, kind)]


def encode_column(texts: pa.Array, kind: Kind) -> pa.Array:
    """A column of the payload: each row's union branch and value.

    Args:
        texts: Arrow strings, Postgres' text of each value, null for NULL.
    """
    if kind.name == kinds.ARRAY:
        assert kind.item is not None
        return pa.array([encode_array(text, kind.item, encode_column) for text in texts.to_pylist()], pa.binary())
    if kind.name == kinds.TEXT:
        return encode_text(texts)
    fits = usual(texts, kind)
    if texts.null_count == 0 and fits.all():
        return encode_usual(texts, kind)
    return encode_mixed(texts, kind, fits)


def encode_mixed(texts: pa.Array, kind: Kind, fits: npt.NDArray[np.bool_]) -> pa.Array:
    """A column with nulls, or with values that the Avro type cannot hold."""
    present = np.asarray(texts.is_valid().to_numpy(zero_copy_only=False))
    good = present & fits
    encoded = encode_text(texts, RAW_BRANCH)
    if not good.any():
        return encoded
    values = encode_usual(texts.filter(pa.array(good)), kind)
    return pc.replace_with_mask(encoded, pa.array(good), values)
