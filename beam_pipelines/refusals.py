"""What BigQuery says when it does not take rows: some of them, or the whole table; or nothing that will last."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

_HOPELESS = 100  # rows that are refused one by one, and none is taken: it is not the rows


class AppendRefused(Exception):
    """BigQuery takes none of the rows; the message says why."""


class RowsRefused(Exception):
    """BigQuery does not take these rows: `rows` is the reason by the row's place."""

    def __init__(self, rows: Mapping[int, str]) -> None:
        super().__init__(f"{len(rows)} rows are refused, the first because of: {next(iter(rows.values()))}")
        self.rows = dict(rows)


@dataclass(frozen=True)
class Refusal:
    """`rows` has the reason by place, where the service says which; `is_about_rows` is False when it is the table."""

    message: str
    rows: Mapping[int, str] = field(default_factory=dict)
    is_about_rows: bool = True


def read_refusal(answer: Any) -> Refusal | None:
    """The refusal in an AppendRowsResponse or an InvalidArgument; None when the rows are there.

    Raises google.api_core.exceptions.ServiceUnavailable for an answer that may be another one later.
    """
    import grpc
    from google.api_core import exceptions

    if isinstance(answer, exceptions.InvalidArgument):
        return Refusal(answer.message)
    code, message = answer.error.code, answer.error.message
    if code in (0, grpc.StatusCode.ALREADY_EXISTS.value[0]):
        return None
    if code in _TRANSIENT_CODES:
        raise exceptions.from_grpc_status(grpc.StatusCode.UNAVAILABLE, message)
    rows = {error.index: error.message or message for error in answer.row_errors}
    return Refusal(message, rows, code == grpc.StatusCode.INVALID_ARGUMENT.value[0] and not answer.error.details)


_TRANSIENT_CODES = (4, 8, 10, 13, 14)  # DEADLINE_EXCEEDED RESOURCE_EXHAUSTED ABORTED INTERNAL UNAVAILABLE


def find_refused(rows: pa.RecordBatch, ask: Callable[[pa.RecordBatch], Refusal | None]) -> dict[int, str]:
    """The rows that are refused, by place, found by halves: `ask` tries rows where nobody will see them.

    Raises AppendRefused when so many are refused, and none is taken, that it is not the rows.
    """
    refused: dict[int, str] = {}
    waiting = [(0, rows)]
    taken = 0
    while waiting:
        start, some = waiting.pop()
        refusal = ask(some)
        if refusal is None:
            taken += some.num_rows
        elif refusal.rows:
            refused |= {start + place: message for place, message in refusal.rows.items()}
            taken += some.num_rows - len(refusal.rows)
        elif some.num_rows == 1:
            refused[start] = refusal.message
        else:
            middle = some.num_rows // 2
            waiting += [(start + middle, some.slice(middle)), (start, some.slice(0, middle))]
        if not taken and len(refused) >= _HOPELESS:
            raise AppendRefused(f"none of {rows.num_rows} rows is taken: {next(iter(refused.values()))}")
    return refused
