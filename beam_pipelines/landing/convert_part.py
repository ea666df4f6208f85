"""One part of a plan -> its Parquet files in bronze, and a dead letter for each landing file that cannot be read."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from beam_pipelines import clients
from beam_pipelines.avro.container import UnreadableFile
from beam_pipelines.dead_letters import MOST_PAYLOAD, DeadLetter
from beam_pipelines.landing.envelope import Envelope
from beam_pipelines.landing.new_files import LandingFile
from beam_pipelines.landing.parquet import PartWriter, Written
from beam_pipelines.landing.plan import Part
from beam_pipelines.landing.read_file import read_file
from contracts import names
from contracts.model import Table

MISSING = "missing_file"


@dataclass(frozen=True)
class PartDone:
    """What became of one part. `seconds` of work."""

    table: str
    files: int
    landing_bytes: int
    written: Written
    dead_letters: int
    seconds: float


def convert_part(part: Part, envelope: Envelope) -> tuple[PartDone, list[DeadLetter]]:
    """Writes a part's objects. Killed and repeated, it writes the same ones."""
    started = time.monotonic()
    letters: list[DeadLetter] = []
    with PartWriter(envelope, part.number) as writer:
        for file in part.files:
            try:
                writer.add_whole(read_landed(file, envelope))
            except Damaged as damage:
                letters.append(damage.letter(envelope.table, file))
    size = sum(file.size for file in part.files)
    seconds = round(time.monotonic() - started, 3)
    return PartDone(part.table, len(part.files), size, writer.written, len(letters), seconds), letters


class Damaged(Exception):
    """A landing file that cannot be read; `head` is as much of it as a dead letter holds."""

    def __init__(self, reason: str, detail: str, head: bytes) -> None:
        super().__init__(detail)
        self.reason, self.detail, self.head = reason, detail, head

    def letter(self, table: Table, file: LandingFile) -> DeadLetter:
        """The dead letter of this file."""
        detail = f"{self.detail}. Nothing of the file is in bronze; land a sound copy under its name to load it."
        return DeadLetter(table.source, table.name, self.reason, detail, self.head, "{}", _origin(file), None)


def read_landed(file: LandingFile, envelope: Envelope) -> Iterator[pa.RecordBatch]:
    """The rows of one landing file. Raises Damaged, at any batch: nothing of such a file is to be kept.

    Any other error is a defect of this code, names the file, and stops the batch: the file may be a sound one.
    """
    from google.api_core.exceptions import NotFound

    blob = clients.bucket("landing").blob(file.name, generation=file.generation)
    try:
        data = blob.download_as_bytes(raw_download=True)
    except NotFound:
        raise Damaged(MISSING, "the file was deleted or replaced before it was read", b"") from None
    try:
        yield from read_file(data, envelope)
    except UnreadableFile as problem:
        raise Damaged("unreadable_file", str(problem), data[:MOST_PAYLOAD]) from problem
    except Exception as defect:
        defect.add_note(f"while reading {_origin(file)}: a defect of Sluice; the batch waits until it is mended")
        raise


def _origin(file: LandingFile) -> str:
    return f"gs://{names.bucket('landing')}/{file.identity}"
