"""How fast the local Cloud Storage is with Google's own client, beside the emulator on PyPI where it is installed.

    python benchmarks/storage.py [--rounds 3] [--peer /path/to/gcp-storage-emulator]

Medians of the rounds, in one run. Throughput is of one client with objects of 1 MiB and of 64 MiB; `raw` leaves
Google's client out (one keep-alive connection of http.client), because it costs more than the server.
"""

import argparse
import http.client
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

ROOT = Path(__file__).parent.parent
MIB = 1 << 20
Measure = Callable[["Server"], float]


class Server:
    """A storage server with a bucket for the measurements."""

    def __init__(self, address: str) -> None:
        self.address = address
        os.environ["STORAGE_EMULATOR_HOST"] = address
        self.client = storage.Client(project="bench", credentials=AnonymousCredentials())
        self.bucket = self.client.create_bucket(f"bench-{time.time_ns()}")

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address.removeprefix("http://"))


def upload(size: int, count: int) -> Measure:
    """MB/s of uploads with Google's client."""

    def measure(server: Server) -> float:
        data = os.urandom(size)
        started = time.perf_counter()
        for number in range(count):
            server.bucket.blob(f"{size}/{number}").upload_from_string(data)
        return size * count / 1e6 / (time.perf_counter() - started)

    return measure


def download(size: int, count: int) -> Measure:
    """MB/s of downloads with Google's client, of what `upload` wrote."""

    def measure(server: Server) -> float:
        started = time.perf_counter()
        for number in range(count):
            assert len(server.bucket.blob(f"{size}/{number}").download_as_bytes()) == size
        return size * count / 1e6 / (time.perf_counter() - started)

    return measure


def small_puts(threads: int, count: int) -> Measure:
    """Uploads of 100 bytes a second with Google's client."""

    def put(bucket: storage.Bucket, number: int) -> None:
        bucket.blob(f"small/{number}").upload_from_string(b"x" * 100)

    def measure(server: Server) -> float:
        started = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda number: put(server.bucket, number), range(count)))
        return count / (time.perf_counter() - started)

    return measure


def raw_puts(server: Server) -> float:
    """Uploads of 100 bytes a second over one bare connection."""
    connection, count = server.connection(), 300
    started = time.perf_counter()
    for number in range(count):
        path = f"/upload/storage/v1/b/{server.bucket.name}/o?uploadType=media&name=raw%2F{number}"
        connection.request("POST", path, b"x" * 100, {"Content-Type": "text/plain"})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        response.read()
    return count / (time.perf_counter() - started)


def raw_download(server: Server) -> float:
    """MB/s of one object of 64 MiB over one bare connection."""
    connection = server.connection()
    started = time.perf_counter()
    connection.request("GET", f"/download/storage/v1/b/{server.bucket.name}/o/{64 * MIB}%2F0?alt=media")
    size = len(connection.getresponse().read())
    return size / 1e6 / (time.perf_counter() - started)


def list_names(server: Server) -> float:
    """Names a second in a listing of those that `raw_puts` wrote."""
    started = time.perf_counter()
    count = sum(1 for _ in server.client.list_blobs(server.bucket, prefix="raw/"))
    return count / (time.perf_counter() - started)


MEASURES: dict[str, Measure] = {
    "upload 1 MiB, MB/s": upload(MIB, 30),
    "download 1 MiB, MB/s": download(MIB, 30),
    "upload 64 MiB, MB/s": upload(64 * MIB, 2),
    "download 64 MiB, MB/s": download(64 * MIB, 2),
    "raw download 64 MiB, MB/s": raw_download,
    "small puts/s, one thread": small_puts(1, 150),
    "small puts/s, eight threads": small_puts(8, 200),
    "raw small puts/s": raw_puts,
    "names listed/s": list_names,
}


def main() -> None:
    """Print one line a measurement."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", default=shutil.which("gcp-storage-emulator"), help="the emulator to compare with")
    options = parser.parse_args()
    ours = run(_ours, options.rounds)
    theirs = run(lambda port, folder: _peer(options.peer, port), options.rounds) if options.peer else {}
    for name, figure in ours.items():
        other = f"{theirs[name]:10.0f} {figure / theirs[name]:6.1f}x" if theirs.get(name) else ""
        print(f"{name:30} {figure:10.0f} {other}")


def run(command: Callable[[int, str], list[str]], rounds: int) -> dict[str, float]:
    """The medians of one server; a measurement that the server does not survive is left out."""
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, running(command, folder) as address:
        for _ in range(rounds):
            server = Server(address)
            for name, measure in MEASURES.items():
                try:
                    figures.setdefault(name, []).append(measure(server))
                except (OSError, AssertionError, ValueError) as error:
                    print(f"{name}: {error}", file=sys.stderr)
    return {name: statistics.median(values) for name, values in figures.items() if values}


@contextmanager
def running(command: Callable[[int, str], list[str]], folder: str) -> Iterator[str]:
    """A server while the block runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = time.perf_counter()
    process = subprocess.Popen(command(port, folder), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while not _answers(address):
            assert process.poll() is None, f"{command(port, folder)} ended"
            time.sleep(0.01)
        print(f"{command(port, folder)[:3]}: started in {time.perf_counter() - started:.2f} s", file=sys.stderr)
        yield address
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(f"{address}/healthz", timeout=1).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _ours(port: int, folder: str) -> list[str]:
    return [sys.executable, "-m", "emulators.storage", "--port", str(port), "--state", folder]


def _peer(program: str, port: int) -> list[str]:
    return [program, "start", "--host=127.0.0.1", f"--port={port}", "--in-memory"]


if __name__ == "__main__":
    main()
