"""The routine that a call names, and whether it aggregates."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.functions.registry import AGGREGATES, RULES, SCALARS, WINDOWS
from emulators.bigquery.sql.model import TableName
from emulators.bigquery.sql.syntax import nodes


def routine_of(a: Analyzer, node: nodes.Call) -> tuple[Mapping[str, Any] | None, TableName | None]:
    if len(node.path) == 1 and a.dataset is None:
        return None, None
    if len(node.path) > 3:
        return None, None
    name = a.table_name(node.path, node)
    found = a.catalog.routine(name)
    if found is not None:
        a.shared.routines[name] = None
    return found, name


def is_users_aggregate(a: Analyzer, node: nodes.Call) -> bool:
    """Whether it calls an aggregate function of the user's, a temporary one or one of the catalog."""
    name = node.name.removeprefix("SAFE.")
    if any(name in known for known in (SCALARS, RULES, WINDOWS, AGGREGATES)):
        return False
    path = node.path[1:] if name != node.name else node.path
    temporary = a.environment.functions.get(path[0].lower()) if len(path) == 1 else None
    if temporary is not None:
        return temporary.kind == "AGGREGATE FUNCTION"
    routine, _ = routine_of(a, replace(node, path=path))
    return routine is not None and routine.get("routineType") == "AGGREGATE_FUNCTION"
