"""After each play the ledger is what Postgres and Pub/Sub hold, value by value; a kill changes nothing of that."""

import random
import signal
import time
from collections import Counter
from itertools import islice

import psycopg2
import pytest

from emulators.company.ledger import Ledger
from emulators.company.schema import TABLES
from tests.emulators.company.company import TOPICS, Company, by_payload
from tests.emulators.services import Service

SMALL = ("create", "--accounts", "40", "--seed", "11")


def assert_ledger_is_postgres(company: Company) -> None:
    ledger = Ledger(company.state)
    assert ledger.is_settled
    for name, table in TABLES.items():
        expected, actual = ledger.rows(name), company.rows(name, table.key)
        assert list(expected) == list(actual)
        assert expected == actual


def assert_ledger_is_pubsub(company: Company) -> None:
    """Every message on the topics is in the ledger, and the other way round; uncertain ones may be there once more."""
    ledger = Ledger(company.state)
    for topic in TOPICS:
        published = [event for event in ledger.events(topic) if event.kind != "refused"]
        assert all(event.message_id is None for event in ledger.events(topic) if event.kind == "refused")
        messages = company.reader.read(topic, len(published))
        assert {event.message_id: event.payload for event in published}.items() <= messages.items()
        extra = by_payload(
            {id_: data for id_, data in messages.items() if id_ not in {e.message_id for e in published}}
        )
        uncertain = ledger.uncertain()
        allowed = Counter[bytes]()
        for event in published:
            allowed[event.payload] += uncertain[event.sequence]
        assert all(len(ids) <= allowed[payload] for payload, ids in extra.items())


def test_the_ledger_is_what_happened(company: Company) -> None:
    company.run(*SMALL)
    assert_ledger_is_postgres(company)
    company.run("play", "--days", "8")
    assert_ledger_is_postgres(company)
    assert_ledger_is_pubsub(company)
    assert not Ledger(company.state).uncertain()
    company.run("play", "--days", "2")
    assert_ledger_is_postgres(company)
    assert len(Ledger(company.state).days()) == 10


def test_creating_twice_changes_nothing(company: Company) -> None:
    company.run(*SMALL)
    before = company.rows("accounts", ("account_id",))
    company.run(*SMALL)
    assert company.rows("accounts", ("account_id",)) == before


def test_commands_that_do_not_fit_are_refused(company: Company, pubsub: Service) -> None:
    assert "no company" in company.fail("play")
    company.run(*SMALL)
    refused = company.fail("create", "--accounts", "41")
    assert "is another: 40 accounts on 2026-01-01, seed 11, not 41 accounts" in refused
    assert "ACCOUNTS=40 SEED=11" in refused
    other = Company(company.state.with_name("other"), company.database_url, pubsub.address, "another-project")
    assert "another company" in other.fail(*SMALL)
    del company.environment["SAAS_DATABASE_URL"]
    assert "SAAS_DATABASE_URL is not set" in company.fail("play")


def test_missing_topics_are_named_and_nothing_is_lost(company: Company) -> None:
    company.run(*SMALL)
    project = company.environment["GOOGLE_CLOUD_PROJECT"]
    company.environment["GOOGLE_CLOUD_PROJECT"] = "not-provisioned"
    said = company.fail("play", "--days", "2")
    assert "saas_usage_events" in said
    assert "emulators.provision" in said
    company.environment["GOOGLE_CLOUD_PROJECT"] = project
    company.run("resume")
    assert len(Ledger(company.state).days()) == 2
    assert_ledger_is_postgres(company)
    assert_ledger_is_pubsub(company)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_killed_while_it_plays(company: Company, seed: int) -> None:
    chance = random.Random(seed)
    company.run(*SMALL)
    process = company.start("play", "--days", "12")
    for _ in range(3):
        assert process.stderr is not None
        recorded = (line for line in process.stderr if "day " in line)  # a slow machine may make it say other things
        list(islice(recorded, chance.randint(1, 3)))
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.wait()
        process = company.start("resume")
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert len(Ledger(company.state).days()) == 12
    assert_ledger_is_postgres(company)
    assert_ledger_is_pubsub(company)


def test_a_database_that_lost_what_it_confirmed_is_noticed(company: Company) -> None:
    company.run(*SMALL)
    with psycopg2.connect(company.database_url) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE company_progress SET transaction_number = 0")
    connection.close()
    said = company.fail("play", "--days", "1")
    assert "has lost transactions" in said
    assert "local-reset" in said


def test_services_killed_while_it_plays(company: Company, postgres: Service, pubsub: Service) -> None:
    company.run(*SMALL)
    process = company.start("play", "--days", "14")
    for service in (postgres, pubsub):
        assert process.stderr is not None
        for _ in range(2):
            process.stderr.readline()  # a day was done
        service.restart()
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert_ledger_is_postgres(company)
    assert_ledger_is_pubsub(company)


def test_interrupted_by_hand(company: Company) -> None:
    company.run(*SMALL)
    process = company.start("play", "--days", "40")
    assert process.stderr is not None
    process.stderr.readline()  # a day was done
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    company.run("resume")
    assert len(Ledger(company.state).days()) == 40
    assert_ledger_is_postgres(company)


def test_only_one_plays_at_a_time(company: Company) -> None:
    company.run(*SMALL)
    first, second = company.start("play", "--days", "3"), company.start("play", "--days", "3")
    for process in (first, second):
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert len(Ledger(company.state).days()) == 6
    assert_ledger_is_postgres(company)
    assert_ledger_is_pubsub(company)
