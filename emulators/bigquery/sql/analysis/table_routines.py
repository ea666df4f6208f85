"""Table functions that somebody has made: the query with the arguments in it. A table that is given is a WITH query."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.routine_kinds import routine_of
from emulators.bigquery.sql.analysis.routines import bind, not_found
from emulators.bigquery.sql.analysis.table_functions import TABLE_FUNCTIONS
from emulators.bigquery.sql.analysis.values import Column, Relation, Scope, SharedQuery, Value
from emulators.bigquery.sql.rest_types import rest_argument, rest_columns, rest_type
from emulators.bigquery.sql.syntax import definitions as d
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.scripting import parse_query

_TABLES = ("FIXED_TABLE", "ANY_TABLE")


def table_function(a: Analyzer, node: nodes.FunctionSource, scope: Scope) -> Relation:
    """A call of a table function: of BigQuery's own, of this script's, or of a dataset's."""
    assert node.call is not None
    call = node.call
    if call.name in TABLE_FUNCTIONS:
        return TABLE_FUNCTIONS[call.name](a, call, scope)
    own = a.environment.functions.get(call.path[-1].lower()) if len(call.path) == 1 else None
    if own is not None and own.kind == "TABLE FUNCTION":
        a.passing(f"the temporary table function {call.path[0]}", call)
        arguments = [rest_argument(argument) for argument in own.arguments]
        return _returned(a, call, _called(a, call, own.body, arguments, scope), rest_columns(own.returns_table or ()))
    routine, _name = routine_of(a, call)
    if routine is None or routine.get("routineType") != "TABLE_VALUED_FUNCTION":
        not_found(a, call, "Table-valued function")
    found = _called(a, call, routine["definitionBody"], routine.get("arguments", []), scope)
    return _returned(a, call, found, (routine.get("returnTableType") or {}).get("columns") or ())


def _called(a: Analyzer, call: nodes.Call, body: str, arguments: Sequence[Mapping[str, Any]], scope: Scope) -> Relation:
    name = ".".join(call.path)
    if len(call.args) != len(arguments):
        what = f"Supported signature has {len(arguments)} arguments"
        a.fail(f"Number of arguments does not match for table-valued function {name}. {what}", call)
    tables, plain, given = {}, [], []
    for place, (argument, node) in enumerate(zip(arguments, call.args, strict=True), 1):
        if argument.get("argumentKind") in _TABLES:
            tables[argument["name"]] = _table(a, call, argument, node, place)
        else:
            given.append(node)
            kind = None if argument.get("argumentKind") == "ANY_TYPE" else rest_type(argument["dataType"])
            plain.append((argument["name"], kind))
    bound = bind(a, name, plain, replace(call, args=given), scope.parent or Scope())
    return _run(a, body, bound, tables)


def _returned(a: Analyzer, call: nodes.Node, found: Relation, columns: Sequence[Mapping[str, Any]]) -> Relation:
    """The result with the names and types of RETURNS TABLE<...>, where the function has that."""
    if not columns:
        return found
    if len(columns) != len(found.columns):
        a.fail(f"The query has {len(found.columns)} columns, but RETURNS TABLE has {len(columns)}", call)
    listed, made = [], []
    for own, name, column in zip(found.columns, found.names, columns, strict=True):
        wanted = rest_type(column["type"])
        if t.coerces(own.type, wanted) is None:
            a.fail(f"Column {column['name']} of RETURNS TABLE is {wanted}, but the query's is {own.type}", call)
        listed.append(f"CAST({t.quoted(name)} AS {t.duckdb(wanted)}) AS {t.quoted(column['name'])}")
        made.append(Column(column["name"], t.quoted(column["name"]), wanted))
    names = [column["name"] for column in columns]
    return Relation(f"SELECT {', '.join(listed)} FROM ({found.sql})", made, names)


def _table(a: Analyzer, call: nodes.Call, argument: Mapping[str, Any], node: nodes.Node, place: int) -> Relation:
    """The table or query that is given, with the columns that the parameter names."""
    if isinstance(node, nodes.Subquery):
        node = nodes.QuerySource(node.at, query=node.query)
    name = ".".join(call.path)
    if not isinstance(node, nodes.Source):
        a.fail(f"Argument {place} of table-valued function {name} must be a table, as TABLE t or a query", node)
    found = _selected(a, node, "*")
    columns = (argument.get("tableType") or {}).get("columns") or ()
    if not columns:
        return found
    there = {column.name.lower(): column for column in found.columns}
    for column in columns:
        own, wanted = there.get(column["name"].lower()), rest_type(column["type"])
        if own is None:
            a.fail(f'Required column "{column["name"]}" not found in table passed as argument {place} of {name}', node)
        if t.coerces(own.type, wanted) is None:
            what = f'column "{own.name}" of type {own.type}, but {wanted} is required'
            a.fail(f"Argument {place} of table-valued function {name} has {what}", node)
    return _selected(
        a, node, ", ".join(f"CAST(`{c['name']}` AS {rest_type(c['type'])}) AS `{c['name']}`" for c in columns)
    )


def _selected(a: Analyzer, source: nodes.Source, columns: str) -> Relation:
    query = parse_query(f"SELECT {columns} FROM given")
    assert isinstance(query.body, nodes.Select)
    return a.query(replace(query, body=replace(query.body, source=source)), None)  # the parsed tree is shared


def _run(a: Analyzer, body: str, bound: dict[str, Value], tables: Mapping[str, Relation]) -> Relation:
    inner = Analyzer(a.environment, body, a.shared)
    texts = []
    for name, relation in tables.items():
        shared = SharedQuery(name, t.quoted(f"{a.shared.alias('w')}_{name}"), relation)
        inner.ctes[name.lower()] = shared
        texts.append(f"{shared.sql_name} AS ({relation.sql})")
    found = inner.query(parse_query(body), Scope(variables=bound))
    if not texts:
        return found
    return replace(found, sql=f"WITH {', '.join(texts)} SELECT * FROM ({found.sql})", row=None)


def check_table_function(a: Analyzer, node: d.CreateRoutine, bound: dict[str, Value]) -> None:
    """Analyse a new function's query with tables that have the columns of its parameters.

    Its columns have names, which are those of RETURNS TABLE<...> where the function has that.
    """
    tables = {argument.name: _empty(argument.columns) for argument in node.arguments if argument.columns}
    found = _run(a, node.body, bound, tables)
    for place, column in enumerate(found.columns):
        if not column.name and not found.value_table:
            a.fail(f"Table-valued function columns must be named, but column {place + 1} has no name")
    wanted = rest_columns(node.returns_table or ())
    _returned(a, node, found, wanted)
    for own, given in zip(found.columns, wanted, strict=False):
        if own.name.lower() != given["name"].lower():
            a.fail(f"Column {given['name']} of RETURNS TABLE is {own.name} in the query")


def _empty(columns: Iterable[tuple[str, nodes.TypeNode]]) -> Relation:
    kinds = [(name, t.of_node(kind)) for name, kind in columns]
    listed = ", ".join(f"CAST(NULL AS {t.duckdb(kind)}) AS {t.quoted(name)}" for name, kind in kinds)
    return Relation(
        f"SELECT {listed}", [Column(name, t.quoted(name), kind) for name, kind in kinds], [name for name, _ in kinds]
    )
