"""kill -9 of Datastream, of its source or of its storage at any moment: every change lands once."""

import os
import random
import sqlite3
import threading
import time

import pytest

from emulators.datastream.lsn import parse_lsn
from tests.emulators.datastream.support import Place, Stream, run, stream
from tests.emulators.services import Service

TABLES = """
CREATE TABLE counters (id int PRIMARY KEY, value bigint, filler text);
CREATE TABLE journal (id bigserial PRIMARY KEY, counter int, value bigint);
INSERT INTO counters SELECT i, 0, repeat('x', 100) FROM generate_series(1, 20000) i;
"""


class Company(threading.Thread):
    """Transactions over two tables until told to stop; counts what it committed."""

    def __init__(self, it: Stream, seed: int) -> None:
        super().__init__()
        self.it, self.random = it, random.Random(seed)
        self.stopping = threading.Event()
        self.committed: list[tuple[int, int]] = []

    def run(self) -> None:
        connection = self.it.place.connect(self.it.id)
        value = 0
        while not self.stopping.is_set():
            pairs = [(self.random.randint(1, 20000), value := value + 1) for _ in range(self.random.randint(1, 20))]
            run(connection, "BEGIN")
            for counter, number in pairs:
                run(connection, "UPDATE counters SET value = %s WHERE id = %s", number, counter)
                run(connection, "INSERT INTO journal (counter, value) VALUES (%s, %s)", counter, number)
            run(connection, "COMMIT")
            self.committed += pairs
            time.sleep(0.005)  # leave the machine to the others
        connection.close()


def test_killed_at_random_moments(place: Place) -> None:
    seed = int(os.environ.get("SLUICE_SEED", random.randrange(1 << 30)))
    print(f"SLUICE_SEED={seed}")
    chance = random.Random(seed)
    it = Stream(place)
    connection = it.prepare(TABLES)
    it.create()  # the first kills come while the snapshot is being taken
    company = Company(it, seed)
    company.start()
    try:
        for _ in range(5):
            time.sleep(chance.random() * 0.9)
            place.datastream.kill()
            place.datastream.launch()
            place.datastream.wait()
    finally:
        company.stopping.set()
        company.join()
    it.wait(connection)
    landed = it.landed()
    landed.check_once()
    changes = landed.changes("journal")
    known = {row["value"] for _, row in changes} | {record["payload"]["value"] for record in landed.of("journal")}
    assert known == {value for _, value in company.committed}
    assert len(changes) == len({row["id"] for _, row in changes})
    rows = dict(run(connection, "SELECT id, value FROM counters"))
    assert {key[0]: row["value"] for key, row in landed.state("counters", "id").items()} == rows
    backfilled = [record["payload"]["id"] for record in landed.of("counters", "backfill")]
    assert sorted(backfilled) == sorted(rows)
    connection.close()
    it.delete()


def test_what_is_confirmed_is_in_the_journal(place: Place) -> None:
    """Postgres forgets what is confirmed. Between the two a kill would lose it, and no random moment finds that gap."""
    with stream(place, "CREATE TABLE t (id int PRIMARY KEY)") as (it, connection):
        it.wait(connection)
        (file,) = [path for path in place.datastream.folder.rglob("journal.sqlite") if it.id in str(path)]
        journal = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        for number in range(3):
            run(connection, "INSERT INTO t SELECT generate_series(%s, %s)", number * 10, number * 10 + 9)
            committed = parse_lsn(str(run(connection, "SELECT pg_current_wal_lsn()")[0][0]))
            confirmed = 0
            while confirmed < committed:
                slot = "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = %s"
                confirmed = parse_lsn(str(run(connection, slot, it.id)[0][0]))
                (read,) = journal.execute("SELECT value FROM facts WHERE name = 'read'").fetchone()
                assert int(read) >= min(confirmed, committed)
        journal.close()


@pytest.mark.parametrize(("victim", "politely"), [("postgres", False), ("postgres", True), ("storage", False)])
def test_its_neighbours_are_stopped(place: Place, victim: str, politely: bool) -> None:
    """A server that shuts down politely has its readers confirm a position: that must not look like somebody else's."""
    service: Service = getattr(place, victim)
    it = Stream(place)
    connection = it.prepare(TABLES)
    it.create()
    it.wait(connection)
    for number in range(3):
        run(connection, "INSERT INTO journal (counter, value) SELECT i, %s FROM generate_series(1, 100) i", number)
        if politely:
            time.sleep(number * 0.4)
            service.stop()
        service.kill()
        time.sleep(0.5)
        service.log.write_text("")  # its word that it was ready must not count
        service.launch()
        service.wait()
        connection = place.connect(it.id)
    it.wait(connection)
    landed = it.landed()
    landed.check_once()
    rows = run(connection, "SELECT id, value FROM journal")
    assert sorted((row["id"], row["value"]) for _, row in landed.changes("journal")) == sorted(rows)
    connection.close()
    it.delete()
