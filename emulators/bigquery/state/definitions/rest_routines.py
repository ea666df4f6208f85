"""routines.insert and update: a function's definition is analysed before it is kept, as CREATE FUNCTION would be."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from emulators.bigquery.sql.rest_types import argument_type, rest_type
from emulators.bigquery.state.definitions.routines import FUNCTIONS
from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.jobs.outcomes import Query
from emulators.bigquery.state.jobs.queries import Execution
from emulators.bigquery.state.warehouse import Warehouse


def check_definition(warehouse: Warehouse, project: str, dataset: str, body: Mapping[str, Any]) -> None:
    """SqlError for an SQL function whose body is wrong; other languages and procedures are looked at when they run."""
    kind = FUNCTIONS.get(str(body.get("routineType")))
    if (
        kind is None
        or body.get("language", "SQL") not in ("SQL", "LANGUAGE_UNSPECIFIED")
        or body.get("remoteFunctionOptions")
    ):
        return
    text = f"CREATE {kind} `{project}.{dataset}.checked`{_signature(body, kind)} AS ({body.get('definitionBody')}\n)"
    view = warehouse.view("")
    with closing(view.cursor):
        Execution(view, warehouse.ddl, warehouse.results).dry_run(Query(project, text))


def _signature(body: Mapping[str, Any], kind: str) -> str:
    """(arguments) and RETURNS; 400 for a type that is none."""
    try:
        arguments = ", ".join(_argument(argument) for argument in body.get("arguments") or ())
        returns = body.get("returnType") if kind != "TABLE FUNCTION" else None
        return f"({arguments})" + (f" RETURNS {rest_type(returns)}" if returns else "")
    except KeyError as error:
        raise invalid(f"Invalid data type of a routine's argument or result: {error} is missing or no type.") from None


def _argument(argument: Mapping[str, Any]) -> str:
    return f"`{argument.get('name')}` {argument_type(argument)}"
