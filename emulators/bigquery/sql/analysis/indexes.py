"""Search and vector indexes: they are kept and shown, and no query needs them."""

from collections.abc import Collection
from typing import Any

from emulators.bigquery.sql import actions
from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.ddl import made
from emulators.bigquery.sql.analysis.options import options_of
from emulators.bigquery.sql.analysis.statements import statement_rule
from emulators.bigquery.sql.analysis.tables import resolve
from emulators.bigquery.sql.functions.analyzers import text_analyzer
from emulators.bigquery.sql.model import Field, Statement
from emulators.bigquery.sql.syntax import definitions as d
from emulators.bigquery.sql.syntax import nodes

_VECTOR = t.array(t.FLOAT64)
_SEARCHED = ("STRING",)
_CHOICES = {
    "analyzer": ("LOG_ANALYZER", "NO_OP_ANALYZER", "PATTERN_ANALYZER"),
    "data_types": ("STRING", "INT64", "TIMESTAMP"),
    "default_index_column_granularity": ("GLOBAL", "COLUMN"),
    "index_granularity": ("GLOBAL", "COLUMN"),
    "index_type": ("IVF", "TREE_AH"),
    "distance_type": ("EUCLIDEAN", "COSINE", "DOT_PRODUCT"),
}
_OPTIONS = {
    "SEARCH INDEX": ("analyzer", "analyzer_options", "data_types", "default_index_column_granularity"),
    "VECTOR INDEX": ("index_type", "distance_type", "ivf_options", "tree_ah_options", "lexical_search_columns"),
    "COLUMN": ("index_granularity", "data_types"),
}


@statement_rule(d.CreateIndex)
def create_index(a: Analyzer, node: d.CreateIndex) -> Statement:
    """CREATE SEARCH INDEX, CREATE VECTOR INDEX"""
    info = resolve(a, node.table, node)
    if info.kind != "TABLE":
        a.fail(f"{node.kind} can only be created on a table, but {info.name} is a {info.kind}", node)
    if node.kind == "VECTOR INDEX" and len(node.columns) != 1:
        a.fail("A VECTOR INDEX has exactly one column", node)
    options = _options(a, node, node.kind, node.options)
    if node.kind == "VECTOR INDEX":
        _check_algorithm(a, node, options)
    else:
        _check_analyzer(a, node, options)
    known = {field.name.lower(): field for field in info.fields}
    for name in (*(name for name, _ in node.columns), *node.storing):
        if name.lower() not in known:
            a.fail(f"Column {name} not found in table {info.name}", node)
    kinds = options.get("data_types") or _SEARCHED
    columns = []
    for name, given in node.columns:
        field, own = known[name.lower()], _options(a, node, "COLUMN", given)
        if not _fits(node.kind, field, own.get("data_types") or kinds):
            a.fail(f"Column {name} of type {t.of_field(field)} cannot be in a {node.kind}", node)
        columns.append((field.name, own))
    if node.all_columns:
        chosen = {name for name, _ in columns}
        rest = [field for field in info.fields if field.name not in chosen and _fits(node.kind, field, kinds)]
        columns += [(field.name, {}) for field in rest]
        if not columns:
            a.fail(f"Table {info.name} has no column of type {' or '.join(kinds)} that a {node.kind} can have", node)
    action = actions.CreateIndex(
        node.name, info.name, node.kind, tuple(columns), options, node.text, node.or_replace, node.if_not_exists
    )
    return made(a, node, f"CREATE_{node.kind.replace(' ', '_')}", action, info.name)


def _options(a: Analyzer, node: d.CreateIndex, kind: str, given: nodes.Options) -> dict[str, Any]:
    """OPTIONS of an index or of its column; refuses names and values that are not documented."""
    found = options_of(a, given)
    for name, value in found.items():
        if name not in _OPTIONS[kind]:
            a.fail(f"Unknown option: {name}", node)
        for one in value if isinstance(value, list) else [value]:
            if name in _CHOICES and one not in _CHOICES[name]:
                a.fail(f"Invalid value for option {name}: {one}; use {', '.join(_CHOICES[name])}", node)
    return found


def _check_algorithm(a: Analyzer, node: d.CreateIndex, options: dict[str, Any]) -> None:
    kind = options.get("index_type")
    if kind is None:
        a.fail("Option index_type is required for CREATE VECTOR INDEX; use IVF or TREE_AH", node)
    for option, wanted in (("ivf_options", "IVF"), ("tree_ah_options", "TREE_AH")):
        if option in options and kind != wanted:
            a.fail(f"Option {option} can only be set when index_type is {wanted}", node)


def _check_analyzer(a: Analyzer, node: d.CreateIndex, options: dict[str, Any]) -> None:
    try:
        text_analyzer(options.get("analyzer") or "LOG_ANALYZER", options.get("analyzer_options"))
    except ValueError as error:
        a.fail(str(error), node)


def _fits(index: str, field: Field, kinds: Collection[str]) -> bool:
    """Whether an index may have the column: vectors, or what has values of these types inside."""
    if index == "VECTOR INDEX":
        return t.of_field(field) == _VECTOR
    if field.type == "STRUCT":
        return any(_fits(index, inner, kinds) for inner in field.fields)
    return field.type == "JSON" or field.type in kinds


@statement_rule(d.DropIndex)
def drop_index(a: Analyzer, node: d.DropIndex) -> Statement:
    """DROP SEARCH INDEX, DROP VECTOR INDEX"""
    info = resolve(a, node.table, node)
    action = actions.DropIndex(node.name, info.name, node.kind, node.if_exists)
    return made(a, node, f"DROP_{node.kind.replace(' ', '_')}", action, info.name)
