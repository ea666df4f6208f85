"""The only client of Cloud Storage here, at STORAGE_EMULATOR_HOST: upload a file once; list and read what is there."""

import base64
import hashlib
import http.client
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

TIMEOUT_SECONDS = 60.0
PAUSES = (0.0, 0.1, 0.4, 1.0, 2.0)
"""Seconds before each try of a request; the stream begins a new round only when the last one has failed."""
PASSING = (408, 429, 500, 502, 503, 504)


class StorageUnavailable(Exception):
    """The upload may work later: no connection, a server's error, or a bucket that is not there yet."""


class StorageRefused(Exception):
    """The upload will never work as it is."""


def endpoint() -> str:
    """STORAGE_EMULATOR_HOST, with a scheme.

    Raises:
        StorageRefused: it is not set; a Datastream emulator does not write to the real Cloud Storage.
    """
    host = os.environ.get("STORAGE_EMULATOR_HOST")
    if not host:
        raise StorageRefused("STORAGE_EMULATOR_HOST is not set; `make local-env` prints what a shell needs")
    return host if "://" in host else f"http://{host}"


class Bucket:
    """Objects of buckets, over one connection that is kept open."""

    def __init__(self, url: str) -> None:
        self.url = urlsplit(url)
        self._connection: http.client.HTTPConnection | None = None

    def upload(self, bucket: str, name: str, path: Path) -> bool:
        """Create object `name` from a file (ifGenerationMatch=0); False when it is there already, with the same bytes.

        Raises:
            StorageUnavailable, StorageRefused: it was not written. Another object of this name is refused.
        """
        target = f"/upload/storage/v1/b/{quote(bucket, safe='')}/o?uploadType=media&ifGenerationMatch=0"
        status, body = self._send("POST", f"{self.url.path.rstrip('/')}{target}&name={quote(name, safe='')}", path)
        if status == 200:
            return True
        if status == 412:
            self._check_same(bucket, name, path)
            return False
        message = f"gs://{bucket}/{name}: {status} {reason(body)}"
        if status == 404 or status in PASSING:
            raise StorageUnavailable(message)
        raise StorageRefused(message)

    def _check_same(self, bucket: str, name: str, path: Path) -> None:
        found = json.loads(self._get(f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}?fields=md5Hash"))
        if found.get("md5Hash") != base64.b64encode(hashlib.md5(path.read_bytes()).digest()).decode():
            raise StorageRefused(
                f"gs://{bucket}/{name} is there already with other contents: another stream, or an earlier one whose "
                f"state is gone, wrote it; give this stream a path of its own, or remove what is there"
            )

    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        """The names of objects, in their order."""
        token = ""
        while True:
            target = f"/storage/v1/b/{quote(bucket, safe='')}/o?fields=nextPageToken,items(name)&prefix="
            page = json.loads(self._get(f"{target}{quote(prefix, safe='')}{token}"))
            yield from (item["name"] for item in page.get("items", ()))
            if "nextPageToken" not in page:
                return
            token = f"&pageToken={quote(page['nextPageToken'], safe='')}"

    def read(self, bucket: str, name: str) -> bytes:
        """An object's bytes."""
        return self._get(f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}?alt=media")

    def _get(self, target: str) -> bytes:
        status, body = self._send("GET", self.url.path.rstrip("/") + target, None)
        if status != 200:
            raise StorageUnavailable(f"{target}: {status} {reason(body)}")
        return body

    def _send(self, method: str, target: str, path: Path | None) -> tuple[int, bytes]:
        """Ask, with a file as the body; again while it may pass. That does no harm: a file is created once."""
        answer: tuple[int, bytes] | None = None
        problem: Exception | None = None
        for pause in PAUSES:
            time.sleep(pause)
            try:
                answer = self._ask(method, target, path)
            except (ConnectionError, http.client.HTTPException) as error:
                self.close()
                answer, problem = None, error
                if isinstance(error, ConnectionRefusedError):
                    break
            except OSError as error:
                self.close()
                raise StorageUnavailable(f"Cloud Storage at {self.url.netloc}: {error!r}") from error
            if answer is not None and answer[0] not in PASSING:
                return answer
        if answer is None:
            raise StorageUnavailable(f"Cloud Storage at {self.url.netloc}: {problem!r}") from problem
        return answer

    def _ask(self, method: str, target: str, path: Path | None) -> tuple[int, bytes]:
        connection = self._connection = self._connection or self._connect()
        with (path or Path(os.devnull)).open("rb") as file:
            size = 0 if path is None else path.stat().st_size
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
            connection.request(method, target, body=file, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
        return kind(self.url.netloc, timeout=TIMEOUT_SECONDS)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def reason(body: bytes) -> str:
    """The message of an error in Google's form, or what came instead."""
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")
