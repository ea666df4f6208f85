"""How fast landing files become bronze Parquet, on one core: step by step, beside fastavro's own reader.

    python -m benchmarks.landing [--rows 200000] [--rounds 5]

Rows/s, medians of the rounds in one run, in which each round measures all. The rows are those of the contract's
accounts: nine columns in Datastream's envelope, deflated. `fastavro -> Arrow` is what one would write without this
project: fastavro's records, then pyarrow's arrays of the payload alone, without metadata, checks or raw text.
"""

import argparse
import io
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

from beam_pipelines.avro.container import read_blocks, read_header
from beam_pipelines.avro.decode import decode
from beam_pipelines.landing.envelope import Batch, Envelope
from beam_pipelines.landing.read_file import read_file
from contracts.model import Table
from contracts.reader import load
from tests.beam_pipelines.landing_files import MICROS, avro_file, envelope
from tests.emulators.services import Service

PAYLOAD: dict[str, Any] = {
    "account_id": ["null", "long"],
    **{name: ["null", "string"] for name in ("name", "email", "country", "plan")},
    "is_active": ["null", "boolean"],
    "settings": ["null", "string"],
    "created_at": ["null", MICROS, "string"],
    "updated_at": ["null", MICROS, "string"],
}


def landing_file(rows: int) -> bytes:
    """A file of that many changes of accounts."""
    dice, now = random.Random(1), datetime(2026, 5, 1, tzinfo=UTC)

    def row(number: int) -> dict[str, Any]:
        name = f"Company {dice.randrange(rows)}"
        return {
            "account_id": number, "name": name, "email": f"{number}@example.com", "country": dice.choice(["DE", "FR"]),
            "plan": "pro", "is_active": True, "settings": '{"theme": "dark"}', "created_at": now, "updated_at": now,
        }  # fmt: skip

    records = (envelope("accounts", row(n), 10**9 + n // 5, n % 5, "UPDATE") for n in range(rows))
    return avro_file(PAYLOAD, records, interval=1 << 16)


def accounts() -> Table:
    """The contract's table."""
    return next(contract for contract in load() if contract.id == "saas").table("accounts")


def steps(data: bytes, rules: Envelope) -> dict[str, Callable[[], object]]:
    """What is measured."""
    header = read_header(data)
    blocks = list(read_blocks(data, header))
    body, count = b"".join(block.data for block in blocks), sum(block.records for block in blocks)
    table = pa.Table.from_batches(read_file(data, rules))
    return {
        "inflate": lambda: list(read_blocks(data, header)),
        "decode": lambda: decode(body, count, header.schema),
        "file -> bronze rows": lambda: list(read_file(data, rules)),
        "file -> Parquet": lambda: pq.write_table(pa.Table.from_batches(read_file(data, rules)), io.BytesIO()),
        "Parquet alone": lambda: pq.write_table(table, io.BytesIO()),
        "fastavro, records": lambda: sum(1 for _ in fastavro.reader(io.BytesIO(data))),
        "fastavro -> Arrow": lambda: _with_fastavro(data),
    }


def _with_fastavro(data: bytes) -> pa.Table:
    return pa.Table.from_pylist([record["payload"] for record in fastavro.reader(io.BytesIO(data))])


def whole_runs(data: bytes, rows: int) -> dict[str, float]:
    """Seconds of processes, start-up included: a run that loads the file, and one that finds nothing new."""
    with TemporaryDirectory() as folder:
        storage = Service("storage", Path(folder)).wait()
        try:
            environment = {**os.environ, "STORAGE_EMULATOR_HOST": f"http://{storage.address}"}
            environment["GOOGLE_CLOUD_PROJECT"] = "bench-of-landing"
            os.environ.update(environment)
            from beam_pipelines import clients

            for role in ("landing", "bronze"):
                clients.storage().create_bucket(clients.bucket(role).name)
            clients.bucket("landing").blob("saas/public_accounts/2026/05/01/00/00/a.avro").upload_from_string(data)
            return {f"a run with {rows} rows": _run(environment), "a run with nothing new": _run(environment)}
        finally:
            storage.stop()


def _run(environment: dict[str, str]) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "beam_pipelines.landing_to_bronze", "--source", "saas"]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    json.loads(done.stdout.splitlines()[-1])
    return time.perf_counter() - started


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    data = landing_file(chosen.rows)
    rules = Envelope(accounts(), Batch("0000000001", datetime.now(UTC)))
    seconds: dict[str, list[float]] = {}
    for _ in range(chosen.rounds):
        for name, step in steps(data, rules).items():
            started = time.perf_counter()
            with redirect_stdout(io.StringIO()):
                step()
            seconds.setdefault(name, []).append(time.perf_counter() - started)
    slowest = statistics.median(seconds["fastavro -> Arrow"])
    print(f"{chosen.rows} rows, {len(data) / 1e6:.1f} MB of Avro, median of {chosen.rounds}")
    for name, found in seconds.items():
        median = statistics.median(found)
        print(f"{name:22} {chosen.rows / median:12,.0f} rows/s {slowest / median:8.1f} x fastavro -> Arrow")
    for name, took in whole_runs(data, chosen.rows).items():
        print(f"{name:30} {took:8.1f} s")


if __name__ == "__main__":
    main()
