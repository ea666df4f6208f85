"""INFORMATION_SCHEMA views and __TABLES__, from the catalog."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from emulators.bigquery.sql.model import Field, SqlError, TableName
from emulators.bigquery.state.catalog import Catalog, Resource, Table
from emulators.bigquery.state.definitions import indexes
from emulators.bigquery.state.definitions.partitions import partition_id
from emulators.bigquery.state.jobs.jobs import Job, Jobs
from emulators.bigquery.state.metadata import columns, keys, objects, routines
from emulators.bigquery.state.metadata.absent import ABSENT, PLAIN
from emulators.bigquery.state.metadata.columns import moment
from emulators.bigquery.state.metadata.ddl import table_ddl
from emulators.bigquery.state.metadata.jobs import JOBS, TIMELINE, job_row, timeline_rows
from emulators.bigquery.state.metadata.rows import column_rows, field_path_rows, managed_type, option_rows, table_row
from emulators.bigquery.state.metadata.sessions import SESSIONS, session_row
from emulators.bigquery.state.metadata.sizes import Sizes
from emulators.bigquery.state.projects import project_number
from emulators.bigquery.state.streams.streaming_timeline import STREAMING, WRITE_API, StreamingTimeline

if TYPE_CHECKING:
    from emulators.bigquery.state.jobs.sessions import Sessions

Rows = tuple[tuple[Field, ...], Sequence[Sequence[Any]]]


@dataclass(frozen=True)
class Asked:
    """What a view is asked of: a dataset, or a project's region with all of its datasets; and who asks."""

    project: str
    region: str | None
    datasets: list[Resource]
    user: str


View = Callable[[Asked], Rows]
_ABOVE = ("_BY_FOLDER", "_BY_ORGANIZATION")
_OF_ORGANIZATIONS = ("ORGANIZATION_OPTIONS", "ORGANIZATION_OPTIONS_CHANGES")


class InformationSchema:
    """Answers schema_rows for a dataset, or for a project's region."""

    def __init__(
        self, catalog: Catalog, sizes: Sizes, jobs: Jobs, timeline: StreamingTimeline, sessions: "Sessions"
    ) -> None:
        self._catalog, self._sizes, self._jobs = catalog, sizes, jobs
        self._timeline, self._sessions = timeline, sessions
        everywhere = {
            "TABLES": self._tables(columns.TABLES, lambda table: [table_row(table, table_ddl(table))]),
            "COLUMNS": self._tables(columns.COLUMNS, column_rows),
            "COLUMN_FIELD_PATHS": self._tables(columns.COLUMN_FIELD_PATHS, field_path_rows),
            "TABLE_OPTIONS": self._tables(columns.TABLE_OPTIONS, option_rows),
            "VIEWS": self._tables(columns.VIEWS, _view_rows),
            "MATERIALIZED_VIEWS": self._tables(objects.MATERIALIZED_VIEWS, objects.materialized_view_rows),
            "TABLE_SNAPSHOTS": self._tables(objects.SNAPSHOTS, objects.snapshot_rows),
            "PARAMETERS": self._routines(objects.PARAMETERS, objects.parameter_rows),
            "ROUTINES": self._routines(routines.ROUTINES, routines.routine_rows),
            "ROUTINE_OPTIONS": self._routines(routines.ROUTINE_OPTIONS, routines.routine_option_rows),
            "OBJECT_PRIVILEGES": self._datasets(objects.PRIVILEGES, partial(objects.privilege_rows, catalog)),
            "PROPERTY_GRAPHS": _absent("PROPERTY_GRAPHS"),
            "__TABLES_SUMMARY__": self._tables(columns.LEGACY_SUMMARY, _legacy_summary),
            "__TABLES__": self._tables(columns.LEGACY, self._legacy_rows),
        }
        self._of_datasets = everywhere | self._index_views() | self._partition_views()
        self._of_regions = everywhere | self._region_views()

    def _partition_views(self) -> dict[str, View]:
        """Views that a dataset has, and a region has not."""
        return {
            "PARTITIONS": self._tables(columns.PARTITIONS, self._partition_rows),
            "TABLE_CONSTRAINTS": self._tables(columns.CONSTRAINTS, keys.constraint_rows),
            "KEY_COLUMN_USAGE": self._tables(columns.KEYS, keys.key_rows),
            "CONSTRAINT_COLUMN_USAGE": self._tables(objects.CONSTRAINT_COLUMNS, keys.constraint_column_rows),
        }

    def _region_views(self) -> dict[str, View]:
        """Views that a region has, and a dataset has not. BY_PROJECT is what a view shows where it says nothing."""
        of_projects = {
            "JOBS": self._job_view(JOBS, lambda job: [job_row(job)]),
            "JOBS_TIMELINE": self._job_view(TIMELINE, timeline_rows),
            "STREAMING_TIMELINE": self._streamed(STREAMING),
            "WRITE_API_TIMELINE": self._streamed(WRITE_API),
            "TABLE_STORAGE": self._tables(columns.STORAGE, self._storage_rows),
            **{name: _absent(name) for name in ABSENT if name not in PLAIN},
        }
        return {
            **{name: _absent(name) for name in PLAIN},
            **{f"{name}{by}": view for name, view in of_projects.items() for by in ("", "_BY_PROJECT")},
            "JOBS_BY_USER": self._job_view(JOBS, lambda job: [job_row(job)], own=True),
            "JOBS_TIMELINE_BY_USER": self._job_view(TIMELINE, timeline_rows, own=True),
            "SESSIONS_BY_PROJECT": lambda asked: (SESSIONS, [*map(session_row, self._sessions.every(asked.project))]),
            "SESSIONS_BY_USER": self._own_sessions,
            "EFFECTIVE_PROJECT_OPTIONS": lambda asked: (
                objects.EFFECTIVE_OPTIONS,
                [*objects.effective_option_rows(asked.project)],
            ),
            "SCHEMATA": self._datasets(columns.SCHEMATA, objects.schema_rows),
            "SCHEMATA_OPTIONS": self._datasets(objects.SCHEMATA_OPTIONS, objects.dataset_option_rows),
        }

    def _index_views(self) -> dict[str, View]:
        found = {}
        for kind, shown in (("SEARCH INDEX", indexes.SEARCH), ("VECTOR INDEX", indexes.VECTOR)):
            name = kind.replace(" ", "_")
            for view, of, rows in (
                ("ES", shown, indexes.index_rows),
                ("_COLUMNS", indexes.COLUMNS, indexes.index_column_rows),
                ("_OPTIONS", indexes.OPTIONS, indexes.index_option_rows),
            ):
                found[f"{name}{view}"] = self._tables(of, partial(rows, self._catalog, kind=kind))
        found["SEARCH_INDEX_COLUMN_OPTIONS"] = self._tables(
            indexes.COLUMN_OPTIONS, partial(indexes.column_option_rows, self._catalog)
        )
        return found

    @property
    def views(self) -> tuple[str, ...]:
        """The names of all views."""
        return tuple(dict.fromkeys([*self._of_datasets, *self._of_regions]))

    def rows(self, dataset: TableName, view: str, user: str) -> Rows | None:
        """The rows of a view, or None when there is no such view or dataset; 403 for those of an organization."""
        region = dataset.dataset.lower()
        if not region.startswith("region-"):
            known = self._catalog.get("dataset", f"{dataset.project}:{dataset.dataset}")
            answer = self._of_datasets.get(view)
            return answer(Asked(dataset.project, None, [known], user)) if answer and known else None
        region = region.removeprefix("region-")
        if view in _OF_ORGANIZATIONS or (view.endswith(_ABOVE) and self._below(view)):
            raise _not_permitted(f"{dataset.project}:{dataset.dataset}.INFORMATION_SCHEMA.{view}")
        answer = self._of_regions.get(view)
        found = [
            r for r in self._catalog.resources("dataset", f"{dataset.project}:") if r["location"].lower() == region
        ]
        shown = [r for r in found if not r["datasetReference"]["datasetId"].startswith("_")]
        return answer(Asked(dataset.project, region, shown, user)) if answer else None

    def _below(self, view: str) -> bool:
        """Whether there is the same view of a project."""
        return any(view.removesuffix(above) in self.views for above in _ABOVE)

    def _tables(self, of: tuple[Field, ...], rows: Callable[[Table], Iterable[Sequence[Any]]]) -> View:
        return lambda asked: (of, [row for one in asked.datasets for table in self._in(one) for row in rows(table)])

    def _datasets(self, of: tuple[Field, ...], rows: Callable[[Resource], Iterable[Sequence[Any]]]) -> View:
        return lambda asked: (of, [row for one in asked.datasets for row in rows(one)])

    def _in(self, dataset: Resource) -> list[Table]:
        reference = dataset["datasetReference"]
        return self._catalog.tables(reference["projectId"], reference["datasetId"])

    def _storage_rows(self, table: Table) -> list[list[Any]]:
        if table.kind not in ("TABLE", "SNAPSHOT"):
            return []
        rows, size = self._sizes.of(table)
        name, partitions = table.name, self._sizes.partitions(table)
        return [[name.project, project_number(name.project), name.project, name.dataset, name.table,
                 moment(table.resource["creationTime"]), rows, partitions, size, size, 0, size, size, size, 0, 0,
                 moment(self._catalog.modified(table)), False, _STORED[table.kind], managed_type(table), 0, None, None,
                 None]]  # fmt: skip

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

    def _routines(self, of: tuple[Field, ...], rows: Callable[[Resource], Iterable[Sequence[Any]]]) -> View:
        return self._datasets(of, lambda one: [row for r in objects.routines_of(self._catalog, one) for row in rows(r)])

    def _job_view(
        self, of: tuple[Field, ...], rows: Callable[[Job], Iterable[Sequence[Any]]], own: bool = False
    ) -> View:
        def answer(asked: Asked) -> Rows:
            jobs = [job for job in self._jobs.every(asked.project) if job.location.lower() == asked.region]
            return of, [row for job in jobs if not own or job.resource["user_email"] == asked.user for row in rows(job)]

        return answer

    def _own_sessions(self, asked: Asked) -> Rows:
        return SESSIONS, [session_row(one) for one in self._sessions.every(asked.project) if one.user == asked.user]

    def _streamed(self, of: tuple[Field, ...]) -> View:
        def answer(asked: Asked) -> Rows:
            names = [
                (one["datasetReference"]["projectId"], one["datasetReference"]["datasetId"]) for one in asked.datasets
            ]
            return of, self._timeline.rows(names, of is WRITE_API)

        return answer


_STORED = {"TABLE": "BASE TABLE", "SNAPSHOT": "SNAPSHOT", "MATERIALIZED_VIEW": "MATERIALIZED VIEW"}


def _absent(view: str) -> View:
    return lambda asked: (columns.fields(ABSENT[view]), [])


def _not_permitted(view: str) -> SqlError:
    """A project on a laptop belongs to no organization and no folder."""
    return SqlError(
        f"Access Denied: Table {view}: User does not have permission to query table {view}, "
        "or perhaps it does not exist.",
        "accessDenied",
        403,
    )


def _legacy_summary(table: Table) -> list[list[Any]]:
    kinds = {"TABLE": 1, "VIEW": 2, "EXTERNAL": 3, "MATERIALIZED_VIEW": 4, "SNAPSHOT": 5}
    name, created = table.name, int(table.resource["creationTime"])
    return [[name.project, name.dataset, name.table, created, kinds[table.kind]]]


def _view_rows(table: Table) -> list[list[Any]]:
    query = (table.resource.get("view") or {}).get("query")
    name = table.name
    return [] if query is None else [[name.project, name.dataset, name.table, query, None, "YES"]]
