"""The only client of Cloud Storage here: upload a file once, at STORAGE_EMULATOR_HOST."""

import http.client
import json
import os
from pathlib import Path
from urllib.parse import quote, urlsplit

TIMEOUT_SECONDS = 60.0


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


class Uploader:
    """Uploads over one connection that is kept open."""

    def __init__(self, url: str) -> None:
        self.url = urlsplit(url)
        self._connection: http.client.HTTPConnection | None = None

    def upload(self, bucket: str, name: str, path: Path) -> bool:
        """Create object `name` from a file unless it exists (ifGenerationMatch=0); False when it existed.

        Raises:
            StorageUnavailable, StorageRefused: it was not written.
        """
        target = f"/upload/storage/v1/b/{quote(bucket, safe='')}/o?uploadType=media&ifGenerationMatch=0"
        status, body = self._post(f"{self.url.path.rstrip('/')}{target}&name={quote(name, safe='')}", path)
        if status == 200:
            return True
        if status == 412:
            return False
        message = f"gs://{bucket}/{name}: {status} {reason(body)}"
        if status in (404, 408, 429) or status >= 500:
            raise StorageUnavailable(message)
        raise StorageRefused(message)

    def _post(self, target: str, path: Path) -> tuple[int, bytes]:
        """Send the file; a connection that was closed while idle is opened again once."""
        for attempt in (1, 2):
            fresh = self._connection is None
            connection = self._connection = self._connection or self._connect()
            try:
                with path.open("rb") as file:
                    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(path.stat().st_size)}
                    connection.request("POST", target, body=file, headers=headers)
                    response = connection.getresponse()
                    return response.status, response.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if fresh or attempt == 2:
                    raise StorageUnavailable(f"Cloud Storage at {self.url.netloc}: {error!r}") from error
        raise AssertionError("unreachable")

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
