"""Cloud Storage that fails, a table that somebody locks: the stream waits, tries again, and lands everything once."""

import resource
import time
from collections.abc import Iterator

import pytest

from emulators.faults.rules import Rule, write_rules
from emulators.local_emulate import catch_up
from tests.emulators.datastream import support
from tests.emulators.datastream.support import PARENT, Place, Refused, run, stream, wait_until
from tests.emulators.services import free_port


@pytest.fixture
def faulty(place: Place) -> Iterator[None]:
    """Nearly half of all calls of Cloud Storage fail, break off, or lose their answer."""
    rules = [
        Rule(error="UNAVAILABLE", rate=0.2),
        Rule(error="RESET", rate=0.1),
        Rule(error="UNAVAILABLE", rate=0.1, after=True),
        Rule(error="RESET", rate=0.1, after=True),
        Rule(latency=0.1, rate=0.1),
    ]
    write_rules(place.storage.folder / "storage", rules)
    yield
    write_rules(place.storage.folder / "storage", [])


def test_every_change_lands_once_while_cloud_storage_fails(place: Place, faulty: None) -> None:
    with stream(place, "CREATE TABLE t (id int PRIMARY KEY, n int)") as (it, connection):
        for number in range(5):
            run(connection, f"INSERT INTO t SELECT {number} * 10 + i, i FROM generate_series(1, 10) i")
            run(connection, f"UPDATE t SET n = -1 WHERE id = {number} * 10 + 3")
            it.wait(connection, seconds=120)
        write_rules(place.storage.folder / "storage", [])
        landed = it.landed()
        landed.check_once()
        assert len(landed.state("t", "id")) == 50
        assert {row["n"] for key, row in landed.state("t", "id").items() if key[0] % 10 == 3} == {-1}


def test_a_fault_that_lasts_is_shown_and_ends(place: Place) -> None:
    with stream(place, "CREATE TABLE t (id int PRIMARY KEY)") as (it, connection):
        it.wait(connection)
        write_rules(place.storage.folder / "storage", [Rule("POST /upload/*", error="UNAVAILABLE")])
        try:
            run(connection, "INSERT INTO t VALUES (1)")
            wait_until(lambda: "A fault that was asked for" in str(it.get().get("errors", "")), 60)
            assert it.get()["state"] == "RUNNING"
            assert "will try again" in place.datastream.log.read_text()
        finally:
            write_rules(place.storage.folder / "storage", [])
        it.wait(connection, seconds=60)
        assert it.landed().state("t", "id") == {(1,): {"id": 1}}
        wait_until(lambda: not it.get().get("errors"), 60)  # it lands a moment before it says that it works again


def test_a_source_that_moves_is_followed_at_once(place: Place) -> None:
    with stream(place, "CREATE TABLE t (id int PRIMARY KEY)") as (it, connection):
        it.wait(connection)
        path = f"/v1/{PARENT}/connectionProfiles/{it.id}-source?updateMask=postgresqlProfile.port"
        place.api("PATCH", path, {"postgresqlProfile": {"port": free_port()}})
        wait_until(lambda: "refused" in str(it.get().get("errors", "")), 60)
        run(connection, "INSERT INTO t VALUES (1)")
        place.api("PATCH", path, {"postgresqlProfile": {"port": int(place.postgres.address.split(":")[1])}})
        it.wait(connection, seconds=60)
        assert it.landed().state("t", "id") == {(1,): {"id": 1}}


def test_what_has_not_landed_is_waited_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make local-emulate` goes on only when the log has landed."""
    monkeypatch.setattr(catch_up, "PROJECT", "test")
    monkeypatch.setenv("SLUICE_REGION", "us-east1")  # where no other test has a stream
    monkeypatch.setattr(support, "PARENT", "projects/test/locations/us-east1")
    with stream(place, "CREATE TABLE t (id int PRIMARY KEY)") as (it, connection):
        it.wait(connection)
        monkeypatch.setenv("DATASTREAM_EMULATOR_HOST", f"http://{place.datastream.address}")
        monkeypatch.setenv(f"{it.id.upper()}_DATABASE_URL", f"postgresql://postgres@{place.postgres.address}/{it.id}")
        it.set_state("PAUSED")
        run(connection, "INSERT INTO t VALUES (1)")
        said: list[str] = []

        def say(line: str) -> None:
            if not said:
                it.set_state("RUNNING")
            said.append(line)

        write_rules(place.datastream.folder / "datastream", [Rule(error="RESET", times=3)])
        assert catch_up.wait_for_logs(say) == []
        write_rules(place.datastream.folder / "datastream", [])
        assert said
        assert it.landed().state("t", "id") == {(1,): {"id": 1}}


def test_all_locations_at_once_are_refused(place: Place) -> None:
    with pytest.raises(Refused, match="name one"):
        place.api("GET", "/v1/projects/test/locations/-/streams")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="prlimit is Linux's: no other way to fill a disk here")
def test_a_full_disk_is_shown_and_ends(place: Place) -> None:
    with stream(place, "CREATE TABLE t (id int PRIMARY KEY)") as (it, connection):
        it.wait(connection)
        pid, limit = place.datastream.process.pid, resource.RLIM_INFINITY
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, limit))
        try:
            run(connection, "INSERT INTO t SELECT generate_series(1, 500)")
            wait_until(lambda: it.get().get("errors") or it.get()["state"] != "RUNNING", 60)
            assert it.get()["state"] == "RUNNING", it.get()
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, limit))
        it.wait(connection, seconds=90)
        landed = it.landed()
        landed.check_once()
        assert len(landed.state("t", "id")) == 500


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.long)])
def test_a_table_that_is_locked_makes_the_backfill_wait_and_loses_nothing(place: Place, seconds: int) -> None:
    tables = (
        "CREATE TABLE held (id int PRIMARY KEY); CREATE TABLE free (id int PRIMARY KEY); INSERT INTO held VALUES (1)"
    )
    with stream(place, tables) as (it, connection):
        it.wait(connection)
        other = place.connect(it.id)
        run(other, "BEGIN")
        run(other, "LOCK TABLE held IN ACCESS EXCLUSIVE MODE")
        run(other, "INSERT INTO held VALUES (2)")
        for each in place.api("GET", f"/v1/{it.name}/objects")["streamObjects"]:
            place.api("POST", f"/v1/{each['name']}:startBackfillJob", {})
        run(connection, "INSERT INTO free VALUES (3)")
        time.sleep(seconds)
        assert it.get()["state"] == "RUNNING"
        run(other, "COMMIT")
        run(connection, "INSERT INTO held VALUES (4)")
        it.wait(connection, seconds=90)
        assert set(it.landed().state("held", "id")) == {(1,), (2,), (4,)}
        assert set(it.landed().state("free", "id")) == {(3,)}
        other.close()
