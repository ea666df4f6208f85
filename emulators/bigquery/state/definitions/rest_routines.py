"""routines.insert and update: a function's definition is analysed before it is kept, as CREATE FUNCTION would be."""

import re
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.rest_types import argument_type, rest_type
from emulators.bigquery.state.definitions.routines import FUNCTIONS
from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.jobs.outcomes import Query
from emulators.bigquery.state.jobs.queries import Execution
from emulators.bigquery.state.warehouse import Warehouse

_KINDS = FUNCTIONS | {"PROCEDURE": "PROCEDURE"}


def check_definition(warehouse: Warehouse, project: str, dataset: str, body: Mapping[str, Any]) -> None:
    """400 for what a routine of its type cannot have; SqlError for a body in SQL that is wrong. Other languages are
    looked at when they run."""
    _check_fields(body)
    kind = _KINDS.get(str(body.get("routineType")))
    if (
        kind is None
        or body.get("language", "SQL") not in ("SQL", "LANGUAGE_UNSPECIFIED")
        or body.get("remoteFunctionOptions")
    ):
        return
    text = f"CREATE {kind} `{project}.{dataset}.checked`{_signature(body, kind)} {_definition(body, kind)}"
    view = warehouse.view("")
    with closing(view.cursor):
        try:
            Execution(view, warehouse.ddl, warehouse.results).dry_run(Query(project, text))
        except SqlError as error:
            if kind == "PROCEDURE":  # where it is in that statement is nowhere in the caller's
                error.message = re.sub(r" at \[\d+:\d+\]$", "", error.message)
            raise


def _check_fields(body: Mapping[str, Any]) -> None:
    kind, language = body.get("routineType"), body.get("language") or "SQL"
    if not body.get("definitionBody") and not body.get("remoteFunctionOptions") and not body.get("sparkOptions"):
        raise invalid("Required parameter is missing: definitionBody")
    if body.get("returnType") and kind == "TABLE_VALUED_FUNCTION":
        raise invalid("returnType cannot be set for a TABLE_VALUED_FUNCTION.")
    if body.get("returnTableType") and kind != "TABLE_VALUED_FUNCTION":
        raise invalid(f"returnTableType can be set only for a TABLE_VALUED_FUNCTION, not for a {kind}.")
    if language == "JAVASCRIPT" and not body.get("returnType"):
        raise invalid("Required parameter is missing: returnType of a routine in JAVASCRIPT")
    for argument in body.get("arguments") or ():
        if argument.get("mode") and kind != "PROCEDURE":
            raise invalid(f"mode of argument {argument.get('name')} can be set only for a PROCEDURE.")


def _definition(body: Mapping[str, Any], kind: str) -> str:
    if kind != "PROCEDURE":
        return f"AS ({body['definitionBody']}\n)"
    return f"OPTIONS (strict_mode = {body.get('strictMode') is not False}) BEGIN {body['definitionBody']}\n; END"


def _signature(body: Mapping[str, Any], kind: str) -> str:
    """(arguments) and RETURNS; 400 for a type that is none."""
    try:
        arguments = ", ".join(_argument(argument) for argument in body.get("arguments") or ())
        returns = body.get("returnType")
        return f"({arguments})" + (f" RETURNS {rest_type(returns)}" if returns else "")
    except KeyError as error:
        raise invalid(f"Invalid data type of a routine's argument or result: {error} is missing or no type.") from None


def _argument(argument: Mapping[str, Any]) -> str:
    mode = f"{argument['mode']} " if argument.get("mode") in ("IN", "OUT", "INOUT") else ""
    return f"{mode}`{argument.get('name')}` {argument_type(argument)}"
