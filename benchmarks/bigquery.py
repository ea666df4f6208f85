"""How fast the local BigQuery is, beside plain DuckDB on the same rows and statements.

    python -m benchmarks.bigquery [--rows 5000000] [--rounds 3] [--runner FILE [--cases FILE]]

Medians of the rounds, one after the other. BigQuery is asked through Google's client over a real socket; DuckDB is a
database file in this process. Memory is the server's resident set at the end. A goal is seconds, or a ratio (x) to
DuckDB. What Google's client itself needs for 50,000 rows shows in the row below: the same answer, its bytes unread.
A runner is a program of conformance cases, called with --endpoint (and --cases); its whole time is told.
"""

import argparse
import compileall
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import duckdb
import grpc
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import BigQueryReadClient
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

ROOT = Path(__file__).parent.parent
GOALS = {
    "load": "1.3 x", "SELECT 1": "0.010", "aggregate": "1.3 x", "window": "1.3 x", "MERGE of 0.2 %": "1.3 x",
    "fetch 50,000 rows": "1.4", "insertAll of one row": "0.010", "INSERT of one row": "0.010", "start-up": "1.5",
    "conformance cases": "40",
}  # fmt: skip
_ROWS = (
    "SELECT i AS id, i % 1000 AS account, (i * 7919 % 100003) / 7.0 AS amount, 'event ' || (i % 97) AS kind, "
    "TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_seconds(i % 31536000) AS at_time FROM range({rows}) AS r(i)"
)
AGGREGATE = (
    "SELECT COUNT(*) AS n, MAX(total) AS most FROM "
    "(SELECT account, kind, SUM(amount) AS total FROM {t} GROUP BY account, kind)"
)
WINDOW = (
    "SELECT SUM(d) AS total FROM "
    "(SELECT amount - LAG(amount) OVER (PARTITION BY account ORDER BY at_time, id) AS d FROM {t})"
)
MERGE = (
    "MERGE INTO {t} AS t USING (SELECT id + {shift} AS id, account, amount + 1 AS amount, kind, at_time FROM {t} "
    "WHERE MOD(id, 500) = 0) AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET amount = s.amount "
    "WHEN NOT MATCHED THEN INSERT (id, account, amount, kind, at_time) "
    "VALUES (s.id, s.account, s.amount, s.kind, s.at_time)"
)
_MICROSECONDS = {"useInt64Timestamp": True}
INSERT = "INSERT INTO {t} (id, account, amount, kind) VALUES (-1, 1, 1.5, 'one')"


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


class Plain:
    """DuckDB alone."""

    def __init__(self, folder: Path, file: Path) -> None:
        self.connection = duckdb.connect(str(folder / "plain.duckdb"), config={"memory_limit": "1GB"})
        self.file = file

    def load(self) -> None:
        self.connection.execute(f"CREATE OR REPLACE TABLE t AS SELECT * FROM '{self.file}'")

    def run(self, sql: str) -> None:
        self.connection.execute(sql.format(t="t", shift=250)).fetchall()

    def fetch(self) -> None:
        assert self.connection.execute("SELECT * FROM t LIMIT 50000").to_arrow_table().num_rows == 50_000


class Emulator:
    """The emulator as a process of its own."""

    def __init__(self, folder: Path, file: Path) -> None:
        self.file, self.port, self.grpc_port = file, 19350, 19360
        command = [sys.executable, "-m", "emulators.bigquery", "--port", str(self.port), "--grpc-port",
                   str(self.grpc_port), "--state", str(folder / "bigquery")]  # fmt: skip
        compileall.compile_dir(ROOT / "emulators", quiet=1)  # as `make setup` leaves it
        started = time.perf_counter()
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        self._wait()
        self.start_up = time.perf_counter() - started
        self.client = bigquery.Client(
            project="bench", credentials=AnonymousCredentials(),
            client_options={"api_endpoint": f"http://127.0.0.1:{self.port}"},
        )  # fmt: skip
        self.client.create_dataset("d")
        channel = grpc.insecure_channel(
            f"127.0.0.1:{self.grpc_port}", options=[("grpc.max_receive_message_length", -1)]
        )
        self.reader = BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))

    def _wait(self) -> None:
        while self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise SystemExit(f"the emulator did not start: is port {self.port} free?")

    def load(self) -> None:
        config = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_TRUNCATE")
        with self.file.open("rb") as source:
            self.client.load_table_from_file(source, "d.t", job_config=config).result()

    def run(self, sql: str) -> None:
        list(self.client.query_and_wait(sql.format(t="d.t", shift=250)))

    def stream(self) -> None:
        assert not self.client.insert_rows_json("d.t", [{"id": -2, "account": 1, "kind": "one"}])

    def fetch(self) -> None:
        rows = self.client.query_and_wait("SELECT * FROM d.t LIMIT 50000")
        assert sum(1 for _ in rows) == 50_000

    def fetch_bytes(self) -> None:
        """The rows over HTTP, as the client asks for them, but unread."""
        body = {"query": "SELECT * FROM d.t LIMIT 50000", "useLegacySql": False, "formatOptions": _MICROSECONDS}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/bigquery/v2/projects/bench/queries",
            json.dumps(body).encode(), {"Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request) as answer:
            assert len(answer.read()) > 1_000_000

    def fetch_by_storage(self) -> None:
        rows = self.client.query("SELECT * FROM d.t LIMIT 50000").result()
        assert rows.to_arrow(bqstorage_client=self.reader).num_rows == 50_000

    def memory(self) -> float:
        """MB that the server holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) / 1000

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def measure(side: Plain | Emulator, rounds: int) -> dict[str, float]:
    """Seconds by what was done."""
    found = {"load": statistics.median(timed(side.load) for _ in range(rounds))}
    found["SELECT 1"] = statistics.median(timed(lambda: side.run("SELECT 1")) for _ in range(30))
    for name, sql in (("aggregate", AGGREGATE), ("window", WINDOW)):
        found[name] = statistics.median(timed(lambda sql=sql: side.run(sql)) for _ in range(rounds))  # type: ignore[misc]
    found["fetch 50,000 rows"] = statistics.median(timed(side.fetch) for _ in range(rounds))
    if isinstance(side, Emulator):
        found["fetch 50,000 rows, bytes alone"] = statistics.median(timed(side.fetch_bytes) for _ in range(rounds))
        found["fetch 50,000 rows, Storage Read"] = statistics.median(
            timed(side.fetch_by_storage) for _ in range(rounds)
        )
        found["insertAll of one row"] = statistics.median(timed(side.stream) for _ in range(10))
    found["INSERT of one row"] = statistics.median(timed(lambda: side.run(INSERT)) for _ in range(10))
    found["MERGE of 0.2 %"] = timed(lambda: side.run(MERGE))
    return found


def conformance(emulator: Emulator, runner: Path, cases: Path | None) -> float:
    """Seconds that a program of conformance cases takes."""
    command = [sys.executable, str(runner), "--endpoint", f"http://127.0.0.1:{emulator.port}"]
    command += ["--cases", str(cases)] if cases else []
    return timed(lambda: subprocess.run(command, check=False, stdout=subprocess.DEVNULL))


def report(own: dict[str, float], plain: dict[str, float]) -> None:
    """The table: seconds, DuckDB's, their ratio, and the goal."""
    print(f"{'':34}{'emulator':>10}{'DuckDB':>10}{'ratio':>8}{'goal':>8}")
    for what, seconds in own.items():
        beside = f"{plain[what]:10.3f}{seconds / plain[what]:8.1f}" if what in plain else " " * 18
        print(f"{what:34}{seconds:10.3f}{beside}{GOALS.get(what, ''):>8}")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runner", type=Path, help="a program of conformance cases")
    parser.add_argument("--cases", type=Path, help="its cases")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "rows.parquet"
        duckdb.execute(f"COPY ({_ROWS.format(rows=given.rows)}) TO '{file}' (FORMAT parquet)")
        plain = measure(Plain(folder, file), given.rounds)
        emulator = Emulator(folder, file)
        try:
            own = measure(emulator, given.rounds) | {"start-up": emulator.start_up}
            if given.runner:
                own["conformance cases"] = conformance(emulator, given.runner, given.cases)
            print(f"{given.rows:,} rows; seconds")
            report(own, plain)
            print(f"{'memory, MB':34}{emulator.memory():10.0f}")
        finally:
            emulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
