"""Change data capture: per source a publication in its database, and a Datastream stream to the landing bucket."""

import os
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

from contracts import names
from contracts.model import Contract, Database, Table
from emulators.provision.errors import ProvisionError
from emulators.provision.resource import Resource, region

ROTATION_SECONDS = 15
ROTATION_MEGABYTES = 64
BACKFILL_TASKS = 4


def replication(contracts: Iterable[Contract]) -> Iterator[Resource]:
    """Every resource of capturing changes, each after those that it refers to.

    Raises:
        ProvisionError: a source's database URL is missing in the environment, or is no PostgreSQL URL.
    """
    for contract in contracts:
        tables = [table for table in contract.tables if table.capture == "cdc"]
        if tables and contract.database:
            yield from _source(contract.id, contract.database, tables)


def _source(source: str, database: Database, tables: list[Table]) -> Iterator[Resource]:
    parent = f"projects/{names.project()}/locations/{region()}"
    publication = f"sluice_{source}"
    listed = [f"{database.schema}.{table.physical_name}" for table in tables]
    yield Resource("publication", f"{source}/{publication}", {"tables": listed})
    origin, target = f"{parent}/connectionProfiles/{source}-source", f"{parent}/connectionProfiles/{source}-landing"
    yield Resource(
        "connection_profile",
        origin,
        {
            "displayName": f"{source} database",
            "postgresqlProfile": _postgresql(source),
            "staticServiceIpConnectivity": {},
        },
    )
    bucket = {"bucket": names.bucket("landing"), "rootPath": "/"}
    yield Resource("connection_profile", target, {"displayName": f"{source} landing", "gcsProfile": bucket})
    objects = [{"schema": database.schema, "postgresqlTables": [{"table": t.physical_name} for t in tables]}]
    body = {
        "displayName": source,
        "sourceConfig": {
            "sourceConnectionProfile": origin,
            "postgresqlSourceConfig": {
                "publication": publication,
                "replicationSlot": publication,
                "includeObjects": {"postgresqlSchemas": objects},
                "maxConcurrentBackfillTasks": BACKFILL_TASKS,
            },
        },
        "destinationConfig": {
            "destinationConnectionProfile": target,
            "gcsDestinationConfig": {
                "path": source,
                "fileRotationMb": ROTATION_MEGABYTES,
                "fileRotationInterval": f"{ROTATION_SECONDS}s",
                "avroFileFormat": {},
            },
        },
        "backfillAll": {},
        "state": "RUNNING",
    }
    yield Resource("stream", f"{parent}/streams/{source}", body)


def database_url(source: str) -> str:
    """The URL of a source's database.

    Raises:
        ProvisionError: its variable is not set.
    """
    variable = names.database_url_variable(source)
    if not os.environ.get(variable):
        hint = f"Set it to postgresql://user:password@host:port/database (make local-env prints it). Contract: {source}"
        raise ProvisionError(f"{variable} is not set", hint)
    return os.environ[variable]


def _postgresql(source: str) -> dict[str, str | int]:
    """A Datastream PostgreSQL profile from the source's database URL."""
    url = urlsplit(database_url(source))
    if url.scheme not in ("postgresql", "postgres") or not url.hostname or not url.path.strip("/"):
        hint = "Write postgresql://user:password@host:port/database."
        raise ProvisionError(f"{names.database_url_variable(source)} is no PostgreSQL URL", hint)
    profile: dict[str, str | int] = {
        "hostname": url.hostname,
        "port": url.port or 5432,
        "username": unquote(url.username or "postgres"),
        "database": unquote(url.path.strip("/")),
    }
    return {**profile, "password": unquote(url.password)} if url.password else profile
