"""Casts of Arrow decimals that refuse what they cannot keep: Arrow's own make other numbers of what is too large."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def exact_cast(column: Any, wanted: pa.DataType) -> Any:
    """An Arrow array in another type; ArrowInvalid where a decimal has more digits than the type has."""
    for part in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        _check(part, wanted)
    return column.cast(wanted)


def _check(values: pa.Array, wanted: pa.DataType) -> None:
    kind = values.type
    if pa.types.is_decimal(kind) and pa.types.is_decimal(wanted):
        whole = wanted.precision - wanted.scale
        if kind.precision - kind.scale > whole:
            extremes = [value.as_py() for value in pc.min_max(values).values()]
            too_large = [value for value in extremes if value is not None and abs(value) >= Decimal(10) ** whole]
            if too_large:
                raise pa.ArrowInvalid(f"{too_large[0]} has more than {whole} digits before the point")
    elif pa.types.is_list(kind) and pa.types.is_list(wanted):
        _check(values.flatten(), wanted.value_type)
    elif pa.types.is_struct(kind) and pa.types.is_struct(wanted):
        for i, part in enumerate(kind):
            at = wanted.get_field_index(part.name)
            if at >= 0:
                _check(values.field(i), wanted.field(at).type)
