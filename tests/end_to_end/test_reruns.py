"""The same again, a table again, all again: gold says what it said, and what was not asked for is not touched."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from tests.end_to_end.comparing import Query, warehouse
from tests.end_to_end.conftest import LocalPlatform

pytestmark = pytest.mark.long
_OF_RERUNS = re.compile(r"^_reloads/|^_replays/|^_manifests/.*/replay-")
GOLD = ("dim_account", "dim_user", "fct_billing", "fct_usage_daily", "mart_mrr_daily")
SILVER = ("saas_accounts", "saas_accounts_history", "saas_users", "saas_subscriptions_history", "saas_usage_events")


@dataclass
class Played:
    """A platform on which a company was played; its BigQuery, and its object store."""

    platform: LocalPlatform
    query: Query
    objects: storage.Client

    def rows(self, layer: str, names: tuple[str, ...]) -> dict[str, list[str]]:
        """Every row of some tables, as text, in an order of its own."""
        return {name: sorted(map(repr, self.query(f"select * from {layer}.{name}"))) for name in names}

    def bronze(self) -> dict[str, int]:
        """The generation of each object that holds rows, a plan or a manifest, but what a rerun notes of itself."""
        blobs = {blob.name: blob.generation for blob in self.objects.list_blobs("sluice-local-bronze")}
        return {name: generation for name, generation in blobs.items() if not _OF_RERUNS.search(name)}

    def rerun(self, *arguments: str) -> str:
        """What `make reload` and `make replay` run."""
        done = self.platform.run("emulators.local_emulate.rerun", *arguments, timeout=1200)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def played(platform: LocalPlatform) -> Played:
    first = platform.run("emulators.local_emulate", "--days", "3", "--accounts", "40", timeout=1200)
    assert first.returncode == 0, first.stdout + first.stderr
    exports = platform.exports()
    options = ClientOptions(api_endpoint=exports["STORAGE_EMULATOR_HOST"])
    credentials: Any = AnonymousCredentials()
    return Played(platform, warehouse(exports), storage.Client("sluice-local", credentials, client_options=options))


def test_the_same_run_again_changes_nothing(played: Played) -> None:
    gold, silver, bronze = played.rows("gold", GOLD), played.rows("silver", SILVER), played.bronze()
    again = played.platform.run("emulators.local_emulate", "--no-company", timeout=1200)
    assert again.returncode == 0, again.stdout + again.stderr
    assert played.bronze() == bronze
    assert (played.rows("gold", GOLD), played.rows("silver", SILVER)) == (gold, silver)


def test_a_table_again_touches_no_other(played: Played) -> None:
    gold, silver, bronze = played.rows("gold", GOLD), played.rows("silver", SILVER), played.bronze()
    played.query("update silver.saas_accounts__latest set name = 'damaged' where true")
    played.query("update silver.saas_users__latest set full_name = 'not mended by this' where user_id = 5")
    assert "reload saas.accounts: success" in played.rerun("reload", "saas.accounts")
    assert played.bronze() == bronze
    mended = played.rows("silver", SILVER)
    assert {name: rows for name, rows in mended.items() if name != "saas_users"} == {
        name: rows for name, rows in silver.items() if name != "saas_users"
    }
    assert played.query("select full_name from silver.saas_users where user_id = 5") == [
        {"full_name": "not mended by this"}
    ]
    played.rerun("reload", "saas.users")
    assert (played.rows("gold", GOLD), played.rows("silver", SILVER)) == (gold, silver)


def test_gold_after_a_whole_rebuild_is_gold_as_it_was(played: Played) -> None:
    gold, silver, bronze = played.rows("gold", GOLD), played.rows("silver", SILVER), played.bronze()
    for name in ("dim_account", "fct_billing", "mart_mrr_daily"):
        played.query(f"drop table gold.{name}")
    assert "reload saas: success" in played.rerun("reload", "saas")
    assert played.bronze() == bronze
    assert (played.rows("gold", GOLD), played.rows("silver", SILVER)) == (gold, silver)


def test_landing_alone_gives_all_of_it_again(played: Played) -> None:
    """What came from landing is gone from bronze and silver, and gold is gone; plans and landing files are there."""
    gold, silver, bronze = played.rows("gold", GOLD), played.rows("silver", SILVER), played.bronze()
    for blob in list(played.objects.list_blobs("sluice-local-bronze", prefix="saas/")):
        blob.delete()
    for layer, pattern in (("silver", r"saas_.*(__latest|_history)"), ("gold", ".*")):
        tables = f"select table_name from {layer}.INFORMATION_SCHEMA.TABLES where table_type = 'BASE TABLE'"
        for row in played.query(tables):
            if re.fullmatch(pattern, row["table_name"]):
                played.query(f"drop table {layer}.{row['table_name']}")
    assert "reload saas: success" in played.rerun("reload", "saas")
    again = played.platform.run("emulators.local_emulate", "--no-company", timeout=1200)  # gold of the events as well
    assert again.returncode == 0, again.stdout + again.stderr
    assert played.bronze().keys() == bronze.keys()
    assert (played.rows("gold", GOLD), played.rows("silver", SILVER)) == (gold, silver)


def test_an_event_that_silver_lost_is_told_and_a_reload_brings_it_back(played: Played) -> None:
    gold, silver, bronze = played.rows("gold", GOLD), played.rows("silver", SILVER), played.bronze()
    (lost,) = played.query("select event_id from silver.saas_usage_events order by occurred_at, event_id limit 1")
    played.query(f"delete from silver.saas_usage_events where event_id = '{lost['event_id']}'")
    told = played.platform.run("emulators.local_emulate", "--no-company", timeout=1200)
    assert told.returncode == 1 and lost["event_id"] in told.stdout + told.stderr
    assert "equals_bronze" in told.stdout + told.stderr
    assert "reload saas.usage_events: success" in played.rerun("reload", "saas.usage_events")
    assert played.bronze() == bronze
    assert (played.rows("gold", GOLD), played.rows("silver", SILVER)) == (gold, silver)


def test_letters_that_are_still_bad_stay_letters(played: Played) -> None:
    gold = played.rows("gold", GOLD)
    letters = played.query("select dead_letter_id from ops.dead_letters order by 1")
    assert "replay saas.usage_events: success" in played.rerun("replay", "saas.usage_events")
    assert played.query("select dead_letter_id from ops.dead_letters order by 1") == letters
    assert played.rows("gold", GOLD) == gold


def test_runs_that_overlap_end_as_if_one_had_run_after_the_other(played: Played) -> None:
    """The hourly run twice, a reload and a replay, all at once."""
    gold, silver, bronze = played.rows("gold", GOLD), played.rows("silver", SILVER), played.bronze()
    played.query("update silver.saas_accounts__latest set name = 'damaged' where account_id = 3")
    hourly = ("emulators.local_emulate", "--no-company")
    rerun = "emulators.local_emulate.rerun"
    calls = [hourly, hourly, (rerun, "reload", "saas.accounts"), (rerun, "replay", "saas.usage_events"), hourly]
    with ThreadPoolExecutor(len(calls)) as pool:
        ended = list(pool.map(lambda call: played.platform.run(*call, timeout=1500), calls))
    for call, done in zip(calls, ended, strict=True):
        is_told = call == hourly and '"3": "other values"' in done.stderr  # it came before the reload
        assert done.returncode == 0 or is_told, (call, done.stdout + done.stderr)
    played.rerun("reload", "saas.accounts")
    assert played.bronze() == bronze
    assert (played.rows("gold", GOLD), played.rows("silver", SILVER)) == (gold, silver)


def test_what_no_contract_has_is_refused_by_name(played: Played) -> None:
    done = played.platform.run("emulators.local_emulate.rerun", "reload", "saas.invoices", timeout=600)
    assert done.returncode == 1
    assert "there is no 'saas.invoices'; there are: saas, saas.accounts" in done.stderr
