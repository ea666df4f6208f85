"""An event: each message is in the archive, and once in bronze with its values or once among the dead letters."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from emulators.company.ledger import Ledger, event_values
from tests.end_to_end.comparing import SHOWN, Query, Row, by_key, unequal


def differences(ledger: Ledger, query: Query, topic: str) -> Iterator[str]:
    """Lines about what differs."""
    archive = query(f"select distinct message_id, data from ops.archive_{topic}")
    bronze = query(f"select * from bronze.{topic}")
    event = topic.removeprefix("saas_")
    letters = query(
        f"select payload, reason, origin from ops.dead_letters where source = 'saas' and object = '{event}'"
    )
    yield from _delivered(ledger, topic, Counter(row["data"] for row in archive))
    yield from _kept(topic, archive, bronze, letters)
    yield from _values(topic, archive, bronze)
    buried = {row["payload"]: row["reason"] for row in letters}
    yield from unequal(f"dead letters of {topic}", buried, ledger.dead_letter_payloads(topic))
    yield from _silver(ledger, query, topic)


def _delivered(ledger: Ledger, topic: str, found: Counter[bytes]) -> Iterator[str]:
    least, most = _published(ledger, topic)
    wrong = [data for data in found.keys() | most.keys() if not least[data] <= found[data] <= most[data]]
    for data in wrong[:SHOWN]:
        yield f"{topic}: delivered {found[data]} times, published {least[data]} to {most[data]} times: {data[:200]!r}"


def _published(ledger: Ledger, topic: str) -> tuple[Counter[bytes], Counter[bytes]]:
    """How often each payload was published: at least, at most."""
    uncertain = ledger.uncertain()
    least: Counter[bytes] = Counter()
    most: Counter[bytes] = Counter()
    for event in ledger.events(topic):
        answered = event.message_id is not None
        least[event.payload] += answered
        most[event.payload] += answered + uncertain[event.sequence]
    return least, most


def _kept(topic: str, archive: list[Row], bronze: list[Row], letters: list[Row]) -> Iterator[str]:
    """Each message that was delivered is in one place, once."""
    kept = Counter(row["_message_id"] for row in bronze)
    kept.update(row["origin"].rsplit("/", 1)[1] for row in letters)
    delivered = Counter(row["message_id"] for row in archive)
    for message_id in sorted(m for m in kept.keys() | delivered.keys() if kept[m] != delivered[m])[:SHOWN]:
        yield f"{topic}: message {message_id} is {kept[message_id]} times in bronze and the dead letters"


def _values(topic: str, archive: list[Row], bronze: list[Row]) -> Iterator[str]:
    """A row of bronze has its message's values, and what has no column or does not fit in `_raw`."""
    payloads = {row["message_id"]: row["data"] for row in archive}
    found, expected = {}, {}
    for row in bronze:
        number = row["_message_id"]
        found[number] = {**_columns(row), "_raw": json.loads(row["_raw"] or "{}")}
        if payload := payloads.get(number):
            values = event_values(payload)
            told = json.loads(payload)
            raw = {name: value for name, value in told.items() if value is not None and values.get(name) is None}
            expected[number] = {**dict.fromkeys(_columns(row)), **values, "_raw": raw}
    yield from unequal(f"bronze.{topic}", found, expected)


def _columns(row: Row) -> Row:
    """An event's own columns; JSON, which bronze has as text, as what it says."""
    values: dict[str, Any] = {name: value for name, value in row.items() if not name.startswith("_")}
    if isinstance(values.get("properties"), str):
        values["properties"] = json.loads(values["properties"])
    return values


def _silver(ledger: Ledger, query: Query, topic: str) -> Iterator[str]:
    rows = [_columns(row) for row in query(f"select * except (_batch_rows) from silver.{topic}")]
    found, twice = by_key(f"silver.{topic}", rows, lambda row: row["event_id"])
    yield from twice
    nothing = dict.fromkeys(rows[0]) if rows else {}
    expected = {key: nothing | values for key, values in ledger.good_events(topic).items()}
    yield from unequal(f"silver.{topic}", found, expected)
