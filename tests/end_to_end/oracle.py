"""The company's ledger beside bronze, silver and gold: whatever differs, row by row and value by value, as text.

The ledger is what the company says of itself; nothing in it came through the platform. Messages whose publishing was
never answered may be on their topic or not: they are counted from, to.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from emulators.company.events.model import LOGIN_TOPIC, USAGE_TOPIC
from emulators.company.figures import mrr_per_day, usage_per_day
from emulators.company.ledger import CommittedChange, Ledger
from emulators.company.schema import TABLES

Query = Callable[[str], list[dict[str, Any]]]
BACKFILL = "/0000000000"  # how the sort key of a row ends that a snapshot brought
SHOWN = 5


def warehouse(exports: Mapping[str, str]) -> Query:
    """Asks the BigQuery of a platform, given what `make local-env` prints."""
    options = ClientOptions(api_endpoint=exports["BIGQUERY_EMULATOR_HOST"])
    credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
    client = bigquery.Client("sluice-local", credentials, client_options=options)
    return lambda sql: [dict(row.items()) for row in client.query_and_wait(sql)]


def differences(ledger: Ledger, query: Query) -> list[str]:
    """Everything in which the warehouse differs from the ledger; nothing where it is as it must be."""
    found = [] if ledger.is_settled else ["the company has not done all that it recorded"]
    for table in sorted(TABLES):
        found += [*_silver_rows(ledger, query, table), *_bronze_changes(ledger, query, table)]
    for table in ("accounts", "users", "subscriptions"):
        found += _history(query, table)
    for topic in (USAGE_TOPIC, LOGIN_TOPIC):
        found += [*_messages(ledger, query, topic), *_dead_letters(ledger, query, topic)]
        found += _silver_events(ledger, query, topic)
    return [*found, *_revenue(ledger, query), *_usage(ledger, query)]


def _silver_rows(ledger: Ledger, query: Query, table: str) -> Iterator[str]:
    names = ", ".join(column.name for column in TABLES[table].columns)
    rows = query(f"select {names} from silver.saas_{table}")
    found = {TABLES[table].key_of(row): row for row in rows}
    if len(found) != len(rows):
        yield f"silver.saas_{table}: {len(rows) - len(found)} keys more than once"
    yield from _unequal(f"silver.saas_{table}", found, ledger.rows(table))


def _bronze_changes(ledger: Ledger, query: Query, table: str) -> Iterator[str]:
    """Each change once and in the order of the log, from some change on: what was before it came with the snapshot."""
    key = TABLES[table].key
    log = query(f"select _change_type, _sort_key, {', '.join(key)} from bronze.saas_{table} order by _sort_key")
    streamed = [row for row in log if not row["_sort_key"].endswith(BACKFILL)]
    found = [(row["_change_type"], tuple(row[name] for name in key)) for row in streamed]
    expected = [entry for change in ledger.changes(table) if change.day > 0 for entry in as_logged(change)]
    positions = Counter(row["_sort_key"] for row in streamed)
    twice = [position for position, times in positions.items() if times > 1]
    if twice:
        yield f"bronze.saas_{table}: {len(twice)} changes more than once: {twice[:SHOWN]}"
    if found != expected[len(expected) - len(found) :]:
        place = next((i for i, (one, other) in enumerate(zip(found, expected, strict=False)) if one != other), None)
        yield f"bronze.saas_{table}: {len(found)} changes, expected {len(expected)}; the first other is number {place}"


def as_logged(change: CommittedChange) -> list[tuple[str, tuple[int, ...]]]:
    """A change as the log tells it: a key that moves is a delete and an insert."""
    if change.kind == "update" and change.new_key is not None and change.new_key != change.key:
        return [("UPDATE-DELETE", change.key), ("UPDATE-INSERT", change.new_key)]
    return [(change.kind.upper(), change.key)]


def _history(query: Query, table: str) -> Iterator[str]:
    """As many versions as bronze has changes, and the current ones are silver's rows."""
    keys = ", ".join(TABLES[table].key)
    versions = query(f"select {keys}, _sort_key, is_current from silver.saas_{table}_history")
    changes = query(f"select distinct {keys}, _sort_key from bronze.saas_{table}")
    if len(versions) != len(changes):
        yield f"silver.saas_{table}_history: {len(versions)} versions of {len(changes)} changes"
    current = Counter(TABLES[table].key_of(row) for row in versions if row["is_current"])
    silver = Counter(TABLES[table].key_of(row) for row in query(f"select {keys} from silver.saas_{table}"))
    if current != silver:
        wrong = list((current - silver) + (silver - current))
        yield f"silver.saas_{table}_history: current keys differ: {wrong[:SHOWN]}"


def _messages(ledger: Ledger, query: Query, topic: str) -> Iterator[str]:
    """Each message that was published is in the archive, and once in bronze or once among the dead letters."""
    least, most = _published(ledger, topic)
    archive = query(f"select distinct message_id, data from ops.archive_{topic}")
    found = Counter(row["data"] for row in archive)
    wrong = [data for data in found.keys() | most.keys() if not least[data] <= found[data] <= most[data]]
    for data in wrong[:SHOWN]:
        yield f"{topic}: delivered {found[data]} times, published {least[data]} to {most[data]} times: {data[:200]!r}"
    event = topic.removeprefix("saas_")
    kept = Counter(row["_message_id"] for row in query(f"select _message_id from bronze.{topic}"))
    for row in query(f"select origin from ops.dead_letters where source = 'saas' and object = '{event}'"):
        kept[row["origin"].rsplit("/", 1)[1]] += 1
    delivered = Counter(row["message_id"] for row in archive)
    for message_id in sorted(m for m in kept.keys() | delivered.keys() if kept[m] != delivered[m])[:SHOWN]:
        yield f"{topic}: message {message_id} is {kept[message_id]} times in bronze and the dead letters"


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


def _dead_letters(ledger: Ledger, query: Query, topic: str) -> Iterator[str]:
    event = topic.removeprefix("saas_")
    rows = query(f"select payload, reason from ops.dead_letters where source = 'saas' and object = '{event}'")
    found = {row["payload"]: row["reason"] for row in rows}
    yield from _unequal(f"dead letters of {topic}", found, ledger.dead_letter_payloads(topic))


def _silver_events(ledger: Ledger, query: Query, topic: str) -> Iterator[str]:
    rows = query(f"select * from silver.{topic}")
    found = {row["event_id"]: row for row in rows}
    if len(found) != len(rows):
        yield f"silver.{topic}: {len(rows) - len(found)} events more than once"
    expected = ledger.good_events(topic)
    shown = {key: {name: row[name] for name in expected.get(key, row)} for key, row in found.items()}
    yield from _unequal(f"silver.{topic}", shown, expected)


def _revenue(ledger: Ledger, query: Query) -> Iterator[str]:
    """Up to the day on which a subscription last changed: what comes after is the same, and gold does not say it."""
    rows = query("select day, plan, subscriptions, seats, mrr from gold.mart_mrr_daily where subscriptions > 0")
    last = max(change.occurred_at.date() for change in ledger.changes("subscriptions"))
    days = {day for day in ledger.days() if day <= last}
    found = {(r["day"], r["plan"]): (r["subscriptions"], r["seats"], r["mrr"]) for r in rows if r["day"] in days}
    expected = {key: tuple(figures) for key, figures in mrr_per_day(ledger).items() if key[0] in days}
    yield from _unequal("gold.mart_mrr_daily", found, expected)


def _usage(ledger: Ledger, query: Query) -> Iterator[str]:
    rows = query("select day, account_id, feature, events, users, quantity, duration_seconds from gold.fct_usage_daily")
    found = {
        (r["day"], r["account_id"], r["feature"]): (
            *(r["events"], r["users"], r["quantity"]),
            Decimal(r["duration_seconds"] or 0),
        )
        for r in rows
    }
    expected = {
        key: (figure.events, len(figure.user_ids), figure.quantity, figure.duration_seconds)
        for key, figure in usage_per_day(ledger).items()
    }
    yield from _unequal("gold.fct_usage_daily", found, expected)


def _unequal(what: str, found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> Iterator[str]:
    wrong = [key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key)]
    for key in wrong[:SHOWN]:
        yield f"{what} {key}: expected {expected.get(key)}, found {found.get(key)}"
    if len(wrong) > SHOWN:
        yield f"{what}: {len(wrong)} keys in all"
