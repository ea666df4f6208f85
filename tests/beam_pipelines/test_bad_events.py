"""Whatever is published, each message is in bronze once, value by value, or in ops.dead_letters once, byte by byte.

Run one seed alone: pytest tests/beam_pipelines/test_bad_events.py -k <seed>
"""

import json
import pickle
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, pubsub_v1
from google.pubsub_v1 import PublisherClient  # its attributes may have any name

from beam_pipelines.events.batch_messages import to_record_batch
from beam_pipelines.events.message_batch import MessageBatch
from beam_pipelines.events_to_bronze import events_to_bronze, stream_tables
from beam_pipelines.refusals import AppendRefused
from contracts.model import Table
from tests.beam_pipelines.bad_events import LONGEST_ID, RARE, Events, Sent, Token
from tests.beam_pipelines.runner import Runner

PUBLISHED = datetime(2026, 3, 1, 12, tzinfo=UTC)
METADATA = {"_message_id", "_source_timestamp", "_ingested_at", "_batch_id", "_raw"}


@pytest.fixture
def contract() -> str:
    return "door.odcs.yaml"


def readings() -> Table:
    return stream_tables(["door"], None)["door", "readings"]


def publish(project: str, sent: Sent) -> str:
    """To Pub/Sub, as it is; the message's id."""
    sent.attributes = sent.attributes or {"trace": "1"}  # Pub/Sub takes no message without either
    publisher = pubsub_v1.PublisherClient()
    message = {"data": sent.data, "attributes": sent.attributes}
    answer = PublisherClient.publish(
        publisher, topic=publisher.topic_path(project, "door_readings"), messages=[message]
    )
    return str(answer.message_ids[0])


def batches(sent: Mapping[str, Sent], size: int) -> list[MessageBatch]:
    """As Pub/Sub delivers them."""
    messages = [
        beam.io.gcp.pubsub.PubsubMessage(one.data, one.attributes, number, PUBLISHED) for number, one in sent.items()
    ]
    pieces = [messages[start : start + size] for start in range(0, len(messages), size)]
    return [MessageBatch.of("door", "readings", to_record_batch(piece)) for piece in pieces]


def deliver(delivered: list[MessageBatch]) -> None:
    """The pipeline on some batches, as it is but for where they come from: files, as Create packs what it is given."""
    with TemporaryDirectory() as folder, beam.Pipeline(FnApiRunner()) as pipeline:
        files = [str(Path(folder, str(number))) for number in range(len(delivered))]
        for file, batch in zip(files, delivered, strict=True):
            Path(file).write_bytes(pickle.dumps(batch))
        batches = pipeline | beam.Create(files) | beam.Map(read_batch)
        events_to_bronze(batches, {("door", "readings"): readings()})


def read_batch(file: str) -> MessageBatch:
    found: MessageBatch = pickle.loads(Path(file).read_bytes())
    return found


def rows_of(project: str, table: str) -> list[dict[str, Any]]:
    client = bigquery.Client(project=project, credentials=AnonymousCredentials())
    return [dict(row) for row in client.list_rows(client.get_table(table))]


def as_decimals(value: Any) -> Any:
    """Numbers compared as numbers."""
    if isinstance(value, dict):
        return {key: as_decimals(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_decimals(item) for item in value]
    return Decimal(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def read(token: str) -> Any:
    return as_decimals(json.loads(token, parse_int=Decimal, parse_float=Decimal))


def check(project: str, sent: Mapping[str, Sent]) -> None:
    """Bronze and the dead letters are what was sent."""
    found, buried = rows_of(project, "bronze.door_readings"), rows_of(project, "ops.dead_letters")
    rows = {row["_message_id"]: row for row in found}
    letters = {letter["origin"].rpartition("/")[2]: letter for letter in buried}
    assert len(rows) == len(found) and len(letters) == len(buried), "something is there twice"
    assert not rows.keys() & letters.keys() and rows.keys() | letters.keys() == sent.keys()
    table = readings()
    for number, one in sent.items():
        if one.row is None:
            assert number in letters, (number, one.reasons, one.data[:300])
            check_letter(letters[number], one)
        else:
            assert number in rows, (letters[number]["reason"], letters[number]["detail"], one.data[:300])
            check_row(rows[number], one, table)


def check_letter(letter: dict[str, Any], sent: Sent) -> None:
    assert letter["reason"] in sent.reasons, (letter["reason"], letter["detail"], sent.reasons, sent.data[:300])
    assert letter["payload"] == sent.data[: 8 << 20]
    assert json.loads(letter["attributes"]) == sent.attributes
    assert letter["detail"] and letter["object"] == "readings"


def check_row(row: dict[str, Any], sent: Sent, table: Table) -> None:
    assert sent.row is not None
    for column in table.columns:
        expected = sent.row.get(column.name, [] if column.bigquery_type.startswith("ARRAY") else None)
        value = row[column.name]
        if column.bigquery_type == "JSON" and expected is not None:
            value, expected = read(value), as_decimals(expected)
        assert value == expected, (column.name, sent.data[:300])
    raw = read(row["_raw"] or "{}")
    assert raw.keys() == sent.raw.keys()
    for name, expected in sent.raw.items():
        assert raw[name] == (read(expected) if isinstance(expected, Token) else as_decimals(expected)), name


def limit_ids(project: str) -> None:
    """A table that takes less than its contract says."""
    client = bigquery.Client(project=project, credentials=AnonymousCredentials())
    resource = client.get_table("bronze.door_readings").to_api_repr()
    client.delete_table("bronze.door_readings")
    (identity,) = [field for field in resource["schema"]["fields"] if field["name"] == "event_id"]
    identity["maxLength"] = LONGEST_ID
    client.create_table(bigquery.Table.from_api_repr(resource))


@pytest.mark.parametrize("seed", [1])
def test_each_message_is_a_row_or_a_letter(project: str, seed: int) -> None:
    print(f"seed {seed}")
    limit_ids(project)
    events = Events(readings(), seed)
    made = [*events.make(200), *(rare(events, random.Random(seed)) for rare in RARE)]
    sent = {f"m{number}": one for number, one in enumerate(made)}
    delivered = batches(sent, 100)
    deliver(delivered)
    check(project, sent)
    deliver(delivered[:2])  # once more, as after a kill
    check(project, sent)


@pytest.mark.long
@pytest.mark.parametrize("seed", [11, 12, 13, 14])
def test_ten_thousand_messages_through_pubsub(project: str, tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")
    limit_ids(project)
    events = Events(readings(), seed)
    made = [*events.make(2500), *(rare(events, random.Random(number)) for number in range(3) for rare in RARE)]
    sent: dict[str, Sent] = {}
    runner = Runner(tmp_path, "--dataflow_bundle_messages", "700", source="door")
    try:
        for one in made:
            try:
                sent[publish(project, one)] = one
            except GoogleAPICallError as refused:  # more than Pub/Sub takes
                assert len(one.data) > 9_000_000, refused
        runner.wait_for("idle", len(sent), seconds=600)
        check(project, sent)
        assert runner.status()["errors"] == 0, runner.status()
        assert runner.stop() == 0
    finally:
        runner.kill()


def test_a_table_that_takes_no_row_stops_the_batch_with_the_reason(project: str) -> None:
    """Not the rows are wrong: nothing is buried, and all of it arrives when the table is as the contract says."""
    client = bigquery.Client(project=project, credentials=AnonymousCredentials())
    table = client.get_table("bronze.door_readings")
    client.delete_table(table)
    narrow = bigquery.Table(table.reference, [field for field in table.schema if field.name != "note"])
    client.create_table(narrow)
    good = {f"m{n}": Sent(json.dumps(event(n)).encode(), event(n)) for n in range(3)}
    with pytest.raises(AppendRefused, match="note"):
        deliver(batches(good, 10))
    assert rows_of(project, "ops.dead_letters") == []
    client.query_and_wait("ALTER TABLE bronze.door_readings ADD COLUMN note STRING")
    deliver(batches(good, 10))
    assert {row["_message_id"] for row in rows_of(project, "bronze.door_readings")} == good.keys()


def event(number: int, **more: Any) -> dict[str, Any]:
    return {"event_id": f"e{number}", "amount": number, "occurred_at": "2026-05-01T12:00:00Z", **more}
