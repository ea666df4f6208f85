"""The guard refuses plans that lose data, lets the others through, and says what to do."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contracts.reader import load
from deployment.plan import PlanError, parse, read
from deployment.plan_guard import HOLDS_DATA, refusals

ROOT = Path(__file__).parents[2]
CONTRACT = (
    (ROOT / "tests/contracts/wrong/retired.odcs.yaml")
    .read_text(encoding="utf-8")
    .partition("customProperties:\n  - {property: retired")[0]
)


def change(type_: str, actions: list[str], name: str = "saas_plans", **before: Any) -> dict[str, Any]:
    """One entry of resource_changes, as Terraform 1.x writes it."""
    attribute = HOLDS_DATA.get(type_, "name")
    values = {attribute: name, **before}
    return {
        "address": f'module.x.{type_}.this["{name}"]',
        "mode": "managed",
        "type": type_,
        "name": "this",
        "change": {
            "actions": actions,
            "before": None if actions == ["create"] else values,
            "after": None if actions in (["delete"], ["forget"]) else values,
            **({"replace_paths": [["schema"]]} if len(actions) == 2 else {}),
        },
    }


def plan(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"format_version": "1.2", "planned_values": {"root_module": {}}, "resource_changes": list(changes)}


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """A folder with one contract, whose table `plans` is retired."""
    folder = tmp_path / "contracts"
    folder.mkdir()
    text = CONTRACT.replace("id: retired", "id: saas") + "customProperties:\n  - {property: retired, value: [plans]}\n"
    (folder / "saas.odcs.yaml").write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path, *changes: dict[str, Any]) -> list[str]:
    return [refusal.what for refusal in refusals(parse(plan(*changes)), load(folder))]


@pytest.mark.parametrize("type_", sorted(HOLDS_DATA))
@pytest.mark.parametrize("actions", [["delete"], ["delete", "create"], ["create", "delete"]])
def test_what_holds_data_is_neither_deleted_nor_replaced(contracts: Path, type_: str, actions: list[str]) -> None:
    assert len(refused(contracts, change(type_, actions, name="saas_orders"))) == 1


@pytest.mark.parametrize("actions", [["create"], ["update"], ["no-op"], ["forget"], ["read"]])
def test_other_changes_pass(contracts: Path, actions: list[str]) -> None:
    assert refused(contracts, *(change(type_, actions) for type_ in HOLDS_DATA)) == []


def test_what_holds_nothing_may_go(contracts: Path) -> None:
    assert (
        refused(
            contracts,
            change("google_project_iam_member", ["delete"]),
            change("google_compute_firewall", ["delete", "create"]),
        )
        == []
    )


def test_a_retired_table_may_be_deleted_but_not_replaced(contracts: Path) -> None:
    gone = [
        change("google_bigquery_table", ["delete"], "saas_plans"),
        change("google_bigquery_table", ["delete"], "archive_saas_plans"),
        change("google_pubsub_topic", ["delete"], "saas_plans"),
        change("google_pubsub_topic", ["delete"], "saas_plans_dead_letters"),
        change("google_pubsub_subscription", ["delete"], "saas_plans_bronze"),
        change("google_pubsub_subscription", ["delete"], "saas_plans_dead_letters_hold"),
        change("google_bigtable_table", ["delete"], "saas_plans"),
    ]
    assert refused(contracts, *gone) == []
    assert refused(contracts, change("google_bigquery_table", ["delete", "create"], "saas_plans")) == [
        "bigquery table `saas_plans` would be deleted and made again, empty because of schema"
    ]


def test_retiring_a_table_retires_no_bucket_of_its_name(contracts: Path) -> None:
    assert len(refused(contracts, change("google_storage_bucket", ["delete"], "saas_plans"))) == 1


@pytest.mark.parametrize("key", ["external_data_configuration", "view", "materialized_view"])
def test_what_has_no_rows_of_its_own_may_be_replaced_and_not_deleted(contracts: Path, key: str) -> None:
    attributes = {key: [{"anything": 1}]}
    assert refused(contracts, change("google_bigquery_table", ["delete", "create"], "saas_orders", **attributes)) == []
    assert len(refused(contracts, change("google_bigquery_table", ["delete"], "saas_orders", **attributes))) == 1


def test_an_empty_block_is_no_external_table(contracts: Path) -> None:
    same = change("google_bigquery_table", ["delete", "create"], "saas_orders", external_data_configuration=[], view=[])
    assert len(refused(contracts, same)) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is no JSON"),
        ("[]", "is no plan"),
        ("{}", "is no plan"),
        ('{"format_version": "1.0", "terraform_version": "1.11.4"}', "is no plan"),
        ('{"format_version": "2.0", "planned_values": {}}', "has format 2.0"),
        ('{"format_version": "1.2", "planned_values": {}, "errored": true}', "of a plan that failed"),
    ],
)
def test_what_is_no_plan(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(PlanError, match=message):
        read(file)


def test_an_action_that_nobody_knows_is_refused() -> None:
    with pytest.raises(PlanError, match="unknown action: shred"):
        parse(plan(change("google_storage_bucket", ["shred"])))


def test_command_line(contracts: Path, tmp_path: Path) -> None:
    def guard(document: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "plan.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        command = [sys.executable, "-m", "deployment.plan_guard", str(file), "--contracts", str(contracts)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    fine = guard(plan(change("google_bigquery_table", ["update"])))
    assert (fine.returncode, fine.stdout) == (0, "1 changes, 0 of which would lose data\n")
    bad = guard(plan(change("google_bigquery_table", ["delete"], "saas_orders")))
    assert bad.returncode == 1
    assert (
        'module.x.google_bigquery_table.this["saas_orders"]: bigquery table `saas_orders` would be deleted'
        in bad.stderr
    )
    assert "add {property: retired, value: [table]} to the contract" in bad.stderr
    assert guard({}).returncode == 2
