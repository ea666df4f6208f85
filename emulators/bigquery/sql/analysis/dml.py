"""INSERT, UPDATE, DELETE on DuckDB's base tables."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis import changes
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.coercion import assign
from emulators.bigquery.sql.analysis.limits import limited_sql
from emulators.bigquery.sql.analysis.pruning import push
from emulators.bigquery.sql.analysis.sources import source
from emulators.bigquery.sql.analysis.statements import finish, rows_of, statement_rule, text_of
from emulators.bigquery.sql.analysis.tables import resolve
from emulators.bigquery.sql.analysis.values import Column, FromItem, Relation, Scan, Scope, Value
from emulators.bigquery.sql.model import Field, SqlError, Statement, TableInfo
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import statements as s
from emulators.bigquery.sql.syntax.scripting import parse_expression

_TYPE = "{what} has type {source} which cannot be inserted into column {column}, which has type {target}"


def target(a: Analyzer, path: list[str], node: nodes.Node, verb: str) -> TableInfo:
    """The table that a statement changes."""
    info = resolve(a, path, node)
    if info.kind != "TABLE":
        kind = {"VIEW": "view", "MATERIALIZED_VIEW": "materialized view", "EXTERNAL": "external table"}.get(
            info.kind, "snapshot"
        )
        raise SqlError(f"{verb} is not allowed on {kind} {info.name}: DML needs a table")
    a.shared.changed = info.name
    return info


def column_of(a: Analyzer, info: TableInfo, name: str, node: nodes.Node) -> Field:  # noqa: RET503
    for field in changes.stored(info):
        if field.name.lower() == name.lower():
            return field
    a.fail(f"Column {name} is not present in table {info.name.project}.{info.name.dataset}.{info.name.table}", node)


def default_of(a: Analyzer, field: Field) -> Value:
    """A column's DEFAULT, or NULL."""
    kind = t.of_field(field)
    if field.default is None:
        return Value(f"CAST(NULL AS {t.duckdb(kind)})", kind)
    inner = Analyzer(a.environment, field.default, a.shared)
    return assign(inner, inner.expression(parse_expression(field.default), Scope()), kind, "Invalid default", None)


def fitted(a: Analyzer, value: Value, field: Field, node: nodes.Node | None, what: str = "Value") -> Value:
    """The value as the column's type, within its parameters."""
    kind = t.of_field(field)
    message = _TYPE.replace("{what}", what).replace("{column}", field.name)
    return limited(assign(a, value, kind, message, node), field)


def limited(value: Value, field: Field) -> Value:
    """Length, precision, scale and REQUIRED are checked where the column has them."""
    sql = limited_sql(value.sql, field)
    return value if sql == value.sql else value.with_sql(sql, value.type)


@statement_rule(s.Insert)
def insert(a: Analyzer, node: s.Insert) -> Statement:
    """INSERT INTO t (columns) VALUES / SELECT: by position; columns not named get their default."""
    info = target(a, node.table, node, "INSERT")
    writable = a.catalog.writable(info.name)
    if node.columns is None:
        fields = list(info.fields)
    else:
        fields = [column_of(a, info, name, node) for name in node.columns]
        twice = [f.name for place, f in enumerate(fields) if f.name in [one.name for one in fields[:place]]]
        if twice:
            a.fail(f"INSERT has columns with duplicate name: {twice[0]}", node)
    if node.rows is not None:
        rows = _values(a, node, fields)
    else:
        assert node.query is not None
        rows = _query(a, node, a.query(node.query, None), fields)
    named = {f.name.lower() for f in fields}
    defaults = [f for f in info.fields if f.default is not None and f.name.lower() not in named]
    if defaults:
        extra = ", ".join(f"{default_of(a, f).sql} AS {t.quoted(f.name)}" for f in defaults)
        rows, fields = f"SELECT *, {extra} FROM ({rows})", fields + defaults
    columns = ", ".join(t.quoted(f.name) for f in fields)
    sql = finish(a, f"INSERT INTO {writable} ({columns}) {rows}")
    return Statement("INSERT", text_of(a, node), sql, target=info.name, reads=tuple(a.shared.reads))


def _values(a: Analyzer, node: s.Insert, fields: list[Field]) -> str:
    rows = []
    for row in node.rows or ():
        if len(row) != len(fields):
            a.fail(f"Inserted row has wrong column count; Has {len(row)}, expected {len(fields)}", row[0])
        cells = []
        for cell, field in zip(row, fields, strict=True):
            value = default_of(a, field) if isinstance(cell, nodes.DefaultValue) else a.expression(cell, Scope())
            cells.append(_fixed(fitted(a, value, field, cell)).sql)
        rows.append(f"({', '.join(cells)})")
    names = ", ".join(t.quoted(f.name) for f in fields)
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS v({names})"


def _fixed(value: Value) -> Value:
    """A NULL with its type, so that VALUES does not guess."""
    return value.with_sql(f"CAST(NULL AS {t.duckdb(value.type)})", value.type) if value.sql == "NULL" else value


def _query(a: Analyzer, node: s.Insert, relation: Relation, fields: list[Field]) -> str:
    columns, names = relation.columns, relation.names
    sql = rows_of(relation)
    if relation.value_table and columns[0].type.kind == "STRUCT":
        names = t.struct_names(columns[0].type)
        columns = [Column(n or "", "", k) for n, k in columns[0].type.fields]
    if len(columns) != len(fields):
        a.fail(f"Inserted row has wrong column count; Has {len(columns)}, expected {len(fields)}", node.query)
    items: list[str] = []
    for column, name, field in zip(columns, names, fields, strict=True):
        given = Value(t.quoted(name), column.type, literal=_literal(node, len(items)))
        value = fitted(a, given, field, node.query, f"Query column {len(items) + 1}")
        items.append(f"{value.sql} AS {t.quoted(field.name)}")
    return f"SELECT {', '.join(items)} FROM ({sql})"


def _literal(node: s.Insert, i: int) -> bool:
    """Whether the query's i-th column is a bare literal, which coerces more freely."""
    body = node.query.body if node.query is not None else None
    if (
        not isinstance(body, nodes.Select)
        or any(isinstance(item, nodes.Star) for item in body.items)
        or i >= len(body.items)
    ):
        return False
    item = body.items[i]
    return isinstance(item, nodes.SelectItem) and isinstance(item.expression, (nodes.Literal, nodes.Parameter))


def entered(a: Analyzer, info: TableInfo, alias: str | None, written: list[str]) -> tuple[str, Scope]:
    """The changed table in a scope of its own: its DuckDB alias and the scope."""
    name = a.shared.alias()
    scan = Scan(f"\x01{name}\x01", info)
    columns = [Column(f.name, f"{name}.{t.quoted(f.name)}", t.of_field(f), (scan, f.name)) for f in info.fields]
    hidden = [Column(f.name, _hidden(name, f), t.of_field(f), (scan, f.name)) for f in info.hidden]
    return name, Scope(items=[FromItem(alias or written[-1], columns, hidden)])


def _hidden(name: str, field: Field) -> str:
    """A pseudo-column of the base table, which itself keeps only the arrival time."""
    if field.name == "_PARTITIONDATE":
        return f'CAST({name}."_PARTITIONTIME" AS DATE)'
    return f"{name}.{t.quoted(field.name)}"


def require_filter(a: Analyzer, info: TableInfo, where: nodes.Node | None, scope: Scope) -> None:
    """A table that requires a partition filter requires it of DML as well."""
    if info.require_partition_filter and not filtered(a, where, scope):
        name = f"{info.name.project}.{info.name.dataset}.{info.name.table}"
        columns = "', '".join(info.partition_columns)
        raise SqlError(
            f"Cannot query over table '{name}' without a filter over column(s) '{columns}' that can be used for partition elimination"  # noqa: E501
        )


def filtered(a: Analyzer, where: nodes.Node | None, scope: Scope) -> bool:
    """Whether a condition leaves out partitions of the changed table, which is the first of the scope."""
    scan = next(c.origin[0] for c in scope.items[0].columns if c.origin is not None)
    a.shared.scans.append(scan)
    if where is not None:
        push(a, where, scope)
    a.shared.scans.remove(scan)
    found, scan.predicates, scan.filters = bool(scan.filters), [], []
    return found


def assigned(a: Analyzer, given: list[s.Assignment], info: TableInfo, scope: Scope) -> dict[str, Value]:
    """SET a = x, s.f = y as new values by column: a struct is rebuilt around the field that changes."""
    changed: dict[str, Value] = {}
    fields: dict[str, Field] = {}
    paths: list[list[str]] = []
    for one in given:
        path = (
            one.path[1:]
            if len(one.path) > 1 and scope.items[0].alias and one.path[0].lower() == scope.items[0].alias.lower()
            else one.path
        )
        field = column_of(a, info, path[0], one)
        key = field.name.lower()
        _require_apart(a, paths, path, one)
        paths.append(path)
        if isinstance(one.value, nodes.DefaultValue):
            changed[key] = default_of(a, field)
        elif len(path) == 1:
            changed[key] = fitted(a, a.expression(one.value, scope), field, one.value)
        else:
            old = changed.get(key) or next(c for c in scope.items[0].columns if c.name.lower() == key).value()
            changed[key] = _rebuilt(a, old, path[1:], a.expression(one.value, scope), one)
        fields[key] = field
    return {fields[key].name: value for key, value in changed.items()}


def _require_apart(a: Analyzer, before: list[list[str]], path: list[str], node: s.Assignment) -> None:
    """No part of a row is assigned twice, alone or within another part."""
    for other in before:
        shared = min(len(other), len(path))
        if [name.lower() for name in other[:shared]] == [name.lower() for name in path[:shared]]:
            problem = "assigned more than once" if len(other) == len(path) else f"overlaps with {'.'.join(other)}"
            a.fail(f"Update item {'.'.join(path)} {problem}", node)


def _rebuilt(a: Analyzer, old: Value, path: list[str], value: Value, node: s.Assignment) -> Value:
    if old.type.kind != "STRUCT":
        a.fail(f"Cannot access field {path[0]} on a value with type {old.type}", node)
    found = old.type.field(path[0])
    if found is None:
        a.fail(f"Field name {path[0]} does not exist in {old.type}", node)
    names = t.struct_names(old.type)
    members = []
    for i, (name, (_, kind)) in enumerate(zip(names, old.type.fields, strict=True)):
        part = Value(f"struct_extract({old.sql}, {t.text(name)})", kind, refs=old.refs)
        if i == found[0]:
            part = (
                _rebuilt(a, part, path[1:], value, node)
                if len(path) > 1
                else assign(a, value, kind, "Value of type {source} cannot be assigned to {target}", node)
            )
        members.append(f"{t.quoted(name)} := {part.sql}")
    return old.with_sql(f"struct_pack({', '.join(members)})", old.type)


@statement_rule(s.Update)
def update(a: Analyzer, node: s.Update) -> Statement:
    """UPDATE t SET ... [FROM s] WHERE ...; a row that several source rows would change is an error."""
    info = target(a, node.table, node, "UPDATE")
    writable = a.catalog.writable(info.name)
    name, scope = entered(a, info, node.alias, node.table)
    origin = f"{writable} AS {name}"
    if node.source is not None:
        found = source(a, node.source, scope)
        origin, scope.merged = f"{origin}, {found.sql}", found.merged
    assert node.where is not None
    condition = a.condition(node.where, scope, "WHERE clause").sql
    require_filter(a, info, node.where, scope)
    push(a, node.where, scope)
    new = assigned(a, node.assignments, info, scope)
    branches: list[changes.Branch] = [("true", "UPDATE", {column: value.sql for column, value in new.items()})]
    columns, made = changes.touched(info, branches), a.shared.alias("update_")
    rows = changes.rows(branches, columns, name, f"{origin} WHERE {condition}")
    prepare = [f"CREATE OR REPLACE TEMP TABLE {made} AS {rows}"]
    if node.source is not None:
        prepare.append(changes.once(made))
    prepare.extend(a.catalog.noted(info.name, made, [field.name for field in columns]))
    prepare.extend(a.catalog.removal(info.name, changes.changed_rows(made)))
    sql = changes.written(made, writable, columns)
    return Statement(
        "UPDATE", text_of(a, node), sql, tuple(finish(a, one) for one in prepare), (f"DROP TABLE {made}",),
        target=info.name, reads=tuple(a.shared.reads),
    )  # fmt: skip


@statement_rule(s.Delete)
def delete(a: Analyzer, node: s.Delete) -> Statement:
    """DELETE FROM t WHERE ..."""
    info = target(a, node.table, node, "DELETE")
    writable = a.catalog.writable(info.name)
    name, scope = entered(a, info, node.alias, node.table)
    assert node.where is not None
    condition = a.condition(node.where, scope, "WHERE clause").sql
    require_filter(a, info, node.where, scope)
    made = a.shared.alias("delete_")
    rows = f"SELECT {name}.rowid AS r FROM {writable} AS {name} WHERE {condition}"
    prepare = [f"CREATE OR REPLACE TEMP TABLE {made} AS {rows}"]
    prepare.extend(a.catalog.removal(info.name, f"SELECT r FROM {made}"))
    sql = prepare.pop()
    return Statement(
        "DELETE", text_of(a, node), sql, tuple(finish(a, one) for one in prepare), (f"DROP TABLE {made}",),
        target=info.name, reads=tuple(a.shared.reads),
    )  # fmt: skip
