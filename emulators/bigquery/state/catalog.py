"""What exists: datasets, tables, routines and policies, in memory for reading and in the journal for keeps."""

import hashlib
import json
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb

from emulators.bigquery.sql.model import Field, TableName
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.definitions.past import Moment, Past
from emulators.bigquery.state.definitions.schema import fields_from_rest
from emulators.bigquery.state.errors import not_found
from emulators.bigquery.state.store import Store, Transaction

Resource = dict[str, Any]
_WRITES = 8  # of a table's last transactions, the moments that they began and ended


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def etag(resource: Mapping[str, Any]) -> str:
    """Changes whenever the resource does."""
    return hashlib.md5(json.dumps(resource, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def physical_schema(project: str, dataset: str) -> str:
    """The DuckDB schema of a dataset. DuckDB ignores case and BigQuery does not, so a capital X becomes ^x."""
    return quoted(_fold(f"{project}.{dataset}"))


def _fold(name: str) -> str:
    return "".join(f"^{letter.lower()}" if letter.lower() != letter else letter for letter in name)


class Table:
    """A table, view or external table: its REST resource and what follows from it."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        reference = resource["tableReference"]
        self.name = TableName(reference["projectId"], reference["datasetId"], reference["tableId"])

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return fields_from_rest(self.resource.get("schema"))

    @property
    def kind(self) -> str:
        """TABLE, VIEW, MATERIALIZED_VIEW, SNAPSHOT or EXTERNAL."""
        return str(self.resource["type"])

    @property
    def physical(self) -> str:
        """The quoted name of its DuckDB table."""
        return f"{physical_schema(self.name.project, self.name.dataset)}.{quoted(_fold(self.name.table))}"

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Its columns, as they are written; none where there is no key."""
        constraints = self.resource.get("tableConstraints") or {}
        return tuple((constraints.get("primaryKey") or {}).get("columns") or ())

    @property
    def partitioned(self) -> bool:
        return "timePartitioning" in self.resource or "rangePartitioning" in self.resource

    @property
    def ingestion_partitioned(self) -> bool:
        """Partitioned by arrival, so that it has _PARTITIONTIME."""
        partitioning = self.resource.get("timePartitioning")
        return partitioning is not None and not partitioning.get("field")

    @property
    def expired(self) -> bool:
        expiration = self.resource.get("expirationTime")
        return expiration is not None and int(expiration) <= now_ms()


class Catalog:
    """All resources. `transaction` arguments show a caller its own uncommitted changes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._resources: dict[str, dict[str, Resource]] = {
            kind: store.documents(kind) for kind in ("dataset", "deleted", "routine", "policy", "row_policy", "index")
        }
        self._tables = {key: Table(resource) for key, resource in store.documents("table").items()}
        self._modified: dict[str, Mapping[str, Any]] = dict(store.documents("modified"))
        self.past = Past(store)
        self.past.adopt(table for table in self._tables.values() if table.kind in ("TABLE", "SNAPSHOT"))

    def get(self, kind: str, key: str, transaction: Transaction | None = None) -> Resource | None:
        """A dataset (project:dataset), routine (project:dataset.routine) or policy, or None."""
        if transaction is not None and (kind, key) in transaction.pending:
            return dict(found) if (found := transaction.pending[kind, key]) is not None else None
        return self._resources[kind].get(key)

    def resources(self, kind: str, prefix: str) -> list[Resource]:
        """The resources whose key starts with a prefix, by key."""
        found = self._resources[kind].copy()
        return [found[key] for key in sorted(found) if key.startswith(prefix)]

    def keys(self, kind: str) -> list[str]:
        """All keys of a kind."""
        return list(self._resources[kind])

    def put(self, transaction: Transaction, kind: str, key: str, resource: Resource | None) -> None:
        """Keep (None: remove) a resource when the transaction commits."""
        transaction.record(kind, key, resource)
        transaction.after_commit(lambda: _assign(self._resources[kind], key, resource))

    def table(self, name: TableName, transaction: Transaction | None = None) -> Table | None:
        """A table that exists and has not expired, else None."""
        key = str(name)
        if transaction is not None and ("table", key) in transaction.pending:
            pending = transaction.pending["table", key]
            return None if pending is None else Table(dict(pending))
        table = self._tables.get(key)
        return None if table is None or table.expired else table

    def require(self, name: TableName, transaction: Transaction | None = None) -> Table:
        """The table, or 404 for it or its dataset."""
        table = self.table(name, transaction)
        if table is None:
            self.dataset(name.project, name.dataset, transaction)
            raise not_found("Table", str(name))
        return table

    def dataset(self, project: str, dataset: str, transaction: Transaction | None = None) -> Resource:
        """The dataset's resource, or 404."""
        found = self.get("dataset", f"{project}:{dataset}", transaction)
        if found is None:
            raise not_found("Dataset", f"{project}:{dataset}")
        return found

    def tables(self, project: str, dataset: str) -> list[Table]:
        """A dataset's tables by name."""
        prefix = f"{project}:{dataset}."
        found = self._tables.copy()
        return [found[key] for key in sorted(found) if key.startswith(prefix) and not found[key].expired]

    def put_table(self, transaction: Transaction, resource: Resource) -> Table:
        """Keep a table's resource when the transaction commits."""
        table = Table(resource)
        transaction.record("table", str(table.name), resource)
        transaction.after_commit(lambda: _assign(self._tables, str(table.name), table))
        return table

    def remove_table(self, transaction: Transaction, name: TableName) -> None:
        """Forget a table when the transaction commits."""
        transaction.record("table", str(name), None)
        transaction.record("modified", str(name), None)
        transaction.after_commit(lambda: _assign(self._tables, str(name), None))
        transaction.after_commit(lambda: _assign(self._modified, str(name), None))

    def touch(self, transaction: Transaction, name: TableName) -> None:
        """Note that a table's rows change with this transaction."""
        transaction.before_commit(name, lambda: self._touch(transaction, name))

    def _touch(self, transaction: Transaction, name: TableName) -> None:
        if transaction.pending.get(("table", str(name)), ...) is None:  # dropped since
            return
        now = time.time_ns()
        writes = [*self._writes(name)[1 - _WRITES :], [*transaction.begun, now // 1000]]
        document = {"at": now // 1_000_000, "writes": writes}
        transaction.record("modified", str(name), document)
        transaction.after_commit(lambda: _assign(self._modified, str(name), document))

    def _writes(self, name: TableName) -> list[list[int]]:
        return list(self._modified.get(str(name), {}).get("writes", ()))

    def arrivals(self, name: TableName) -> threading.RLock:
        """The lock that whoever appends to a table holds, from before the transaction begins until it has ended.

        An append does not queue with the table's other writers, but it must not fall between a table's rows being
        copied into a new layout and that taking the table's place.
        """
        return self.store.lock(f"arrivals {name}")

    def modified(self, table: Table) -> int:
        """When rows or metadata last changed, in milliseconds."""
        return max(int(table.resource["lastModifiedTime"]), int(self._modified.get(str(table.name), {}).get("at", 0)))

    def at(
        self, name: TableName, as_of: datetime, cursor: duckdb.DuckDBPyConnection,
        transaction: Transaction | None = None,
    ) -> Moment | None:  # fmt: skip
        """A stored table as it was; None when there is none of the name. SqlError when it cannot be read as of then."""
        return self.past.at(name, self.table(name, transaction), as_of, self._writes(name), transaction, cursor)


def _assign(target: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        target.pop(key, None)
    else:
        target[key] = value
