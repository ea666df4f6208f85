"""The company as users run it, and readers of what it left in Postgres and on Pub/Sub that share no code with it."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import grpc
import psycopg2
from google.api_core import exceptions
from google.pubsub_v1 import PublisherClient, SchemaServiceClient, SubscriberClient, types
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.schema_service.transports import SchemaServiceGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from tests.interrupts import obeying

LOGIN_SCHEMA = {
    "type": "record",
    "name": "login_events",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "account_id", "type": "long"},
        {"name": "user_id", "type": "long"},
        {"name": "method", "type": "string"},
        {"name": "succeeded", "type": "boolean"},
        {"name": "ip_address", "type": ["null", "string"]},
        {"name": "occurred_at", "type": "string"},
    ],
}
TOPICS = ("saas_usage_events", "saas_login_events")


class Company:
    """`python -m emulators.company` with a database, a project and a state folder of its own."""

    def __init__(self, state: Path, database_url: str, pubsub: str, project: str) -> None:
        self.state, self.database_url = state, database_url
        self.environment = {
            **os.environ,
            "SAAS_DATABASE_URL": database_url,
            "PUBSUB_EMULATOR_HOST": pubsub,
            "GOOGLE_CLOUD_PROJECT": project,
        }
        self.reader = PubSubReader(pubsub, project)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and do not wait for it."""
        command = [sys.executable, "-m", "emulators.company", *arguments, "--state", str(self.state)]
        return subprocess.Popen(obeying(command), env=self.environment, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments: str) -> str:
        """Run a command to its good end; what it said."""
        process = self.start(*arguments)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        return said

    def fail(self, *arguments: str) -> str:
        """Run a command that must fail; what it said."""
        process = self.start(*arguments)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 1, said
        return said

    def rows(self, table: str, key: tuple[str, ...]) -> dict[tuple[int, ...], dict[str, Any]]:
        """A table's rows by key, as Postgres has them and psycopg2 reads them."""
        connection = psycopg2.connect(self.database_url)
        with connection, connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            cursor.execute(f"SELECT * FROM {table} ORDER BY {', '.join(key)}")
            names = [column.name for column in cursor.description or ()]
            found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        connection.close()
        return {tuple(row[name] for name in key): row for row in found}


class PubSubReader:
    """Topics with a subscription each, and all that was published there."""

    def __init__(self, target: str, project: str) -> None:
        channel = grpc.insecure_channel(target, [("grpc.max_receive_message_length", -1)])
        self.subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        schemas = SchemaServiceClient(transport=SchemaServiceGrpcTransport(channel=channel))
        self.parent = f"projects/{project}"
        schema = types.Schema(type_=types.Schema.Type.AVRO, definition=json.dumps(LOGIN_SCHEMA))
        made = schemas.create_schema(parent=self.parent, schema=schema, schema_id="logins")
        enforced = types.SchemaSettings(schema=made.name, encoding=types.Encoding.JSON)
        for topic in TOPICS:
            settings = enforced if topic == "saas_login_events" else None
            name = f"{self.parent}/topics/{topic}"
            publisher.create_topic(request=types.Topic(name=name, schema_settings=settings))
            self.subscriber.create_subscription(name=f"{self.parent}/subscriptions/{topic}", topic=name)

    def read(self, topic: str, expected: int) -> dict[str, bytes]:
        """Every message, by message id: pulled until there are `expected`, and then until nothing comes."""
        found: dict[str, bytes] = {}
        empty = 0
        subscription = f"{self.parent}/subscriptions/{topic}"
        while empty < (3 if len(found) < expected else 1):
            messages = self._pull(subscription)
            empty = 0 if messages else empty + 1
            found |= {message.message.message_id: message.message.data for message in messages}
            ids = [message.ack_id for message in messages]
            if ids:
                self.subscriber.acknowledge(subscription=subscription, ack_ids=ids)
        return found

    def _pull(self, subscription: str) -> list[types.ReceivedMessage]:
        """Up to 1000 messages; none where none came in half a second."""
        try:
            answer = self.subscriber.pull(subscription=subscription, max_messages=1000, timeout=0.5, retry=None)
        except exceptions.DeadlineExceeded:
            return []
        return list(answer.received_messages)


def by_payload(messages: dict[str, bytes]) -> dict[bytes, list[str]]:
    """Message ids by payload."""
    found: dict[bytes, list[str]] = defaultdict(list)
    for message_id, payload in messages.items():
        found[payload].append(message_id)
    return found
