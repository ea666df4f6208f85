"""The texts inside of a value: of its elements, its members, and its JSON."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.casts import convert
from emulators.bigquery.sql.analysis.values import Value
from emulators.bigquery.sql.syntax import nodes

JSON_SCOPES = ("JSON_VALUES", "JSON_KEYS", "JSON_KEYS_AND_VALUES")


def inner_texts(a: Analyzer, value: Value, node: nodes.Call, json: str, strings_alone: bool = False) -> str:
    """A DuckDB list of all texts inside of a value; strings_alone: numbers, dates, JSON's null and
    such have none."""
    kind, name = value.type, a.shared.alias("p")

    def inside(sql: str, own: t.Type) -> str:
        return inner_texts(a, Value(sql, own), node, json, strings_alone)

    if kind.kind == "ARRAY" and kind.element is not None:
        return f"flatten(list_transform({value.sql}, lambda {name}: {inside(name, kind.element)}))"
    if kind.kind == "STRUCT":
        own = zip(t.struct_names(kind), kind.fields, strict=True)
        parts = [inside(f"struct_extract({value.sql}, {t.text(n)})", k) for n, (_, k) in own]
        return f"flatten([{', '.join(parts)}])"
    if kind == t.JSON:
        found = f"bq_json_texts(CAST({value.sql} AS VARCHAR), {json != 'JSON_VALUES'}, {json != 'JSON_KEYS'})"
        return f"list_filter({found}, lambda {name}: {name} IS NOT NULL)" if strings_alone else found
    if strings_alone and kind.kind not in ("STRING", "NULL"):
        return "CAST([] AS VARCHAR[])"
    return f"[{convert(a, value, t.STRING, node).sql}]"
