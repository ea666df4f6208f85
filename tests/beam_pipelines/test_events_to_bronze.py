"""Events to bronze: real Pub/Sub, real object store, real BigQuery, the runner killed while it works."""

import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, pubsub_v1

from beam_pipelines import clients
from tests.beam_pipelines.runner import Runner

SPOILT: dict[str, tuple[str, Any]] = {
    "cut": ("invalid_json", lambda text: text[:-3].encode()),
    "latin": (
        "invalid_encoding",
        lambda text: text.replace('"occurred_at"', '"größe": 1, "occurred_at"').encode("latin-1"),
    ),
    "amount": ("wrong_type", lambda text: re.sub(r'"amount": \d+', '"amount": "many"', text).encode()),
    "no amount": ("missing_required", lambda text: re.sub(r'"amount": \d+, ', "", text).encode()),
    "time": ("invalid_timestamp", lambda text: text.replace("2026-05", "2026-55").encode()),
}


class Published:
    """What was published: the oracle. `rows` and `letters` by message id."""

    def __init__(self, project: str, seed: int) -> None:
        self._publisher = pubsub_v1.PublisherClient(pubsub_v1.types.BatchSettings(max_messages=200))
        self._topic = self._publisher.topic_path(project, "shop_clicks")
        self._dice, self._number = random.Random(seed), 0
        self.rows: dict[str, tuple[str, int]] = {}
        self.letters: dict[str, tuple[str, bytes]] = {}

    def publish(self, count: int) -> None:
        sent = [self._one() for _ in range(count)]
        for future, keep, value in sent:
            keep[future.result()] = value

    def _one(self) -> tuple[Any, dict[str, Any], Any]:
        self._number += 1
        event = f"e{self._number}"
        text = (
            f'{{"event_id": "{event}", "amount": {self._number}, "details": {{"n": [{self._number}]}}, '
            f'"occurred_at": "2026-05-0{self._dice.randint(1, 9)}T12:00:00Z"}}'
        )
        if self._dice.random() < 0.9:
            return self._publisher.publish(self._topic, text.encode()), self.rows, (event, self._number)
        reason, spoil = self._dice.choice(list(SPOILT.values()))
        data = spoil(text)
        return self._publisher.publish(self._topic, data, trace=event), self.letters, (reason, data)


@pytest.fixture
def runner(project: str, tmp_path: Path) -> Iterator[Runner]:
    running = Runner(tmp_path, "--dataflow_bundle_messages", "300")
    yield running
    running.kill()


def table(project: str, name: str) -> list[dict[str, Any]]:
    client = bigquery.Client(project=project, credentials=AnonymousCredentials())
    return [dict(row) for row in client.list_rows(client.get_table(name))]


def wait_for_rows(project: str, count: int, seconds: float = 60) -> None:
    """Waits until bronze has so many rows: leases of killed processes must end first."""
    client = bigquery.Client(project=project, credentials=AnonymousCredentials())
    until = time.monotonic() + seconds
    while client.get_table("bronze.shop_clicks").num_rows < count and time.monotonic() < until:
        time.sleep(0.2)


def check(project: str, published: Published) -> None:
    """Bronze and the dead letters are what was published: each message once, value by value."""
    rows = table(project, "bronze.shop_clicks")
    assert Counter(row["_message_id"] for row in rows) == Counter(list(published.rows))
    for row in rows:
        event, amount = published.rows[row["_message_id"]]
        assert (row["event_id"], row["amount"], row["details"]) == (event, amount, f'{{"n":[{amount}]}}')
    letters = {letter["origin"].rpartition("/")[2]: letter for letter in table(project, "ops.dead_letters")}
    assert len(letters) == len(table(project, "ops.dead_letters"))
    assert {key: (letter["reason"], letter["payload"]) for key, letter in letters.items()} == published.letters
    archived = [blob.name for blob in clients.storage().list_blobs(clients.bucket("bronze"), prefix="_archive/")]
    assert {row["_batch_id"] for row in rows} <= {name.rpartition("/")[2].removesuffix(".parquet") for name in archived}


@pytest.mark.long  # tests/emulators/dataflow/test_job.py kills the runner too
@pytest.mark.parametrize("kills", [60])
def test_killed_while_it_works_each_message_arrives_once(project: str, runner: Runner, kills: int) -> None:
    published, dice = Published(project, kills), random.Random(kills)
    published.publish(300)
    runner.wait_for("idle", 300)
    for _ in range(kills):
        published.publish(700)
        time.sleep(dice.uniform(0, 1.0))
        runner.kill()
        runner.start()
        runner.wait_for("idle")
    wait_for_rows(project, len(published.rows))
    runner.wait_for("idle")
    check(project, published)
    assert runner.stop() == 0


def test_dead_letters_are_published_with_what_a_replay_needs(project: str, runner: Runner) -> None:
    published = Published(project, 5)
    published.publish(100)
    runner.wait_for("idle", 100)
    subscriber = pubsub_v1.SubscriberClient()
    path = subscriber.subscription_path(project, "shop_clicks_dead_letters_hold")
    found: dict[str, Any] = {}
    while len(found) < len(published.letters):
        for received in subscriber.pull(subscription=path, max_messages=100, timeout=20).received_messages:
            found[received.message.attributes["sluice_origin"].rpartition("/")[2]] = received.message
    for message_id, (reason, data) in published.letters.items():
        message = found[message_id]
        assert message.data == data
        assert message.attributes["sluice_reason"] == reason
        assert message.attributes["trace"].startswith("e")
        assert len(message.attributes["sluice_dead_letter_id"]) == 32
