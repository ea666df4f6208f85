"""Dagster's UI in a headless Chromium, as an operator uses it: a failed check, its keys, a reload, green again.

What it shows when all is well, test_company.py looks at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end import browser
from tests.end_to_end.comparing import Query, warehouse
from tests.end_to_end.conftest import LocalPlatform

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(browser.executable() is None, reason="no Chromium is installed"),
]
DAMAGED = 7  # an account whose name is another one in silver than in the source


@dataclass
class Operated:
    """A platform on which one comparison has failed; Dagster's address, the run, and its BigQuery."""

    platform: LocalPlatform
    address: str
    run: str
    query: Query


@pytest.fixture(scope="module")
def operated(platform: LocalPlatform) -> Operated:
    played = platform.run("emulators.local_emulate", "--days", "2", "--accounts", "30", timeout=1200)
    assert played.returncode == 0, played.stdout + played.stderr
    query = warehouse(platform.exports())
    query(f"update silver.saas_accounts__latest set name = 'damaged' where account_id = {DAMAGED}")
    damaged = platform.run("emulators.local_emulate", "--no-company", timeout=1200)
    assert damaged.returncode == 1, damaged.stdout + damaged.stderr
    found = re.search(r"Dagster +(http://\S+) +run \S+/runs/(\S+)", damaged.stdout)
    assert found is not None
    assert "1 key differs" in damaged.stderr and "accounts" in damaged.stdout.partition("\ngold")[2]
    return Operated(platform, *found.groups(), query)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[browser.Page]:
    with browser.page(tmp_path / "browser") as opened:
        yield opened
        opened.picture(tmp_path / "last.png")


def test_the_way_to_a_table_of_gold_begins_in_the_sources(operated: Operated, page: browser.Page) -> None:
    page.open(f"{operated.address}/assets/gold/dim_account?view=lineage&lineageScope=upstream&lineageDepth=10")
    text = page.wait_for("dim_account", "saas_users__latest", "stg_saas__users")
    assert text.count("\nsaas_accounts\n") >= 3  # in the source, in bronze and in silver


def test_the_runs_page_says_that_a_check_failed_and_the_run_why(operated: Operated, page: browser.Page) -> None:
    page.open(f"{operated.address}/runs")
    page.wait_for("refresh", "Failure", "Success")
    page.open(f"{operated.address}/runs/{operated.run}")
    page.wait_for("STEP_FAILURE", f"silver/saas_accounts equals_source: 1 key differs: {DAMAGED} (other values)")


def test_a_failed_check_names_its_keys_and_a_reload_mends_it(operated: Operated, page: browser.Page) -> None:
    check = f"{operated.address}/assets/silver/saas_accounts?view=checks&checkDetail=equals_source"
    page.open(check)
    page.wait_for("Evaluation result\nFailed", f"1 key differs: {DAMAGED} (other values)")
    page.wait_for("gold keeps what it has of it", "partition saas.accounts.")

    page.open(f"{operated.address}/locations/sluice/jobs/reload/playground")
    page.wait_for('Missing required config entry "ops"')  # the page has settled: a click before that is lost
    page.click("Partition", "input")
    page.wait_for("saas.accounts")
    page.click("saas.accounts")
    page.wait_for("table: 'saas.accounts'", "No errors")
    page.click("Launch Run")
    page.wait_for("RUN_SUCCESS", patience=900)

    page.open(check)
    text = page.wait_for("Evaluation result\nPassed")
    assert "key differs" not in text
    names = operated.query(f"select name from silver.saas_accounts where account_id = {DAMAGED}")
    assert names and names != [{"name": "damaged"}]
