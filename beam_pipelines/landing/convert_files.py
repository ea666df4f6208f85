"""Parts of a plan -> Parquet files in bronze; bad: the landing files that cannot be read."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from beam_pipelines import clients
from beam_pipelines.avro.container import UnreadableFile
from beam_pipelines.dead_letters import MOST_PAYLOAD, DeadLetter
from beam_pipelines.landing.envelope import Batch, Envelope
from beam_pipelines.landing.new_files import LandingFile
from beam_pipelines.landing.parquet import PartWriter, Written
from beam_pipelines.landing.plan import Part
from beam_pipelines.landing.read_file import read_file
from beam_pipelines.outcome import BAD, GOOD, Outcome
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


class ConvertFiles(beam.PTransform):
    """Part -> Outcome of PartDone and DeadLetter. Killed and repeated, it writes the same objects."""

    def __init__(self, tables: Iterable[Table], batch: Batch) -> None:
        super().__init__()
        self._tables, self._batch = tuple(tables), batch

    @no_annotations
    def expand(self, parts: beam.PCollection) -> Outcome:
        done = parts | "Convert" >> beam.ParDo(_Convert(self._tables, self._batch)).with_outputs(BAD, main=GOOD)
        return Outcome(done[GOOD], done[BAD])


class _Convert(beam.DoFn):
    def __init__(self, tables: tuple[Table, ...], batch: Batch) -> None:
        self._tables, self._batch = {table.name: table for table in tables}, batch

    def process(self, part: Part) -> Iterator[Any]:
        started = time.monotonic()
        envelope = Envelope(self._tables[part.table], self._batch)
        letters: list[DeadLetter] = []
        with PartWriter(envelope, part.number) as writer:
            for file in part.files:
                try:
                    writer.add_whole(read_landed(file, envelope))
                except Damaged as damage:
                    letters.append(damage.letter(envelope.table, file))
        size = sum(file.size for file in part.files)
        seconds = round(time.monotonic() - started, 3)
        yield PartDone(part.table, len(part.files), size, writer.written, len(letters), seconds)
        for letter in letters:
            yield TaggedOutput(BAD, letter)


class Damaged(Exception):
    """A landing file that cannot be read; `head` is as much of it as a dead letter holds."""

    def __init__(self, reason: str, detail: str, head: bytes) -> None:
        super().__init__(detail)
        self.reason, self.detail, self.head = reason, detail, head

    def letter(self, table: Table, file: LandingFile) -> DeadLetter:
        """The dead letter of this file."""
        origin = f"gs://{names.bucket('landing')}/{file.identity}"
        detail = f"{self.detail}. Nothing of the file is in bronze; land a sound copy under its name to load it."
        return DeadLetter(table.source, table.name, self.reason, detail, self.head, "{}", origin, None)


def read_landed(file: LandingFile, envelope: Envelope) -> Iterator[pa.RecordBatch]:
    """The rows of one landing file. Raises Damaged, at any batch: nothing of such a file is to be kept."""
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
