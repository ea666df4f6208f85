"""Events from Pub/Sub to queryable bronze: the emulated Dataflow, beside Beam's own DirectRunner on the same pipeline.

    python -m benchmarks.streaming [--events 100000] [--direct 2000] [--rounds 3]

Real Pub/Sub, Cloud Storage and BigQuery emulators in processes of their own share the cores with the pipeline. Events
wait in the subscription; the clock runs from the first row in bronze to the last, so start-up does not count. One event
in a hundred is malformed. Also: the same pipeline without manifests, preconditions and offsets (what effectively-once
costs), and what single steps reach by themselves on one core.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, pubsub_v1

from beam_pipelines.events.json_text import decode_objects
from beam_pipelines.events.message_batch import Decoded
from beam_pipelines.events.validation import validate
from benchmarks.support.report import heading, load
from tests.beam_pipelines.events import column, event_table, registered
from tests.emulators.services import Service, free_port

CONTRACT = Path(__file__).parents[1] / "tests" / "beam_pipelines" / "shop.odcs.yaml"
EMULATED = "emulators.dataflow.runner.EmulatedDataflowRunner"
DIRECT = "DirectRunner"
PIPELINE, WITHOUT = "beam_pipelines.events_to_bronze", "benchmarks.support.at_least_once"


def event(number: int) -> bytes:
    """One event of about 150 bytes; one in a hundred is malformed."""
    amount = '"many"' if number % 100 == 99 else str(number)
    time_of_day = f"{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
    return (
        f'{{"event_id": "event-{number:012d}", "amount": {amount}, "details": {{"plan": "pro", "n": {number}}}, '
        f'"occurred_at": "2026-05-01T{time_of_day}Z"}}'
    ).encode()


@contextmanager
def services(folder: Path) -> Iterator[dict[str, str]]:
    """All emulators that the pipeline needs; the environment that finds them."""
    grpc_port = free_port()
    storage = Service("storage", folder).wait()
    os.environ["STORAGE_EMULATOR_HOST"] = f"http://{storage.address}"
    running = [storage, Service("pubsub", folder), Service("bigquery", folder, "--grpc-port", str(grpc_port))]
    try:
        for service in running:
            service.wait()
        yield {
            "STORAGE_EMULATOR_HOST": f"http://{storage.address}",
            "PUBSUB_EMULATOR_HOST": running[1].address,
            "BIGQUERY_EMULATOR_HOST": f"http://{running[2].address}",
            "BIGQUERY_STORAGE_EMULATOR_HOST": f"127.0.0.1:{grpc_port}",
            "SLUICE_CONTRACTS": str(folder / "contracts"),
        }
    finally:
        for service in running:
            service.stop()


def measure(
    environment: dict[str, str], project: str, module: str, runner: str, events: int, folder: Path
) -> tuple[float, float, float]:
    """(events/s from the first to the last row, events a CPU second, MB at most) in a project of its own."""
    environment = {**os.environ, **environment, "GOOGLE_CLOUD_PROJECT": project}
    provision = [sys.executable, "-m", "emulators.provision", "--phase", "before"]
    subprocess.run(provision, env=environment, check=True, capture_output=True)
    _publish(project, events)
    command = [sys.executable, "-m", module, "--streaming", "--runner", runner]
    state = folder / f"state-{project}"
    with (folder / "runner.log").open("a") as log:
        process = subprocess.Popen([*command, "--dataflow_state", str(state)], env=environment, stdout=log, stderr=log)
    try:
        seconds, cpu = _arrival(project, process, events)
        return events / seconds, events / cpu, _most_memory(process.pid)
    finally:
        process.kill()
        process.wait()


def _publish(project: str, events: int) -> None:
    settings = pubsub_v1.types.BatchSettings(max_messages=1000, max_latency=0.05)
    publisher = pubsub_v1.PublisherClient(settings)
    topic = publisher.topic_path(project, "shop_clicks")
    for future in [publisher.publish(topic, event(number)) for number in range(events)]:
        future.result()


def _arrival(project: str, process: subprocess.Popen[bytes], events: int) -> tuple[float, float]:
    """(seconds, CPU seconds) from the first batch in bronze to the last, the first batch's rows not counted."""
    client = bigquery.Client(project=project, credentials=AnonymousCredentials())
    good = sum(number % 100 != 99 for number in range(events))
    first, worked, before, until = 0.0, 0.0, 0, time.monotonic() + 600
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError("the pipeline ended; see runner.log")
        rows = int(client.get_table("bronze.shop_clicks").num_rows or 0)
        if rows and not first:
            first, worked, before = time.monotonic(), _cpu(process.pid), rows
        if rows >= good:
            share = good / max(good - before, 1)
            return (time.monotonic() - first) * share, (_cpu(process.pid) - worked) * share
        time.sleep(0.05)
    raise RuntimeError(f"only {rows} of {good} rows after 600 s")


def _cpu(process_id: int) -> float:
    times = psutil.Process(process_id).cpu_times()
    return float(times.user + times.system)


def _most_memory(process_id: int) -> float:
    status = Path(f"/proc/{process_id}/status").read_text().split()
    return int(status[status.index("VmHWM:") + 1]) / 1000


def steps() -> dict[str, float]:
    """Events/s of decoding and validating, by themselves."""
    table = event_table(
        [column("event_id", "STRING", True), column("amount", "INT64", True), column("details", "JSON"),
         column("occurred_at", "TIMESTAMP", True)]
    )  # fmt: skip
    batch = registered([event(number) for number in range(20_000)])
    started = time.perf_counter()
    objects, indices, _ = decode_objects(batch.batch.messages.column("data"))
    decoded = time.perf_counter()
    validate(Decoded(batch, objects, indices), table)
    ended = time.perf_counter()
    return {"decode": 20_000 / (decoded - started), "validate": 20_000 / (ended - decoded)}


def show(name: str, rates: dict[str, list[float]], of: str) -> None:
    """One line; an event by the clock, and by the CPU seconds of the pipeline."""
    rate, baseline = statistics.median(rates[of]), statistics.median(rates["direct"])
    by_cpu = f"{statistics.median(rates[f'{of}, CPU']):10,.0f} a CPU second" if f"{of}, CPU" in rates else ""
    print(f"{name:34} {rate:12,.0f} events/s {rate / baseline:8.1f} x DirectRunner {by_cpu}")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--direct", type=int, default=2_000, help="events for the DirectRunner")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    heading(f"Pub/Sub to queryable bronze, median of {chosen.rounds}")
    rates: dict[str, list[float]] = {}
    memory: dict[str, list[float]] = {}
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "contracts").mkdir()
        shutil.copy(CONTRACT, folder / "contracts")
        with services(folder) as environment:
            os.environ.update(environment)
            for number in range(chosen.rounds):
                for name, module, runner, events in (
                    ("emulated", PIPELINE, EMULATED, chosen.events),
                    ("without", WITHOUT, EMULATED, chosen.events),
                    ("direct", PIPELINE, DIRECT, chosen.direct),
                ):
                    rate, by_cpu, most = measure(environment, f"{name}-{number}-bench", module, runner, events, folder)
                    rates.setdefault(name, []).append(rate)
                    rates.setdefault(f"{name}, CPU", []).append(by_cpu)
                    memory.setdefault(name, []).append(most)
                for name, rate in steps().items():
                    rates.setdefault(name, []).append(rate)
    _print(rates, memory)
    print(load())


def _print(rates: dict[str, list[float]], memory: dict[str, list[Any]]) -> None:
    show("Pub/Sub to bronze, emulated Dataflow", rates, "emulated")
    show("  without effectively-once", rates, "without")
    show("Pub/Sub to bronze, DirectRunner", rates, "direct")
    show("decode alone", rates, "decode")
    show("validate alone", rates, "validate")
    print(
        json.dumps(
            {"memory_mb": {name: round(max(found)) for name, found in memory.items()}, "at": str(datetime.now(UTC))}
        )
    )


if __name__ == "__main__":
    main()
