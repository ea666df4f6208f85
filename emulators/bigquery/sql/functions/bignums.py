"""DuckDB's BIGNUM as bytes; products and quotients of BIGNUMERICs, as integers in units of 1e-38, a batch at a time."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa

from emulators.bigquery.sql.functions.decimals import BIGNUMERIC, WIDE
from emulators.bigquery.sql.functions.formatting import decimal_text

IN_DUCKDB = pa.opaque(pa.binary(), "bignum", "DuckDB")
_UNITS = 10**38


def decoded(data: bytes) -> int:
    """A BIGNUM: three bytes of sign and length, then the digits from the highest on; inverted when it is negative."""
    if data[0] & 0x80:
        return int.from_bytes(data[3:], "big")
    return int.from_bytes(data[3:], "big") - (1 << 8 * (len(data) - 3)) + 1


def encoded(number: int) -> bytes:
    size = max(1, (abs(number).bit_length() + 7) // 8)
    digits = (size | 0x80_00_00).to_bytes(3, "big") + abs(number).to_bytes(size, "big")
    return digits if number >= 0 else bytes(byte ^ 0xFF for byte in digits)


def _product(x: int, y: int) -> int:
    return _in_range(_quotient(x * y, _UNITS), x, "*", y)


def _ratio(x: int, y: int) -> int:
    if not y:
        raise ValueError(f"division by zero: {_shown(x)} / 0")
    return _in_range(_quotient(x * _UNITS, y), x, "/", y)


def _quotient(x: int, y: int) -> int:
    """Rounded half away from zero."""
    size = (2 * abs(x) + abs(y)) // (2 * abs(y))
    return size if (x < 0) == (y < 0) else -size


def _in_range(found: int, x: int, sign: str, y: int) -> int:
    if not BIGNUMERIC.least <= found <= BIGNUMERIC.greatest:
        raise ValueError(f"bignumeric overflow: {_shown(x)} {sign} {_shown(y)}")
    return found


def _shown(units: int) -> str:
    return decimal_text(Decimal(units).scaleb(-38, WIDE))


def _of_columns(function: Callable[[int, int], int], x: Any, y: Any) -> pa.Array:
    pairs = zip(_integers(x), _integers(y), strict=True)
    found = (None if one is None or other is None else encoded(function(one, other)) for one, other in pairs)
    return pa.ExtensionArray.from_storage(IN_DUCKDB, pa.array(found, pa.binary()))


def _integers(column: Any) -> list[int | None]:
    return [None if one is None else decoded(one) for one in column.combine_chunks().storage.to_pylist()]


def bignumeric_multiply(x: Any, y: Any) -> Any:
    return _of_columns(_product, x, y)


def bignumeric_divide(x: Any, y: Any) -> Any:
    return _of_columns(_ratio, x, y)


# They get Arrow columns, NULLs among them. In TRY a batch with a failure is computed again row by row, which is slow.
BATCHES: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (bignumeric_multiply, ("BIGNUM", "BIGNUM"), "BIGNUM"),
    (bignumeric_divide, ("BIGNUM", "BIGNUM"), "BIGNUM"),
)
