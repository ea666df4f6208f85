"""A crash at every boundary: before and after each thing that the company writes, one after the other, many times."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from emulators.company import database, publisher
from emulators.company.database import Database, commit_pending
from emulators.company.journal import Journal
from emulators.company.publisher import Publisher, publish_pending
from emulators.company.simulation import record_days
from tests.emulators.company.company import Company
from tests.emulators.company.test_play import SMALL, assert_ledger_is_postgres, assert_ledger_is_pubsub

WRITES = ("mark_committed", "note_uncertain", "mark_publishing", "mark_published", "record_day")


class Crash(Exception):
    """The process is gone."""


class Crashing:
    """Counts the writes down, and crashes before or after one of them."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.left = chance.randint(1, 14)

    def around(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """The same write, or a crash."""

        def maybe(*arguments: Any) -> Any:
            self.left -= 1
            if self.left == 0 and self.chance.random() < 0.5:
                raise Crash
            answer = write(*arguments)
            if self.left == 0:
                raise Crash
            return answer

        return maybe


def live(company: Company, through: int, crash: Crashing | None) -> None:
    """One life of the company, in this process: until it crashes, or until all is done."""
    journal = Journal(company.state)
    connection = Database(company.database_url, journal.settings().company)
    pubsub = Publisher()
    if crash:
        for name in WRITES:
            setattr(journal, name, crash.around(getattr(journal, name)))
        connection.run = crash.around(connection.run)  # type: ignore[method-assign]
        pubsub.publish = crash.around(pubsub.publish)  # type: ignore[method-assign]
    try:
        commit_pending(journal, connection, journal.last_day())
        publish_pending(journal, pubsub, journal.last_day())
        for day in record_days(journal, journal.settings(), through):
            commit_pending(journal, connection, day.day)
            publish_pending(journal, pubsub, day.day)
    finally:
        connection.close()
        journal.database.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_crash_at_any_write_changes_nothing(company: Company, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    for name, value in company.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(database, "BATCH", 17)
    monkeypatch.setattr(publisher, "BATCH", 60)
    company.run(*SMALL)
    chance, crashes = random.Random(seed), 0
    for _ in range(200):
        try:
            live(company, through=4, crash=Crashing(chance))
            break
        except Crash:
            crashes += 1
    live(company, through=4, crash=None)
    assert crashes > 20
    assert_ledger_is_postgres(company)
    assert_ledger_is_pubsub(company)
