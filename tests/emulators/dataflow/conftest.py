"""Pub/Sub as a process of its own, and a pipeline under the runner."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from google.cloud import pubsub_v1

from tests.emulators.services import Service

RUNNER = "emulators.dataflow.runner.EmulatedDataflowRunner"
_numbers = count(1)


@pytest.fixture(scope="session")
def pubsub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A Pub/Sub."""
    service = Service("pubsub", tmp_path_factory.mktemp("services"))
    service.wait()
    yield service
    service.stop()


class Topic:
    """A topic with a subscription, and what was published to it."""

    def __init__(self, name: str) -> None:
        self._publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
        self._topic = self._publisher.topic_path("tests-of-dataflow", name)
        self.subscription = subscriber.subscription_path("tests-of-dataflow", name)
        self._publisher.create_topic(name=self._topic)
        subscriber.create_subscription(name=self.subscription, topic=self._topic, ack_deadline_seconds=10)
        self.published: Counter[str] = Counter()

    def publish(self, number: int) -> None:
        """Publishes so many messages more."""
        first = len(self.published)
        futures = [self._publisher.publish(self._topic, f"d{n}".encode()) for n in range(first, first + number)]
        self.published.update(f"{future.result()} d{first + n}" for n, future in enumerate(futures))


class Job:
    """The test's pipeline under the runner, in a process of its own."""

    def __init__(self, folder: Path, subscription: str, *options: str) -> None:
        self.output, self.state = folder / "output", folder / "state"
        self.output.mkdir()
        self._log = folder / "job.log"
        self._command = [
            sys.executable, "-m", "tests.emulators.dataflow.archive_pipeline", "--streaming", f"--runner={RUNNER}",
            "--subscription", subscription, "--output", str(self.output), "--dataflow_state", str(self.state), *options,
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        """Starts the process."""
        with self._log.open("a") as log:
            self.process = subprocess.Popen(self._command, stderr=log, stdout=log)

    def status(self) -> dict[str, Any]:
        """The status file, if this process has written it."""
        path = self.state / "status.json"
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return found if found.get("process_id") == self.process.pid else {}

    def wait_for(self, seconds: float = 300, **fields: Any) -> dict[str, Any]:
        """Waits until the status file says so; numbers count as lower bounds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            status = self.status()
            if status and all(
                status[name] >= value if isinstance(value, int) else status[name] == value
                for name, value in fields.items()
            ):
                return status
            time.sleep(0.02)
        raise AssertionError(f"not {fields}: {self.status()}\n{self._log.read_text()[-3000:]}")

    def written(self) -> Counter[str]:
        """Lines of all bundles."""
        return Counter(line for file in self.output.glob("*.bundle") for line in file.read_text().splitlines())

    def wait_until_written(self, messages: Counter[str], seconds: float = 300) -> None:
        """Waits until all of these are there, and only these, each once."""
        until = time.monotonic() + seconds
        while self.written() != messages:
            assert time.monotonic() < until, (messages - self.written(), self.written() - messages, self.status())
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


@pytest.fixture
def topic(pubsub: Service, monkeypatch: pytest.MonkeyPatch) -> Topic:
    """A topic of the test's own."""
    monkeypatch.setitem(os.environ, "PUBSUB_EMULATOR_HOST", pubsub.address)
    return Topic(f"topic-{next(_numbers)}")


@pytest.fixture
def topics(topic: Topic) -> tuple[Topic, Topic]:
    """Two of them."""
    return topic, Topic(f"topic-{next(_numbers)}")


@pytest.fixture
def job(topic: Topic, tmp_path: Path) -> Iterator[Job]:
    """A job that reads it, in bundles of at most 200 messages."""
    running = Job(tmp_path, topic.subscription, "--dataflow_bundle_messages", "200")
    yield running
    running.kill()
