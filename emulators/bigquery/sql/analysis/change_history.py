"""APPENDS, the rows that were added to a table, and CHANGES, all that was changed in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.constants import python_value
from emulators.bigquery.sql.analysis.table_functions import given, table_rule
from emulators.bigquery.sql.analysis.tables import resolve
from emulators.bigquery.sql.analysis.values import Column, Relation, Scope
from emulators.bigquery.sql.syntax import nodes

_ARGUMENTS = ("table", "start_timestamp", "end_timestamp")
_ADDED = (("_CHANGE_TYPE", t.STRING), ("_CHANGE_TIMESTAMP", t.TIMESTAMP))
_FOR_UPDATE = ("_CHANGE_IS_FOR_UPDATE", t.BOOL)


@table_rule("APPENDS")
def appends(a: Analyzer, call: nodes.Call, scope: Scope) -> Relation:
    """APPENDS(TABLE t[, start[, end]]): t's columns, _CHANGE_TYPE and _CHANGE_TIMESTAMP of the rows added from start on
    (NULL: ever) and before end (NULL: now)."""
    return _changed(a, call, given(a, call, _ARGUMENTS), _ADDED)


@table_rule("CHANGES")
def changes(a: Analyzer, call: nodes.Call, scope: Scope) -> Relation:
    """CHANGES(TABLE t, start, end): t's columns, _CHANGE_TYPE (INSERT, UPDATE or DELETE), _CHANGE_TIMESTAMP and
    _CHANGE_IS_FOR_UPDATE, TRUE for a DELETE of what an UPDATE replaced."""
    arguments = given(a, call, _ARGUMENTS)
    if "end_timestamp" not in arguments:
        a.fail("CHANGES needs an end_timestamp, which may be NULL", call)
    return _changed(a, call, arguments, (*_ADDED, _FOR_UPDATE))


def _changed(
    a: Analyzer, call: nodes.Call, arguments: Mapping[str, nodes.Node], added: Sequence[tuple[str, t.Type]]
) -> Relation:
    table = arguments.get("table")
    if not isinstance(table, nodes.TableSource):
        a.fail(f"{call.name} needs TABLE and the name of a table", call)
    info = resolve(a, table.path, table)
    if info.kind != "TABLE":
        a.fail(f"{call.name} is not supported for {info.kind.lower().replace('_', ' ')} {info.name}", table)
    if info.row_filter is not None:
        a.fail(f"{call.name} of a table with row access policies is not supported by this emulator", table)
    start, end = (_moment(a, call, arguments.get(name)) for name in _ARGUMENTS[1:])
    a.shared.reads[info.name] = None
    name = a.shared.alias()
    kinds = [*((field.name, t.of_field(field)) for field in info.fields), *added]
    columns = [Column(own, f"{name}.{t.quoted(own)}", kind) for own, kind in kinds]
    rows = f"SELECT * FROM {a.catalog.changed(call.name, info.name, start, end)} AS {name}"
    return Relation(rows, columns, [own for own, _ in kinds])


def _moment(a: Analyzer, call: nodes.Call, node: nodes.Node | None) -> datetime | None:
    if node is None:
        return None
    value = a.expression(node, Scope())
    moment = python_value(value) if value.constant else None
    if not value.constant or (moment is not None and not isinstance(moment, datetime)):
        a.fail(f"The start and the end of {call.name} must be constants of type TIMESTAMP", node)
    return moment
