"""What the company costs: seconds and CPU to simulate, record, commit and publish its days.

    python benchmarks/company.py [--days 30] [--accounts 1000]

A real Postgres and the local Pub/Sub are started for it on free ports. CPU is the company's own (both processes);
`simulate` is the share of it that only draws the days and writes the ledger, measured by itself.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import psycopg2

from emulators.company.journal import Journal
from emulators.company.ledger import Ledger
from emulators.company.ledger_file import Settings
from emulators.company.population import population
from emulators.company.simulation import record_days
from emulators.company.world import World
from tests.emulators.company.company import PubSubReader
from tests.emulators.services import Service

PROJECT = "benchmark"


def main() -> None:
    """Print one line per measurement."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--accounts", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _simulate(Path(folder) / "simulated", options.accounts, options.days)
        _play(Path(folder), options.accounts, options.days)


def _simulate(folder: Path, accounts: int, days: int) -> None:
    started = time.process_time()
    settings = Settings("benchmark", 7, date(2026, 1, 1), accounts)
    journal, world = Journal.found(folder, settings), World()
    load = list(population(world, settings.seed, settings.start, accounts))
    journal.record_day(0, settings.start - timedelta(days=1), load, [], world)
    reports = list(record_days(journal, settings, days))
    cpu = time.process_time() - started
    rows, events = sum(r.changes for r in reports), sum(r.events for r in reports)
    print(f"simulate {days} days: {rows:,} row changes, {events:,} events, {cpu:.1f} s of CPU")


def _play(folder: Path, accounts: int, days: int) -> None:
    services = [Service("postgres", folder), Service("pubsub", folder)]
    try:
        postgres, pubsub = (service.wait() for service in services)
        PubSubReader(pubsub.address, PROJECT)  # makes the topics
        server = f"postgresql://postgres@{postgres.address}"
        connection = psycopg2.connect(f"{server}/postgres")
        connection.autocommit = True
        connection.cursor().execute("CREATE DATABASE saas")
        environment = {
            **os.environ,
            "SAAS_DATABASE_URL": f"{server}/saas",
            "PUBSUB_EMULATOR_HOST": pubsub.address,
            "GOOGLE_CLOUD_PROJECT": PROJECT,
        }
        _command(environment, "create", "--accounts", str(accounts), "--state", str(folder / "company"))
        _command(environment, "play", "--days", str(days), "--state", str(folder / "company"))
        size = sum(file.stat().st_size for file in (folder / "company").iterdir())
        ledger = Ledger(folder / "company")
        print(f"ledger: {size / 2**20:.0f} MiB, settled: {ledger.is_settled}")
    finally:
        for service in services:
            service.stop()


def _command(environment: dict[str, str], name: str, *arguments: str) -> None:
    before, started = _cpu(), time.perf_counter()
    command = [sys.executable, "-m", "emulators.company", name, *arguments]
    subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL)
    print(f"{name}: {time.perf_counter() - started:.1f} s, {_cpu() - before:.1f} s of CPU")


def _cpu() -> float:
    """Seconds of CPU of ended children, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
