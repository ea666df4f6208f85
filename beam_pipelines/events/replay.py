"""Dead letters of one event -> rows of bronze, each once.

`gs://<bronze>/_replays/<source>/<event>/<number>-plan.json` names the letters before any is read, `<number>-done.json`
is written last. Rows carry batch ids that begin with `replay-`, so that what was delivered can still be counted.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from beam_pipelines import clients, objects
from beam_pipelines.events import write_rows
from beam_pipelines.events.json_text import decode_objects
from beam_pipelines.events.message_batch import MESSAGE_SCHEMA, Decoded, MessageBatch, Rows
from beam_pipelines.events.register_batches import register
from beam_pipelines.events.validation import validate
from beam_pipelines.keys import derive_key
from contracts import names
from contracts.model import Table
from contracts.ops import DEAD_LETTERS, REPLAY

_LETTERS_IN_A_BATCH = 1_000
_PLAN, _DONE = "-plan.json", "-done.json"


def plan_replay(table: Table, reason: str | None) -> bool:
    """Writes down which letters the next replay takes: those that are not in bronze yet. False: there are none."""
    wanted = "and reason = @reason" if reason else ""
    rows = _ask(
        f"""
        select dead_letter_id from {_letters()}
        where source = @source and object = @event {wanted}
        and array_reverse(split(origin, '/'))[safe_offset(0)] not in (
            select _message_id from {_bronze(table)} where starts_with(_batch_id, '{REPLAY}')
        )
        order by dead_letter_id
        """,
        source=table.source,
        event=table.name,
        **({"reason": reason} if reason else {}),
    )
    if not rows:
        return False
    folder = _folder(table)
    number = sum(blob.name.endswith(_PLAN) for blob in objects.list_from("bronze", folder)) + 1
    plan = {"reason": reason, "letters": [row["dead_letter_id"] for row in rows]}
    objects.write_json_once("bronze", f"{folder}{number:010d}{_PLAN}", plan)
    return True


def finish_replays(table: Table) -> list[dict[str, Any]]:
    """Executes each plan that is not done; what became of their letters."""
    there = {blob.name for blob in objects.list_from("bronze", _folder(table))}
    waiting = sorted(name for name in there if name.endswith(_PLAN) and name.replace(_PLAN, _DONE) not in there)
    return [_execute(table, name) for name in waiting]


def _execute(table: Table, name: str) -> dict[str, Any]:
    letters = (objects.read_json("bronze", name) or {})["letters"]
    logging.getLogger(__name__).info("%s.%s: %d letters again", table.source, table.name, len(letters))
    still: Counter[str] = Counter()
    for batch in _batches(table, name, letters):
        still += _replay(table, batch)
    done = {
        "source": table.source,
        "event": table.name,
        "letters": len(letters),
        "in_bronze": len(letters) - still.total(),
        "still": dict(sorted(still.items())),
    }
    return objects.write_json_once("bronze", name.replace(_PLAN, _DONE), done)


def _replay(table: Table, batch: MessageBatch) -> Counter[str]:
    """Appends the rows of the letters that pass; the others by reason."""
    registered = register(batch)
    records, indices, faults = decode_objects(batch.messages.column("data"))
    valid = validate(Decoded(registered, records, indices), table)
    if valid.rows.num_rows:
        write_rows.write(Rows(registered, valid.rows))
    return Counter(fault.reason for fault in (*faults, *valid.faults))


def _batches(table: Table, plan: str, letters: Sequence[str]) -> Iterator[MessageBatch]:
    """The letters as messages again, in the plan's order, under the ids that they were delivered with."""
    for start in range(0, len(letters), _LETTERS_IN_A_BATCH):
        some = list(letters[start : start + _LETTERS_IN_A_BATCH])
        rows = _ask(
            f"""
            select array_reverse(split(origin, '/'))[safe_offset(0)] as message_id, published_at as publish_time,
                attributes, payload as data
            from {_letters()} where dead_letter_id in unnest(@ids) order by dead_letter_id
            """,
            ids=some,
        )
        messages = pa.RecordBatch.from_pylist(rows, MESSAGE_SCHEMA)
        yield MessageBatch(table.source, table.name, REPLAY + derive_key([plan, *some]), messages)


def _ask(sql: str, **parameters: Any) -> list[dict[str, Any]]:
    from google.cloud import bigquery

    given = [
        bigquery.ArrayQueryParameter(name, "STRING", value)
        if isinstance(value, list)
        else bigquery.ScalarQueryParameter(name, "STRING", value)
        for name, value in parameters.items()
    ]
    config = bigquery.QueryJobConfig(query_parameters=given)
    return [dict(row.items()) for row in clients.bigquery().query_and_wait(sql, job_config=config)]


def _folder(table: Table) -> str:
    return f"_replays/{table.source}/{table.name}/"


def _letters() -> str:
    return f"`{names.qualified('ops', DEAD_LETTERS)}`"


def _bronze(table: Table) -> str:
    return f"`{names.qualified('bronze', names.table(table.source, table.name))}`"
