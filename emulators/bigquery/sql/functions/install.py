"""Load our SQL functions into a DuckDB instance: the schema `bq` (a database of its own, in memory) holds them all."""

from pathlib import Path

import duckdb

_FOLDER = Path(__file__).parent
# In order of use: DuckDB looks up what a macro calls when the macro is made.
_THEMES = ("errors", "casts", "bignumerics", "maths", "strings", "arrays", "dates", "json", "ranges")


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Attach `bq` to the connection's instance and define its macros and Python functions; once for each instance.

    Every cursor of the instance sees them. Also sets the session's time zone, which each new cursor must set as well.
    """
    from emulators.bigquery.sql.functions.python import register

    connection.execute("SET TimeZone = 'UTC'")
    attached = connection.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = 'bq'").fetchone()
    if attached:
        return
    connection.execute("ATTACH ':memory:' AS bq")
    register(connection)
    connection.execute(definitions())


def definitions() -> str:
    """The statements that make our macros."""
    return "\n".join((_FOLDER / f"{theme}.sql").read_text() for theme in _THEMES)
