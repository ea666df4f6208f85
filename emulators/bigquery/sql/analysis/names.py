"""Names: columns, range variables, struct fields, variables, parameters."""

import difflib
from typing import NoReturn

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, expression_rule
from emulators.bigquery.sql.analysis.values import Column, FromItem, Scope, Value, combine
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.system_variables import read
from emulators.bigquery.sql.types import Type

_WITHOUT_PARENTHESES = ("CURRENT_DATE", "CURRENT_TIME", "CURRENT_DATETIME", "CURRENT_TIMESTAMP")


@expression_rule(nodes.Path)
def path(a: Analyzer, node: nodes.Path, scope: Scope) -> Value:
    """a.b.c -> a column, a field of it, a range variable's column, a variable; else Unrecognized name."""
    found, used = _first(a, node, scope)
    if found is None:
        if len(node.parts) == 1 and node.parts[0].upper() in _WITHOUT_PARENTHESES:
            return a.expression(nodes.Call(node.at, node.parts[0].upper(), node.parts, []), scope)
        _unrecognized(a, node, scope)
    for name in node.parts[used:]:
        found = member_of(a, found, name, node)
    return found


def _first(a: Analyzer, node: nodes.Path, scope: Scope) -> tuple[Value | None, int]:
    """The value that the path begins with, and how many of its parts name it."""
    name = node.parts[0].lower()
    level: Scope | None = scope
    while level is not None:
        if name in level.aliases and not level.items:
            return level.aliases[name], 1
        if len(node.parts) > 1:
            item = level.item(name)
            if item is not None:
                column = _item_column(a, item, node)
                if column is not None:
                    return column.value(), 2
                if item.element is not None:
                    return item.element.value(), 1
                if not level.columns(name):
                    a.fail(f"Name {node.parts[1]} not found inside {node.parts[0]}", node)
        value = _column(a, level, name, node)
        if value is not None:
            return value, 1
        if name in level.variables:
            return level.variables[name], 1
        level = level.parent
    if name in a.environment.variables:
        a.passing(f"the variable {name}", node)
        return a.environment.variables[name], 1
    return None, 0


def _column(a: Analyzer, level: Scope, name: str, node: nodes.Path) -> Value | None:
    if name in level.merged:
        return level.merged[name]
    columns, item = level.columns(name), level.item(name)
    if item is not None and item.element is not None:
        return item.element.value()  # FROM t, UNNEST(t.l) AS l: the range variable hides t's column, and its own fields
    if len(columns) > 1:
        a.fail(f"Column name {node.parts[0]} is ambiguous", node)
    if columns:
        return columns[0].value()
    if item is not None:
        return row_of(item)
    return level.aliases.get(name)


def _item_column(a: Analyzer, item: FromItem, node: nodes.Path) -> Column | None:
    wanted = node.parts[1].lower()
    found = [c for c in item.columns + item.hidden if c.name.lower() == wanted]
    if len(found) > 1:
        a.fail(f"Column name {node.parts[1]} is ambiguous", node)
    return found[0] if found else None


def row_of(item: FromItem) -> Value:
    """A range variable by itself: its element, or the row as a STRUCT."""
    if item.element is not None:
        return item.element.value()
    kind = Type("STRUCT", None, tuple((c.name, c.type) for c in item.columns))
    names = t.struct_names(kind)
    members = ", ".join(f"{t.quoted(n)} := {c.sql}" for n, c in zip(names, item.columns, strict=True))
    return Value(f"struct_pack({members})", kind, refs=frozenset(item.columns))


def member_of(a: Analyzer, base: Value, name: str, node: nodes.Node) -> Value:
    """base.name of a STRUCT or JSON."""
    if base.type.kind == "JSON":
        return combine(f"bq.json_member({base.sql}, {t.text(name)})", t.JSON, base)
    if base.type.kind == "ARRAY":
        a.fail(f"Cannot access field {name} on a value with type {base.type}", node)
    if base.type.kind != "STRUCT":
        a.fail(f"Cannot access field {name} on a value with type {base.type}", node)
    found = base.type.field(name)
    if found is None:
        a.fail(f"Field name {name} does not exist in {base.type}", node)
    if sum(own is not None and own.lower() == name.lower() for own, _ in base.type.fields) > 1:
        a.fail(f"Struct field name {name} is ambiguous", node)
    own = t.struct_names(base.type)[found[0]]
    return combine(f"struct_extract({base.sql}, {t.text(own)})", found[1], base)


@expression_rule(nodes.Member)
def member(a: Analyzer, node: nodes.Member, scope: Scope) -> Value:
    """(expression).field"""
    return member_of(a, a.expression(node.base, scope), node.name, node)


def _unrecognized(a: Analyzer, node: nodes.Path, scope: Scope) -> NoReturn:
    known: list[str] = []
    level: Scope | None = scope
    while level is not None:
        known += [c.name for item in level.items for c in item.columns] + [i.alias for i in level.items if i.alias]
        level = level.parent
    close = difflib.get_close_matches(node.parts[0].lower(), [k.lower() for k in known], 1)
    hint = next((f"; Did you mean {k}?" for k in known if close and k.lower() == close[0]), "")
    a.fail(f"Unrecognized name: {'.'.join(node.parts)}{hint}", node)


@expression_rule(nodes.Parameter)
def parameter(a: Analyzer, node: nodes.Parameter, scope: Scope) -> Value:
    """@name or ? -> the parameter's literal."""
    a.passing("a query parameter", node)
    if node.name is not None:
        found = a.environment.named.get(node.name.lower())
        if found is None:
            a.fail(f"Query parameter '{node.name}' not found", node)
        return found
    if node.position >= len(a.environment.positional):
        a.fail(
            f"Query parameter number {node.position + 1} is not defined ({len(a.environment.positional)} provided)",
            node,
        )
    return a.environment.positional[node.position]


@expression_rule(nodes.SystemVariable)
def system_variable(a: Analyzer, node: nodes.SystemVariable, scope: Scope) -> Value:
    """@@name -> its value."""
    found = read(a.environment, node.name.lower())
    if found is None:
        a.fail(f"Unrecognized system variable: @@{node.name}", node)
    return found
