"""Columns of a real Postgres are added, dropped, renamed and retyped in mid-transaction: each change is in bronze once.

Run one seed alone: pytest tests/beam_pipelines/test_source_door.py -k <seed>
"""

import json
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from contracts import names
from contracts.reader import load
from emulators.datastream.lsn import parse_lsn
from emulators.postgres.databases import create_database
from tests.beam_pipelines.changing_table import Change, ChangingTable
from tests.beam_pipelines.test_bad_files import bronze, rows_of_letters
from tests.beam_pipelines.test_bad_files import load as load_bronze
from tests.emulators.datastream.support import call, run, wait_until
from tests.emulators.services import Service

PARENT = "projects/door/locations/europe-west1"


@pytest.fixture
def contract() -> str:
    return "door.odcs.yaml"


@pytest.fixture(scope="module")
def sources(services: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Service]]:
    """Postgres and Datastream, which writes to the services' Cloud Storage."""
    folder = tmp_path_factory.mktemp("sources")
    postgres = Service("postgres", folder)
    storage = services["STORAGE_EMULATOR_HOST"].removeprefix("http://")
    datastream = Service("datastream", folder, storage=storage)
    try:
        yield postgres.wait(), datastream.wait()
    finally:
        datastream.stop()
        postgres.stop()


class Source:
    """A database with the table, and a stream of it into the project's landing bucket."""

    def __init__(self, postgres: Service, datastream: Service, database: str, seed: int) -> None:
        self._datastream, self._id = datastream.address, database
        create_database(f"postgresql://postgres@{postgres.address}/postgres", database)
        self._connection = psycopg2.connect(f"postgresql://postgres@{postgres.address}/{database}")
        self._connection.autocommit = True
        (contract,) = load()
        self.table = ChangingTable(self._connection, contract.table("things"), seed)
        run(self._connection, "CREATE PUBLICATION everything FOR ALL TABLES")
        host, port = postgres.address.split(":")
        profile = {"hostname": host, "port": int(port), "username": "postgres", "database": database}
        self._create("connectionProfiles?connectionProfileId=source-", {"postgresqlProfile": profile})
        self._create(
            "connectionProfiles?connectionProfileId=target-", {"gcsProfile": {"bucket": names.bucket("landing")}}
        )
        self._create("streams?streamId=stream-", self._stream())
        call(self._datastream, "PATCH", f"/v1/{self._name}?updateMask=state", {"state": "RUNNING"})

    @property
    def _name(self) -> str:
        return f"{PARENT}/streams/stream-{self._id}"

    def _create(self, what: str, body: dict[str, Any]) -> None:
        call(self._datastream, "POST", f"/v1/{PARENT}/{what}{self._id}", {"displayName": "test", **body})

    def _stream(self) -> dict[str, Any]:
        profile = f"{PARENT}/connectionProfiles"
        postgres = {"publication": "everything", "replicationSlot": f"slot_{self._id}"}
        return {
            "sourceConfig": {
                "sourceConnectionProfile": f"{profile}/source-{self._id}", "postgresqlSourceConfig": postgres,
            },
            "destinationConfig": {
                "destinationConnectionProfile": f"{profile}/target-{self._id}",
                "gcsDestinationConfig": {"path": "door", "avroFileFormat": {}},
            },
            "backfillAll": {},
        }  # fmt: skip

    def wait(self) -> None:
        """Until all that is committed has landed."""
        wanted = parse_lsn(str(run(self._connection, "SELECT pg_current_wal_lsn()")[0][0]))

        def landed() -> bool:
            found = call(self._datastream, "GET", f"/emulator/streams/stream-{self._id}/position")
            assert found["state"] == "RUNNING", found
            return bool(found["landed_lsn"]) and parse_lsn(found["landed_lsn"]) >= wanted

        wait_until(landed, 120)

    def close(self) -> None:
        self._connection.close()
        call(self._datastream, "DELETE", f"/v1/{self._name}")


def check(changes: list[Change]) -> None:
    rows = sorted(bronze(), key=lambda row: row["_sort_key"])
    assert len({row["_sort_key"] for row in rows}) == len(rows)
    assert len(rows) == len(changes)
    for row, change in zip(rows, changes, strict=True):
        found = {name: value for name, value in row.items() if not name.startswith("_") and value is not None}
        assert (row["_change_type"], found) == (change.kind, change.values)
        assert json.loads(row["_raw"] or "{}") == change.raw


@pytest.mark.parametrize(
    ("seed", "transactions"),
    [(1, 45), *(pytest.param(seed, 600, marks=pytest.mark.long) for seed in (61, 62, 63, 64))],
)
def test_whatever_becomes_of_the_columns_each_change_arrives_once(
    project: str, sources: tuple[Service, Service], seed: int, transactions: int
) -> None:
    print(f"seed {seed}")
    source = Source(*sources, project.replace("-", ""), seed)
    source.wait()  # the stream has begun: all that follows comes from the log
    for _ in range(3):
        source.table.play(transactions // 3)
        source.wait()
        load_bronze()
    check(source.table.state.changes)
    assert rows_of_letters(project) == []
    source.close()
