"""A decimal is the same number, or NULL because it does not fit: whatever its length, form and scale."""

from decimal import Context, Decimal, localcontext

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from beam_pipelines.avro.source_column import SourceColumn
from beam_pipelines.avro.types import AvroType
from beam_pipelines.columns.convert import convert
from beam_pipelines.columns.text import parse_text

SIZES = {"NUMERIC": (29, 9), "BIGNUMERIC": (38, 38)}
EXACT = Context(prec=10_000, Emax=10**9, Emin=-(10**9))


def expected(number: Decimal, kind: str) -> Decimal | None:
    whole, fraction = SIZES[kind]
    fits = not number or (number.adjusted() < whole and EXACT.multiply(number, Decimal(10) ** fraction) % 1 == 0)
    return number if fits else None


DIGITS = st.integers(0, 200).flatmap(lambda size: st.text("0123456789", min_size=size, max_size=size))
SIGNS = st.sampled_from(["", "-", "+"])
EXPONENTS = st.sampled_from(["", *(f"e{n}" for n in range(-90, 90)), "E+400", "e-400"])


@pytest.mark.parametrize("kind", SIZES)
@settings(max_examples=120, deadline=None)
@given(SIGNS, DIGITS, DIGITS, EXPONENTS)
@example("", "1" * 31, "", "")  # Arrow's own cast makes 90264010348295720720987288815.695365632 of it
@example("", "9" * 5000, "", "")  # and -1 of this
@example("", "1", "", "e68")
@example("", "1", "5" + "0" * 80, "")
def test_from_text(kind: str, sign: str, whole: str, fraction: str, exponent: str) -> None:
    text = f"{sign}{whole or '0'}.{fraction}{exponent}" if fraction else f"{sign}{whole or '0'}{exponent}"
    with localcontext(EXACT):
        wanted = expected(Decimal(text), kind)
    assert parse_text(pa.array([text]), kind).to_pylist() == [wanted]


@pytest.mark.parametrize("kind", SIZES)
@settings(max_examples=120, deadline=None)
@given(st.integers(1, 90).flatmap(lambda size: st.integers(-(10**size), 10**size)), st.integers(0, 60))
@example(10**76, 0)
@example(-73253267399593131402210029496845747583721531501698622985187000, 0)
@example(5 * 10**18, 60)
def test_from_avro(kind: str, number: int, scale: int) -> None:
    data = number.to_bytes((number.bit_length() + 8) // 8, "big", signed=True)
    column = SourceColumn(AvroType("bytes", "decimal", scale, ("bytes",)), pa.array([data, None], pa.binary()))
    with localcontext(EXACT):
        value = Decimal(number).scaleb(-scale)
        wanted = expected(value, kind)
    found = convert(column, kind)
    assert found.values.to_pylist() == [wanted, None]
    assert (found.raw is None) == (wanted is not None)
    if found.raw is not None:
        assert Decimal(found.raw[0].as_py()) == value and found.raw[1].as_py() is None
