"""MERGE: DuckDB's own MERGE, after a check that no target row is matched twice."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.dml import (
    assignments,
    column_of,
    default_of,
    entered,
    fitted,
    require_filter,
    target,
)
from emulators.bigquery.sql.analysis.pruning import push
from emulators.bigquery.sql.analysis.sources import source
from emulators.bigquery.sql.analysis.statements import finish, statement_rule, text_of
from emulators.bigquery.sql.analysis.values import Scope
from emulators.bigquery.sql.model import Field, Statement, TableInfo
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import statements as s

_MATCH = {"MATCHED": "MATCHED", "TARGET": "NOT MATCHED BY TARGET", "SOURCE": "NOT MATCHED BY SOURCE"}


@statement_rule(s.Merge)
def merge(a: Analyzer, node: s.Merge) -> Statement:
    """MERGE t USING s ON c WHEN ...: rows of one column, what happened to each changed row."""
    info = target(a, node.table, node, "MERGE")
    writable = a.catalog.writable(info.name)
    name, both = entered(a, info, node.alias, node.table)
    own = Scope(items=list(both.items))
    assert node.source is not None and node.on is not None
    found = source(a, node.source, both)
    foreign = Scope(items=list(found.items), merged=found.merged)
    condition = a.condition(node.on, both, "MERGE ON clause").sql
    require_filter(a, info, node.on, both)
    push(a, node.on, Scope(items=list(found.items)))
    scopes = {"MATCHED": both, "TARGET": foreign, "SOURCE": own}
    clauses = [_clause(a, clause, info, scopes[clause.match], node) for clause in node.clauses]
    sql = f"MERGE INTO {writable} AS {name} USING {found.sql} ON {condition} {' '.join(clauses)} RETURNING merge_action"
    prepare = _check(a, node, writable, name, found.sql, condition, both)
    return Statement("MERGE", text_of(a, node), finish(a, sql), prepare, target=info.name, reads=tuple(a.shared.reads))


def _check(
    a: Analyzer, node: s.Merge, writable: str, name: str, using: str, condition: str, both: Scope
) -> tuple[str, ...]:
    """A target row that two source rows would change is an error, before anything is written."""
    matched = [clause for clause in node.clauses if clause.match == "MATCHED"]
    if not matched or condition == "false":
        return ()
    where = ""
    if all(clause.condition is not None for clause in matched):
        tests = [a.condition(c.condition, both, "MERGE condition").sql for c in matched if c.condition is not None]
        where = f" WHERE {' OR '.join(tests)}"
    rows = f"SELECT {name}.rowid FROM {writable} AS {name} JOIN {using} ON {condition}{where} GROUP BY {name}.rowid HAVING count(*) > 1 LIMIT 1"
    return (
        finish(
            a, f"SELECT bq.fail('UPDATE/MERGE must match at most one source row for each target row') FROM ({rows})"
        ),
    )


def _clause(a: Analyzer, clause: s.MergeClause, info: TableInfo, scope: Scope, node: s.Merge) -> str:
    test = ""
    if clause.condition is not None:
        test = f" AND {a.condition(clause.condition, scope, 'WHEN clause').sql}"
    head = f"WHEN {_MATCH[clause.match]}{test} THEN "
    if clause.action == "DELETE":
        return head + "DELETE"
    if clause.action == "UPDATE":
        return head + f"UPDATE SET {assignments(a, clause.assignments, info, scope)}"
    if clause.match != "TARGET":
        a.fail("INSERT is only allowed in a WHEN NOT MATCHED [BY TARGET] clause", clause)
    return head + _insert(a, clause, info, scope)


def _insert(a: Analyzer, clause: s.MergeClause, info: TableInfo, scope: Scope) -> str:
    fields = (
        list(info.fields) if clause.columns is None else [column_of(a, info, name, clause) for name in clause.columns]
    )
    if clause.row:
        given = [value for item in scope.items for value in ((c.name, c.value()) for c in item.columns)]
        if len(given) != len(fields):
            a.fail(f"Inserted row has wrong column count; Has {len(given)}, expected {len(fields)}", clause)
        cells = [fitted(a, value, field, clause).sql for (_, value), field in zip(given, fields, strict=True)]
    else:
        values = clause.values or []
        if len(values) != len(fields):
            a.fail(f"Inserted row has wrong column count; Has {len(values)}, expected {len(fields)}", clause)
        cells = [_cell(a, value, field, scope) for value, field in zip(values, fields, strict=True)]
    named = {f.name.lower() for f in fields}
    for field in info.fields:
        if field.default is not None and field.name.lower() not in named:
            fields.append(field)
            cells.append(default_of(a, field).sql)
    columns = ", ".join(t.quoted(f.name) for f in fields)
    return f"INSERT ({columns}) VALUES ({', '.join(cells)})"


def _cell(a: Analyzer, node: nodes.Node, field: Field, scope: Scope) -> str:
    if isinstance(node, nodes.DefaultValue):
        return default_of(a, field).sql
    return fitted(a, a.expression(node, scope), field, node).sql
