"""The type rules: a contract's logicalType and physicalType -> the BigQuery type, or why there is none."""

import re
from functools import lru_cache

LOGICAL_TYPES = ("string", "integer", "number", "boolean", "date", "time", "timestamp", "object", "array")

# physicalType (PostgreSQL's words, without length or precision) -> the logical types that it can carry.
PHYSICAL_TYPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("smallint", "integer", "int", "bigint", "int2", "int4", "int8"), ("integer", "number")),
    **dict.fromkeys(("numeric", "decimal"), ("number", "integer")),
    **dict.fromkeys(("real", "double precision", "float", "double", "float4", "float8"), ("number",)),
    **dict.fromkeys(("text", "varchar", "char", "character varying", "character", "bpchar", "citext"), ("string",)),
    **dict.fromkeys(("uuid", "enum", "inet", "cidr", "macaddr", "xml", "interval", "name"), ("string",)),
    "bytea": ("string",),
    **dict.fromkeys(("boolean", "bool"), ("boolean",)),
    "date": ("date",),
    **dict.fromkeys(("time", "time without time zone"), ("time",)),
    **dict.fromkeys(("timestamp", "timestamp without time zone"), ("timestamp",)),
    **dict.fromkeys(("timestamptz", "timestamp with time zone"), ("timestamp",)),
    **dict.fromkeys(("json", "jsonb"), ("object", "array", "string")),
}
_SIMPLE = {"string": "STRING", "integer": "INT64", "boolean": "BOOL", "date": "DATE", "time": "TIME", "object": "JSON"}
_WITH_LENGTH = ("varchar", "char", "character varying", "character", "bpchar", "float")
_WITH_PRECISION = ("time", "timestamp", "timestamptz", "interval", "numeric", "decimal")


class UnknownType(ValueError):
    """A type that Sluice does not know, or two that do not go together; `known` are the words that were possible."""

    def __init__(self, message: str, word: str = "", known: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.word, self.known = word, known


def bigquery_type(logical: str, physical: str | None, item: str | None = None) -> str:
    """The BigQuery type of a column; `item` is an array's element type, already in BigQuery's words.

    Raises:
        UnknownType: a word is unknown, or physicalType cannot carry logicalType.
    """
    if logical not in LOGICAL_TYPES:
        raise UnknownType(f"unknown logicalType `{logical}`", logical, LOGICAL_TYPES)
    base, arguments, is_array = _parse_physical(physical)
    if logical == "array" and base not in ("json", "jsonb"):
        return _array_type(physical, is_array, item)
    if is_array:
        raise UnknownType(
            f"physicalType `{physical}` is an array and logicalType `{logical}` is not", logical, ("array",)
        )
    if base and logical not in PHYSICAL_TYPES[base]:
        raise UnknownType(
            f"physicalType `{physical}` cannot carry logicalType `{logical}`", logical, PHYSICAL_TYPES[base]
        )
    if base in ("json", "jsonb"):
        return "JSON"
    if base == "bytea":
        return "BYTES"
    if logical == "number":
        return _number_type(base, arguments)
    if logical == "timestamp":
        return "DATETIME" if base in ("timestamp", "timestamp without time zone") else "TIMESTAMP"
    return _SIMPLE[logical]


@lru_cache(1_000)
def _parse_physical(physical: str | None) -> tuple[str | None, tuple[int, ...], bool]:
    """`numeric(12,2)[]` -> ("numeric", (12, 2), True)."""
    if physical is None:
        return None, (), False
    text, is_array = re.sub(r"(\s*\[\d*\])+$", "", physical.strip().lower()), physical.strip().endswith("]")
    match = re.fullmatch(
        r"([a-z][a-z0-9 ]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?((?: with| without) time zone)?", text
    )
    if match is None:
        raise UnknownType(f"physicalType `{physical}` is not a type", text, tuple(PHYSICAL_TYPES))
    base = re.sub(r"\s+", " ", match[1] + (match[4] or ""))
    if base not in PHYSICAL_TYPES:
        raise UnknownType(f"unknown physicalType `{physical}`", base, tuple(PHYSICAL_TYPES))
    arguments = tuple(int(number) for number in (match[2], match[3]) if number)
    limit = (
        2
        if base in ("numeric", "decimal")
        else int(base.split(" ")[0] in (*_WITH_LENGTH, *_WITH_PRECISION) or base in _WITH_LENGTH)
    )
    if len(arguments) > limit:
        raise UnknownType(f"physicalType `{physical}` takes {limit or 'no'} argument{'s' if limit > 1 else ''}")
    return base, arguments, is_array


def _array_type(physical: str | None, is_array: bool, item: str | None) -> str:
    if physical is not None and not is_array:
        raise UnknownType(f"physicalType `{physical}` is not an array; write `{physical}[]`")
    if item is None:
        raise UnknownType("an array without items; add `items: {logicalType: ...}`")
    if item.startswith("ARRAY<"):
        raise UnknownType("an array of arrays has no BigQuery type; use logicalType object with physicalType jsonb")
    return f"ARRAY<{item}>"


def _number_type(base: str | None, arguments: tuple[int, ...]) -> str:
    if base in ("smallint", "integer", "int", "bigint", "int2", "int4", "int8"):
        return "NUMERIC"
    if base not in ("numeric", "decimal"):
        return "FLOAT64"
    if not arguments:
        return "BIGNUMERIC"  # PostgreSQL's unconstrained numeric
    precision, scale = (*arguments, 0)[:2]
    if precision < 1 or scale > precision:
        raise UnknownType(f"numeric({precision},{scale}): the scale must not exceed the precision")
    return "NUMERIC" if scale <= 9 and precision - scale <= 29 else "BIGNUMERIC"
