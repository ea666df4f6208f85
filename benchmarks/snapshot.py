"""Postgres -> queryable bronze: rows/s of a table of a million rows, beside tools that copy it to Parquet.

    python -m benchmarks.snapshot [--rows 1000000] [--rounds 3]

Each round measures all, one after the other, each in a process of its own. Of the other tools the time of the copy
alone counts, without start-up. Of Sluice all counts: Datastream's backfill, the landed Avro, the batch pipeline with
its start-up, bronze Parquet and the first query's answer. What the tools do to values: python -m benchmarks.damage.
"""

import argparse
import tempfile
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq

from benchmarks.support.environments import NotInstallable
from benchmarks.support.platform import Platform
from benchmarks.support.processes import Failed, peak_megabytes
from benchmarks.support.readers import READERS, Reader
from benchmarks.support.report import Figure, heading, line, load
from benchmarks.support.source_tables import AWKWARD, ORDERS

Figures = dict[str, list[Figure]]


def sluice(platform: Platform, rows: int) -> dict[str, Figure]:
    """Stage -> figure of a stream's first days: from its creation to a query's answer."""
    datastream = psutil.Process(platform.services["datastream"].process.pid)
    before, started = cpu_of(datastream), time.monotonic()
    platform.provision("after")
    platform.landed()
    landed, copying = time.monotonic(), cpu_of(datastream) - before
    pipeline = platform.landing_to_bronze()
    found = platform.query("SELECT count(*) AS n, sum(amount) AS s FROM bronze.bench_orders")[0]["n"]
    ended = time.monotonic()
    if found != rows:
        raise RuntimeError(f"{found} of {rows} rows in bronze")
    memory = peak_megabytes(platform.services["datastream"].process.pid)
    working = pipeline.said["batches"][0]["tables"]["orders"]["seconds"]
    return {
        "Sluice, to queryable bronze": Figure(ended - started, copying + pipeline.cpu, max(memory, pipeline.megabytes)),
        "  of it Postgres to landing": Figure(landed - started, copying, memory),
        "  of it the batch pipeline, all": Figure(pipeline.seconds, pipeline.cpu, pipeline.megabytes),
        "  of that reading and writing": Figure(working),
    }


def cpu_of(process: psutil.Process) -> float:
    """CPU seconds so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def peer(reader: Reader, platform: Platform, rows: int) -> Figure:
    """What a copy takes. Raises NotInstallable, Failed."""
    with tempfile.TemporaryDirectory() as folder:
        found, files = reader.copy(platform.url, "orders", "*", "", Path(folder) / "orders.parquet")
        copied = sum(pq.read_metadata(file).num_rows for file in files)
    if copied != rows:
        raise Failed(f"{copied} of {rows} rows")
    return Figure(found.said["seconds"], found.said["cpu"], found.megabytes)


def one_round(rows: int, figures: Figures, absent: dict[str, str]) -> None:
    """All of them on the same rows."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder, Platform(Path(folder)) as platform:
        platform.run(ORDERS.format(rows=rows))
        platform.run("VACUUM ANALYZE orders")
        platform.run(AWKWARD)
        platform.provision("before")
        for name, measure in sluice(platform, rows).items():
            figures.setdefault(name, []).append(measure)
        for reader in READERS:
            try:
                found = peer(reader, platform, rows)
                figures.setdefault(reader.name, []).append(found)
            except (NotInstallable, Failed) as problem:
                absent[reader.name] = str(problem)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    heading(f"Postgres to queryable bronze, {chosen.rows:,} rows of 12 columns, median of {chosen.rounds}")
    figures: Figures = {}
    absent: dict[str, str] = {}
    for number in range(chosen.rounds):
        one_round(chosen.rows, figures, absent)
        print(f"round {number + 1}: {load()}", flush=True)
    for name, found in figures.items():
        print(line(name, found, chosen.rows, "rows"))
    for name, why in absent.items():
        print(f"{name}: not compared: {why}")


if __name__ == "__main__":
    main()
