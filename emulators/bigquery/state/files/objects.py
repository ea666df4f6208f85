"""Objects of Cloud Storage: listed over its JSON API, kept on disk by generation, which never changes."""

import contextlib
import hashlib
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import urllib3

from emulators.bigquery.state.errors import ServiceError, invalid, not_found

_KEPT_BYTES = 8 << 30
_IN_USE_SECONDS = 3600

_PASSING = (429, 500, 502, 503, 504)
_RETRIES = urllib3.Retry(
    total=6, connect=2, backoff_factor=0.1, backoff_max=2, status_forcelist=_PASSING, allowed_methods=None,
    raise_on_status=False,
)  # fmt: skip


@dataclass(frozen=True)
class StoredObject:
    """An object as a listing shows it; size in bytes."""

    bucket: str
    name: str
    generation: str
    size: int

    @property
    def uri(self) -> str:
        return f"gs://{self.bucket}/{self.name}"


class Objects:
    """A client of the storage service at `endpoint` (http://host:port), with a cache folder."""

    def __init__(self, endpoint: str | None, folder: Path) -> None:
        self._endpoint = endpoint.rstrip("/") if endpoint else None
        self._folder = folder
        self._pool = urllib3.PoolManager(maxsize=8, timeout=urllib3.Timeout(connect=5, read=60), retries=_RETRIES)
        self._guard = threading.Lock()
        self._fetching: dict[Path, threading.Lock] = {}
        self._fetched = 0
        for unfinished in folder.rglob("*.part"):
            unfinished.unlink()
        self._clean()

    def _clean(self) -> None:
        """Drop the files that were not used for longest beyond what is kept; those used of late may be read now."""
        known = [(path, path.stat()) for path in self._folder.rglob("*") if path.is_file()]
        size = sum(stat.st_size for _, stat in known)
        before = time.time() - _IN_USE_SECONDS
        for path, stat in sorted(known, key=lambda one: one[1].st_mtime):
            if size <= _KEPT_BYTES or stat.st_mtime > before:
                return
            path.unlink(missing_ok=True)
            size -= stat.st_size

    def under(self, bucket: str, prefix: str) -> Iterator[StoredObject]:
        """All objects under a prefix, by name; 404 for a bucket that does not exist."""
        for page in self._pages(bucket, {"prefix": prefix}):
            for item in page.get("items") or ():
                yield StoredObject(bucket, item["name"], str(item["generation"]), int(item["size"]))

    def folders(self, bucket: str, prefix: str) -> list[str]:
        """The names directly under a prefix that have something under them: full prefixes that end in /."""
        return [
            folder
            for page in self._pages(bucket, {"prefix": prefix, "delimiter": "/"})
            for folder in page.get("prefixes") or ()
        ]

    def _pages(self, bucket: str, fields: dict[str, str]) -> Iterator[dict[str, Any]]:
        token = ""
        while True:
            page = self._get(
                f"/storage/v1/b/{quote(bucket, safe='')}/o", fields | ({"pageToken": token} if token else {}), bucket
            )
            content: dict[str, Any] = page.json()
            yield content
            token = content.get("nextPageToken", "")
            if not token:
                return

    def _get(self, path: str, fields: dict[str, str], what: str) -> urllib3.BaseHTTPResponse:
        response = self._request("GET", path, what, fields=fields)
        if response.status == 404:
            raise ServiceError(404, "notFound", f"Not found: URI gs://{what}")
        if response.status in _PASSING:
            raise ServiceError(
                503, "backendError", f"Cannot read gs://{what}: storage answered {response.status} again and again"
            )
        if response.status >= 400:
            raise ServiceError(
                400, "invalid", f"Cannot read gs://{what}: storage answered {response.status} {response.data[:200]!r}"
            )
        return response

    def _request(self, method: str, path: str, what: str, **options: Any) -> urllib3.BaseHTTPResponse:
        if self._endpoint is None:
            raise invalid(f"Cannot reach gs://{what}: STORAGE_EMULATOR_HOST was not set when this service started.")
        try:
            return self._pool.request(method, self._endpoint + path, **options)
        except urllib3.exceptions.HTTPError as error:
            raise ServiceError(
                503, "backendError", f"Cannot reach storage at {self._endpoint} for gs://{what}: {error}"
            ) from error

    def local(self, item: StoredObject) -> Path:
        """The object's content as a local file. Folders of the name are kept, so that hive keys stay readable."""
        name = Path(item.name)
        digest = hashlib.md5(item.name.encode(), usedforsecurity=False).hexdigest()[:8]
        keys = [quote(part, safe="= ") for part in name.parts[:-1] if "=" in part]
        path = self._folder.joinpath(item.bucket, *keys, f"{item.generation}-{digest}-{_safe(name.name)}")
        if path.exists():
            touch(path)
            return path
        with self._guard:
            lock = self._fetching.setdefault(path, threading.Lock())
        with lock:
            if not path.exists():
                self._download(item, path)
        with self._guard:
            self._fetching.pop(path, None)
            self._fetched += item.size
            full = self._fetched > _KEPT_BYTES // 4
            self._fetched = 0 if full else self._fetched
        if full:
            self._clean()
        return path

    def _download(self, item: StoredObject, path: Path) -> None:
        address = f"/storage/v1/b/{quote(item.bucket, safe='')}/o/{quote(item.name, safe='')}"
        fields = {"alt": "media", "generation": item.generation}
        response = self._get(address, fields, f"{item.bucket}/{item.name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
        part.write_bytes(response.data)
        part.replace(path)

    def upload(self, bucket: str, name: str, content: bytes, content_type: str) -> None:
        """Write an object."""
        address = f"/upload/storage/v1/b/{quote(bucket, safe='')}/o?uploadType=media&name={quote(name, safe='')}"
        response = self._request(
            "POST", address, f"{bucket}/{name}", body=content, headers={"Content-Type": content_type}
        )
        if response.status == 404:
            raise not_found("URI", f"gs://{bucket}/{name}")
        if response.status >= 400:
            raise invalid(
                f"Cannot write gs://{bucket}/{name}: storage answered {response.status} {response.data[:200]!r}"
            )


def touch(path: Path) -> None:
    """Note that a file of the cache is in use."""
    with contextlib.suppress(FileNotFoundError):
        os.utime(path)


def made_once(target: Path, make: Callable[[Path], None]) -> Path:
    """A file of the cache that is derived from another: `make` writes it where it is told to, unless it is there.

    It appears whole or not at all, also when several make it at once.
    """
    if target.exists():
        touch(target)
        return target
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
    try:
        make(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _safe(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)[-100:]


def split_uri(uri: str) -> tuple[str, str]:
    """gs://bucket/name -> (bucket, name); 400 for anything else."""
    if not uri.startswith("gs://"):
        raise invalid(f"Invalid source URI {uri!r}: only gs://bucket/object is supported.")
    bucket, _, name = uri[5:].partition("/")
    if not bucket or not name:
        raise invalid(f"Invalid source URI {uri!r}: it must name a bucket and an object.")
    return bucket, name
