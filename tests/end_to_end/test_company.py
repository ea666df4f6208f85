"""`make local-emulate`, for real and small: what gold says is what the company's own ledger says.

Between the first call that is looked at and the last, twenty processes are killed. test_kills.py has many more.
"""

import re
import subprocess
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from emulators.company.events.model import USAGE_TOPIC
from emulators.company.ledger import Ledger
from emulators.company.schema import TABLES
from tests.end_to_end import browser
from tests.end_to_end.conftest import LocalPlatform
from tests.end_to_end.kills import CAN_KILL, Attack
from tests.end_to_end.oracle import differences
from tests.end_to_end.oracle_changes import as_logged

DAYS, ACCOUNTS, SEED = 4, 60, 7
KILLS = 20


class Played:
    """What two calls of the command and the kills between them left: output, the ledger, and a BigQuery client."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        self.first = self._play()
        self.exports = platform.exports()
        self.objects_before = self.objects()
        self.attack = Attack(
            *(platform, SEED, ACCOUNTS), aims=("dbt", "bigquery", "dagster-code"), others=(7,), span=4.0
        )
        if CAN_KILL:
            self.attack.run(KILLS)
        self.second = self._play()
        self.ledger = Ledger(platform.state / "company")
        options = ClientOptions(api_endpoint=self.exports["BIGQUERY_EMULATOR_HOST"])
        credentials = AnonymousCredentials()
        self.client = bigquery.Client("sluice-local", credentials, client_options=options)

    def _play(self) -> subprocess.CompletedProcess[str]:
        options = ("--days", str(DAYS), "--accounts", str(ACCOUNTS), "--seed", str(SEED))
        return self.platform.run("emulators.local_emulate", *options)

    def objects(self) -> dict[str, int]:
        """Name -> generation of each object in the bronze bucket."""
        options = ClientOptions(api_endpoint=self.exports["STORAGE_EMULATOR_HOST"])
        credentials = AnonymousCredentials()
        client = storage.Client("sluice-local", credentials, client_options=options)
        return {blob.name: blob.generation for blob in client.list_blobs("sluice-local-bronze")}

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        return [dict(row.items()) for row in self.client.query_and_wait(sql)]


@pytest.fixture(scope="module")
def played(platform: LocalPlatform) -> Played:
    return Played(platform)


def test_it_says_that_all_is_well(played: Played) -> None:
    for call in (played.first, played.second):
        assert call.returncode == 0, call.stdout + call.stderr
        assert "DIFFER" not in call.stdout
        assert "Dagster   http://127.0.0.1:" in call.stdout
        assert call.stdout.count("✓ agree") == 8


@pytest.mark.skipif(not CAN_KILL, reason="finds processes by /proc, which is not here")
def test_many_were_killed_on_the_way(played: Played) -> None:
    print(played.attack.report())
    assert played.attack.kills >= KILLS


def test_bronze_silver_and_gold_are_what_the_ledger_says(played: Played) -> None:
    found = differences(played.ledger, played.rows)
    assert not found, "\n".join([*found, played.attack.report()])


@pytest.mark.parametrize("table", sorted(TABLES))
def test_bronze_holds_every_change_in_log_order(played: Played, table: str) -> None:
    keys = TABLES[table].key
    log = played.rows(f"select _change_type, _sort_key, {', '.join(keys)} from bronze.saas_{table} order by _sort_key")
    snapshot = min(row["_sort_key"] for row in log)
    found = [(row["_change_type"], tuple(row[key] for key in keys)) for row in log if row["_sort_key"] > snapshot]
    changes = [change for change in played.ledger.changes(table) if change.day > 0]
    assert found == [entry for change in changes for entry in as_logged(change)]


def test_a_dead_letter_has_its_reason_and_its_bytes(played: Played) -> None:
    letters = played.rows("select payload, reason, detail, origin from ops.dead_letters where object = 'usage_events'")
    assert {row["payload"]: row["reason"] for row in letters} == played.ledger.dead_letter_payloads(USAGE_TOPIC)
    assert all(row["detail"] and USAGE_TOPIC in row["origin"] for row in letters)


def test_the_second_call_moves_only_what_changed(played: Played) -> None:
    after = played.objects()
    assert played.objects_before.items() <= after.items()
    assert len(after) > len(played.objects_before)


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium is installed")
def test_the_ui_shows_the_way_from_source_to_gold_the_last_run_and_what_became_of_the_data(
    played: Played, tmp_path: Path
) -> None:
    address = re.findall(r"Dagster +(http://\S+)", played.second.stdout)[0]
    with browser.page(tmp_path) as page:
        page.open(f"{address}/asset-groups")
        page.wait_for("Global asset lineage", "saas_source", "saas_bronze", "saas_silver", "gold")
        page.open(f"{address}/runs")
        page.wait_for("refresh", "Success")
        page.open(f"{address}/assets/bronze/saas_users")
        page.wait_for("Latest materialization", "rows", "bytes", "seconds", "log_position", "files")
        page.open(f"{address}/assets/bronze/saas_usage_events")
        page.wait_for("rows", "bytes", "seconds", "log_position", "dead_letters_by_reason", "sample_of_dead_letters")


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


DAMAGE = {
    "silver.saas_users (": "update silver.saas_users__latest set full_name = 'x' where user_id = {user}",
    "silver.saas_users_history": "update silver.saas_users_history set role = 'x' where user_id = {user}",
    "silver.saas_usage_events": "update silver.saas_usage_events set quantity = 0 where event_id = '{event}'",
    "bronze.saas_usage_events": "update bronze.saas_usage_events set user_id = null where event_id = '{event}'",
    "saas_login_events: message": "delete from bronze.saas_login_events where true",
    "dead letters of saas_usage_events": "delete from ops.dead_letters where object = 'usage_events'",
    "gold.dim_account": "update gold.dim_account set open_incidents = open_incidents + 1 where true",
    "gold.dim_user": "update gold.dim_user set account_name = 'x' where user_id = {user}",
    "gold.fct_billing": "update gold.fct_billing set amount = amount + 0.01 where true",
    "gold.fct_usage_daily": "update gold.fct_usage_daily set users = users + 1 where true",
    "gold.mart_mrr_daily": "update gold.mart_mrr_daily set seats = seats + 1 where true",
}


def test_whatever_is_changed_behind_the_platform_is_found(played: Played) -> None:
    """What is compared above could fail: a value, a row, a message, in each layer. The last test on this platform."""
    user = min(played.ledger.rows("users"))[0]
    event = min(played.ledger.good_events(USAGE_TOPIC))
    for statement in DAMAGE.values():
        played.rows(statement.format(user=user, event=event))
    found = differences(played.ledger, played.rows)
    assert [name for name in DAMAGE if not any(line.startswith(name) for line in found)] == []


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
