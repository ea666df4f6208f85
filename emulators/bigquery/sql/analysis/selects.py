"""SELECT: sources, WHERE, grouping, the select list with its stars, HAVING, QUALIFY, ORDER BY."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.clauses import check, paths_in
from emulators.bigquery.sql.analysis.group_by import UNGROUPABLE, check_groups, group_by
from emulators.bigquery.sql.analysis.lambda_names import canonical
from emulators.bigquery.sql.analysis.literals import implied_name
from emulators.bigquery.sql.analysis.outputs import Output, Tail, final, named
from emulators.bigquery.sql.analysis.pruning import push
from emulators.bigquery.sql.analysis.sources import source
from emulators.bigquery.sql.analysis.thresholds import enforced
from emulators.bigquery.sql.analysis.values import Column, Relation, Scope, Value
from emulators.bigquery.sql.analysis.windows import order_item
from emulators.bigquery.sql.functions.registry import RULES, SCALARS
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type


def select(a: Analyzer, node: nodes.Select, parent: Scope | None, tail: Tail, aggregated: bool = True) -> Relation:
    """SELECT ... as DuckDB SQL, columns named uniquely; aggregated: its list may have aggregates."""
    node = enforced(a, node)
    check(a, node)
    scope = Scope(parent, windows=node.windows)
    from_sql = ""
    if node.source is not None:
        result = source(a, node.source, scope)
        from_sql, scope.merged = f" FROM {result.sql}", result.merged
        star = result.columns
    else:
        star = []
    where = ""
    if node.where is not None:
        condition = a.condition(node.where, scope, "WHERE clause")
        push(a, node.where, scope)
        where = f" WHERE {condition.sql}"
    scope.aggregated = aggregated
    outputs = _outputs(a, node, scope, star)
    group = group_by(a, node, scope, outputs)
    scope.aliases = {o.name.lower(): o.value for o in outputs if o.name and named(outputs, o.name) is o}
    check_groups(a, node, scope, outputs, tail)
    having = qualify = ""
    if node.having is not None:
        having = f" HAVING {a.condition(node.having, scope, 'HAVING clause').sql}"
    if node.qualify is not None:
        qualify = f" QUALIFY {a.condition(node.qualify, scope, 'QUALIFY clause').sql}"
    order = _order_by(a, node, scope, outputs, tail)
    value_table = node.as_kind is not None
    if node.as_kind == "STRUCT":
        outputs = [_as_struct(outputs)]
    elif node.as_kind == "VALUE" and len(outputs) != 1:
        a.fail("SELECT AS VALUE query must have exactly one column", node)
    names = _unique([o.name for o in outputs])
    listed = ", ".join(f"{final(a, o.value).sql} AS {t.quoted(n)}" for o, n in zip(outputs, names, strict=True))
    distinct = "DISTINCT " if node.distinct else ""
    if distinct:
        _distinguishable(a, node, outputs)
    if group:
        listed, group, having, qualify, order = map(canonical, (listed, group, having, qualify, order))
    sql = f"SELECT {distinct}{listed}{from_sql}{where}{group}{having}{qualify}{order}{tail.limits()}"
    opaque = bool(tail.limit) or " OVER (" in listed or bool(qualify)
    columns = [_column(o, n, opaque) for o, n in zip(outputs, names, strict=True)]
    row = None if from_sql or where or group or having or qualify or order or tail else _row(a, node, outputs)
    return Relation(sql, columns, names, value_table, row)


def _distinguishable(a: Analyzer, node: nodes.Select, outputs: list[Output]) -> None:
    for output in outputs:
        if output.value.type.kind in UNGROUPABLE:
            name = output.name or f"{outputs.index(output) + 1}"
            a.fail(f"Column {name} of type {output.value.type} cannot be used in SELECT DISTINCT", node)


# What a row of VALUES may be made of: no queries and no aggregates.
_OF_ROWS = (nodes.Literal, nodes.Parameter, nodes.Path, nodes.Unary, nodes.Binary, nodes.Cast, nodes.Interval,
            nodes.ArrayLiteral, nodes.StructLiteral, nodes.Call)  # fmt: skip


def _row(a: Analyzer, node: nodes.Select, outputs: list[Output]) -> list[Value] | None:
    if all(isinstance(item, nodes.SelectItem) and _is_plain(item.expression) for item in node.items):
        return [final(a, o.value) for o in outputs]
    return None


def _is_plain(node: object) -> bool:
    if isinstance(node, nodes.Node):
        if isinstance(node, nodes.TypeNode):
            return True
        if not isinstance(node, _OF_ROWS) or (
            isinstance(node, nodes.Call) and node.name not in SCALARS and node.name not in RULES
        ):
            return False
        return all(_is_plain(getattr(node, slot)) for slot in type(node).__slots__)
    if isinstance(node, (list, tuple)):
        return all(_is_plain(part) for part in node)
    return True


def _column(output: Output, name: str, opaque: bool) -> Column:
    value = output.value
    kind = value.type
    if kind.kind == "ARRAY" and kind.element == t.NULL:
        kind = t.array(t.INT64)
    origin = None
    if not opaque and len(value.refs) == 1:
        (only,) = value.refs
        origin = only.origin if only.sql == value.sql else None
    return Column(output.name, t.quoted(name), kind, origin)


def _unique(names: list[str]) -> list[str]:
    """DuckDB's names: each once, whatever the case of its letters."""
    used: set[str] = set()
    found = []
    for i, name in enumerate(names):
        own = name or f"f{i}_"
        if own.lower() in used:
            own = f"{own}:{i}"
        used.add(own.lower())
        found.append(own)
    return found


def _as_struct(outputs: list[Output]) -> Output:
    kind = Type("STRUCT", None, tuple((o.name or None, o.value.type) for o in outputs))
    members = ", ".join(t.member(n, o.value.sql) for n, o in zip(t.struct_names(kind), outputs, strict=True))
    refs = frozenset[Column]().union(*(o.value.refs for o in outputs))
    return Output("", Value(f"struct_pack({members})", kind, refs=refs))


def outputs_of(a: Analyzer, node: nodes.Select, scope: Scope) -> list[Output]:
    """What a select list gives over what is in scope; a bare `*` is not for it."""
    found = _outputs(a, node, scope, [])
    return [Output(o.name, final(a, o.value), o.node, o.alias) for o in found]


def _outputs(a: Analyzer, node: nodes.Select, scope: Scope, star: list[tuple[str, Value]]) -> list[Output]:
    found: list[Output] = []
    for item in node.items:
        if isinstance(item, nodes.Star):
            found.extend(_star(a, item, scope, star, node))
        else:
            value = a.expression(item.expression, scope)
            name = item.alias or implied_name(item.expression) or ""
            found.append(Output(name, value, item.expression, item.alias is not None))
    return found


def _star(
    a: Analyzer, item: nodes.Star, scope: Scope, star: list[tuple[str, Value]], node: nodes.Select
) -> list[Output]:
    """`*` and `x.*`, less EXCEPT, with REPLACE."""
    if item.base is None:
        if node.source is None:
            a.fail("SELECT * must have a FROM clause", item)
        columns = star
    else:
        columns = _base_columns(a, item.base, scope)
    if not columns:
        a.fail("SELECT * would expand to zero columns", item)
    excluded = {name.lower() for name in item.excluded}
    for clause, given in (("EXCEPT", item.excluded), ("REPLACE", [name for name, _ in item.replaced])):
        twice = [name for i, name in enumerate(given) if name.lower() in [one.lower() for one in given[:i]]]
        if twice:
            a.fail(f"Duplicate column {twice[0]} in SELECT * {clause} list", item)
    present = {name.lower() for name, _ in columns}
    for name in item.excluded:
        if name.lower() not in present:
            a.fail(f"Column {name} in SELECT * EXCEPT list does not exist", item)
    for name, _ in item.replaced:
        if name.lower() not in present:
            a.fail(f"Column {name} in SELECT * REPLACE list does not exist", item)
    replaced = {name.lower(): a.expression(value, scope) for name, value in item.replaced}
    kept = [Output(name, replaced.get(name.lower(), value)) for name, value in columns if name.lower() not in excluded]
    if not kept:
        a.fail("SELECT * EXCEPT list excludes all columns", item)
    return kept


def _base_columns(a: Analyzer, base: nodes.Node, scope: Scope) -> list[tuple[str, Value]]:
    if isinstance(base, nodes.Path) and len(base.parts) == 1:
        level: Scope | None = scope
        while level is not None:
            item = level.item(base.parts[0].lower())
            if item is not None:
                if item.element is not None and item.element.type.kind != "STRUCT":
                    a.fail(f"Dot-star is not supported for type {item.element.type}", base)
                return [(c.name, c.value()) for c in item.columns]
            level = level.parent
    value = a.expression(base, scope)
    if value.type.kind != "STRUCT":
        a.fail(f"Dot-star is not supported for type {value.type}", base)
    return struct_columns(value)


def struct_columns(value: Value) -> list[tuple[str, Value]]:
    """The fields of a struct as columns."""
    found = []
    for own, (name, kind) in zip(t.struct_names(value.type), value.type.fields, strict=True):
        sql = f"struct_extract({value.sql}, {t.text(own)})"
        found.append((name or "", Value(sql, kind, refs=value.refs, volatile=value.volatile)))
    return found


def _order_by(a: Analyzer, node: nodes.Select, scope: Scope, outputs: list[Output], tail: Tail) -> str:
    if not tail.order_by:
        return ""
    aliases = {o.name.lower(): o.value for o in outputs if o.name}
    inner = Scope(scope, aliases=aliases, aggregated=True, same_query=True)
    found = []
    for item in tail.order_by:
        position = _position(a, item, outputs)
        if position is not None and not node.distinct and _repeatable(outputs[position].value):
            value = outputs[position].value
        elif position is not None and node.as_kind != "STRUCT" and not outputs[position].value.type.collation:
            value = Value(str(position + 1), outputs[position].value.type)
        elif position is not None:
            value = outputs[position].value
        else:
            if node.distinct:
                _visible(a, item.expression, inner, outputs)
            value = a.expression(item.expression, inner)
        found.append(order_item(a, item, value, []))
    return " ORDER BY " + ", ".join(found)


def _visible(a: Analyzer, node: nodes.Node, scope: Scope, outputs: list[Output]) -> None:
    """ORDER BY after DISTINCT sees what the select list has, and nothing more."""
    seen = {canonical(output.value.sql) for output in outputs}
    if canonical(a.expression(node, scope).sql) in seen:
        return
    for path in paths_in(node):
        if path.parts[0].lower() not in scope.aliases and a.expression(path, scope).sql not in seen:
            where = f"column {path.parts[-1]} which is not visible after SELECT DISTINCT"
            a.fail(f"ORDER BY clause expression references {where}", path)


def _repeatable(value: Value) -> bool:
    """Whether a key may be written again: BigQuery orders these otherwise than DuckDB does by their position."""
    return value.type.kind in ("FLOAT64", "RANGE") and not value.volatile and " OVER (" not in value.sql


def _position(a: Analyzer, item: nodes.OrderItem, outputs: list[Output]) -> int | None:
    """The output column that an ORDER BY item names, if it is nothing more than that."""
    node = item.expression
    if isinstance(node, nodes.Literal) and node.kind == "INT64":
        if not 1 <= int(node.value) <= len(outputs):
            a.fail(f"ORDER BY is out of SELECT column number range: {node.value}", node)
        return int(node.value) - 1
    if item.collate is None and isinstance(node, nodes.Path) and len(node.parts) == 1:
        found = [i for i, o in enumerate(outputs) if o.name.lower() == node.parts[0].lower()]
        if found:
            return found[0]
    return None
