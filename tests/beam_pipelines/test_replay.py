"""Dead letters once more through a mended pipeline: each into bronze once, whatever happens on the way."""

import contextlib
import io
import json
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from beam_pipelines import clients, replay_dead_letters
from beam_pipelines.events import replay, write_dead_letters, write_rows
from beam_pipelines.events.json_text import decode_objects
from beam_pipelines.events.message_batch import Decoded, Faults, MessageBatch, Rows
from beam_pipelines.events.register_batches import register
from beam_pipelines.events.validation import validate
from contracts.model import Table
from contracts.reader import load
from tests.beam_pipelines.events import registered

GOOD = b'{"event_id": "e%d", "amount": %d, "occurred_at": "2026-05-01T12:00:00Z"}'
QUOTED = GOOD.replace(b'"', b"'")  # what a careless publisher sent, and a mended pipeline reads
MESSAGES = [GOOD % (0, 0), *(QUOTED % (n, n) for n in (1, 2, 3)), GOOD.replace(b"%d, ", b'"many", ') % 4]


@pytest.fixture(autouse=True)
def delivered(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message in bronze, four dead letters: three are no JSON, one has text as a number."""
    monkeypatch.setattr(clients, "bigquery", lambda: _client(project))
    batch = registered(MESSAGES).batch
    placed = register(MessageBatch.of("shop", "clicks", batch.messages))
    records, indices, undecoded = decode_objects(placed.batch.messages.column("data"))
    valid = validate(Decoded(placed, records, indices), _clicks())
    write_rows.write(Rows(placed, valid.rows))
    write_dead_letters.write(Faults(placed, "decode", undecoded))
    write_dead_letters.write(Faults(placed, "validate", valid.faults))


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline that reads single quotes."""

    def decode(messages: pa.Array) -> Any:
        return decode_objects(pa.array([data.replace(b"'", b'"') for data in messages.to_pylist()], pa.binary()))

    monkeypatch.setattr(replay, "decode_objects", decode)


def _client(project: str) -> bigquery.Client:
    return bigquery.Client(project, AnonymousCredentials())


def _clicks() -> Table:
    (contract,) = load()
    return contract.table("clicks")


def _replay(*arguments: str) -> list[dict[str, Any]]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        replay_dead_letters.main(["--source", "shop", *arguments])
    replays: list[dict[str, Any]] = json.loads(printed.getvalue().splitlines()[-1])["replays"]
    return replays


def _bronze(project: str) -> dict[str, int]:
    """Amount by message id; each is there once."""
    rows = list(_client(project).query_and_wait("select _message_id, amount from bronze.shop_clicks"))
    assert max(Counter(row["_message_id"] for row in rows).values()) == 1
    return {row["_message_id"]: row["amount"] for row in rows}


def _outcome(letters: int, in_bronze: int, **still: int) -> dict[str, Any]:
    return {"source": "shop", "event": "clicks", "letters": letters, "in_bronze": in_bronze, "still": still}


def test_without_a_fix_letters_stay_letters(project: str) -> None:
    assert _replay() == [_outcome(4, 0, invalid_json=3, wrong_type=1)]
    assert _bronze(project) == {"m0": 0}


@pytest.mark.usefixtures("mended")
def test_what_a_fix_lets_pass_is_in_bronze_once(project: str) -> None:
    assert _replay("--event", "clicks", "--reason", "invalid_json") == [_outcome(3, 3)]
    assert _bronze(project) == {"m0": 0, "m1": 1, "m2": 2, "m3": 3}
    assert _replay("--reason", "invalid_json") == []
    assert _replay() == [_outcome(1, 0, wrong_type=1)]
    assert _bronze(project) == {"m0": 0, "m1": 1, "m2": 2, "m3": 3}
    letters = _client(project).query_and_wait("select count(*) as n from ops.dead_letters")
    assert [row["n"] for row in letters] == [4]


@pytest.mark.usefixtures("mended")
@pytest.mark.parametrize("before_the_rows", [True, False])
def test_cut_off_it_is_finished_by_the_next(
    project: str, monkeypatch: pytest.MonkeyPatch, before_the_rows: bool
) -> None:
    class Killed(BaseException):
        pass

    def write_and_die(rows: Rows) -> int:
        if not before_the_rows:
            real(rows)
        raise Killed

    real = write_rows.write
    with monkeypatch.context() as patch:
        patch.setattr(write_rows, "write", write_and_die)
        with pytest.raises(Killed):
            _replay()
    assert _replay("--reason", "nothing has this") == [_outcome(4, 3, wrong_type=1)]
    assert _bronze(project) == {"m0": 0, "m1": 1, "m2": 2, "m3": 3}
