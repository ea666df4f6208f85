"""How fast the local Pub/Sub is with Google's own client, beside Google's own emulator where it is installed.

    python benchmarks/pubsub.py [--messages 20000] [--rounds 3] [--raw 60000]

Messages of 1 KB. Medians of the rounds; the ratio is ours over Google's in the same run, because absolute figures
drift with the machine. Google's is started with `gcloud beta emulators pubsub`; without gcloud or Java it is left out.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import grpc
import psutil
from google.cloud import pubsub_v1
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

sys.path.insert(0, str(Path(__file__).parent.parent))

from emulators.pubsub.messages import shadow, v1

_PATIENCE = 30.0
_BODY = b"x" * 1000
_OPTIONS = [("grpc.max_receive_message_length", -1)]


class Running:
    """An emulator in a process group of its own."""

    def __init__(self, command: list[str], port: int) -> None:
        started = time.monotonic()
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self.target = f"127.0.0.1:{port}"
        with grpc.insecure_channel(self.target) as channel:
            grpc.channel_ready_future(channel).result(timeout=60)
        self.start_seconds = time.monotonic() - started

    def megabytes(self) -> float:
        """Resident memory of the process and its children."""
        process = psutil.Process(self._process.pid)
        return float(sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / 1e6)

    def stop(self) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(timeout=20)


class Bench:
    """One emulator's clients, with a fresh topic and subscription for each measurement."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self._channel = grpc.insecure_channel(running.target, _OPTIONS)
        self.publisher = pubsub_v1.PublisherClient(transport=PublisherGrpcTransport(channel=self._channel))
        self.subscriber = pubsub_v1.SubscriberClient(transport=SubscriberGrpcTransport(channel=self._channel))
        self._count = 0

    def fresh(self) -> tuple[str, str]:
        """A new topic with a new subscription."""
        self._count += 1
        topic, subscription = (f"projects/bench/{kind}/bench-{self._count}" for kind in ("topics", "subscriptions"))
        self.publisher.create_topic(name=topic)
        self.subscriber.create_subscription(name=subscription, topic=topic, ack_deadline_seconds=600)
        return topic, subscription

    def publish(self, topic: str, count: int) -> float:
        """Messages per second with the client's default batching."""
        started = time.monotonic()
        wait([self.publisher.publish(topic, _BODY) for _ in range(count)])
        return count / (time.monotonic() - started)

    def subscribe(self, subscription: str, count: int) -> float:
        """Messages per second through the stock subscriber, acknowledged."""
        seen, done = [0], threading.Event()

        def callback(message: Any) -> None:
            message.ack()
            seen[0] += 1
            if seen[0] >= count:
                done.set()

        started = time.monotonic()
        future = self.subscriber.subscribe(subscription, callback)
        done.wait(_PATIENCE)
        rate = seen[0] / (time.monotonic() - started)
        future.cancel()
        future.result(timeout=30)
        return rate

    def raw(self, subscription: str, count: int) -> float:
        """Messages per second through a bare StreamingPull that acknowledges on the stream."""
        acks: list[bytes] = []
        ready = threading.Semaphore(0)
        first = v1.StreamingPullRequest(subscription=subscription, stream_ack_deadline_seconds=60)

        def requests() -> Iterator[bytes]:
            yield first.SerializeToString()
            while ready.acquire():
                yield acks.pop(0)

        call = self._channel.stream_stream("/google.pubsub.v1.Subscriber/StreamingPull")(requests(), timeout=_PATIENCE)
        seen, started, last = 0, time.monotonic(), time.monotonic()
        try:
            for response in call:
                ids = [one.ack_id for one in shadow.PullResponse.FromString(response).received_messages]
                if ids:
                    acks.append(v1.StreamingPullRequest(ack_ids=ids).SerializeToString())
                    ready.release()
                    seen, last = seen + len(ids), time.monotonic()
                if seen >= count:
                    break
        except grpc.RpcError:
            last = time.monotonic()
        call.cancel()
        return seen / (last - started)

    def latency(self, topic: str, subscription: str, count: int = 400) -> tuple[float, float]:
        """p50 and p99 in ms from publish() to callback at 200 messages a second, unbatched."""
        sent: dict[str, float] = {}
        took: list[float] = []

        def callback(message: Any) -> None:
            took.append(time.monotonic() - sent[message.attributes["n"]])
            message.ack()

        settings = pubsub_v1.types.BatchSettings(max_messages=1)
        publisher = pubsub_v1.PublisherClient(settings, transport=PublisherGrpcTransport(channel=self._channel))
        future = self.subscriber.subscribe(subscription, callback)
        time.sleep(0.5)
        for number in range(count):
            sent[str(number)] = time.monotonic()
            publisher.publish(topic, _BODY, n=str(number))
            time.sleep(0.005)
        end = time.monotonic() + 5
        while len(took) < count and time.monotonic() < end:
            time.sleep(0.05)
        future.cancel()
        future.result(timeout=30)
        cuts = statistics.quantiles(took, n=100)
        return cuts[49] * 1000, cuts[98] * 1000


def measure(bench: Bench, messages: int, raw: int) -> Iterator[tuple[str, float]]:
    """One round: (name, figure)."""
    topic, subscription = bench.fresh()
    yield "publish/s", bench.publish(topic, messages)
    yield "StreamingPull/s", bench.subscribe(subscription, messages)
    topic, subscription = bench.fresh()
    bench.publish(topic, raw)
    yield "raw StreamingPull + ack/s", bench.raw(subscription, raw)
    p50, p99 = bench.latency(*bench.fresh())
    yield "p50 ms at 200/s", p50
    yield "p99 ms at 200/s", p99
    yield "RSS MB", bench.running.megabytes()
    yield "start s", bench.running.start_seconds


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def ours(folder: str) -> Running:
    port = free_port()
    return Running([sys.executable, "-m", "emulators.pubsub", "--port", str(port), "--state", folder], port)


def googles(folder: str) -> Running | None:
    """Google's emulator, or None where it is not installed."""
    if not shutil.which("gcloud") or not shutil.which("java"):
        return None
    listed = subprocess.run(["gcloud", "info", "--format=value(installation.sdk_root)"], capture_output=True, text=True)
    if not (Path(listed.stdout.strip()) / "platform" / "pubsub-emulator").is_dir():
        return None
    port = free_port()
    command = ["gcloud", "beta", "emulators", "pubsub", "start", f"--host-port=127.0.0.1:{port}"]
    return Running([*command, f"--data-dir={folder}", "--project=bench"], port)


def one_round(name: str, start: Callable[[str], Running | None], options: argparse.Namespace) -> dict[str, float]:
    """The figures of one emulator, started afresh; {} where it is absent."""
    with tempfile.TemporaryDirectory() as folder:
        running = start(folder)
        if running is None:
            print(f"{name}: NOT INSTALLED on this machine, so there is nothing to compare with")
            return {}
        try:
            figures = {}
            for figure, value in measure(Bench(running), options.messages, options.raw):
                figures[figure] = value
                print(f"{name:20}{figure:28}{value:12,.1f}", flush=True)
            return figures
        finally:
            running.stop()


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=re.split(r"\n\n", __doc__ or "")[0])
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--raw", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the emulators, in groups of their own, are stopped
    os.chdir(Path(__file__).parent.parent)
    mine, theirs = [], []
    for _ in range(options.rounds):  # in turn, so that both meet the same machine
        mine.append(one_round("Sluice", ours, options))
        theirs.append(one_round("Google's emulator", googles, options))
    other = medians(theirs)
    print(f"\n{'median':28}{'Sluice':>12}{'Google':>12}{'ratio':>8}")
    for name, value in medians(mine).items():
        beside = f"{other[name]:12,.1f}{value / other[name]:8.2f}" if name in other else f"{'-':>12}{'-':>8}"
        print(f"{name:28}{value:12,.1f}{beside}")


if __name__ == "__main__":
    main()
