"""The plan guard on plans that Terraform itself made, of a state that holds two tables."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.reader import load
from deployment.plan import parse
from deployment.plan_guard import refusals
from tests.terraform.conftest import Run, initialise, plan

MAIN = """
terraform {
  required_providers {
    google = { source = "hashicorp/google", version = ">= 7.40, < 8" }
  }
}
provider "google" {
  access_token = "nobody's" # a plan without refresh asks nothing
}
"""
TABLE = """
resource "google_bigquery_table" "orders" {
  project    = "a-project"
  dataset_id = "bronze"
  table_id   = "saas_orders"
}
"""
PROVIDER = 'provider["hashicorp/google"]'


def held(name: str, **instance: str) -> dict[str, Any]:
    """A table in Terraform's state."""
    attributes = {"project": "a-project", "dataset_id": "bronze", "table_id": f"saas_{name}", "id": name}
    return {
        "mode": "managed",
        "type": "google_bigquery_table",
        "name": name,
        "provider": PROVIDER,
        "instances": [{"schema_version": 0, "attributes": attributes, **instance}],
    }


@pytest.fixture
def folder(terraform: Run, tmp_path: Path) -> Path:
    """A configuration with its providers, without tables."""
    (tmp_path / "main.tf").write_text(MAIN, encoding="utf-8")
    initialise(terraform, tmp_path)
    return tmp_path


def planned(terraform: Run, folder: Path, *resources: dict[str, Any]) -> Any:
    state = {"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "tests", "outputs": {}}
    (folder / "terraform.tfstate").write_text(json.dumps({**state, "resources": resources}), encoding="utf-8")
    return parse(plan(terraform, folder, "-refresh=false"))


def test_terraform_would_delete_one_table_and_replace_another(terraform: Run, folder: Path) -> None:
    (folder / "table.tf").write_text(TABLE, encoding="utf-8")
    found = refusals(planned(terraform, folder, held("plans"), held("orders", status="tainted")), load())
    assert {(refusal.change.address, refusal.what) for refusal in found} == {
        ("google_bigquery_table.plans", "bigquery table `saas_plans` would be deleted with what it holds"),
        ("google_bigquery_table.orders", "bigquery table `saas_orders` would be deleted and made again, empty"),
    }
