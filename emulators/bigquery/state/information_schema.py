"""INFORMATION_SCHEMA views and __TABLES__, from the catalog."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from emulators.bigquery.sql.model import Field, TableName
from emulators.bigquery.state import indexes
from emulators.bigquery.state import metadata_columns as columns
from emulators.bigquery.state import metadata_objects as objects
from emulators.bigquery.state import metadata_routines as routines
from emulators.bigquery.state.catalog import Catalog, Resource, Table
from emulators.bigquery.state.jobs import Jobs
from emulators.bigquery.state.metadata_columns import moment
from emulators.bigquery.state.metadata_ddl import table_ddl
from emulators.bigquery.state.metadata_jobs import JOBS, job_row
from emulators.bigquery.state.metadata_rows import column_rows, field_path_rows, option_rows, table_row
from emulators.bigquery.state.partitions import partition_id
from emulators.bigquery.state.sizes import Sizes
from emulators.bigquery.state.streaming_timeline import TIMELINE, StreamingTimeline

Rows = tuple[tuple[Field, ...], Sequence[Sequence[Any]]]


class InformationSchema:
    """Answers schema_rows for a dataset, or for a project's region."""

    def __init__(self, catalog: Catalog, sizes: Sizes, jobs: Jobs, timeline: StreamingTimeline) -> None:
        self._catalog, self._sizes, self._jobs, self._timeline = catalog, sizes, jobs, timeline
        self._views: dict[str, Callable[[list[Resource]], Rows]] = {
            "SCHEMATA": self._schemata,
            "TABLES": self._tables(columns.TABLES, lambda table: [table_row(table, table_ddl(table))]),
            "COLUMNS": self._tables(columns.COLUMNS, column_rows),
            "COLUMN_FIELD_PATHS": self._tables(columns.COLUMN_FIELD_PATHS, field_path_rows),
            "TABLE_OPTIONS": self._tables(columns.TABLE_OPTIONS, option_rows),
            "VIEWS": self._tables(columns.VIEWS, _view_rows),
            "MATERIALIZED_VIEWS": self._tables(objects.MATERIALIZED_VIEWS, objects.materialized_view_rows),
            "TABLE_SNAPSHOTS": self._tables(objects.SNAPSHOTS, objects.snapshot_rows),
            "CONSTRAINT_COLUMN_USAGE": self._tables(objects.CONSTRAINT_COLUMNS, objects.constraint_column_rows),
            "SCHEMATA_OPTIONS": lambda datasets: (
                objects.SCHEMATA_OPTIONS,
                [row for one in datasets for row in objects.dataset_option_rows(one)],
            ),
            "OBJECT_PRIVILEGES": lambda datasets: (
                objects.PRIVILEGES,
                [row for one in datasets for row in objects.privilege_rows(catalog, one)],
            ),
            "PARAMETERS": self._routines(objects.PARAMETERS, objects.parameter_rows),
            **self._index_views(),
            "TABLE_STORAGE": self._tables(columns.STORAGE, self._storage_rows),
            "PARTITIONS": self._tables(columns.PARTITIONS, self._partition_rows),
            "TABLE_CONSTRAINTS": self._tables(columns.CONSTRAINTS, _constraint_rows),
            "KEY_COLUMN_USAGE": self._tables(columns.KEYS, _key_rows),
            "ROUTINES": self._routines(routines.ROUTINES, routines.routine_rows),
            "ROUTINE_OPTIONS": self._routines(routines.ROUTINE_OPTIONS, routines.routine_option_rows),
            "JOBS": self._job_rows,
            "JOBS_BY_PROJECT": self._job_rows,
            "JOBS_BY_USER": self._job_rows,
            "STREAMING_TIMELINE": self._streaming_rows,
            "STREAMING_TIMELINE_BY_PROJECT": self._streaming_rows,
            "__TABLES_SUMMARY__": self._tables(columns.LEGACY_SUMMARY, _legacy_summary),
            "__TABLES__": self._tables(columns.LEGACY, self._legacy_rows),
        }

    def _index_views(self) -> dict[str, Callable[[list[Resource]], Rows]]:
        found = {}
        for kind, shown in (("SEARCH INDEX", indexes.SEARCH), ("VECTOR INDEX", indexes.VECTOR)):
            name = kind.replace(" ", "_")
            rows = partial(indexes.index_rows, self._catalog, kind=kind)
            found[f"{name}ES"] = self._tables(shown, rows)
            rows = partial(indexes.index_column_rows, self._catalog, kind=kind)
            found[f"{name}_COLUMNS"] = self._tables(indexes.COLUMNS, rows)
        return found

    @property
    def views(self) -> tuple[str, ...]:
        """The names of all views."""
        return tuple(self._views)

    def rows(self, dataset: TableName | None, view: str) -> Rows | None:
        """The rows of a view, or None when there is no such view or dataset."""
        answer = self._views.get(view)
        if answer is None:
            return None
        if dataset is None or dataset.dataset.lower().startswith("region-"):
            prefix = f"{dataset.project}:" if dataset else ""
            found = [
                r
                for r in self._catalog.resources("dataset", prefix)
                if not r["datasetReference"]["datasetId"].startswith("_")
            ]
            region = dataset.dataset.lower().removeprefix("region-") if dataset else None
            return answer([r for r in found if region is None or r["location"].lower() == region])
        known = self._catalog.get("dataset", f"{dataset.project}:{dataset.dataset}")
        return None if known is None else answer([known])

    def _tables(
        self, of: tuple[Field, ...], rows: Callable[[Table], Iterable[Sequence[Any]]]
    ) -> Callable[[list[Resource]], Rows]:
        def answer(datasets: list[Resource]) -> Rows:
            return of, [row for dataset in datasets for table in self._in(dataset) for row in rows(table)]

        return answer

    def _in(self, dataset: Resource) -> list[Table]:
        reference = dataset["datasetReference"]
        return self._catalog.tables(reference["projectId"], reference["datasetId"])

    def _schemata(self, datasets: list[Resource]) -> Rows:
        rows = [
            [r["datasetReference"]["projectId"], r["datasetReference"]["datasetId"], None, moment(r["creationTime"]),
             moment(r["lastModifiedTime"]), r["location"], objects.dataset_ddl(r), None, None]
            for r in datasets
        ]  # fmt: skip
        return columns.SCHEMATA, rows

    def _storage_rows(self, table: Table) -> list[list[Any]]:
        if table.kind not in ("TABLE", "SNAPSHOT"):
            return []
        rows, size = self._sizes.of(table)
        name, created = table.name, moment(table.resource["creationTime"])
        partitions = len(self._partitions(table)) if _partitioned(table) else 0
        return [
            [
                name.project,
                None,
                name.dataset,
                name.table,
                created,
                rows,
                partitions,
                size,
                size,
                0,
                size,
                size,
                0,
                0,
                moment(self._catalog.modified(table)),
                False,
                "BASE TABLE",
                0,
            ]
        ]

    def _partitions(self, table: Table) -> list[tuple[str | None, int]]:
        text = partition_id(table)
        if text is None:
            return [(None, self._sizes.of(table)[0])]
        cursor = self._catalog.store.cursor()
        try:
            found = cursor.execute(f"SELECT {text}, count(*) FROM {table.physical} GROUP BY 1 ORDER BY 1").fetchall()
        finally:
            cursor.close()
        return [(str(partition), int(count)) for partition, count in found]

    def _partition_rows(self, table: Table) -> list[list[Any]]:
        if table.kind != "TABLE":
            return []
        rows, size = self._sizes.of(table)
        name, changed = table.name, moment(self._catalog.modified(table))
        return [
            [
                name.project,
                name.dataset,
                name.table,
                partition,
                count,
                size * count // max(rows, 1),
                0,
                changed,
                "ACTIVE",
            ]
            for partition, count in self._partitions(table)
        ]

    def _legacy_rows(self, table: Table) -> list[list[Any]]:
        rows, size = self._sizes.of(table)
        return [[*own[:4], self._catalog.modified(table), rows, size, own[4]] for own in _legacy_summary(table)]

    def _routines(
        self, of: tuple[Field, ...], rows: Callable[[Resource], Iterable[Sequence[Any]]]
    ) -> Callable[[list[Resource]], Rows]:
        def answer(datasets: list[Resource]) -> Rows:
            return of, [row for one in datasets for r in objects.routines_of(self._catalog, one) for row in rows(r)]

        return answer

    def _job_rows(self, datasets: list[Resource]) -> Rows:
        projects = dict.fromkeys(r["datasetReference"]["projectId"] for r in datasets)
        return JOBS, [job_row(job) for project in projects for job in self._jobs.every(project)]

    def _streaming_rows(self, datasets: list[Resource]) -> Rows:
        references = [dataset["datasetReference"] for dataset in datasets]
        return TIMELINE, self._timeline.rows((one["projectId"], one["datasetId"]) for one in references)


def _partitioned(table: Table) -> bool:
    return "timePartitioning" in table.resource or "rangePartitioning" in table.resource


def _legacy_summary(table: Table) -> list[list[Any]]:
    kinds = {"TABLE": 1, "VIEW": 2, "EXTERNAL": 3, "MATERIALIZED_VIEW": 4, "SNAPSHOT": 5}
    name, created = table.name, int(table.resource["creationTime"])
    return [[name.project, name.dataset, name.table, created, kinds[table.kind]]]


def _view_rows(table: Table) -> list[list[Any]]:
    query = (table.resource.get("view") or {}).get("query")
    name = table.name
    return [] if query is None else [[name.project, name.dataset, name.table, query, None, "YES"]]


def _constraint_rows(table: Table) -> list[list[Any]]:
    constraints, n = table.resource.get("tableConstraints") or {}, table.name
    found = [(f"{n.table}.pk$", "PRIMARY KEY")] if constraints.get("primaryKey") else []
    found += [
        (f"{n.table}.{key['name'].removeprefix(n.table + '.')}", "FOREIGN KEY")
        for key in constraints.get("foreignKeys") or ()
    ]
    return [[n.project, n.dataset, name, n.project, n.dataset, n.table, kind, "NO", "NO", "NO"] for name, kind in found]


def _key_rows(table: Table) -> list[list[Any]]:
    constraints, n = table.resource.get("tableConstraints") or {}, table.name
    columns = (constraints.get("primaryKey") or {}).get("columns") or ()
    rows = [
        [n.project, n.dataset, f"{n.table}.pk$", n.project, n.dataset, n.table, c, i + 1, None]
        for i, c in enumerate(columns)
    ]
    for key in constraints.get("foreignKeys") or ():
        for i, pair in enumerate(key["columnReferences"]):
            name = f"{n.table}.{key['name'].removeprefix(n.table + '.')}"
            rows.append(
                [n.project, n.dataset, name, n.project, n.dataset, n.table, pair["referencingColumn"], i + 1, i + 1]
            )
    return rows
