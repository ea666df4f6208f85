"""What could not be used of a table or an event lately: how many, why, and a few of them to look at."""

from typing import Any

from contracts import names, ops
from contracts.model import Table
from orchestration import clients

DAYS = 1  # how far back to look
SAMPLE = 5
SHOWN = 200  # bytes of a payload


def recent(table: Table) -> dict[str, Any]:
    """Metadata of an asset: dead_letters, dead_letters_by_reason, sample_of_dead_letters."""
    of_table = f"{since('dead_lettered_at')} and {of(table)}"
    reasons = clients.query(
        f"select reason, count(*) as letters from {relation()} where {of_table} group by 1 order by 1"
    )
    sample = clients.query(
        f"select dead_letter_id, reason, detail, origin, "
        f"safe_convert_bytes_to_string(substr(payload, 1, {SHOWN})) as payload "
        f"from {relation()} where {of_table} order by dead_lettered_at desc, dead_letter_id limit {SAMPLE}"
    )
    return {
        "dead_letters": sum(row["letters"] for row in reasons),
        "dead_letters_by_reason": {row["reason"]: row["letters"] for row in reasons},
        "sample_of_dead_letters": sample,
    }


def since(column: str, days: int = DAYS) -> str:
    """SQL: the column is not older than that."""
    return f"{column} >= timestamp_sub(current_timestamp(), interval {days} day)"


def of(table: Table) -> str:
    """SQL: the letters of one table or event."""
    return f"source = '{table.source}' and object = '{table.name}'"


def relation() -> str:
    """ops.dead_letters, as SQL."""
    return f"`{names.qualified('ops', ops.DEAD_LETTERS)}`"
