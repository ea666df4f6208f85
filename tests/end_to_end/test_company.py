"""`make local-emulate`, for real and small: what gold says is what the company's own ledger says."""

import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from emulators.company.events.model import LOGIN_TOPIC, USAGE_TOPIC
from emulators.company.figures import mrr_per_day, usage_per_day
from emulators.company.ledger import CommittedChange, Ledger
from emulators.company.schema import TABLES
from tests.end_to_end.conftest import LocalPlatform

DAYS, ACCOUNTS = 4, 60


class Played:
    """What two calls of the command left: their output, the ledger, and a BigQuery client."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        self.first = self._play()
        self.exports = platform.exports()
        self.objects_before = self.objects()
        self.second = self._play()
        self.ledger = Ledger(platform.state / "company")
        options = ClientOptions(api_endpoint=self.exports["BIGQUERY_EMULATOR_HOST"])
        credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
        self.client = bigquery.Client("sluice-local", credentials, client_options=options)

    def _play(self) -> subprocess.CompletedProcess[str]:
        return self.platform.run("emulators.local_emulate", "--days", str(DAYS), "--accounts", str(ACCOUNTS))

    def objects(self) -> dict[str, int]:
        """Name -> generation of each object in the bronze bucket."""
        options = ClientOptions(api_endpoint=self.exports["STORAGE_EMULATOR_HOST"])
        credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
        client = storage.Client("sluice-local", credentials, client_options=options)
        return {blob.name: blob.generation for blob in client.list_blobs("sluice-local-bronze")}

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        return [dict(row.items()) for row in self.client.query_and_wait(sql)]


@pytest.fixture(scope="module")
def played(platform: LocalPlatform) -> Iterator[Played]:
    return Played(platform)


def test_it_says_that_all_is_well(played: Played) -> None:
    for call in (played.first, played.second):
        assert call.returncode == 0, call.stdout + call.stderr
        assert "DIFFER" not in call.stdout
        assert "Dagster   http://127.0.0.1:" in call.stdout
        assert call.stdout.count("✓ agree") == 8


@pytest.mark.parametrize("table", sorted(TABLES))
def test_silver_holds_the_ledgers_rows_value_by_value(played: Played, table: str) -> None:
    expected = played.ledger.rows(table)
    columns = [column.name for column in TABLES[table].columns]
    found = played.rows(f"select {', '.join(columns)} from silver.saas_{table}")
    assert len(found) == len(expected)
    assert {TABLES[table].key_of(row): row for row in found} == expected


@pytest.mark.parametrize("table", sorted(TABLES))
def test_bronze_holds_every_change_in_log_order(played: Played, table: str) -> None:
    keys = TABLES[table].key
    log = played.rows(f"select _change_type, _sort_key, {', '.join(keys)} from bronze.saas_{table} order by _sort_key")
    snapshot = min(row["_sort_key"] for row in log)
    found = [(row["_change_type"], tuple(row[key] for key in keys)) for row in log if row["_sort_key"] > snapshot]
    changes = [change for change in played.ledger.changes(table) if change.day > 0]
    assert found == [entry for change in changes for entry in _as_logged(change)]


def _as_logged(change: CommittedChange) -> list[tuple[str, tuple[int, ...]]]:
    """A change as the log tells it: a key that moves is a delete and an insert."""
    if change.kind == "update" and change.new_key is not None and change.new_key != change.key:
        return [("UPDATE-DELETE", change.key), ("UPDATE-INSERT", change.new_key)]
    return [(change.kind.upper(), change.key)]


@pytest.mark.parametrize("topic", [USAGE_TOPIC, LOGIN_TOPIC])
def test_each_published_message_is_in_bronze_or_a_dead_letter(played: Played, topic: str) -> None:
    counts = played.ledger.event_counts(topic)
    published = sum(counts.values()) - counts["refused"]
    kept = played.rows(f"select count(*) as n, count(distinct _message_id) as ids from bronze.{topic}")[0]
    event = topic.removeprefix("saas_")
    letters = played.rows(
        f"select reason, count(*) as n from ops.dead_letters where object = '{event}' group by reason"
    )
    assert kept["n"] == kept["ids"]
    assert {row["reason"]: row["n"] for row in letters} == dict(played.ledger.dead_letters(topic))
    assert published == kept["n"] + sum(row["n"] for row in letters)


def test_a_dead_letter_has_its_reason_and_its_bytes(played: Played) -> None:
    letters = played.rows("select payload, reason, detail, origin from ops.dead_letters where object = 'usage_events'")
    assert {row["payload"]: row["reason"] for row in letters} == played.ledger.dead_letter_payloads(USAGE_TOPIC)
    assert all(row["detail"] and USAGE_TOPIC in row["origin"] for row in letters)


def test_silver_holds_each_event_once_value_by_value(played: Played) -> None:
    expected = played.ledger.good_events(USAGE_TOPIC)
    found = {row["event_id"]: row for row in played.rows(f"select * from silver.{USAGE_TOPIC}")}
    assert found.keys() == expected.keys()
    for event_id, event in expected.items():
        row = found[event_id]
        for name in ("account_id", "user_id", "feature", "quantity", "occurred_at"):
            assert row[name] == event.get(name), (event_id, name)
        seconds = event.get("duration_seconds")
        assert row["duration_seconds"] == (None if seconds is None else float(seconds))


def test_gold_says_what_the_ledgers_arithmetic_says(played: Played) -> None:
    expected = mrr_per_day(played.ledger)
    rows = played.rows("select day, plan, subscriptions, seats, mrr from gold.mart_mrr_daily where subscriptions > 0")
    days = set(played.ledger.days())
    found = {(r["day"], r["plan"]): (r["subscriptions"], r["seats"], r["mrr"]) for r in rows if r["day"] in days}
    assert found == {key: tuple(value) for key, value in expected.items()}
    usage = usage_per_day(played.ledger)
    daily = played.rows(
        "select day, account_id, feature, events, users, quantity, duration_seconds from gold.fct_usage_daily"
    )
    assert len(daily) == len(usage)
    for row in daily:
        figure = usage[row["day"], row["account_id"], row["feature"]]
        assert (row["events"], row["users"], row["quantity"]) == (figure.events, len(figure.user_ids), figure.quantity)
        assert Decimal(row["duration_seconds"] or 0) == figure.duration_seconds


def test_history_ends_where_silver_stands(played: Played) -> None:
    for table in ("accounts", "users", "subscriptions"):
        key = TABLES[table].key[0]
        current = played.rows(f"select {key} from silver.saas_{table}_history where is_current order by {key}")
        now = played.rows(f"select {key} from silver.saas_{table} order by {key}")
        assert current == now


def test_the_second_call_moves_only_what_changed(played: Played) -> None:
    after = played.objects()
    assert played.objects_before.items() <= after.items()
    assert len(after) > len(played.objects_before)


@pytest.mark.long  # tests/orchestration has the same for one table, without a platform
def test_a_table_that_breaks_its_contract_is_held_back_alone(played: Played) -> None:
    account, incident = (min(played.ledger.rows(table))[0] for table in ("accounts", "incidents"))
    plan = played.ledger.rows("accounts")[(account,)]["plan"]
    _change_source(
        played,
        "alter table accounts alter column plan drop not null",
        f"update accounts set plan = null where account_id = {account}",
        f"update incidents set title = 'held up by nobody' where incident_id = {incident}",
    )
    broken = played.platform.run("emulators.local_emulate", "--no-company")
    assert broken.returncode == 1
    assert "check bronze/saas_accounts required_values" in broken.stderr
    assert broken.stdout.count("✓ agree") == 7  # accounts is left out, everything else is compared
    assert played.rows(f"select plan from silver.saas_accounts where account_id = {account}") == [{"plan": plan}]
    titles = played.rows(f"select title from silver.saas_incidents where incident_id = {incident}")
    assert titles == [{"title": "held up by nobody"}]
    _change_source(played, f"update accounts set plan = 'mended' where account_id = {account}")
    mended = played.platform.run("emulators.local_emulate", "--no-company")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert played.rows(f"select plan from silver.saas_accounts where account_id = {account}") == [{"plan": "mended"}]


def _change_source(played: Played, *statements: str) -> None:
    connection = psycopg2.connect(played.exports["SAAS_DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def test_a_misspelt_contract_is_refused_before_anything_starts(tmp_path: Path) -> None:
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    text = (LocalPlatform(Path.cwd(), tmp_path).root / "contracts/saas.odcs.yaml").read_text()
    (contracts / "saas.odcs.yaml").write_text(text.replace("physicalType: jsonb", "physicalTyp: jsonb", 1))
    local = LocalPlatform(Path.cwd(), tmp_path / "state", {"SLUICE_CONTRACTS": str(contracts)})
    call = local.run("emulators.local_emulate", "--days", "1")
    assert call.returncode == 1
    assert "saas.odcs.yaml:" in call.stderr
    assert "physicalType" in call.stderr
    assert not (tmp_path / "state" / "run").exists()
