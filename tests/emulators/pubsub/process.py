"""A Pub/Sub emulator in a process of its own, as users start it: started, killed, started again."""

import os
import re
import secrets
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
from google.cloud import pubsub_v1
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.schema_service.transports import SchemaServiceGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

PROJECT = "projects/tests-of-pubsub"
_LISTENS = re.compile(r"listens on 127\.0\.0\.1:(\d+)")
_REST = re.compile(r"REST listens on 127\.0\.0\.1:(\d+)")


def eventually(look: Callable[[], Any], seconds: float = 15) -> Any:
    """What look returns as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


class Emulator:
    """`python -m emulators.pubsub` on a free port."""

    def __init__(self, state: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        self._state = state
        self._options = options
        self.environment = os.environ | (environment or {})
        self.start()

    def start(self, port: int = 0) -> None:
        """Starts the process and waits for its start line."""
        command = [sys.executable, "-m", "emulators.pubsub", "--port", str(port), "--state", str(self._state)]
        self.process = subprocess.Popen(
            [*command, *self._options], stderr=subprocess.PIPE, text=True, env=self.environment
        )
        assert self.process.stderr is not None
        self.rest_port = 0
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            if rest := _REST.search(line):
                self.rest_port = int(rest[1])
            elif found := _LISTENS.search(line):
                self.port = int(found[1])
                return
        raise RuntimeError("".join(lines))

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGTERM)
        return self.process.wait(timeout=10)


class Clients:
    """The official clients, connected to one emulator without environment variables."""

    def __init__(self, target: str) -> None:
        self._channel = grpc.insecure_channel(target, [("grpc.max_receive_message_length", -1)])
        channel = self._channel
        ordering = pubsub_v1.types.PublisherOptions(enable_message_ordering=True)
        self.publisher = pubsub_v1.PublisherClient(
            publisher_options=ordering, transport=PublisherGrpcTransport(channel=channel)
        )
        self.api = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        self.subscriber = pubsub_v1.SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        self.schemas = pubsub_v1.SchemaServiceClient(transport=SchemaServiceGrpcTransport(channel=channel))
        self._run = secrets.token_hex(3)
        self._count = 0

    def name(self, collection: str) -> str:
        """A resource name that was not used before."""
        self._count += 1
        return f"{PROJECT}/{collection}/{collection[:-1]}-{self._run}-{self._count}"

    def topic(self, **fields: object) -> str:
        """Creates a topic; returns its name."""
        return str(self.publisher.create_topic(request={"name": self.name("topics"), **fields}).name)

    def subscription(self, topic: str, **fields: object) -> str:
        """Creates a subscription; returns its name."""
        request = {"name": self.name("subscriptions"), "topic": topic, **fields}
        return str(self.subscriber.create_subscription(request=request).name)

    def publish(self, topic: str, *data: bytes, ordering_key: str = "", **attributes: str) -> list[str]:
        """Publishes messages in one request; returns their ids."""
        messages = [{"data": one, "attributes": attributes, "ordering_key": ordering_key} for one in data]
        return list(self.api.publish(topic=topic, messages=messages).message_ids)

    def pull(self, subscription: str, count: int = 100, wait: bool = True) -> list[pubsub_v1.types.ReceivedMessage]:
        """What one pull returns; without wait it returns at once."""
        request = {"subscription": subscription, "max_messages": count, "return_immediately": not wait}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of return_immediately, which is still served
            return self._pull(request)

    def _pull(self, request: dict[str, Any]) -> list[pubsub_v1.types.ReceivedMessage]:
        return list(self.subscriber.pull(request=request, timeout=5).received_messages)

    def pull_all(self, subscription: str, count: int) -> list[pubsub_v1.types.ReceivedMessage]:
        """Pulls until so many messages have come."""
        found: list[pubsub_v1.types.ReceivedMessage] = []
        while len(found) < count:
            more = self.pull(subscription, count - len(found))
            assert more, f"{len(found)} of {count} messages came"
            found += more
        return found

    def acknowledge(self, subscription: str, received: list[pubsub_v1.types.ReceivedMessage]) -> None:
        self.subscriber.acknowledge(subscription=subscription, ack_ids=[one.ack_id for one in received])

    def refuse(self, subscription: str, received: list[pubsub_v1.types.ReceivedMessage]) -> None:
        """A nack: the deadline is now."""
        ack_ids = [one.ack_id for one in received]
        self.subscriber.modify_ack_deadline(subscription=subscription, ack_ids=ack_ids, ack_deadline_seconds=0)

    def close(self) -> None:
        self._channel.close()
