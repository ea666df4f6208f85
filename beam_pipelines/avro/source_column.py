"""One field of many records, as Arrow arrays: what both Avro decoders make."""

from dataclasses import dataclass

import pyarrow as pa

from beam_pipelines.avro.types import AvroType

Path = tuple[str | int, ...]  # ("payload", "email"), ("sort_keys", 2)


@dataclass(frozen=True)
class SourceColumn:
    """`values` are int64, float64, bool, string, binary or (kind array) lists of them, null where there is no value.

    `text` is the raw text of each value that the source's own type could not hold, null elsewhere; None if all fit.
    """

    type: AvroType
    values: pa.Array
    text: pa.Array | None = None
