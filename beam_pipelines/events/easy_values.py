"""Many JSON values of one type -> an Arrow array, all at once; what is not easy is null, and judged one by one."""

from decimal import Decimal
from typing import Any

import pyarrow as pa

from beam_pipelines.columns.arrow_schema import arrow_type
from beam_pipelines.columns.text import parse_text
from beam_pipelines.events.json_text import dump

_DIRECT: dict[str, type] = {"INT64": int, "FLOAT64": float, "STRING": str, "BOOL": bool}
_NUMBERS = (int, float, Decimal)


def read_easily(kind: str, given: list[Any], json_as_text: bool) -> pa.Array:
    """The values that are easy; null where a value is null, wrong, or not easy."""
    target = arrow_type(kind)
    if kind.startswith("ARRAY<"):
        return pa.nulls(len(given), target)
    if kind == "JSON" and not json_as_text:
        return pa.array([None if value is None else dump(value) for value in given], target)
    if kind not in _DIRECT or (kind == "FLOAT64" and not set(map(type, given)) <= {float, type(None)}):
        return parse_text(pa.array(_texts(kind, given), pa.string()), kind)
    wanted = _DIRECT[kind]
    if not set(map(type, given)) <= {wanted, type(None)}:
        given = [value if type(value) is wanted else None for value in given]
    try:
        return pa.array(given, target)
    except OverflowError:  # whole numbers beyond 64 bits with a sign
        return pa.array([None if value is None or value >= 2**63 else value for value in given], target)


def _texts(kind: str, given: list[Any]) -> list[str | None]:
    if kind in ("NUMERIC", "BIGNUMERIC", "FLOAT64"):
        return [str(value) if type(value) in _NUMBERS else None for value in given]
    return [value if type(value) is str else None for value in given]
