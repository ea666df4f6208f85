"""Columns of DDL as REST fields."""

from dataclasses import replace

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.coercion import assign
from emulators.bigquery.sql.analysis.options import options_of
from emulators.bigquery.sql.analysis.values import Scope
from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.syntax import nodes

_OPTIONS = {"description", "policy_tags", "rounding_mode"}


def field(a: Analyzer, column: nodes.ColumnNode) -> Field:
    """A column definition with its mode, parameters, default and options."""
    given = options_of(a, column.options)
    base = of_type(a, column.name, column.type)
    mode = "REQUIRED" if column.required and base.mode != "REPEATED" else base.mode
    for name in given.keys() - _OPTIONS:
        if name in ("data_policies", "data_governance_tags"):
            a.fail(f"Option {name} is not supported by this emulator", column)
        a.fail(f"Unknown option: {name}", column)
    if column.required and base.mode == "REPEATED":
        a.fail(f"NOT NULL constraint cannot be set on the REPEATED column {column.name}", column)
    if column.default is not None:
        check_default(a, column.default, t.of_node(column.type), column.required)
    tags = given.get("policy_tags") or ()
    return Field(
        column.name, base.type, mode, base.fields, given.get("description"), base.precision, base.scale, base.max_length,  # noqa: E501
        column.default_text, tuple(tags), given.get("rounding_mode"), base.collation,
    )  # fmt: skip


def described(a: Analyzer, column: nodes.ColumnNode, own: Field) -> Field:
    """A view's column, named and described as its list of columns says."""
    given = options_of(a, column.options)
    for name in given.keys() - {"description", "policy_tags"}:
        a.fail(f"Unknown option: {name}", column)
    return Field(column.name, own.type, own.mode, own.fields, given.get("description"))


# Functions that a default may call.
_DEFAULTS = ("CURRENT_DATE", "CURRENT_DATETIME", "CURRENT_TIME", "CURRENT_TIMESTAMP", "GENERATE_UUID", "RAND",
             "SESSION_USER", "ST_GEOGPOINT")  # fmt: skip
_MADE_OF = (nodes.Literal, nodes.Unary, nodes.ArrayLiteral, nodes.StructLiteral, nodes.Interval)


def check_default(a: Analyzer, node: nodes.Node, kind: t.Type, required: bool = False) -> None:
    """SqlError for a default that is no literal and none of a few functions, or that the column cannot hold."""
    _made_of_defaults(a, node)
    value = a.expression(node, Scope())
    if required and value.type.kind == "NULL":
        a.fail("The default value of a REQUIRED column cannot be NULL", node)
    assign(
        a, value, kind, "Default value has type {source} which cannot be coerced to the column's type {target}", node
    )


def _made_of_defaults(a: Analyzer, node: object) -> None:
    if isinstance(node, (list, tuple)):
        for part in node:
            _made_of_defaults(a, part)
    elif isinstance(node, nodes.Node) and not isinstance(node, nodes.TypeNode):
        named = node.parts[0].upper() if isinstance(node, nodes.Path) and len(node.parts) == 1 else None
        called = node.name if isinstance(node, nodes.Call) else named
        if not isinstance(node, _MADE_OF) and called not in _DEFAULTS:
            a.fail("Default value expression must be a literal or one of " + ", ".join(_DEFAULTS), node)
        for slot in node.__slots__ if named is None else ():
            _made_of_defaults(a, getattr(node, slot))


def of_type(a: Analyzer, name: str, node: nodes.TypeNode) -> Field:
    """A type as written, with its parameters, as a field of that name."""
    if node.name == "ARRAY":
        assert node.element is not None
        inner = of_type(a, name, node.element)
        return replace(inner, mode="REPEATED")
    if node.name == "STRUCT":
        members = []
        for i, (own, member) in enumerate(node.members):
            if isinstance(member, nodes.ColumnNode):
                members.append(field(a, member))
            else:
                members.append(of_type(a, own or f"_field_{i + 1}", member))
        return Field(name, "STRUCT", "NULLABLE", tuple(members))
    if node.name == "RANGE":
        return t.to_field(name, t.of_node(node))
    if node.collate is not None and (node.name != "STRING" or node.collate not in t.COLLATIONS):
        a.fail(f"Collation '{node.collate}' of a column of type {node.name} is not supported", node)
    numbers = [p for p in node.parameters if isinstance(p, int)]
    if node.name in ("STRING", "BYTES"):
        return Field(name, node.name, max_length=numbers[0] if numbers else None, collation=node.collate)
    if node.name in ("NUMERIC", "BIGNUMERIC"):
        scale = numbers[1] if len(numbers) > 1 else None
        return Field(name, node.name, precision=numbers[0] if numbers else None, scale=scale)
    return Field(name, node.name)
