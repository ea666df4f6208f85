"""MERGE as a table of changes (changes.py).

DuckDB has a MERGE of its own, but version 1.5 can crash the process when there are several clauses, and it lets two
source rows change one target row.
"""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis import changes
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.changes import Branch
from emulators.bigquery.sql.analysis.dml import (
    assigned,
    column_of,
    default_of,
    entered,
    filtered,
    fitted,
    require_filter,
    target,
)
from emulators.bigquery.sql.analysis.pruning import push
from emulators.bigquery.sql.analysis.sources import source
from emulators.bigquery.sql.analysis.statements import finish, statement_rule, text_of
from emulators.bigquery.sql.analysis.values import Scope, Value
from emulators.bigquery.sql.model import Field, Statement, TableInfo
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import statements as s


@statement_rule(s.Merge)
def merge(a: Analyzer, node: s.Merge) -> Statement:
    """MERGE t USING s ON c WHEN ...: rows of one column, what happened to each changed row."""
    info = target(a, node.table, node, "MERGE")
    writable = a.catalog.writable(info.name)
    name, both = entered(a, info, node.alias, node.table)
    own = Scope(items=list(both.items))
    assert node.source is not None and node.on is not None
    found = source(a, node.source, both)
    using = f"({found.sql})" if isinstance(node.source, nodes.Join) else found.sql
    foreign = Scope(items=list(found.items), merged=found.merged)
    condition = a.condition(node.on, both, "MERGE ON clause").sql
    scopes = {"MATCHED": both, "TARGET": foreign, "SOURCE": own}
    if not _filtered(a, node, scopes):
        require_filter(a, info, node.on, both)
    push(a, node.on, foreign)
    branches: dict[str, list[Branch]] = {"MATCHED": [], "TARGET": [], "SOURCE": []}
    for clause in node.clauses:
        branches[clause.match].append(_branch(a, clause, info, scopes[clause.match]))
    every = [branch for given in branches.values() for branch in given]
    columns = changes.touched(info, every)
    made = a.shared.alias("merge_")
    parts = _parts(branches, columns, name, f"{writable} AS {name}", using, condition)
    prepare = [f"CREATE OR REPLACE TEMP TABLE {made} AS {' UNION ALL '.join(parts)}"]
    if branches["MATCHED"]:
        prepare.append(changes.once(made))
    if any(action != "INSERT" for _, action, _ in every):
        prepare.extend(a.catalog.noted(info.name, made, [field.name for field in columns]))
        prepare.extend(a.catalog.removal(info.name, changes.changed_rows(made)))
    if any(action != "DELETE" for _, action, _ in every):
        prepare.append(changes.written(made, writable, columns))
    return Statement(
        "MERGE", text_of(a, node), f"SELECT k AS merge_action FROM {made}", tuple(finish(a, sql) for sql in prepare),
        (f"DROP TABLE {made}",), target=info.name, reads=tuple(a.shared.reads),
    )  # fmt: skip


def _filtered(a: Analyzer, node: s.Merge, scopes: dict[str, Scope]) -> bool:
    """Whether the WHEN clauses leave out partitions of the target, so that ON need not."""
    never = isinstance(node.on, nodes.Literal) and node.on.value is False
    reading = [clause for clause in node.clauses if clause.match != "TARGET"]
    return (never or len(reading) == len(node.clauses)) and all(
        filtered(a, clause.condition, scopes[clause.match]) for clause in reading
    )


def _parts(
    branches: dict[str, list[Branch]], columns: list[Field], name: str, table: str, using: str, condition: str
) -> list[str]:
    """The changes: of matched pairs and new rows by one join, of rows that the source lacks by another."""
    found = []
    matched, new = branches["MATCHED"], branches["TARGET"]
    if matched or new:
        guarded = [(f"{name}.rowid IS NOT NULL AND {c}", k, v) for c, k, v in matched]
        guarded += [(f"{name}.rowid IS NULL AND {c}", k, v) for c, k, v in new]
        join = "RIGHT JOIN" if new else "JOIN"
        found.append(changes.rows(guarded, columns, name, f"{table} {join} {using} ON {condition}"))
    if branches["SOURCE"]:
        missing = f"{table} WHERE NOT EXISTS (SELECT 1 FROM {using} WHERE {condition})"
        found.append(changes.rows(branches["SOURCE"], columns, name, missing))
    return found


def _branch(a: Analyzer, clause: s.MergeClause, info: TableInfo, scope: Scope) -> Branch:
    test = "true"
    if clause.condition is not None:
        test = a.condition(clause.condition, scope, "WHEN clause").sql
    if clause.action == "DELETE":
        return test, "DELETE", {}
    if clause.action == "UPDATE":
        return test, "UPDATE", {name: value.sql for name, value in assigned(a, clause.assignments, info, scope).items()}
    if clause.match != "TARGET":
        a.fail("INSERT is only allowed for NOT MATCHED BY TARGET clause", clause)
    return test, "INSERT", _inserted(a, clause, info, scope)


def _inserted(a: Analyzer, clause: s.MergeClause, info: TableInfo, scope: Scope) -> dict[str, str]:
    """The values of a new row, by column; columns that are not named get their default."""
    fields = list(info.fields)
    if clause.columns is not None:
        fields = [column_of(a, info, name, clause) for name in clause.columns]
    if clause.row:
        given = [c.value() for item in scope.items for c in item.columns]
        cells = [fitted(a, v, f, clause) for v, f in zip(given, fields, strict=False)]
    else:
        values = clause.values or []
        given = [Value("", t.NULL)] * len(values)
        cells = [_cell(a, v, f, scope) for v, f in zip(values, fields, strict=False)]
    if len(given) != len(fields):
        a.fail(f"Inserted row has wrong column count; Has {len(given)}, expected {len(fields)}", clause)
    found = {f.name: cell.sql for f, cell in zip(fields, cells, strict=True)}
    for field in changes.stored(info):
        if field.default is not None and field.name not in found:
            found[field.name] = default_of(a, field).sql
    return found


def _cell(a: Analyzer, node: nodes.Node, field: Field, scope: Scope) -> Value:
    if isinstance(node, nodes.DefaultValue):
        return default_of(a, field)
    return fitted(a, a.expression(node, scope), field, node)
