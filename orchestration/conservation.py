"""Asset checks of conservation between a source database and silver: the same keys, and the same values by checksum."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2.extensions
from dagster import AssetCheckResult, AssetChecksDefinition, AssetCheckSeverity, asset_check

from contracts import names
from contracts.model import Contract, Table
from orchestration import clients, keys
from orchestration.fingerprints import Fingerprints, fingerprints

SAMPLE = 20


@dataclass(frozen=True)
class Comparison:
    """What a comparison of a source table with its silver table found; differing maps key -> where it differs."""

    source_rows: int
    silver_rows: int
    source_position: str
    differing: dict[str, str]


def source_checks(contracts: Sequence[Contract]) -> list[AssetChecksDefinition]:
    """One check a cdc table with a primary key: `equals_source` on the silver asset.

    Each is a step of its own: that of a table which its quality gate holds back is skipped, and no other.
    """
    return [
        _source_check(table, contract.database.schema)
        for contract in contracts
        for table in contract.tables
        if contract.database and table.capture == "cdc" and table.primary_key
    ]


def _source_check(table: Table, schema: str) -> AssetChecksDefinition:
    @asset_check(
        name="equals_source",
        asset=keys.silver(table),
        description="The table has the source's rows: the same keys, and the same values by checksum.",
    )
    def equals_source() -> AssetCheckResult:
        return _source_result(table, schema)

    return equals_source


def _source_result(table: Table, schema: str) -> AssetCheckResult:
    found = compare(table, schema)
    return AssetCheckResult(
        check_name="equals_source",
        asset_key=keys.silver(table),
        passed=not found.differing and found.source_rows == found.silver_rows,
        severity=AssetCheckSeverity.ERROR,
        metadata={
            "source_rows": found.source_rows,
            "silver_rows": found.silver_rows,
            "source_log_position": found.source_position,
            "differing_keys": len(found.differing),
            "sample": dict(sorted(found.differing.items())[:SAMPLE]),
        },
    )


def compare(table: Table, schema: str) -> Comparison:
    """Compares a source table with silver; a row that the source changed after the last landing counts as differing.

    Raises:
        RuntimeError: the source's URL is not set.
        psycopg2.Error, google.api_core.exceptions.GoogleAPICallError: a side did not answer.
    """
    silver = f"`{names.project()}.{names.dataset('silver')}.{names.table(table.source, table.name)}`"
    prints = fingerprints(table, f'"{schema}"."{table.physical_name}"', silver)
    with clients.source_database(table.source) as connection:
        position = str(_rows(connection, "select pg_current_wal_lsn()::text")[0][0])
        ours = {b: (n, int(c)) for b, n, c in _rows(connection, prints.sums(prints.postgres))}
        theirs = {r["bucket"]: (r["row_count"], r["checksum"]) for r in clients.query(prints.sums(prints.bigquery))}
        buckets = sorted(b for b in ours.keys() | theirs.keys() if ours.get(b) != theirs.get(b))
        differing = _differences(connection, prints, buckets) if buckets else {}
    return Comparison(_total(ours), _total(theirs), position, differing)


def _differences(
    connection: psycopg2.extensions.connection, prints: Fingerprints, buckets: list[int]
) -> dict[str, str]:
    source = dict(_rows(connection, prints.rows(prints.postgres, buckets)))
    silver = {r["key_text"]: r["fingerprint"] for r in clients.query(prints.rows(prints.bigquery, buckets))}
    words = {(True, False): "missing in silver", (False, True): "gone from the source", (True, True): "other values"}
    return {
        key: words[key in source, key in silver]
        for key in source.keys() | silver.keys()
        if source.get(key) != silver.get(key)
    }


def _rows(connection: psycopg2.extensions.connection, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _total(buckets: dict[int, tuple[int, int]]) -> int:
    return sum(count for count, _ in buckets.values())
