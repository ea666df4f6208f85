"""Databases of a running server."""

import psycopg2
from psycopg2 import errors, sql


def create_database(server_url: str, name: str) -> bool:
    """Create database `name` if it is missing, through `server_url` (any database of the server); True if created."""
    connection = psycopg2.connect(server_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone():
                return False
            try:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except (errors.DuplicateDatabase, errors.UniqueViolation):  # another caller was faster
                return False
            return True
    finally:
        connection.close()
