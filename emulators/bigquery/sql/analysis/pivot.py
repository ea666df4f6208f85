"""PIVOT and UNPIVOT as grouping and as a union of columns."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.coercion import coerce, common
from emulators.bigquery.sql.analysis.constants import python_value
from emulators.bigquery.sql.analysis.operators import compare
from emulators.bigquery.sql.analysis.sources import From, from_columns
from emulators.bigquery.sql.analysis.values import Column, Scope, Value
from emulators.bigquery.sql.functions.formatting import decimal_text
from emulators.bigquery.sql.functions.registry import AGGREGATES
from emulators.bigquery.sql.syntax import nodes


def _scope(found: From) -> Scope:
    return Scope(items=found.items, merged=found.merged, aggregated=True)


def pivot(a: Analyzer, found: From, node: nodes.Pivot) -> From:
    """One row for each group of the columns that are not used; one column for each aggregate and value."""
    scope = _scope(found)
    key = a.expression(node.column, scope)
    used = set(key.refs)
    for item in node.aggregates:
        used |= a.expression(item.expression, scope).refs
    groups = [(name, value) for name, value in found.columns if not value.refs & used]
    outputs: list[tuple[str, str, t.Type]] = [(name, value.sql, value.type) for name, value in groups]
    for item in node.values:
        wanted = a.expression(item.expression, Scope())
        test = compare(a, "=", key, wanted, item).sql if wanted.type.kind != "NULL" else f"({key.sql} IS NULL)"
        label = item.alias or _label(a, key, wanted, item)
        for aggregate in node.aggregates:
            value = _conditional(a, aggregate.expression, scope, test)
            outputs.append((f"{aggregate.alias}_{label}" if aggregate.alias else label, value.sql, value.type))
    listed = ", ".join(f"{sql} AS c{i}" for i, (_, sql, _) in enumerate(outputs))
    grouping = f" GROUP BY {', '.join(v.sql for _, v in groups)}" if groups else ""
    name = a.shared.alias()
    columns = [Column(own, f"{name}.c{i}", kind) for i, (own, _, kind) in enumerate(outputs)]
    return from_columns(f"(SELECT {listed} FROM {found.sql}{grouping}) AS {name}", columns, node.alias or _alias(found))


def _alias(found: From) -> str | None:
    return found.items[0].alias if len(found.items) == 1 else None


def _conditional(a: Analyzer, node: nodes.Node, scope: Scope, test: str) -> Value:
    """The aggregate over the rows that pass the test."""
    if not isinstance(node, nodes.Call) or node.name not in AGGREGATES:
        a.fail("PIVOT expression must be an aggregate function call", node)
    if node.name == "ARRAY_AGG" and node.nulls != "IGNORE":
        a.fail("PIVOT takes only aggregate functions that ignore NULL, not ARRAY_AGG", node)
    if len(node.args) > 1:
        a.fail(f"PIVOT takes only aggregate functions with one argument, not {node.name} with {len(node.args)}", node)
    return a.expression(replace(node, test=test), scope)


def _label(a: Analyzer, key: Value, wanted: Value, node: nodes.Node) -> str:
    """BigQuery's column name for a pivot value without an alias: of the value as the type of what is pivoted."""
    if wanted.type.kind == "NULL":
        return "NULL"
    found = _name(python_value(coerce(a, wanted, key.type)), key.type)
    if found is None:
        a.fail(f"A PIVOT value of type {key.type} must have an alias", node)
    return found


def _name(value: Any, kind: t.Type) -> str | None:
    """1 -> _1; -1.5 -> minus_1_point_5; a struct -> its fields, each behind its name; None: no name of its own."""
    if value is None:
        return "NULL"
    if kind.kind == "STRUCT":
        members = [(own, _name(v, of)) for v, (own, of) in zip(value.values(), kind.fields, strict=True)]
        known = [f"{own}_{name}" if own else name for own, name in members if name is not None]
        return "_".join(known) if len(known) == len(members) else None
    if kind == t.BOOL:
        return "TRUE" if value else "FALSE"
    if kind.kind in ("INT64", "NUMERIC", "BIGNUMERIC"):
        text = decimal_text(value) if isinstance(value, Decimal) else str(value)
        text = text.replace("-", "minus_").replace(".", "_point_")
    elif kind.kind in ("DATE", "STRING"):
        text = str(value).replace("-", "_") if kind.kind == "DATE" else value
    else:
        return None
    return f"_{text}" if text[:1].isdigit() else text


def _check_columns(a: Analyzer, node: nodes.Unpivot) -> None:
    """SqlError for sets of columns that do not fit, and for new names that a column of them has."""
    for columns, _ in node.columns:
        if len(columns) != len(node.values):
            a.fail(f"UNPIVOT has {len(node.values)} value columns, but a set of {len(columns)} columns", node)
        if len({column.lower() for column in columns}) < len(columns):
            a.fail(f"UNPIVOT has a column twice in one set: {', '.join(columns)}", node)
    taken = {column.lower() for columns, _ in node.columns for column in columns}
    made = [name.lower() for name in (*node.values, node.name)]
    for name in made:
        if name in taken or made.count(name) > 1:
            a.fail(f"UNPIVOT cannot make a column of the name {name}, which is in use", node)


def unpivot(a: Analyzer, found: From, node: nodes.Unpivot) -> From:
    """One row for each group of columns, with a label; rows of NULLs are left out unless INCLUDE NULLS."""
    known = {name.lower(): value for name, value in found.columns}
    taken: set[str] = set()
    branches: list[tuple[list[Value], Value]] = []
    _check_columns(a, node)
    for columns, label in node.columns:
        values = []
        for column in columns:
            if column.lower() not in known:
                a.fail(f"Unrecognized name: {column}", node)
            taken.add(column.lower())
            values.append(known[column.lower()])
        name = Value(t.text("_".join(columns)), t.STRING, True) if label is None else a.expression(label, Scope())
        branches.append((values, name))
    kept = [(name, value) for name, value in found.columns if name.lower() not in taken]
    kinds = []
    for i in range(len(node.values)):
        if len({str(values[i].type) for values, _ in branches if values[i].type.kind != "STRUCT"}) > 1:
            a.fail("UNPIVOT columns must have equivalent types", node)
        aligned, kind = common(
            a, [values[i] for values, _ in branches], "UNPIVOT columns have no common type: {types}", node
        )
        kinds.append((kind, aligned))
    labels, label_kind = common(
        a, [label for _, label in branches], "UNPIVOT labels have no common type: {types}", node
    )
    items = []
    for row in range(len(branches)):
        members = [f"v{i} := {aligned[row].sql}" for i, (_, aligned) in enumerate(kinds)]
        items.append(f"struct_pack({', '.join(members)}, l := {labels[row].sql})")
    inner, outer = a.shared.alias(), a.shared.alias()
    plain = [f"{v.sql} AS c{i}" for i, (_, v) in enumerate(kept)] + [f"unnest([{', '.join(items)}]) AS u"]
    listed = (
        [f"{inner}.c{i}" for i in range(len(kept))]
        + [f"{inner}.u.v{i} AS v{i}" for i in range(len(kinds))]
        + [f"{inner}.u.l AS l"]
    )
    where = (
        "" if node.include_nulls else " WHERE " + " OR ".join(f"{inner}.u.v{i} IS NOT NULL" for i in range(len(kinds)))
    )
    sql = f"(SELECT {', '.join(listed)} FROM (SELECT {', '.join(plain)} FROM {found.sql}) AS {inner}{where}) AS {outer}"
    columns_out = [Column(name, f"{outer}.c{i}", v.type) for i, (name, v) in enumerate(kept)]
    columns_out += [
        Column(name, f"{outer}.v{i}", kind) for i, (name, (kind, _)) in enumerate(zip(node.values, kinds, strict=True))
    ]
    columns_out.append(Column(node.name, f"{outer}.l", label_kind))
    return from_columns(sql, columns_out, node.alias or _alias(found))
