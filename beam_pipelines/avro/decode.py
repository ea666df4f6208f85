"""The records of some blocks -> Arrow columns, the quick way where it works, else the slow one."""

from collections.abc import Callable
from typing import Any

from beam_pipelines.avro import lanes, records
from beam_pipelines.avro.container import UnreadableFile
from beam_pipelines.avro.source_column import Path, SourceColumn
from beam_pipelines.avro.varints import Unaligned


def decode(
    data: bytes, count: int, schema: Any, is_needed: Callable[[Path], bool] = lambda path: True
) -> dict[Path, SourceColumn]:
    """The columns of `count` records; others than those that are needed may be left out. The schema is a checked one.

    Raises:
        UnreadableFile: the bytes are not that.
    """
    try:
        return lanes.decode(data, count, schema, is_needed)
    except (Unaligned, UnreadableFile):
        return records.decode(data, count, schema)
