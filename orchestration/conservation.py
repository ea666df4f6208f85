"""Asset checks of conservation between a source database and silver: the same keys, and the same values by checksum.

The source goes on while it is compared. A row that differs counts as in flight when the source changed it after the
comparison before this one, or, where there was none, when not all of its transaction had landed as the table's first
run began; one that has been so for longer is a difference, and fails the check with its key. What is built on the table
in gold is then held back until the check passes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg2
import psycopg2.extensions
from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    DagsterInstance,
    MetadataValue,
)

from contracts import names
from contracts.model import Contract, Table
from orchestration import clients, keys, quality_gate, side_by_side
from orchestration.fingerprints import Fingerprints, fingerprints

EQUALS_SOURCE = "equals_source"
SAMPLE = 20  # keys that are shown
NOW = "select pg_current_wal_lsn()::text, pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# What ended before a slot's catalog_xmin has been confirmed by whoever reads the slot.
LANDED = """
select coalesce(min(catalog_xmin::text::bigint), pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
from pg_replication_slots where slot_type = 'logical' and database = current_database()
"""
TRANSACTION, FIRST_TRANSACTION = "source_transaction", "source_transaction_at_first"
KEPT = 1000  # keys that are remembered for the next comparison
GONE = "gone from the source"
WORDS = {(True, False): "missing in silver", (False, True): GONE, (True, True): "other values"}


@dataclass(frozen=True)
class Before:
    """What the last comparison left: the source's oldest open transaction then, and keys that were gone by then.

    Before the first one: the oldest transaction that had not landed as the first run began.
    """

    transaction: int
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Comparison:
    """What a comparison of a source table with its silver table found; differing maps key -> where it differs.

    in_flight: those of `differing` that may be on their way. transaction: the source's oldest open one.
    """

    source_rows: int
    silver_rows: int
    source_position: str
    differing: dict[str, str]
    in_flight: frozenset[str] = frozenset()
    transaction: int = 0

    @cached_property
    def lasting(self) -> dict[str, str]:
        """What differs and is not in flight."""
        return {key: where for key, where in sorted(self.differing.items()) if key not in self.in_flight}


def specs(tables: Iterable[Table]) -> list[AssetCheckSpec]:
    """One check a cdc table with a primary key: `equals_source` on the silver asset."""
    described = "The table has the source's rows: the same keys, and the same values by checksum. "
    described += "Until it passes, gold keeps what it has of it. To mend it: job `reload`, partition "
    return [
        AssetCheckSpec(EQUALS_SOURCE, asset=keys.silver(table), description=f"{described}{table.source}.{table.name}.")
        for table in _checked(tables)
    ]


def results(
    context: AssetExecutionContext, contracts: Sequence[Contract], without: Set[AssetKey]
) -> Iterator[AssetCheckResult]:
    """Compares each table whose check is selected, `without` those that were to be built and are not."""
    selected = {key.asset_key for key in context.selected_asset_check_keys if key.name == EQUALS_SOURCE} - without
    compared = [
        (table, contract.database.schema)
        for contract in contracts
        for table in _checked(contract.tables)
        if contract.database and keys.silver(table) in selected
    ]
    yield from side_by_side.ask(lambda each: source_result(context.instance, *each), compared)


def _checked(tables: Iterable[Table]) -> list[Table]:
    return [table for table in tables if table.capture == "cdc" and table.primary_key]


def held_back(instance: DagsterInstance, tables: Iterable[Table]) -> list[Table]:
    """The tables whose last comparison found a lasting difference."""
    return quality_gate.failing(instance, tables, blocking)


def blocking(table: Table) -> list[AssetCheckKey]:
    """The check that holds back gold of a table."""
    return [_key(each) for each in _checked([table])]


def _key(table: Table) -> AssetCheckKey:
    return AssetCheckKey(keys.silver(table), EQUALS_SOURCE)


def source_result(instance: DagsterInstance, table: Table, schema: str) -> AssetCheckResult:
    """Compares a table with its source; fails with the keys that differ, or with why the source cannot be asked."""
    try:
        found = compare(table, schema, _before(instance, table))
    except (psycopg2.Error, RuntimeError) as error:
        reason = str(error).strip()
        return of_silver(EQUALS_SOURCE, table, False, f"The source cannot be asked: {reason}", {"reason": reason})
    told = ", ".join(f"{key} ({where})" for key, where in list(found.lasting.items())[:SAMPLE])
    more = " ..." if len(found.lasting) > SAMPLE else ""
    many = "1 key differs" if len(found.lasting) == 1 else f"{len(found.lasting)} keys differ"
    described = f"{many}: {told}{more}" if found.lasting else None
    return of_silver(EQUALS_SOURCE, table, not found.lasting, described, _metadata(found))


def of_silver(
    check: str, table: Table, passed: bool, description: str | None, metadata: dict[str, Any]
) -> AssetCheckResult:
    """What a check of conservation says of a silver table."""
    return AssetCheckResult(
        check_name=check,
        asset_key=keys.silver(table),
        passed=passed,
        severity=AssetCheckSeverity.ERROR,
        description=description,
        metadata=metadata,
    )


def _metadata(found: Comparison) -> dict[str, Any]:
    return {
        "source_rows": found.source_rows,
        "silver_rows": found.silver_rows,
        "source_log_position": found.source_position,
        TRANSACTION: found.transaction,
        "differing_keys": len(found.differing),
        "in_flight": len(found.in_flight),
        "sample": dict([*found.lasting.items(), *sorted(found.differing.items())][:SAMPLE]),
        "gone": sorted(key for key, where in found.differing.items() if where == GONE)[:KEPT],
    }


def at_first(instance: DagsterInstance, tables: Iterable[Table]) -> dict[AssetKey, dict[str, int]]:
    """Metadata for the first materialization of bronze tables, asked before it: how far the source had landed.

    A source that cannot be asked is left out.
    """
    bronze = {keys.bronze(table): table for table in _checked(tables)}
    entries = [record.asset_entry for record in instance.get_asset_records([*bronze])]
    known = {entry.asset_key for entry in entries if entry.last_materialization_record}
    new = {key: table for key, table in bronze.items() if key not in known}
    found: dict[str, dict[str, int]] = {}
    for source in {table.source for table in new.values()}:
        with suppress(psycopg2.Error, RuntimeError), clients.source_database(source) as connection:
            found[source] = {FIRST_TRANSACTION: int(_rows(connection, LANDED)[0][0])}
    return {key: found[table.source] for key, table in new.items() if table.source in found}


def _before(instance: DagsterInstance, table: Table) -> Before | None:
    """What the last comparison left; one that could not ask the source left nothing."""
    for evaluation in quality_gate.evaluations(instance, _key(table)):
        if TRANSACTION in evaluation.metadata:
            transaction: Any = evaluation.metadata[TRANSACTION].value
            gone: Any = evaluation.metadata["gone"].value
            return Before(int(transaction), frozenset(gone))
    first: Any = (_first(instance, table) or {}).get(FIRST_TRANSACTION)
    return Before(int(first.value)) if first is not None else None


def _first(instance: DagsterInstance, table: Table) -> Mapping[str, MetadataValue[Any]] | None:
    """The metadata of the first materialization in bronze."""
    records = instance.fetch_materializations(keys.bronze(table), limit=1, ascending=True).records
    found = records[0].asset_materialization if records else None
    return found.metadata if found is not None else None


def compare(table: Table, schema: str, before: Before | None = None) -> Comparison:
    """Compares a source table with silver. Without a comparison before, nothing that differs counts as in flight.

    Raises:
        RuntimeError: the source's URL is not set.
        psycopg2.Error, google.api_core.exceptions.GoogleAPICallError: a side did not answer.
    """
    silver = f"`{names.qualified('silver', names.table(table.source, table.name))}`"
    prints = fingerprints(table, f'"{schema}"."{table.physical_name}"', silver)
    with clients.source_database(table.source) as connection:
        position, transaction = _rows(connection, NOW)[0]
        ours = {b: (n, int(c)) for b, n, c in _rows(connection, prints.sums(prints.postgres))}
        theirs = {r["bucket"]: (r["row_count"], r["checksum"]) for r in clients.query(prints.sums(prints.bigquery))}
        buckets = sorted(b for b in ours.keys() | theirs.keys() if ours.get(b) != theirs.get(b))
        differing, changed = _differences(connection, prints, buckets) if buckets else ({}, {})
    in_flight = frozenset(key for key in differing if before and _is_new(key, changed.get(key), before))
    return Comparison(_total(ours), _total(theirs), str(position), differing, in_flight, int(transaction))


def _is_new(key: str, transaction: int | None, before: Before) -> bool:
    """Whether the source wrote the row, or deleted it, after the comparison before."""
    if transaction is None:
        return key not in before.gone
    return (transaction - before.transaction) % 2**32 < 2**31  # a row tells 32 bits of it, round and round


def _differences(
    connection: psycopg2.extensions.connection, prints: Fingerprints, buckets: list[int]
) -> tuple[dict[str, str], dict[str, int]]:
    """(key -> where it differs, key -> the transaction that wrote the source's row)."""
    rows = _rows(connection, prints.rows(prints.postgres, buckets, "transaction"))
    source, changed = {key: value for key, value, _ in rows}, {key: number for key, _, number in rows}
    silver = {r["key_text"]: r["fingerprint"] for r in clients.query(prints.rows(prints.bigquery, buckets))}
    differing = {
        key: WORDS[key in source, key in silver]
        for key in source.keys() | silver.keys()
        if source.get(key) != silver.get(key)
    }
    return differing, changed


def _rows(connection: psycopg2.extensions.connection, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _total(buckets: dict[int, tuple[int, int]]) -> int:
    return sum(count for count, _ in buckets.values())
