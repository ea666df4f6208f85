"""Dead letters -> ops.dead_letters, exactly once."""

from collections.abc import Sequence
from datetime import UTC, datetime

from beam_pipelines import append, clients, objects
from beam_pipelines.dead_letters import DeadLetter, to_rows
from contracts import names
from contracts.ops import DEAD_LETTERS


def store(letters: Sequence[DeadLetter], batch_id: str, manifest_name: str) -> None:
    """Writes letters that always come in the same order under the same manifest: its stream and its time are theirs.

    Raises RowsRefused or AppendRefused when ops.dead_letters does not take them: there is nowhere else to put them.
    """
    manifest = objects.read_json("bronze", manifest_name) or objects.write_json_once(
        "bronze",
        manifest_name,
        {
            "batch_id": batch_id,
            "dead_letters": len(letters),
            "dead_lettered_at": datetime.now(UTC).isoformat(),
            "stream": append.create_stream(names.dataset("ops"), DEAD_LETTERS),
        },
    )
    rows = to_rows(letters, batch_id, datetime.fromisoformat(manifest["dead_lettered_at"]))
    append.append_once(manifest["stream"], rows)


def known_letters(ids: Sequence[str]) -> set[str]:
    """Those of the letters that ops.dead_letters has."""
    if not ids:
        return set()
    from google.cloud import bigquery

    table = f"`{names.qualified('ops', DEAD_LETTERS)}`"
    config = bigquery.QueryJobConfig(query_parameters=[bigquery.ArrayQueryParameter("ids", "STRING", list(ids))])
    sql = f"select dead_letter_id from {table} where dead_letter_id in unnest(@ids)"
    return {row["dead_letter_id"] for row in clients.bigquery().query_and_wait(sql, job_config=config)}
