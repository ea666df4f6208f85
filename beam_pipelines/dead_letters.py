"""The dead-letter envelope: what could not be used, why, and all that is needed to replay it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from beam_pipelines.columns.arrow_schema import arrow_schema
from beam_pipelines.keys import derive_key
from contracts.ops import DEAD_LETTER_COLUMNS

MOST_PAYLOAD = 8 << 20  # bytes: what a row of BigQuery and one request can hold; `origin` leads to the rest


@dataclass(frozen=True)
class DeadLetter:
    """One message or file. `payload` is as it came; `attributes` a JSON object; `origin` leads back to the original."""

    source: str
    object: str
    reason: str
    detail: str
    payload: bytes
    attributes: str
    origin: str
    published_at: datetime | None

    @property
    def dead_letter_id(self) -> str:
        """The same letter always has the same id."""
        return derive_key((self.source, self.object, self.origin))


def to_rows(letters: Sequence[DeadLetter], batch_id: str, dead_lettered_at: datetime) -> pa.RecordBatch:
    """Rows of ops.dead_letters, in the letters' order."""
    rows = [
        {
            "dead_letter_id": letter.dead_letter_id,
            "source": letter.source,
            "object": letter.object,
            "reason": letter.reason,
            "detail": letter.detail,
            "payload": letter.payload[:MOST_PAYLOAD],
            "attributes": letter.attributes,
            "origin": letter.origin,
            "published_at": letter.published_at,
            "dead_lettered_at": dead_lettered_at,
            "_batch_id": batch_id,
        }
        for letter in letters
    ]
    return pa.RecordBatch.from_pylist(rows, arrow_schema(DEAD_LETTER_COLUMNS))
