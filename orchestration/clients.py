"""The one place where orchestration makes clients; endpoints and credentials are the environment's."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg2
import psycopg2.extensions

from contracts import names

if TYPE_CHECKING:  # Google's clients take a second to import, and whoever only loads the definitions asks nothing
    from google.cloud import bigquery, storage

LOCKED = "3min"  # how long a source's table may be locked by somebody before a question about it fails


@cache
def warehouse() -> "bigquery.Client":
    """BigQuery, in the environment's project."""
    from google.cloud import bigquery

    return bigquery.Client(project=names.project())


@cache
def objects() -> "storage.Client":
    """Cloud Storage, in the environment's project."""
    from google.cloud import storage

    return storage.Client(project=names.project())


def query(sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a GoogleSQL query, as dictionaries.

    Raises:
        google.api_core.exceptions.GoogleAPICallError: BigQuery refused it.
    """
    from google.cloud import bigquery

    config = bigquery.QueryJobConfig(query_parameters=list(parameters))
    return [dict(row.items()) for row in warehouse().query_and_wait(sql, job_config=config)]


def manifest(uri: str) -> dict[str, Any]:
    """A JSON object at gs://bucket/name."""
    bucket, name = uri.removeprefix("gs://").split("/", 1)
    content: dict[str, Any] = json.loads(objects().bucket(bucket).blob(name).download_as_bytes())
    return content


@contextmanager
def source_database(source: str) -> Iterator[psycopg2.extensions.connection]:
    """A read-only, repeatable-read connection to a source's database. It waits for a locked table, but not for ever.

    Raises:
        RuntimeError: the variable with its URL is not set.
    """
    variable = names.database_url_variable(source)
    if variable not in os.environ:
        raise RuntimeError(f"{variable} is not set: it holds the URL of the database of contract {source!r}")
    connection = psycopg2.connect(os.environ[variable], connect_timeout=10)
    try:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout to %s", (LOCKED,))
        yield connection
    finally:
        connection.close()
