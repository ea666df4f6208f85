"""Media uploads of load jobs: multipart in one request, or resumable in several."""

import re
import shutil
import threading
import uuid
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.state.errors import ServiceError, invalid, not_found
from emulators.bigquery.state.jobs.loads import run_load
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.jobs import job_body
from emulators.bigquery.wire.principal import principal
from emulators.bigquery.wire.replies import reply
from emulators.bigquery.wire.request_bodies import parse_body

_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_WRITTEN_AT_ONCE = 4 << 20


@dataclass
class _Session:
    """A resumable upload in progress."""

    project: str
    metadata: dict[str, Any]
    path: Path
    received: int = 0


_sessions: dict[str, _Session] = {}
_guard = threading.Lock()


def start(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST upload/.../jobs with uploadType multipart (all at once) or resumable (answers with a session's address)."""
    kind = request.query_params.get("uploadType")
    if kind == "multipart":
        metadata, content = _parts(request.headers.get("content-type", ""), body, request.path_params["project"])
        path = _new_file(warehouse)
        path.write_bytes(content)
        return _run(warehouse, request, request.path_params["project"], metadata, path)
    if kind != "resumable":
        raise invalid(f"Invalid value for uploadType: {kind!r}; use multipart or resumable.")
    session = uuid.uuid4().hex
    path = _new_file(warehouse)
    path.touch()
    with _guard:
        _sessions[session] = _Session(
            request.path_params["project"], parse_body(body, "Job", request.path_params["project"]), path
        )
    address = request.url.include_query_params(upload_id=session)
    return Response(headers={"Location": str(address), "X-GUploader-UploadID": session})


def _new_file(warehouse: Warehouse) -> Path:
    folder = warehouse.store.folder / "uploads"
    folder.mkdir(exist_ok=True)
    return folder / uuid.uuid4().hex


async def spool(warehouse: Warehouse, request: Request) -> Path:
    """A request's body as a file; it arrives in pieces and is never in memory whole."""
    path = _new_file(warehouse)
    pieces, size = [], 0
    try:
        with path.open("wb") as target:
            async for piece in request.stream():
                pieces.append(piece)
                size += len(piece)
                if size >= _WRITTEN_AT_ONCE or not piece:
                    await anyio.to_thread.run_sync(target.writelines, pieces)
                    pieces, size = [], 0
            target.writelines(pieces)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _parts(content_type: str, body: bytes, project: str) -> tuple[dict[str, Any], bytes]:
    """The two parts of multipart/related: JSON and media."""
    found = re.search(r'boundary="?([^";]+)"?', content_type)
    if not content_type.lower().startswith("multipart/related") or found is None:
        raise invalid("A multipart upload needs Content-Type multipart/related with a boundary.")
    boundary = b"--" + found.group(1).encode("latin-1")
    pieces = body.split(b"\r\n" + boundary) if body.startswith(b"\r\n") else (b"\r\n" + body).split(b"\r\n" + boundary)
    bodies = [piece.split(b"\r\n\r\n", 1)[1] for piece in pieces[1:] if b"\r\n\r\n" in piece]
    if len(bodies) != 2:
        raise invalid("A multipart upload needs two parts: the job as JSON, and the file.")
    return parse_body(bodies[0], "Job", project), bodies[1]


def proceed(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """PUT upload/.../jobs?upload_id=: a chunk (request.state.file); 308 until the last one, then the job."""
    chunk: Path = request.state.file
    try:
        key = request.query_params.get("upload_id", "")
        session = _sessions.get(key)
        if session is None:
            raise not_found("Upload", key)
        last = _append(session, request.headers.get("content-range"), chunk)
    finally:
        chunk.unlink(missing_ok=True)
    if not last:
        headers = {"Range": f"bytes=0-{session.received - 1}"} if session.received else {}
        return Response(status_code=308, headers=headers)
    with _guard:
        _sessions.pop(key, None)
    return _run(warehouse, request, session.project, session.metadata, session.path)


def _append(session: _Session, content_range: str | None, chunk: Path) -> bool:
    """Keep a chunk; whether it was the last."""
    if content_range is None:
        chunk.replace(session.path)
        return True
    found = _RANGE.fullmatch(content_range)
    if found is None:
        raise invalid(f"Invalid Content-Range {content_range!r}.")
    begin, _, total = found.groups()
    if begin is not None:
        if int(begin) > session.received:
            raise ServiceError(
                400, "invalid", f"Chunk begins at {begin}, but {session.received} bytes have been received."
            )
        session.received = _join(session, int(begin), chunk)
    return total != "*" and session.received >= int(total)


def _join(session: _Session, begin: int, chunk: Path) -> int:
    """Add what a chunk has beyond the bytes received; returns their new number."""
    end = max(session.received, begin + chunk.stat().st_size)
    if session.received == 0:
        chunk.replace(session.path)
    elif end > session.received:
        with chunk.open("rb") as source, session.path.open("ab") as target:
            source.seek(session.received - begin)
            shutil.copyfileobj(source, target, _WRITTEN_AT_ONCE)
    return end


def _run(warehouse: Warehouse, request: Request, project: str, metadata: dict[str, Any], path: Path) -> Response:
    configuration = metadata.get("configuration") or {}
    if not isinstance(configuration.get("load"), dict):
        raise invalid("An upload needs configuration.load")
    load = partial(_load, warehouse, path)
    job = warehouse.insert_job(project, metadata, principal(request), work=load)
    job.done.wait(0.3)
    return reply(job_body(request, job))


def _load(warehouse: Warehouse, path: Path, job: Any) -> None:
    try:
        run_load(warehouse, job, path)
    finally:
        for leftover in path.parent.glob(f"{path.name}*"):
            leftover.unlink()
