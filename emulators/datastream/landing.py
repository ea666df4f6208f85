"""Where files are made and how they are named: the spool on disk, and Datastream's layout in the bucket."""

import datetime
import shutil
from pathlib import Path

from emulators.datastream.avro import ContainerFile
from emulators.datastream.envelope import Table
from emulators.datastream.journal import SpooledFile


def object_name(prefix: str, table: Table, method: str, first: int, last: int, part: int, micros: int) -> str:
    """`[prefix/]schema_table/yyyy/mm/dd/hh/mm/<schema_key>_<read_method>_<first>_<last>_<part>.avro`.

    first and last are commit positions, 16 hexadecimal digits; the time is that of the first change, so that the name
    depends on the log alone.
    """
    minute = datetime.datetime.fromtimestamp(micros // 1_000_000, datetime.UTC).strftime("%Y/%m/%d/%H/%M")
    folder = f"{prefix}/{table.object}" if prefix else table.object
    return f"{folder}/{minute}/{table.schema_key()}_{method}_{first:016x}_{last:016x}_{part:05d}.avro"


class Spool:
    """A directory of files that are being written. What is in it and not in the journal is of no worth."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._number = 0

    def clear_except(self, keep: list[SpooledFile]) -> None:
        """Remove what an earlier process left half done."""
        self.directory.mkdir(parents=True, exist_ok=True)
        kept = {file.path for file in keep}
        for path in self.directory.iterdir():
            if path not in kept:
                path.unlink()

    def new_file(self, table: Table) -> ContainerFile:
        """A file that has a name of its own."""
        self._number += 1
        while (path := self.directory / f"{self._number:010d}.avro").exists():
            self._number += 1
        return ContainerFile(path, table.file_schema())

    def remove(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self.directory, ignore_errors=True)
