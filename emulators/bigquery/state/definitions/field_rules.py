"""What a column's entry in a schema may say beyond its name, type and mode."""

from collections.abc import Mapping
from typing import Any

from emulators.bigquery.sql.reserved_names import refusal
from emulators.bigquery.state.errors import invalid

_DECIMALS = {"NUMERIC": (29, 9), "BIGNUMERIC": (38, 38)}  # digits before and after the point


def check_name(name: str) -> None:
    """400 for a name that BigQuery keeps for itself."""
    message = refusal(name)
    if message is not None:
        raise invalid(message)


def check_limits(entry: Mapping[str, Any], kind: str, path: str) -> None:
    """400 for a maxLength, precision or scale that the type (of SQL's names) does not have."""
    length, precision, scale = (entry.get(key) for key in ("maxLength", "precision", "scale"))
    if length is not None and (kind not in ("STRING", "BYTES") or int(length) < 1):
        raise invalid(f"Field {path} has maxLength {length}, but only STRING and BYTES have one, of 1 or more.")
    if precision is None and scale is None:
        return
    if kind not in _DECIMALS or precision is None:
        raise invalid(f"Field {path} of type {kind} has scale or precision; only NUMERIC and BIGNUMERIC have them, "
                      "and a scale needs a precision.")  # fmt: skip
    whole, most = _DECIMALS[kind]
    digits = int(scale or 0)
    sizes = f"Field {path} has precision {precision} and scale {digits} but precision and scale for {kind} must be: "
    if not 0 <= digits <= most:
        raise invalid(f"{sizes}0 <= scale <= {most}")
    if not max(1, digits) <= int(precision) <= whole + digits:
        raise invalid(f"{sizes}0 <= precision - scale <= {whole}")
