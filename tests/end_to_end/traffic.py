"""A source that never rests: people who change rows and send events, from threads, for as long as a block runs."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import grpc
import psycopg2
from google.api_core.exceptions import GoogleAPIError
from google.cloud.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from tests.end_to_end.meanwhile import meanwhile

TABLES = """
CREATE TABLE accounts (id bigint PRIMARY KEY, label text NOT NULL, amount numeric(12,2), changed_at timestamptz);
CREATE TABLE parts (box int, part text, manual text, details jsonb, PRIMARY KEY (box, part));
CREATE TABLE visits (id bigserial PRIMARY KEY, ratio double precision, day date, ended boolean);
INSERT INTO accounts SELECT i, 'label ' || i, i * 0.01, now() FROM generate_series(1, 5000) i;
INSERT INTO parts
    SELECT i % 50, 'part ' || i, (SELECT string_agg(md5((i * j)::text), '') FROM generate_series(1, i % 300) j), '[1]'
    FROM generate_series(1, 1000) i;
INSERT INTO visits (ratio, day) SELECT random(), date '2026-01-01' + i % 100 FROM generate_series(1, 2000) i;
"""
KEYS = {"accounts": ("id",), "parts": ("box", "part"), "visits": ("id",)}
WORK = (
    "UPDATE accounts SET label = label || '.', amount = amount + 0.01, changed_at = now() WHERE id = {few}",
    "INSERT INTO accounts VALUES ({new}, 'new', random() * 100, now())",
    "DELETE FROM accounts WHERE id = {few}",
    "UPDATE accounts SET id = {new} WHERE id = (SELECT min(id) FROM accounts WHERE id > {few})",
    "UPDATE parts SET details = jsonb_build_object('n', {new}) WHERE box = {few} % 50",
    "UPDATE parts SET part = part || '+' WHERE box = 7 AND part = (SELECT min(part) FROM parts WHERE box = 7)",
    "INSERT INTO visits (ratio, day) VALUES (random(), current_date)",
    "DELETE FROM visits WHERE id = (SELECT min(id) FROM visits WHERE id > {few})",
    "UPDATE visits SET ended = true WHERE id % 1000 = {few} % 1000",
    "SAVEPOINT before; DELETE FROM visits; ROLLBACK TO SAVEPOINT before",
)
PUBLISH_SECONDS = 120.0


class Traffic:
    """What they did: commits, events that were accepted, and all that were sent (an answer may have been lost)."""

    def __init__(self, url: str, pubsub: str, topic: str) -> None:
        self._url, self._topic = url, topic
        self._publisher = PublisherClient(transport=PublisherGrpcTransport(channel=grpc.insecure_channel(pubsub)))
        self.commits = 0
        self.accepted: set[str] = set()
        self.sent: set[str] = set()

    def going_on(self) -> AbstractContextManager[None]:
        """They work while the block runs; at its end the events that are under way have arrived or failed."""
        return meanwhile(partial(self._change, 0), partial(self._change, 1), partial(self._send, 2))

    def _change(self, seed: int, ended: threading.Event) -> None:
        """Transactions of up to twenty statements; some are rolled back, some stay open for seconds."""
        dice = random.Random(f"{seed} {self.commits}")
        while not ended.is_set():
            try:
                connection = psycopg2.connect(self._url)
            except psycopg2.OperationalError:  # the database was killed, and is not back yet
                time.sleep(0.2)
                continue
            try:
                while not ended.is_set():
                    self._transaction(connection, dice)
                    time.sleep(dice.uniform(0, 0.02))
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                time.sleep(0.1)
            finally:
                connection.close()

    def _transaction(self, connection: Any, dice: random.Random) -> None:
        try:
            with connection.cursor() as cursor:
                for _ in range(dice.randint(1, 20)):
                    numbers = {"few": dice.randint(1, 5000), "new": dice.randint(10_000, 2_000_000_000)}
                    cursor.execute(dice.choice(WORK).format(**numbers))
            if dice.random() < 0.05:
                time.sleep(dice.uniform(0, 3))
            if dice.random() < 0.1:
                connection.rollback()
                return
            connection.commit()
            self.commits += 1
        except (psycopg2.errors.UniqueViolation, psycopg2.errors.DeadlockDetected):
            connection.rollback()

    def _send(self, seed: int, ended: threading.Event) -> None:
        under_way: dict[str, Any] = {}
        while not ended.wait(0.02):
            click = f"{seed}-{len(self.sent)}"
            self.sent.add(click)
            event = {"click_id": click, "clicked_at": datetime.now(UTC).isoformat()}
            under_way[click] = self._publisher.publish(self._topic, json.dumps(event).encode())
        for click, future in under_way.items():
            try:
                future.result(timeout=PUBLISH_SECONDS)
                self.accepted.add(click)
            except (GoogleAPIError, TimeoutError):
                continue


def differences(url: str, query: Callable[[str], list[dict[str, Any]]], traffic: Traffic) -> Iterator[str]:
    """A line for each table whose rows in silver are not the source's, and for events that are not there once."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        for table, key in KEYS.items():
            cursor.execute(f"SELECT * FROM {table}")
            names = [column.name for column in cursor.description or ()]
            source = {_key(row, key): row for row in (dict(zip(names, values, strict=True)) for values in cursor)}
            rows = query(f"SELECT {', '.join(names)} FROM silver.busy_{table}")
            silver = {_key(row, key): row for row in rows}
            wrong = sorted(key for key in source.keys() | silver.keys() if source.get(key) != silver.get(key))
            if wrong or len(rows) != len(silver):
                shown = [(key, source.get(key), silver.get(key)) for key in wrong[:3]]
                yield f"{table}: {len(rows)} rows, {len(wrong)} keys differ: {shown}"
    clicks = [row["click_id"] for row in query("SELECT click_id FROM silver.busy_clicks")]
    if len(clicks) != len(set(clicks)) or not traffic.accepted <= set(clicks) <= traffic.sent:
        lost = sorted(traffic.accepted - set(clicks))
        yield f"clicks: {len(clicks)} rows, {len(traffic.accepted)} accepted, lost {lost[:5]} ..."


def _key(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)
