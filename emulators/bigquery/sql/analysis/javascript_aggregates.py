"""Calls of aggregate functions in JavaScript: modules that export initialState, aggregate, merge and finalize.

Values look to them as to scalar functions, but an INT64 is a BigInt and BYTES a Uint8Array. A group's rows are there
at once, in one place, so that there is one state and nothing to merge.
"""

from collections.abc import Sequence

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.javascript import HELPERS, SEEN, as_json, from_json, in_texts, seen
from emulators.bigquery.sql.analysis.values import Value, combine
from emulators.bigquery.sql.types import Type

_EXPORTS = ("initialState", "aggregate", "merge", "finalize")
_BYTES = """
const __letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
function __bytes(v) {
  if (v === null) return null;
  const found = [];
  let bits = 0, held = 0;
  for (const letter of v.replace(/[=\\s]/g, '')) {
    held = (held << 6) | __letters.indexOf(letter);
    bits += 6;
    if (bits >= 8) { bits -= 8; found.push((held >> bits) & 255); }
  }
  return Uint8Array.from(found);
}
function __base64(v) {
  let text = '';
  for (let i = 0; i < v.length; i += 3) {
    const held = (v[i] << 16) | ((v[i + 1] || 0) << 8) | (v[i + 2] || 0);
    for (let j = 0; j < 4; j++) text += i + j > v.length ? '=' : __letters[(held >> (18 - 6 * j)) & 63];
  }
  return text;
}
__out.BYTES = v => v instanceof Uint8Array ? __short(__base64(v)) : __refuse(v, 'BYTES');
function __integer(v) { return v === null ? null : BigInt(v); }
"""
_SEEN = {**SEEN, "INT64": "__integer", "BYTES": "__bytes"}


def call(name: str, module: str, bound: Sequence[tuple[str, Value]], fixed: frozenset[str], returns: Type) -> Value:
    """The call of an aggregate function with these arguments; fixed: the names of those that are the same for all
    rows."""
    rows = [(own, value) for own, value in bound if own not in fixed]
    others = [(own, value) for own, value in bound if own in fixed]
    program = _program(name, module, [[value.type for _, value in part] for part in (rows, others)], returns)
    each, same = (", ".join(as_json(value.sql, value.type, name) for _, value in part) for part in (rows, others))
    listed = f"coalesce(to_json(list(json_array({each}))), CAST('[]' AS JSON))"
    sql = f"bq_javascript({t.text(program)}, CAST(json_array({listed}, json_array({same})) AS VARCHAR))"
    return combine(from_json(sql, returns), returns, *(value for _, value in bound))


def _program(name: str, module: str, kinds: Sequence[Sequence[Type]], returns: Type) -> str:
    row, fixed = (
        ", ".join(seen(f"{source}[{place}]", kind, _SEEN) for place, kind in enumerate(part))
        for source, part in zip(("row", "given"), kinds, strict=True)
    )
    missing = f"JavaScript aggregate function {name} has to export the functions {', '.join(_EXPORTS)}; it lacks "
    return f"""{HELPERS}{_BYTES}
{module}
for (const own of {list(_EXPORTS)})
  if (typeof __module[own] !== 'function') throw new Error({missing!r} + own);
function __function(rows, given) {{
  const fixed = [{fixed}];
  const state = __module.initialState(...fixed);
  for (const row of rows) __module.aggregate(state, ...[{row}], ...fixed);
  return __module.finalize(state, ...fixed);
}}
function batch(groups) {{
  return JSON.stringify(groups.map(([rows, given]) => {{
    const v = {in_texts("__function(rows, given)", returns, name)};
    return v === null ? null : JSON.stringify(v);
  }}));
}}"""
