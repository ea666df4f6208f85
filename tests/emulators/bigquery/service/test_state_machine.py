"""The warehouse without its server beside a dictionary: after any history of changes and crashes both hold the same.

A crash is a copy of the state folder while it is open, which is what a killed process leaves behind.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from emulators.bigquery.sql.model import TableName
from emulators.bigquery.state.service import open_warehouse
from emulators.bigquery.state.streams.streaming import insert_all

IDS = st.sets(st.integers(0, 12), min_size=1, max_size=4).map(sorted)
NUMBERS = st.integers(-3, 3)
NAME = TableName("p", "d", "t")
Row = tuple[int, int | None]


class WarehouseMachine(RuleBasedStateMachine):
    """One table: id, v, and after a while x. Ids are unique because the rules keep them so."""

    @initialize()
    def begin(self) -> None:
        self.home = tempfile.TemporaryDirectory()
        self.folders = 0
        self.warehouse = open_warehouse(self._folder(), threads=1)
        self.rows: dict[int, Row] = {}
        self.sent: set[str] = set()
        self.wide = False
        self.run("CREATE SCHEMA d; CREATE TABLE d.t (id INT64 NOT NULL, v INT64)")

    def teardown(self) -> None:
        if hasattr(self, "warehouse"):
            self.warehouse.close()
            self.home.cleanup()

    def _folder(self) -> Path:
        self.folders += 1
        return Path(self.home.name) / str(self.folders)

    def run(self, sql: str, fails: str = "") -> list[tuple[Any, ...]]:
        """Runs a script; the rows of its result. fails: a part of the error that it must end with."""
        body = {"configuration": {"query": {"query": sql, "useLegacySql": False}}}
        job = self.warehouse.insert_job("p", body, "ada@example.com", inline=True)
        message = "" if job.error is None else job.error.message
        assert (fails in message) if fails else not message, f"{sql}: {message}"
        result = self.warehouse.anonymous.get(str(job.table))
        return [] if result is None else [tuple(row.values()) for row in result.table.to_pylist()]

    # --- what happens ------------------------------------------------------------------------------------------------
    @rule(ids=IDS, v=NUMBERS)
    def insert(self, ids: list[int], v: int) -> None:
        new = [n for n in ids if n not in self.rows]
        if new:
            self.run(f"INSERT INTO d.t (id, v) VALUES {', '.join(f'({n}, {v})' for n in new)}")
            self.rows |= dict.fromkeys(new, (v, None))

    @rule(ids=IDS, v=NUMBERS)
    def stream(self, ids: list[int], v: int) -> None:
        """Each id is sent with one insertId for ever, so a row that was deleted does not come back by it."""
        new = [n for n in ids if n not in self.rows or f"i{n}" in self.sent]
        if new:
            entries = [{"insertId": f"i{n}", "json": {"id": n, "v": v}} for n in new]
            assert insert_all(self.warehouse, NAME, {"rows": entries}) == []
            self.rows |= {n: (v, None) for n in new if f"i{n}" not in self.sent}
            self.sent |= {f"i{n}" for n in new}

    @rule(low=NUMBERS)
    def update(self, low: int) -> None:
        self.run(f"UPDATE d.t SET v = v + 1 WHERE v >= {low}")
        self.rows = {n: ((v + 1 if v >= low else v), x) for n, (v, x) in self.rows.items()}

    @rule(ids=IDS)
    def delete(self, ids: list[int]) -> None:
        self.run(f"DELETE FROM d.t WHERE id IN ({', '.join(map(str, ids))})")
        self.rows = {n: row for n, row in self.rows.items() if n not in ids}

    @rule()
    def truncate(self) -> None:
        self.run("TRUNCATE TABLE d.t")
        self.rows = {}

    @precondition(lambda self: not self.wide)
    @rule()
    def add_column(self) -> None:
        self.run("ALTER TABLE d.t ADD COLUMN x INT64")
        self.wide = True

    @rule(ids=IDS, v=NUMBERS, purge=st.booleans())
    def merge(self, ids: list[int], v: int, purge: bool) -> None:
        names, values = ("id, v, x", "s.id, s.v, s.v") if self.wide else ("id, v", "s.id, s.v")
        self.run(
            f"MERGE d.t AS t USING (SELECT id, {v} AS v FROM UNNEST({ids}) AS id) AS s ON t.id = s.id "
            f"WHEN MATCHED AND t.v < s.v THEN UPDATE SET v = s.v{', x = s.v' if self.wide else ''} "
            f"WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"
            + (" WHEN NOT MATCHED BY SOURCE AND t.v = 0 THEN DELETE" if purge else "")
        )
        own = {n: (v, v if self.wide else None) for n in ids if n not in self.rows or self.rows[n][0] < v}
        self.rows = {n: r for n, r in self.rows.items() if n in ids or not (purge and r[0] == 0)} | own

    @rule(n=st.integers(0, 12))
    def ambiguous_merge(self, n: int) -> None:
        sql = f"MERGE d.t USING UNNEST([{n}, {n}]) AS s ON id = s WHEN MATCHED THEN UPDATE SET v = 9"
        self.run(sql, "at most one source row" if n in self.rows else "")

    @rule(ids=IDS, v=NUMBERS, end=st.sampled_from(["COMMIT", "ROLLBACK", "SELECT ERROR('no')", ""]))
    def transaction(self, ids: list[int], v: int, end: str) -> None:
        new = [n for n in ids if n not in self.rows] or [13]
        values = ", ".join(f"({n}, {v})" for n in new)
        finish = f"{end} TRANSACTION" if end in ("COMMIT", "ROLLBACK") else end
        self.run(
            f"BEGIN TRANSACTION; INSERT INTO d.t (id, v) VALUES {values}; UPDATE d.t SET v = 2 WHERE id IN ({new[0]});"
            f"DELETE FROM d.t WHERE id = 13; {finish}", "no" if "ERROR" in end else "",
        )  # fmt: skip
        if end == "COMMIT":
            self.rows |= {n: (2 if n == new[0] else v, None) for n in new if n != 13}

    @rule()
    def replace(self) -> None:
        self.run("CREATE OR REPLACE TABLE d.t AS SELECT * FROM d.t WHERE v >= 0")
        self.rows = {n: row for n, row in self.rows.items() if row[0] >= 0}

    @rule()
    def crash(self) -> None:
        left = self._folder()
        shutil.copytree(Path(self.home.name) / str(self.folders - 1), left)
        self.warehouse.close()
        self.warehouse = open_warehouse(left, threads=1)

    @rule()
    def restart(self) -> None:
        self.warehouse.close()
        self.warehouse = open_warehouse(Path(self.home.name) / str(self.folders), threads=1)

    @invariant()
    def same(self) -> None:
        if hasattr(self, "warehouse"):
            columns = "id, v, x" if self.wide else "id, v, CAST(NULL AS INT64)"
            found = self.run(f"SELECT {columns} FROM d.t ORDER BY id")
            assert found == [(n, v, x) for n, (v, x) in sorted(self.rows.items())]


TestHistories = WarehouseMachine.TestCase
TestHistories.settings = settings(max_examples=3, stateful_step_count=12, deadline=None)


class LongHistories(WarehouseMachine):
    """The same, for longer."""


TestLongHistories = pytest.mark.long(LongHistories.TestCase)
TestLongHistories.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
