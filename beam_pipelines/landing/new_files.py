"""What has landed since the last plan, without listing the whole history.

Names hold the minute of their data (`<source>/<schema>_<table>/yyyy/mm/dd/hh/mm/...`), so a listing starts some hours
before the newest minute seen, and leaves out what earlier plans took. The hours are for files that appear late.
What lies beside the years (`<source>/<schema>_<table>/anything`) is nothing of Datastream's, and is listed each time.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from beam_pipelines import objects
from contracts.model import Contract, Table

LOOK_BACK = timedelta(hours=6)
_MINUTE = "%Y/%m/%d/%H/%M"
_YEAR = re.compile(r"\d{4}/")
_MINUTE_PATTERN = re.compile(r"\d{4}/\d\d/\d\d/\d\d/\d\d(?=/)")


@dataclass(frozen=True)
class LandingFile:
    """One object of the landing bucket, at one generation. `size` in bytes."""

    name: str
    generation: int
    size: int

    @property
    def identity(self) -> str:
        """A file that is written again under its name is another file."""
        return f"{self.name}#{self.generation}"


@dataclass(frozen=True)
class Cursor:
    """`watermark` is the newest minute seen; `recent` the identities of the files taken since LOOK_BACK before it."""

    watermark: str = ""
    recent: tuple[str, ...] = ()


def landing_prefix(contract: Contract, table: Table) -> str:
    """The folder of a table's files in the landing bucket."""
    schema = contract.database.schema if contract.database else "public"
    return f"{contract.id}/{schema}_{table.physical_name}/"


def find_new(contract: Contract, table: Table, cursor: Cursor) -> tuple[list[LandingFile], Cursor]:
    """The files that no plan has taken, by name, and the cursor after them."""
    prefix = landing_prefix(contract, table)
    listed = [
        LandingFile(blob.name, int(blob.generation), int(blob.size))
        for blob in _listed(prefix, prefix + _look_back(cursor.watermark))
        if not blob.name.endswith("/")
    ]
    taken = set(cursor.recent)
    new = [file for file in listed if file.identity not in taken]
    if not new:
        return [], cursor
    now = datetime.now(UTC).strftime(_MINUTE)  # a name from the future must not hide what comes before it
    watermark = max([cursor.watermark, *(min(_minute(file.name, prefix), now) for file in new)])
    start = prefix + _look_back(watermark)
    recent = (file for file in listed if file.name >= start or _is_stray(file.name, prefix))
    return new, Cursor(watermark, tuple(file.identity for file in recent))


def _listed(prefix: str, start: str) -> Iterator[Any]:
    """The blobs from a name on, and all strays."""
    yield from (blob for blob in objects.list_from("landing", prefix, start) if not _is_stray(blob.name, prefix))
    strays, folders = objects.list_folder("landing", prefix)
    yield from strays
    for folder in folders:
        if _is_stray(folder, prefix):
            yield from objects.list_from("landing", folder)


def _is_stray(name: str, prefix: str) -> bool:
    return not _YEAR.match(name, len(prefix))


def _minute(name: str, prefix: str) -> str:
    match = _MINUTE_PATTERN.match(name, len(prefix))
    return match.group() if match else ""


def _look_back(watermark: str) -> str:
    try:
        return (datetime.strptime(watermark, _MINUTE).replace(tzinfo=UTC) - LOOK_BACK).strftime(_MINUTE)
    except ValueError:  # none yet, or a name with digits that are no date: everything
        return ""
