"""Queries: WITH, set operations, ORDER BY, LIMIT around a body."""

from dataclasses import replace

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.matching import matched
from emulators.bigquery.sql.analysis.outputs import Tail
from emulators.bigquery.sql.analysis.recursion import check_recursive, in_order, mentions
from emulators.bigquery.sql.analysis.selects import select
from emulators.bigquery.sql.analysis.values import Column, Relation, Scope, SharedQuery, Value
from emulators.bigquery.sql.analysis.windows import order_item
from emulators.bigquery.sql.syntax import nodes

_ITERATION, _MOST = '"iteration ^"', 500
_TOO_MANY = f"A recursive CTE has reached the maximum number of iterations: {_MOST}."


def query(a: Analyzer, node: nodes.Query, parent: Scope | None) -> Relation:
    """A whole query as DuckDB SQL, without parentheses around it."""
    outer = a.ctes
    a.ctes = dict(outer)
    try:
        prefix = _with(a, node, parent)
        tail = Tail(node.order_by, count(a, node.limit, "LIMIT"), count(a, node.offset, "OFFSET"))
        relation = _body(a, node.body, parent, tail)
    finally:
        a.ctes = outer
    return Relation(prefix + relation.sql, relation.columns, relation.names, relation.value_table)


def count(a: Analyzer, node: nodes.Node | None, clause: str) -> str | None:
    if node is None:
        return None
    value = a.expression(node, Scope())
    if value.type.kind != "INT64":
        a.fail(f"{clause} expects an integer literal or parameter", node)
    return value.sql


def _with(a: Analyzer, node: nodes.Query, parent: Scope | None) -> str:
    texts = with_queries(a, node, parent)
    return f"WITH {'RECURSIVE ' if node.recursive else ''}{', '.join(texts)} " if texts else ""


def with_queries(a: Analyzer, node: nodes.Query, parent: Scope | None) -> list[str]:
    """Bring the WITH queries into scope; each as DuckDB's `name AS (query)`."""
    texts = []
    names = [cte.name.lower() for cte in node.ctes]
    for place, cte in enumerate(node.ctes):
        if cte.name.lower() in names[:place]:
            a.fail(f"Duplicate alias {cte.name} for WITH subquery", cte)
    for cte in in_order(a, node.ctes) if node.recursive else node.ctes:
        shared = SharedQuery(cte.name, t.quoted(f"{a.shared.alias('w')}_{cte.name}"))
        before = len(a.shared.scans)
        if node.recursive and mentions(cte.query, cte.name):
            texts.append(_recursive(a, cte, shared, parent))
        else:
            shared.relation = query(a, cte.query, parent)
            texts.append(f"{shared.sql_name} AS ({shared.relation.sql})")
        for scan in a.shared.scans[before:]:
            scan.shared = (*scan.shared, shared)
        a.ctes[cte.name.lower()] = shared
    return texts


def _recursive(a: Analyzer, cte: nodes.With, shared: SharedQuery, parent: Scope | None) -> str:
    """DuckDB's recursive CTE, with the number of the iteration as one more column.

    UNION DISTINCT is a CTE with all its columns as the key, into which come only rows that it has not yet: as plain
    UNION it would take each row of a cycle as new, because of its number.
    """
    body = cte.query.body
    if not isinstance(body, nodes.SetOperation) or not body.op.startswith("UNION"):
        a.fail(f"Recursive query {cte.name} must be a UNION", cte)
    for part in body.parts[1:]:
        check_recursive(a, part, cte.name)
    base = _body(a, body.parts[0], parent, Tail())
    shared.relation, shared.recursive = base, True
    a.ctes[cte.name.lower()] = shared
    terms = [_as(a, _body(a, part, parent, Tail()), [c.type for c in base.columns], part) for part in body.parts[1:]]
    distinct, name = body.op != "UNION ALL", shared.sql_name
    kinds = [t.duckdb(c.type) for c in base.columns]
    casts = ", ".join(f"CAST({t.quoted(n)} AS {kind})" for n, kind in zip(base.names, kinds, strict=True))
    columns = [f"c{i}" for i in range(len(kinds))]
    listed, names = ", ".join(columns), ", ".join(map(t.quoted, base.names))
    last = f"(SELECT any_value({_ITERATION}) FROM {name})"
    step = f"SELECT {listed}, CASE WHEN {last} >= {_MOST} THEN bq.fail('{_TOO_MANY}') ELSE {last} + 1 END"
    step += f" FROM ({' UNION ALL '.join(terms)}) AS q({listed})"
    if distinct:
        pairs = zip(base.names, columns, strict=True)
        same = " AND ".join(f"r.{t.quoted(own)} IS NOT DISTINCT FROM q.{column}" for own, column in pairs)
        step += f" WHERE NOT EXISTS (FROM recurring.{name} AS r WHERE {same})"
    key, op = (f" USING KEY ({names})", "UNION") if distinct else ("", "UNION ALL")
    return f"{name}({names}, {_ITERATION}){key} AS (SELECT {casts}, 0 FROM ({base.sql}) {op} {step})"


def _body(a: Analyzer, node: nodes.Node, parent: Scope | None, tail: Tail) -> Relation:
    if isinstance(node, nodes.Select):
        return select(a, node, parent, tail)
    if isinstance(node, nodes.SetOperation):
        return _ordered(a, set_operation(a, node, parent), parent, tail)
    if isinstance(node, nodes.Pipeline):
        from emulators.bigquery.sql.analysis.pipes import pipeline

        return pipeline(a, node, parent)
    assert isinstance(node, nodes.Query)
    inner = query(a, node, parent)
    if not tail:
        return inner
    wrapped = Relation(f"SELECT * FROM ({inner.sql})", inner.columns, inner.names, inner.value_table)
    return _ordered(a, wrapped, parent, tail)


def _ordered(a: Analyzer, relation: Relation, parent: Scope | None, tail: Tail) -> Relation:
    """ORDER BY over a finished relation: by position, output name, or an expression of output columns."""
    sql = relation.sql
    if tail.order_by:
        own = {
            c.name.lower(): Value(t.quoted(n), c.type)
            for n, c in zip(relation.names, relation.columns, strict=True)
            if c.name
        }
        scope = Scope(parent, aliases=own)
        items, simple = [], True
        for item in tail.order_by:
            position = ordinal(item.expression, len(relation.columns))
            if position is not None:
                own_name = t.quoted(relation.names[position])
                kind = relation.columns[position].type
                named = kind.collation or kind.kind in ("FLOAT64", "RANGE")
                value = Value(own_name if named else str(position + 1), kind)
            else:
                value = a.expression(item.expression, scope)
                simple = simple and isinstance(item.expression, nodes.Path)
            items.append(order_item(a, item, value, []))
        if not simple:
            sql = f"SELECT * FROM ({sql})"
        sql += " ORDER BY " + ", ".join(items)
    sql += tail.limits()
    return Relation(
        sql, _without_origin(relation.columns) if tail.limit else relation.columns, relation.names, relation.value_table
    )


def ordinal(node: nodes.Node, size: int) -> int | None:
    """The position that an integer literal in ORDER BY or GROUP BY stands for, from 0."""
    if isinstance(node, nodes.Literal) and node.kind == "INT64" and 1 <= int(node.value) <= size:
        return int(node.value) - 1
    return None


def _without_origin(columns: list[Column]) -> list[Column]:
    return [Column(c.name, c.sql, c.type) for c in columns]


def set_operation(a: Analyzer, node: nodes.SetOperation, parent: Scope | None) -> Relation:
    relations = [_untyped(_body(a, part, parent, Tail()), part) for part in node.parts]
    if node.matching is not None:
        relations = matched(a, node, relations)
    first = relations[0]
    for relation, part in zip(relations[1:], node.parts[1:], strict=True):
        if len(relation.columns) != len(first.columns):
            a.fail(
                f"Queries in {node.op} have mismatched column count; query 1 has {len(first.columns)} column, "
                f"query {relations.index(relation) + 1} has {len(relation.columns)} columns",
                part,
            )
    literals = [_literals(part) for part in node.parts]
    kinds = []
    for i in range(len(first.columns)):
        found = t.supertype([(r.columns[i].type, i in own) for r, own in zip(relations, literals, strict=True)])
        if found is None:
            listed = ", ".join(str(r.columns[i].type) for r in relations)
            a.fail(f"Column {i + 1} in {node.op} has incompatible types: {listed}", node.parts[1])
        kinds.append(t.INT64 if found.kind == "NULL" else t.array(t.INT64) if found == t.array(t.NULL) else found)
    if node.op.startswith(("INTERSECT", "EXCEPT")) and any(kind.collated for kind in kinds):
        a.fail(f"Collation in {node.op} is not supported by this emulator", node)
    for place, kind in enumerate(kinds, 1) if node.op != "UNION ALL" else ():
        if not t.has_equality(kind):
            why = "has type that does not support set operation comparisons"
            a.fail(f"Column {place} in {node.op} {why}: {kind}", node)
    columns = [Column(c.name, c.sql, kind) for c, kind in zip(first.columns, kinds, strict=True)]
    if node.op == "UNION ALL" and all(r.row is not None for r in relations):
        return _rows(a, relations, columns)
    parts = [_as(a, r, kinds, p) for r, p in zip(relations, node.parts, strict=True)]
    op = {"UNION DISTINCT": "UNION", "INTERSECT DISTINCT": "INTERSECT", "EXCEPT DISTINCT": "EXCEPT"}.get(
        node.op, node.op
    )
    sql = f" {op} ".join(f"({part})" for part in parts)
    return Relation(f"SELECT * FROM ({sql})", columns, first.names, first.value_table)


def _untyped(relation: Relation, node: nodes.Node) -> Relation:
    """The query with its `[]` as arrays of no type yet: they take that of the other queries."""
    if not isinstance(node, nodes.Select) or len(node.items) != len(relation.columns):
        return relation
    kind = t.array(t.NULL)
    for place, item in enumerate(node.items):
        written = item.expression if isinstance(item, nodes.SelectItem) else None
        if isinstance(written, nodes.ArrayLiteral) and not written.items and written.type is None:
            relation.columns[place] = replace(relation.columns[place], type=kind)
            if relation.row is not None:
                relation.row[place] = replace(relation.row[place], type=kind)
    return relation


def _rows(a: Analyzer, relations: list[Relation], columns: list[Column]) -> Relation:
    """Queries without FROM, one after the other, as VALUES: DuckDB reads a union's parts in any order."""
    first = relations[0]
    rows = []
    for relation in relations:
        assert relation.row is not None
        values = (
            f"CAST({coerce(a, v, c.type).sql} AS {t.duckdb(c.type)})" if relation is first else coerce(a, v, c.type).sql
            for v, c in zip(relation.row, columns, strict=True)
        )
        rows.append(f"({', '.join(values)})")
    names = ", ".join(t.quoted(n) for n in first.names)
    sql = f"SELECT * FROM (VALUES {', '.join(rows)}) AS {a.shared.alias()}({names})"
    return Relation(sql, columns, first.names, first.value_table)


def _literals(node: nodes.Node) -> set[int]:
    """The columns of a SELECT that are literals, which coerce more freely."""
    if not isinstance(node, nodes.Select) or any(isinstance(item, nodes.Star) for item in node.items):
        return set()
    return {
        i
        for i, item in enumerate(node.items)
        if isinstance(item, nodes.SelectItem) and isinstance(item.expression, (nodes.Literal, nodes.Parameter))
    }


def _as(a: Analyzer, relation: Relation, kinds: list[t.Type], node: nodes.Node) -> str:
    """The relation with its columns coerced to `kinds`."""
    if [c.type for c in relation.columns] == kinds:
        return relation.sql
    items = []
    for name, column, kind in zip(relation.names, relation.columns, kinds, strict=True):
        value = Value(t.quoted(name), column.type, literal=True)
        if t.coerces(column.type, kind, True) is None:
            a.fail(f"Column of type {column.type} cannot be coerced to {kind}", node)
        items.append(f"{coerce(a, value, kind).sql} AS {t.quoted(name)}")
    return f"SELECT {', '.join(items)} FROM ({relation.sql})"
