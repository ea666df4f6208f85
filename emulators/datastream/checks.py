"""What must be so in the source: before a stream is created, and each time it goes on."""

import psycopg2

from emulators.datastream.config import StreamConfig
from emulators.datastream.errors import StreamFailed, precondition
from emulators.datastream.lsn import format_lsn
from emulators.datastream.source import Catalog

PUBLISHED = "SELECT pubinsert AND pubupdate AND pubdelete FROM pg_publication WHERE pubname = %s"
PARTITIONED = """
SELECT n.nspname, c.relname FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE p.pubname = %s AND c.relkind = 'p' AND NOT p.pubviaroot
"""


def check_settings(catalog: Catalog) -> None:
    """The server can decode its log."""
    if catalog.connection.server_version < 150000:
        raise precondition("the source is older than PostgreSQL 15, which this emulator needs")
    ((level, encoding),) = catalog.rows("SELECT current_setting('wal_level'), current_setting('server_encoding')")
    if level != "logical":
        raise precondition(f"wal_level is {level}; set wal_level = logical and restart the source database")
    if encoding == "SQL_ASCII":
        raise precondition("the database's encoding is SQL_ASCII, so its texts cannot be converted to UTF-8")


def check_publication(catalog: Catalog, config: StreamConfig) -> None:
    """The publication exists and has what the stream shall take; else rows would stay away without a word."""
    name = config.publication
    found = catalog.rows(PUBLISHED, name)
    if not found:
        raise precondition(f"publication {name!r} does not exist; run CREATE PUBLICATION {name} FOR TABLE ...")
    if not found[0][0]:
        raise precondition(
            f"publication {name!r} leaves out inserts, updates or deletes; "
            f"run ALTER PUBLICATION {name} SET (publish = 'insert, update, delete, truncate')"
        )
    published = {(table.table.schema, table.table.name) for table in catalog.tables(name)}
    for schema, table in config.include.named() if config.include else ():
        if (schema, table) not in published and config.includes(schema, table):
            raise precondition(
                f"table {schema}.{table} is in includeObjects and not in publication {name!r}; create it, then run "
                f"ALTER PUBLICATION {name} ADD TABLE {schema}.{table}"
            )
    for partitioned in catalog.rows(PARTITIONED, name):
        raise precondition(
            f"table {'.'.join(map(str, partitioned))} is partitioned, and publication {name!r} would name its "
            f"partitions instead of it; run ALTER PUBLICATION {name} SET (publish_via_partition_root = true)"
        )


def validate(config: StreamConfig) -> None:
    """What Datastream's own validation asks of the source.

    Raises:
        ApiError: FAILED_PRECONDITION with what to change.
    """
    try:
        catalog = Catalog(config.source)
    except psycopg2.OperationalError as error:
        raise precondition(f"the source database cannot be reached: {str(error).strip()}") from error
    try:
        check_settings(catalog)
        check_publication(catalog, config)
        catalog.slot(config.slot)
    finally:
        catalog.close()


def check_continuity(catalog: Catalog, slot: str, landed: int) -> None:
    """The slot still has every change after what has landed.

    Raises:
        StreamFailed: it does not; a new slot would hide a gap, so none is made.
    """
    found = catalog.slot(slot)
    remedy = "delete this stream, and create it again with a backfill"
    if found is None:
        raise StreamFailed("SLOT_LOST", f"replication slot {slot!r} is gone, and with it what it kept; {remedy}")
    confirmed, status = found
    if status == "lost":
        raise StreamFailed("SLOT_LOST", f"the log that replication slot {slot!r} needs was removed; {remedy}")
    if confirmed > landed:
        raise StreamFailed(
            "SLOT_MOVED",
            f"replication slot {slot!r} was moved to {format_lsn(confirmed)} by somebody else, while "
            f"{format_lsn(landed)} has landed: what is between is lost; {remedy}",
        )
