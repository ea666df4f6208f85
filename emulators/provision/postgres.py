"""Publications, in the sources' own databases."""

import psycopg2
import psycopg2.errors
from psycopg2 import sql

from contracts import names
from emulators.provision.errors import AlreadyThereError, ProvisionError
from emulators.provision.replication import database_url
from emulators.provision.resource import Resource

_BY_ROOT = sql.SQL("publish_via_partition_root = true")  # the contract names a partitioned table, not its partitions


def publication(resource: Resource) -> str:
    """Make a publication list exactly the wanted tables; what was done: created, changed or unchanged.

    Raises:
        ProvisionError: the database does not answer, or a table is not there (yet).
    """
    source = resource.name.partition("/")[0]
    variable = names.database_url_variable(source)
    try:
        connection = psycopg2.connect(database_url(source), application_name="provision", connect_timeout=10)
    except psycopg2.OperationalError as error:
        raise ProvisionError(f"no connection to {variable}: {error}".strip(), "Is Postgres running?") from error
    try:
        with connection, connection.cursor() as cursor:
            return _publish(cursor, source, resource.id, tuple(resource.body["tables"]))
    except (psycopg2.errors.DuplicateObject, psycopg2.errors.UniqueViolation) as error:
        raise AlreadyThereError(f"publication {resource.id} of {source}: {error}".strip(), "Run it again.") from error
    except psycopg2.errors.InsufficientPrivilege as error:
        hint = f"The user in {variable} must own the tables and may CREATE in the database."
        raise ProvisionError(f"publication {resource.id} of {source}: {error}".strip(), hint) from error
    finally:
        connection.close()


def _publish(cursor: psycopg2.extensions.cursor, source: str, name: str, tables: tuple[str, ...]) -> str:
    missing = [table for table in tables if not _exists(cursor, table)]
    if missing:
        hint = f"Create them in the source first, or correct contract {source} (name or physicalName)."
        raise ProvisionError(f"source {source} has no table {', '.join(missing)}", hint)
    listed = sql.SQL(", ").join(sql.Identifier(*table.split(".", 1)) for table in tables)
    cursor.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", (name,))
    if cursor.fetchone() is None:
        create = sql.SQL("CREATE PUBLICATION {} FOR TABLE {} WITH ({})")
        cursor.execute(create.format(sql.Identifier(name), listed, _BY_ROOT))
        return "created"
    cursor.execute("SELECT schemaname || '.' || tablename FROM pg_publication_tables WHERE pubname = %s", (name,))
    if {table for (table,) in cursor.fetchall()} == set(tables):
        return "unchanged"
    cursor.execute(sql.SQL("ALTER PUBLICATION {} SET TABLE {}").format(sql.Identifier(name), listed))
    cursor.execute(sql.SQL("ALTER PUBLICATION {} SET ({})").format(sql.Identifier(name), _BY_ROOT))
    return "changed"


def _exists(cursor: psycopg2.extensions.cursor, table: str) -> bool:
    schema, _, name = table.partition(".")
    query = "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = %s"
    cursor.execute(query, (schema, name))
    return cursor.fetchone() is not None
