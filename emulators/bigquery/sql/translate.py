"""GoogleSQL in, statements for DuckDB out: the entry point of the SQL layer.

How the state layer uses it:

    install(connection)                       # once for each DuckDB instance: functions and macros
    script = translate(text, catalog, project, dataset, parameters)
    for statement in script:                  # each is analysed only when it is asked for
        try:
            rows, affected = execute(statement)
        except SqlError as error:             # DuckDB's errors become SqlError by errors.from_duckdb
            if not script.failed(error):      # True: an EXCEPTION handler of the script takes it
                raise
        else:
            script.done(rows if statement.wants_rows else None, affected)

Statement kinds are BigQuery's statementType. `script.kind` is SCRIPT when the text has more than one statement (or a
scripting statement), else the statement's own kind. A statement with neither `duckdb` nor `action` is one of
BEGIN_TRANSACTION, COMMIT_TRANSACTION and ROLLBACK_TRANSACTION.
"""

from collections.abc import Sequence

from emulators.bigquery.sql import parameters as query_parameters
from emulators.bigquery.sql import types
from emulators.bigquery.sql.analysis.analyzer import Environment
from emulators.bigquery.sql.errors import from_duckdb
from emulators.bigquery.sql.functions.install import install
from emulators.bigquery.sql.model import Catalog, Field, QueryParameter, TableName
from emulators.bigquery.sql.scripting.script import Script

__all__ = ["Script", "duckdb_type", "from_duckdb", "install", "translate"]


def translate(
    text: str,
    catalog: Catalog,
    default_project: str,
    default_dataset: TableName | str | None = None,
    parameters: Sequence[QueryParameter] = (),
) -> Script:
    """Parse the script (SqlError on a syntax error) and return its statements, which are analysed one by one.

    default_dataset: a name in the default project, or project and dataset as a TableName.
    """
    named, positional = query_parameters.values(parameters)
    if isinstance(default_dataset, str):
        default_dataset = TableName(default_project, default_dataset, "")
    return Script(Environment(catalog, default_project, default_dataset, named, positional), text)


def duckdb_type(field: Field) -> str:
    """The DuckDB type of a column (BIGINT, DECIMAL(38,9), VARCHAR[], STRUCT(...) ...)."""
    return types.duckdb(types.of_field(field))
