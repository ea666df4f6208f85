"""Read sessions of the Storage Read API: a snapshot of rows, cut into streams."""

import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pyarrow as pa

from emulators.bigquery.sql.model import Field, SqlError, TableName
from emulators.bigquery.state.arrow import arrow_type
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.errors import ServiceError
from emulators.bigquery.state.jobs.outcomes import Query
from emulators.bigquery.state.jobs.queries import Execution
from emulators.bigquery.state.jobs.results import Result
from emulators.bigquery.state.jobs.selection import selected_fields, unknown_path
from emulators.bigquery.state.streams.streams import StreamError, table_of
from emulators.bigquery.state.warehouse import Warehouse

_BATCH_ROWS, _BATCH_BYTES = 65_536, 4 << 20
_ROWS_PER_STREAM = 100_000
_KEPT, _KEPT_BYTES = 500, 4 << 30  # mostly on disk
_MARKS = {"JSON": "google:sqlType:json", "DATETIME": "google:sqlType:datetime", "GEOGRAPHY": "google:sqlType:geography"}


@dataclass(frozen=True)
class Session:
    """A snapshot: stream i holds rows bounds[i] .. bounds[i + 1]."""

    name: str
    table: TableName
    result: Result
    bounds: tuple[int, ...]

    @property
    def streams(self) -> list[str]:
        return [f"{self.name}/streams/{i}" for i in range(len(self.bounds) - 1)]


def read_schema(fields: Sequence[Field]) -> pa.Schema:
    """The Arrow schema that readers get; JSON, DATETIME and GEOGRAPHY are marked as BigQuery marks them."""
    return pa.schema(
        [
            pa.field(
                f.name, arrow_type(f), metadata={"ARROW:extension:name": _MARKS[f.type]} if f.type in _MARKS else None
            )
            for f in fields
        ]
    )


def _part(value: str, field: Field, depth: int = 0) -> str:
    """GoogleSQL for the part of a record that a field of selected_fields keeps."""
    if field.type != "STRUCT":
        return value
    if field.mode == "REPEATED":
        one = f"part{depth}"
        inner = _part(one, replace(field, mode="NULLABLE"), depth + 1)
        return f"ARRAY(SELECT {inner} FROM UNNEST({value}) AS {one} WITH OFFSET AS at{depth} ORDER BY at{depth})"
    members = ", ".join(f"{_part(f'{value}.`{c.name}`', c, depth)} AS `{c.name}`" for c in field.fields)
    return f"IF({value} IS NULL, NULL, STRUCT({members}))"


class ReadSessions:
    """The sessions of this process; the oldest are forgotten first."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._guard = threading.Lock()
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._split: dict[str, tuple[Session, int, int]] = {}

    def create(
        self, project: str, table: str, selected: Sequence[str], restriction: str, most: int,
        snapshot: datetime | None, user: str, sample: float | None = None,
    ) -> Session:  # fmt: skip
        """Read a table, or a query's result, now. most: the greatest number of streams (0: as many as are useful).

        sample: about how many percent of the rows.
        """
        name = table_of(table)
        conditions = [f"({restriction})"] if restriction else []
        if sample is not None:
            if not 0 <= sample <= 100:
                raise StreamError("INVALID_ARGUMENT", "request failed: sample_percentage must be between 0 and 100.")
            conditions.append(f"RAND() * 100 < {sample!r}")
        result = self._rows(name, selected, " AND ".join(conditions), snapshot, user)
        count = min(most or 16, -(-result.rows // _ROWS_PER_STREAM)) if result.rows else 0
        bounds = tuple(result.rows * i // count for i in range(count + 1)) if count else ()
        session = Session(f"projects/{project}/locations/us/sessions/{uuid.uuid4().hex}", name, result, bounds)
        with self._guard:
            self._sessions[session.name] = session
            self._forget()
        return session

    def _forget(self) -> None:
        """Drop the oldest sessions, and their streams, beyond what is kept."""
        size = sum(session.result.size for session in self._sessions.values())
        while len(self._sessions) > 1 and (len(self._sessions) > _KEPT or size > _KEPT_BYTES):
            _, oldest = self._sessions.popitem(last=False)
            size -= oldest.result.size
            self._split = {name: part for name, part in self._split.items() if part[0] is not oldest}

    def _rows(
        self, name: TableName, selected: Sequence[str], restriction: str, snapshot: datetime | None, user: str
    ) -> Result:
        anonymous = self._warehouse.anonymous.get(str(name))
        if anonymous is not None and not restriction and not selected:
            return anonymous
        fields = anonymous.fields if anonymous is not None else self._fields(name, snapshot)
        query = f"SELECT {self._columns(fields, selected)} FROM `{name.project}.{name.dataset}.{name.table}`"
        if snapshot is not None:
            query += f" FOR SYSTEM_TIME AS OF TIMESTAMP '{snapshot.astimezone(UTC).isoformat(' ')}'"
        if restriction:
            query += f" WHERE {restriction}"
        view = self._warehouse.view(user)
        try:
            outcome = Execution(view, self._warehouse.ddl, self._warehouse.results).run(Query(name.project, query))
        except SqlError as error:
            raise StreamError("INVALID_ARGUMENT", f"request failed: {error.message}") from error
        finally:
            view.cursor.close()
        if outcome.result is None:
            raise StreamError("INVALID_ARGUMENT", f"request failed: row_restriction {restriction!r} is no condition.")
        return outcome.result

    def _fields(self, name: TableName, snapshot: datetime | None) -> Sequence[Field]:
        try:
            table = self._warehouse.catalog.require(name)
        except ServiceError as error:
            raise StreamError("NOT_FOUND", f"request failed: {error.message}") from None
        if table.kind not in ("TABLE", "SNAPSHOT"):
            raise StreamError(
                "INVALID_ARGUMENT",
                f"request failed: non-table entities cannot be read with the storage API: {name} is a "
                f"{table.kind}. Read the result of a query of it.",
            )
        return table.fields if snapshot is None else self._fields_then(name, snapshot)

    def _fields_then(self, name: TableName, snapshot: datetime) -> Sequence[Field]:
        try:
            with closing(self._warehouse.store.cursor()) as cursor:
                moment = self._warehouse.catalog.at(name, snapshot, cursor)
        except SqlError as error:
            raise StreamError("INVALID_ARGUMENT", f"request failed: {error.message}") from error
        assert moment is not None  # there is a table of the name now
        return Table(moment.resource).fields

    def _columns(self, fields: Sequence[Field], selected: Sequence[str]) -> str:
        unknown = unknown_path(fields, selected)
        if unknown is not None:
            raise StreamError(
                "INVALID_ARGUMENT",
                f"request failed: The following selected fields do not exist in the table schema: {unknown}",
            )
        whole = {field.name: field for field in fields}
        parts = selected_fields(fields, selected)
        return ", ".join(
            f"`{f.name}`" if f == whole[f.name] else f"{_part(f'`{f.name}`', f)} AS `{f.name}`" for f in parts
        )

    def stream(self, name: str) -> tuple[Session, int, int]:
        """The session of a stream and the rows (first, end) that it holds."""
        split = self._split.get(name)
        if split is not None:
            return split
        session_name, _, number = name.rpartition("/streams/")
        session = self._sessions.get(session_name)
        if session is None or not number.isdigit() or int(number) >= len(session.bounds) - 1:
            raise StreamError("NOT_FOUND", f"Requested entity was not found. Entity: {name}")
        return session, session.bounds[int(number)], session.bounds[int(number) + 1]

    def split(self, name: str, fraction: float) -> tuple[str, str] | None:
        """Two streams that share a stream's rows, the first with the fraction; None when it is too short."""
        if not 0 <= fraction < 1:
            raise StreamError("INVALID_ARGUMENT", "fraction must be between 0 and 1.")
        session, first, end = self.stream(name)
        middle = first + int((end - first) * (fraction or 0.5))
        if not first < middle < end:
            return None
        primary, remainder = (f"{session.name}/streams/{uuid.uuid4().hex}" for _ in range(2))
        with self._guard:
            self._split |= {primary: (session, first, middle), remainder: (session, middle, end)}
            while len(self._split) > _KEPT:
                del self._split[next(iter(self._split))]
        return primary, remainder

    def batches(self, name: str, offset: int) -> Iterator[tuple[Session, pa.Table, float, float]]:
        """(session, rows, progress before, progress after) from an offset within the stream on."""
        session, first, end = self.stream(name)
        if offset < 0 or offset > end - first:
            raise StreamError("OUT_OF_RANGE", f"Offset {offset} is beyond the stream's {end - first} rows.")
        mean = max(1, session.result.size // max(1, session.result.rows))
        step = max(1, min(_BATCH_ROWS, _BATCH_BYTES // mean))
        schema = read_schema(session.result.fields)
        for start in range(first + offset, end, step):
            rows = session.result.page(start, min(step, end - start))
            columns = [
                column.cast(kind) if column.type != kind else column
                for column, kind in zip(rows.columns, schema.types, strict=True)
            ]
            after = start + rows.num_rows
            yield (
                session,
                pa.Table.from_arrays(columns, schema=schema),
                (start - first) / (end - first),
                (after - first) / (end - first),
            )
