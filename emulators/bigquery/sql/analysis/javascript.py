"""Calls of JavaScript functions: the arguments become JSON, the program is V8's, its result becomes SQL again.

How values look to JavaScript is BigQuery's table of types: INT64 a String, as is a NUMERIC that is no whole number;
BYTES base64; DATE and TIMESTAMP a Date; ARRAY and STRUCT what they are there.
"""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.cast_templates import CASTS
from emulators.bigquery.sql.analysis.values import Value, combine
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.types import Type

HELPERS = """
function __date(us) {
  if (us === null) return null;
  const found = new Date(Math.floor(us / 1000));
  found.microseconds = ((us % 1000000) + 1000000) % 1000000;
  return found;
}
function __number(v) { return v === null ? null : typeof v === 'string' ? Number(v.replace('inf', 'Infinity')) : v; }
function __refuse(v, type) { throw new Error('Failed to coerce output value ' + JSON.stringify(v) + ' to type ' + type); }
function __none(v) { return v === null || v === undefined; }
function __short(v) { if (v.length > 1e8) throw new Error('UDF out of memory'); return v; }
const __out = {
  INT64: v => (typeof v === 'number' ? Number.isInteger(v) : /^\\s*[-+]?\\d+\\s*$/.test(v)) ? BigInt(v).toString() : __refuse(v, 'INT64'),
  FLOAT64: v => Number.isNaN(Number(v)) && String(v) !== 'NaN' ? __refuse(v, 'FLOAT64') : String(Number(v)),
  NUMERIC: v => String(v),
  BIGNUMERIC: v => String(v),
  BOOL: v => typeof v === 'boolean' ? String(v) : __refuse(v, 'BOOL'),
  STRING: v => __short(String(v)),
  BYTES: v => typeof v === 'string' ? __short(v) : __refuse(v, 'BYTES'),
  DATE: v => v instanceof Date ? v.toISOString().slice(0, 10) : String(v),
  TIMESTAMP: v => v instanceof Date ? v.toISOString() : String(v),
  JSON: v => JSON.stringify(v),
};
"""  # noqa: E501
_PLAIN = ("BOOL", "STRING")


def call(
    name: str, body: str, libraries: Sequence[str], bound: Sequence[tuple[str, Value]], returns: Type, constant: bool
) -> Value:
    """The call of a function with these arguments. constant: the same arguments always give the same."""
    program = _program(body, libraries, [(own, value.type) for own, value in bound], returns, name)
    arguments = ", ".join(as_json(value.sql, value.type, name) for _, value in bound)
    sql = f"bq_javascript({t.text(program)}, CAST(json_array({arguments}) AS VARCHAR))"
    made = combine(from_json(sql, returns), returns, *(value for _, value in bound))
    return made if constant else Value(made.sql, made.type, refs=made.refs, volatile=True)


def _program(
    body: str, libraries: Sequence[str], arguments: Sequence[tuple[str, Type]], returns: Type, name: str
) -> str:
    names = ", ".join(own for own, _ in arguments)
    values = ", ".join(seen(f"row[{i}]", kind) for i, (_, kind) in enumerate(arguments))
    made = in_texts(f"__function({values})", returns, name)
    return "\n".join(
        [*libraries, HELPERS, f"function __function({names}) {{\n{body}\n}}",
         f"function batch(rows) {{ return JSON.stringify(rows.map(row => {{ const v = {made}; "
         "return v === null ? null : JSON.stringify(v); })); }"]
    )  # fmt: skip


def _refuse(kind: Type, name: str) -> SqlError:
    return SqlError(f"JavaScript function {name}: values of type {kind} are not supported by this emulator")


def as_json(sql: str, kind: Type, name: str, depth: int = 0) -> str:
    """A value as DuckDB's JSON."""
    if kind.kind in _PLAIN:
        return f"to_json({sql})"
    if kind.kind == "INT64":
        return f"to_json(CAST({sql} AS VARCHAR))"
    if kind.kind == "FLOAT64":
        return f"CASE WHEN isfinite({sql}) THEN to_json({sql}) ELSE to_json(CAST({sql} AS VARCHAR)) END"
    if kind.kind in ("NUMERIC", "BIGNUMERIC"):
        return f"bq.decimal_json({CASTS[kind.kind, 'STRING'].format(sql)})"
    if kind.kind == "BYTES":
        return f"to_json(to_base64({sql}))"
    if kind.kind == "TIMESTAMP":
        return f"to_json(epoch_us({sql}))"
    if kind.kind == "DATE":
        return f"to_json(epoch_us(CAST({sql} AS TIMESTAMP)))"
    if kind.kind == "JSON":
        return sql
    if kind.kind == "ARRAY" and kind.element is not None:
        one = f"js{depth}"
        return f"to_json(list_transform({sql}, lambda {one}: {as_json(one, kind.element, name, depth + 1)}))"
    if kind.kind == "STRUCT":
        members = ", ".join(
            f"{t.text(own)}, {as_json(f'struct_extract({sql}, {t.text(own)})', member, name, depth)}"
            for own, (_, member) in zip(t.struct_names(kind), kind.fields, strict=True)
        )
        return f"CASE WHEN {sql} IS NULL THEN NULL ELSE json_object({members}) END"
    raise _refuse(kind, name)


SEEN = {"DATE": "__date", "TIMESTAMP": "__date", "FLOAT64": "__number"}


def seen(value: str, kind: Type, functions: Mapping[str, str] = MappingProxyType(SEEN)) -> str:
    """JavaScript that turns the JSON of an argument into what the function sees; functions: which does it, by type."""
    if kind.kind in functions:
        return f"{functions[kind.kind]}({value})"
    if kind.kind == "ARRAY" and kind.element is not None:
        return f"({value} === null ? null : {value}.map(e => {seen('e', kind.element, functions)}))"
    if kind.kind == "STRUCT":
        members = ", ".join(
            f"{json.dumps(own)}: {seen(f'{value}[{json.dumps(own)}]', member, functions)}"
            for own, (_, member) in zip(t.struct_names(kind), kind.fields, strict=True)
        )
        return f"({value} === null ? null : {{{members}}})"
    return value


def in_texts(value: str, kind: Type, name: str) -> str:
    """JavaScript that turns a result into texts in arrays and objects, or null."""
    if kind.kind == "ARRAY" and kind.element is not None:
        inner = f"Array.isArray(v) ? Array.from(v, e => {in_texts('e', kind.element, name)}) : __refuse(v, 'ARRAY')"
    elif kind.kind == "STRUCT":
        members = ", ".join(
            f"{json.dumps(own)}: {in_texts(f'v[{json.dumps(own)}]', member, name)}"
            for own, (_, member) in zip(t.struct_names(kind), kind.fields, strict=True)
        )
        inner = f"typeof v === 'object' ? {{{members}}} : __refuse(v, 'STRUCT')"
    elif kind.kind in ("INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC", "BOOL", "STRING", "BYTES", "DATE", "TIMESTAMP",
                       "JSON"):  # fmt: skip
        inner = f"__out.{kind.kind}(v)"
    else:
        raise _refuse(kind, name)
    return f"(v => __none(v) ? null : ({inner}))({value})"


def from_json(sql: str, kind: Type) -> str:
    """The JSON result as a value of its type; the call stands in one place only."""
    if kind.kind in ("ARRAY", "STRUCT"):
        return f"list_transform([CAST({sql} AS JSON)], lambda js: {_taken('js', kind, 0)})[1]"
    return _scalar(f"json_extract_string({sql}, '$')", kind)


def _taken(value: str, kind: Type, depth: int) -> str:
    if kind.kind == "ARRAY" and kind.element is not None:
        one = f"js{depth}"
        found = f"list_transform(CAST({value} AS JSON[]), lambda {one}: {_taken(one, kind.element, depth + 1)})"
    elif kind.kind == "STRUCT":
        members = ", ".join(
            f"{t.quoted(own)} := {_taken(f'json_extract({value}, {_path(own)})', member, depth)}"
            for own, (_, member) in zip(t.struct_names(kind), kind.fields, strict=True)
        )
        found = f"struct_pack({members})"
    else:
        return _scalar(f"json_extract_string({value}, '$')", kind)
    return f"CASE WHEN {value} IS NULL OR json_type({value}) = 'NULL' THEN NULL ELSE {found} END"


def _path(name: str) -> str:
    """The JSON pointer of a member."""
    return t.text("/" + name.replace("~", "~0").replace("/", "~1"))


def _scalar(text: str, kind: Type) -> str:
    if kind.kind == "STRING":
        return text
    if kind.kind == "BYTES":
        return f"from_base64({text})"
    if kind.kind == "JSON":
        return f"CAST({text} AS JSON)"
    if kind.kind == "BIGNUMERIC":
        return f"bq.to_bignumeric({text})"
    return f"CAST({text} AS {t.duckdb(kind)})"
