"""The records of some blocks -> Arrow columns, the quick way where it works, else the slow one."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from beam_pipelines.avro import lanes, records
from beam_pipelines.avro.container import UnreadableFile
from beam_pipelines.avro.source_column import Path, SourceColumn
from beam_pipelines.avro.varints import Unaligned

# What a schema that is JSON, and not Avro's, makes of the code that walks through it.
_NOT_A_SCHEMA = (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError, pa.ArrowInvalid)


def decode(
    data: bytes, count: int, schema: Any, is_needed: Callable[[Path], bool] = lambda path: True
) -> dict[Path, SourceColumn]:
    """The columns of `count` records; others than those that are needed may be left out.

    Raises:
        UnreadableFile: the bytes are not that.
    """
    try:
        return lanes.decode(data, count, schema, is_needed)
    except (Unaligned, UnreadableFile, *_NOT_A_SCHEMA):
        pass
    try:
        return records.decode(data, count, schema)
    except _NOT_A_SCHEMA as error:
        raise UnreadableFile(f"the header's schema does not fit the data: {type(error).__name__}: {error}") from error
