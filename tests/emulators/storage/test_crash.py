"""kill -9 in the midst of writes: what was acknowledged is there, whole; nothing half-written is to be seen."""

import base64
import hashlib
import os
import signal
import socket
import threading
import time
from pathlib import Path
from random import Random

import requests

from tests.emulators.process import free_port, start

WRITERS, KILLS = 4, 5


class Writer(threading.Thread):
    """Writes objects of its own until it is told to stop; remembers what was acknowledged, and what was under way."""

    def __init__(self, address: str, number: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.address, self.number, self.random = address, number, Random(seed)
        self.acknowledged: dict[str, bytes | None] = {}
        self.uncertain: dict[str, set[bytes | None]] = {}
        self.generations: dict[str, bytes] = {}  # all that were acknowledged, also those that have gone since
        self.stopping = threading.Event()

    def run(self) -> None:
        session = requests.Session()
        while not self.stopping.is_set():
            name = f"{self.number}/{self.random.randrange(20)}"
            data = self.random.randbytes(self.random.choice([0, 10, 1000, 300_000]))
            delete = self.random.random() < 0.2
            before = self.acknowledged.get(name)
            self.uncertain.setdefault(name, {before}).add(None if delete else data)
            try:
                url = f"{self.address}/storage/v1/b/crash/o/{name.replace('/', '%2F')}"
                if delete:
                    response = session.delete(url, timeout=5)
                elif self.random.random() < 0.4:
                    response = self.send_resumable(session, name, data)
                else:
                    upload = f"{self.address}/upload/storage/v1/b/crash/o?uploadType=media&name={name}"
                    response = session.post(upload, data=data, timeout=5)
            except requests.RequestException:
                time.sleep(0.02)
                continue
            assert response.status_code in (200, 204, 404), response.text
            self.acknowledged[name] = None if delete else data
            if not delete:
                self.generations[response.json()["generation"]] = data
            self.uncertain.pop(name)

    def send_resumable(self, session: requests.Session, name: str, data: bytes) -> requests.Response:
        start = f"{self.address}/upload/storage/v1/b/crash/o?uploadType=resumable&name={name}"
        location = session.post(start, timeout=5).headers["Location"]
        return session.put(location, data=data, timeout=5)


def test_acknowledged_writes_survive_kill_9(tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = start("storage", tmp_path, port)
    assert requests.post(f"{address}/storage/v1/b?project=p", json={"name": "crash"}, timeout=5).status_code == 200
    writers = [Writer(address, number, seed=number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    random = Random(1)
    for _ in range(KILLS):
        time.sleep(random.uniform(0.1, 0.5))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        process = start("storage", tmp_path, port)
    for writer in writers:
        writer.stopping.set()
        writer.join(10)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    process = start("storage", tmp_path, port)
    try:
        listing = requests.get(f"{address}/storage/v1/b/crash/o", timeout=5).json().get("items", [])
        found = {item["name"]: requests.get(item["mediaLink"], timeout=5).content for item in listing}
        for writer in writers:
            assert len(writer.acknowledged) > 5
            for name in writer.acknowledged.keys() | writer.uncertain.keys():
                allowed = writer.uncertain.get(name, {writer.acknowledged.get(name)})
                assert found.get(name) in allowed, f"{name} is neither what was acknowledged nor what was under way"
        for item in listing:
            assert hashlib.md5(found[item["name"]]).digest().hex() == _hex(item["md5Hash"])
        deleted = list_soft_deleted(f"{address}/storage/v1/b/crash/o")
        files = {path.name: path for path in (tmp_path / "content").glob("*")}
        assert files.keys() == {item["generation"] for item in listing + deleted}
        for writer in writers:
            for generation, data in writer.generations.items():
                assert files[generation].read_bytes() == data, "what was overwritten or deleted can be restored"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def list_soft_deleted(url: str) -> list[dict[str, str]]:
    items, token = list[dict[str, str]](), ""
    while True:
        page = requests.get(url, params={"softDeleted": "true", "pageToken": token}, timeout=5).json()
        items += page.get("items", [])
        token = page.get("nextPageToken", "")
        if not token:
            return items


def test_a_resumable_upload_goes_on_after_kill_9(tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = start("storage", tmp_path, port)
    try:
        requests.post(f"{address}/storage/v1/b?project=p", json={"name": "crash"}, timeout=5)
        upload = f"{address}/upload/storage/v1/b/crash/o?uploadType=resumable&name=big"
        session = requests.post(upload, timeout=5).headers["Location"]
        chunk = os.urandom(1 << 20)
        requests.put(session, data=chunk, headers={"Content-Range": "bytes 0-1048575/*"}, timeout=5)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        process = start("storage", tmp_path, port)
        state = requests.put(session, headers={"Content-Range": "bytes */*"}, timeout=5)
        assert (state.status_code, state.headers["Range"]) == (308, "bytes=0-1048575")
        last = requests.put(session, data=b"end", headers={"Content-Range": "bytes 1048576-1048578/1048579"}, timeout=5)
        assert last.status_code == 200
        assert _hex(last.json()["md5Hash"]) == hashlib.md5(chunk + b"end").hexdigest()
        assert requests.get(last.json()["mediaLink"], timeout=5).content == chunk + b"end"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_two_processes_do_not_share_a_state_directory(tmp_path: Path) -> None:
    process = start("storage", tmp_path, free_port())
    try:
        start("storage", tmp_path, free_port())
        raise RuntimeError("a second process took the state directory")
    except AssertionError as error:
        assert "cannot open the state directory" in str(error)
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _hex(digest: str) -> str:
    return base64.b64decode(digest).hex()


def test_sigterm_ends_it_well_even_with_open_connections(tmp_path: Path) -> None:
    port = free_port()
    process = start("storage", tmp_path, port)
    with socket.create_connection(("127.0.0.1", port)) as connection, socket.create_connection(("127.0.0.1", port)):
        connection.sendall(
            b"POST /upload/storage/v1/b/b/o?uploadType=media&name=n HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"
        )
        process.terminate()
        _, log = process.communicate(timeout=10)
    assert process.returncode == 0, log.decode()
