"""BigQuery's types: how they are named, how they look in DuckDB, and which becomes which without being asked."""

import re
from dataclasses import dataclass
from functools import lru_cache

from emulators.bigquery.sql.model import Field, SqlError
from emulators.bigquery.sql.syntax import nodes


@dataclass(frozen=True, slots=True)
class Type:
    """kind is BigQuery's name; element of ARRAY and RANGE; fields of STRUCT. NULL is the type of a bare NULL.
    collation: how a STRING is compared, empty for byte by byte."""

    kind: str
    element: "Type | None" = None
    fields: tuple[tuple[str | None, "Type"], ...] = ()
    collation: str = ""

    @property
    def collated(self) -> bool:
        """Whether there is a collation anywhere in it."""
        inner = self.element is not None and self.element.collated
        return bool(self.collation) or inner or any(kind.collated for _, kind in self.fields)

    def __str__(self) -> str:
        if self.kind in ("ARRAY", "RANGE"):
            return f"{self.kind}<{self.element}>"
        if self.kind == "STRUCT":
            return f"STRUCT<{', '.join(f'{name} {kind}' if name else str(kind) for name, kind in self.fields)}>"
        return "INT64" if self.kind == "NULL" else self.kind

    def field(self, name: str) -> "tuple[int, Type] | None":
        """Position and type of a struct's field, whatever the case of its letters."""
        wanted = name.lower()
        for i, (own, kind) in enumerate(self.fields):
            if own is not None and own.lower() == wanted:
                return i, kind
        return None


INT64, FLOAT64, NUMERIC, BIGNUMERIC = Type("INT64"), Type("FLOAT64"), Type("NUMERIC"), Type("BIGNUMERIC")
BOOL, STRING, BYTES, JSON, NULL = Type("BOOL"), Type("STRING"), Type("BYTES"), Type("JSON"), Type("NULL")
DATE, TIME, DATETIME, TIMESTAMP, INTERVAL = (Type(k) for k in ("DATE", "TIME", "DATETIME", "TIMESTAMP", "INTERVAL"))
GEOGRAPHY = Type("GEOGRAPHY")
COLLATED = Type("STRING", collation="und:ci")
COLLATIONS = (COLLATED.collation, "")
NUMBERS = ("INT64", "NUMERIC", "BIGNUMERIC", "FLOAT64")
SIMPLE = {
    t.kind: t
    for t in (
        INT64,
        FLOAT64,
        NUMERIC,
        BIGNUMERIC,
        BOOL,
        STRING,
        BYTES,
        JSON,
        DATE,
        TIME,
        DATETIME,
        TIMESTAMP,
        INTERVAL,
        GEOGRAPHY,
        NULL,
    )
}
_DUCKDB = {
    "INT64": "BIGINT", "FLOAT64": "DOUBLE", "NUMERIC": "DECIMAL(38,9)", "BIGNUMERIC": "BIGNUM",
    "BOOL": "BOOLEAN",
    "STRING": "VARCHAR", "BYTES": "BLOB", "DATE": "DATE", "TIME": "TIME", "DATETIME": "TIMESTAMP", "TIMESTAMP":
    "TIMESTAMPTZ",
    "JSON": "JSON", "GEOGRAPHY": "VARCHAR", "INTERVAL": "INTERVAL", "NULL": "BIGINT",
}  # fmt: skip
LEGACY = {
    "INTEGER": "INT64",
    "FLOAT": "FLOAT64",
    "BOOLEAN": "BOOL",
    "RECORD": "STRUCT",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}


def array(element: Type) -> Type:
    return Type("ARRAY", element)


def struct(*fields: tuple[str | None, Type]) -> Type:
    return Type("STRUCT", None, fields)


def quoted(name: str) -> str:
    """A DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def collated(sql: str) -> str:
    """A text that DuckDB groups, joins and orders whatever the case of its letters."""
    return f"({sql} COLLATE NOCASE.NFC)"


def member(name: str, sql: str) -> str:
    """name := sql, for struct_pack. In a correlated subquery DuckDB 1.5 loses the name of what is a macro's call."""
    return f"{quoted(name)} := {f'CASE WHEN true THEN {sql} END' if _MACRO.match(sql) else sql}"


_MACRO = re.compile(r"bq\.|(?:nullif|split_part|json)\(|list_|array_", re.I)  # ours and DuckDB's own


def text(value: str) -> str:
    """A DuckDB string literal."""
    if "\0" in value:
        return "(" + " || chr(0) || ".join(text(part) for part in value.split("\0")) + ")"
    return "'" + value.replace("'", "''") + "'"


@lru_cache(maxsize=4096)
def duckdb(kind: Type) -> str:
    """The DuckDB type that holds values of this type."""
    if kind.kind == "ARRAY":
        assert kind.element is not None
        return f"{duckdb(kind.element)}[]"
    if kind.kind == "RANGE":
        assert kind.element is not None
        return f'STRUCT("start" {duckdb(kind.element)}, "end" {duckdb(kind.element)})'
    if kind.kind == "STRUCT":
        members = zip(struct_names(kind), kind.fields, strict=True)
        return f"STRUCT({', '.join(f'{quoted(name)} {duckdb(member)}' for name, (_, member) in members)})"
    if kind.kind not in _DUCKDB:
        raise SqlError(f"Type {kind.kind} is not supported by this emulator")
    return _DUCKDB[kind.kind]


def struct_names(kind: Type) -> list[str]:
    """DuckDB's names of a struct's members: BigQuery allows none and the same twice, DuckDB does not."""
    used: set[str] = set()
    names = []
    for i, (name, _) in enumerate(kind.fields):
        own = name if name else f"_field_{i + 1}"
        if own.lower() in used:
            own = f"{own}:{i + 1}"
        used.add(own.lower())
        names.append(own)
    return names


def of_node(node: nodes.TypeNode) -> Type:
    """The type as written, without its parameters."""
    if node.name in ("ARRAY", "RANGE"):
        assert node.element is not None
        return Type(node.name, of_node(node.element))
    if node.name == "STRUCT":
        members = tuple((n, of_node(m.type if isinstance(m, nodes.ColumnNode) else m)) for n, m in node.members)
        return Type("STRUCT", None, members)
    return SIMPLE[node.name]


def of_field(field: Field) -> Type:
    name = LEGACY.get(field.type, field.type)
    if name == "STRUCT":
        kind = Type("STRUCT", None, tuple((f.name or None, of_field(f)) for f in field.fields))
    elif name == "RANGE":
        kind = Type("RANGE", of_field(field.fields[0]))
    else:
        kind = COLLATED if field.collation else SIMPLE[name]
    return array(kind) if field.mode == "REPEATED" else kind


def to_field(name: str, kind: Type) -> Field:
    """The REST column of a type."""
    if kind.kind == "ARRAY":
        assert kind.element is not None
        inner = to_field(name, kind.element)
        return Field(name, inner.type, "REPEATED", inner.fields, collation=inner.collation)
    if kind.kind == "STRUCT":
        return Field(
            name,
            "STRUCT",
            "NULLABLE",
            tuple(to_field(n or f"_field_{i + 1}", t) for i, (n, t) in enumerate(kind.fields)),
        )
    if kind.kind == "RANGE":
        assert kind.element is not None
        return Field(name, "RANGE", "NULLABLE", (to_field("element", kind.element),))
    return Field(name, "INT64" if kind.kind == "NULL" else kind.kind, collation=kind.collation or None)


_WIDER = {
    "INT64": ("NUMERIC", "BIGNUMERIC", "FLOAT64"),
    "NUMERIC": ("BIGNUMERIC", "FLOAT64"),
    "BIGNUMERIC": ("FLOAT64",),
    "DATE": ("DATETIME",),
}
# A function of floats is nearer to integers than one of decimals is.
_COSTS = {
    ("INT64", "FLOAT64"): 1, ("INT64", "NUMERIC"): 2, ("INT64", "BIGNUMERIC"): 3, ("NUMERIC", "BIGNUMERIC"): 1,
    ("NUMERIC", "FLOAT64"): 2, ("BIGNUMERIC", "FLOAT64"): 4, ("DATE", "DATETIME"): 1,
}  # fmt: skip
_LITERAL_TEXT = ("DATE", "TIME", "DATETIME", "TIMESTAMP")


def coerces(source: Type, target: Type, literal: bool = False) -> int | None:
    """How far `source` is from `target` when it converts by itself: 0 the same, higher is worse, None never.

    literal: the value is a literal or a parameter, of which BigQuery converts more (text to dates, numbers to narrower).
    """  # noqa: E501
    if source == target or source.kind == target.kind == "STRING":
        return 0
    if source.kind == "NULL":
        return 1
    if target.kind in _WIDER.get(source.kind, ()):
        return _COSTS[source.kind, target.kind]
    if literal and source.kind == "STRING" and target.kind in _LITERAL_TEXT:
        return 5
    if literal and source.kind == "FLOAT64" and target.kind in ("NUMERIC", "BIGNUMERIC"):
        return 5
    if source.kind == target.kind == "ARRAY":
        assert source.element is not None and target.element is not None
        if source.element.kind == "NULL" or equivalent(source.element, target.element):
            return 1
        return coerces(source.element, target.element, True) if literal else None
    if source.kind == target.kind == "STRUCT" and len(source.fields) == len(target.fields):
        costs = [coerces(s, t, literal) for (_, s), (_, t) in zip(source.fields, target.fields, strict=True)]
        return None if None in costs else max([c for c in costs if c is not None], default=0)
    return None


def holds(kind: Type, wanted: str) -> bool:
    """Whether it is of that kind, or a struct or array of what is."""
    inner = [member for _, member in kind.fields] + ([kind.element] if kind.element is not None else [])
    return kind.kind == wanted or any(holds(one, wanted) for one in inner)


TEXTLESS = ("ARRAY", "GEOGRAPHY", "JSON", "RANGE", "STRUCT")  # what has no text that could be joined to others


def has_equality(kind: Type) -> bool:
    """Whether values of the type can be compared: JSON and GEOGRAPHY cannot, nor what holds them."""
    return not holds(kind, "JSON") and not holds(kind, "GEOGRAPHY")


def equivalent(one: Type, other: Type) -> bool:
    """Whether two types differ in no more than the names of fields; a NULL without a type is an INT64."""
    if one.kind == "NULL":
        return other.kind in ("NULL", "INT64")
    if one.kind != other.kind or len(one.fields) != len(other.fields):
        return False
    if one.element is not None and other.element is not None:
        return equivalent(one.element, other.element)
    return all(equivalent(x, y) for (_, x), (_, y) in zip(one.fields, other.fields, strict=True))


def supertype(kinds: list[tuple[Type, bool]]) -> Type | None:
    """The type that all of these (type, is literal) become in CASE, IN, UNION and arrays; None when there is none."""
    if any(k.collation for k, _ in kinds) and all(k.kind in ("STRING", "NULL") for k, _ in kinds):
        return COLLATED
    candidates: list[Type] = []
    for kind, literal in kinds:
        if kind.kind != "NULL" and kind not in candidates and not (literal and kind.kind in ("STRING", "FLOAT64")):
            candidates.append(kind)
    candidates += [k for k, _ in kinds if k.kind != "NULL" and k not in candidates]
    if not candidates:
        return kinds[0][0] if kinds else NULL
    if len(candidates) > 1 and candidates[0].kind == "STRUCT":
        structs = [(k, literal) for k, literal in kinds if k.kind != "NULL"]
        return _struct_supertype(structs) if _same_shape([k for k, _ in structs]) else None
    if len(candidates) > 1 and all(k.kind == "ARRAY" for k in candidates):
        found = _array_supertype(kinds, candidates)
        if found is not None:
            return found
    wider = [SIMPLE[w] for k in candidates for w in _WIDER.get(k.kind, ())]
    for candidate in candidates + [w for w in wider if w not in candidates]:
        if all(coerces(kind, candidate, literal) is not None for kind, literal in kinds):
            return candidate
    return None


def _same_shape(kinds: list[Type]) -> bool:
    return all(k.kind == "STRUCT" and len(k.fields) == len(kinds[0].fields) for k in kinds)


def _array_supertype(kinds: list[tuple[Type, bool]], candidates: list[Type]) -> Type | None:
    """Of arrays that differ in the names of fields, or of literals."""
    elements = [(k.element, literal) for k, literal in kinds if k.kind == "ARRAY" and k.element is not None]
    found = supertype(elements)
    if found is not None and all(coerces(k, array(found), literal) is not None for k, literal in kinds):
        return array(found)
    return None


def _struct_supertype(kinds: list[tuple[Type, bool]]) -> Type | None:
    """Field by field; a name is the first that the field has."""
    members: list[tuple[str | None, Type]] = []
    for i in range(len(kinds[0][0].fields)):
        common = supertype([(k.fields[i][1], literal) for k, literal in kinds])
        if common is None:
            return None
        members.append((next((k.fields[i][0] for k, _ in kinds if k.fields[i][0]), None), common))
    return Type("STRUCT", None, tuple(members))
