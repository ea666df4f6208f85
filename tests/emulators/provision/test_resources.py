"""Contracts become resources by computation alone: no service is asked."""

import json
from pathlib import Path

import pytest

from contracts.reader import load
from emulators.provision.errors import ProvisionError
from emulators.provision.resource import Resource
from emulators.provision.resources import resources
from tests.emulators.provision.contract_files import clicks, column, items, orders, write


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLUICE_DATASET_PREFIX", "SLUICE_LOCATION", "SLUICE_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "plan")
    monkeypatch.setenv("SHOP_DATABASE_URL", "postgresql://reader:p%40ss@db.example:6543/shop")


def of(folder: Path) -> dict[tuple[str, str], Resource]:
    return {(r.kind, r.id): r for r in resources(load(folder))}


def test_every_resource_of_a_contract(tmp_path: Path) -> None:
    found = of(write(tmp_path, orders(), items(), clicks()))
    assert list(found) == [
        *(("bucket", f"plan-{role}") for role in ("landing", "bronze", "temp")),
        *(("dataset", layer) for layer in ("bronze", "silver", "gold", "ops")),
        *(("table", name) for name in ("shop_orders", "shop_items", "shop_clicks", "archive_shop_clicks")),
        ("table", "dead_letters"),
        ("schema", "shop_clicks"),
        ("topic", "shop_clicks"),
        ("topic", "shop_clicks_dead_letters"),
        ("subscription", "shop_clicks_bronze"),
        ("subscription", "shop_clicks_dead_letters_hold"),
        ("publication", "sluice_shop"),
        ("connection_profile", "shop-source"),
        ("connection_profile", "shop-landing"),
        ("stream", "shop"),
    ]


def test_phases_divide_the_whole(tmp_path: Path) -> None:
    contracts = load(write(tmp_path, orders(), clicks()))
    before, after = resources(contracts, "before"), resources(contracts, "after")
    assert before + after == resources(contracts)
    assert {r.kind for r in after} == {"publication", "connection_profile", "stream"}


def test_the_phase_before_needs_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_DATABASE_URL")
    contracts = load(write(tmp_path, orders()))
    resources(contracts, "before")
    with pytest.raises(ProvisionError, match="SHOP_DATABASE_URL is not set"):
        resources(contracts)


def test_a_changing_table_is_external_and_partitioned_by_its_path(tmp_path: Path) -> None:
    body = of(write(tmp_path, orders()))["table", "shop_orders"].body
    assert body["externalDataConfiguration"] == {
        "sourceFormat": "PARQUET",
        "sourceUris": ["gs://plan-bronze/shop/orders/*"],
        "hivePartitioningOptions": {
            "mode": "CUSTOM",
            "sourceUriPrefix": "gs://plan-bronze/shop/orders/{ingestion_date:DATE}",
            "requirePartitionFilter": False,
        },
    }
    fields = {field["name"]: (field["type"], field["mode"]) for field in body["schema"]["fields"]}
    assert fields["order_id"] == ("INTEGER", "NULLABLE")
    assert fields["total"] == ("NUMERIC", "NULLABLE")
    assert fields["_sort_key"] == ("STRING", "NULLABLE")
    assert "ingestion_date" not in fields


def test_an_event_has_a_native_partitioned_table(tmp_path: Path) -> None:
    body = of(write(tmp_path, clicks()))["table", "shop_clicks"].body
    assert body["timePartitioning"] == {"type": "DAY", "field": "_ingested_at"}
    assert body["clustering"] == {"fields": ["click_id"]}
    fields = {field["name"]: (field["type"], field["mode"]) for field in body["schema"]["fields"]}
    assert fields["click_id"] == ("STRING", "REQUIRED")
    assert fields["weight"] == ("FLOAT", "NULLABLE")


def test_only_a_topic_that_enforces_has_the_schema(tmp_path: Path) -> None:
    free = of(write(tmp_path, clicks()))
    strict = of(write(tmp_path, clicks(enforced=True)))
    assert "schemaSettings" not in free["topic", "shop_clicks"].body
    assert strict["topic", "shop_clicks"].body["schemaSettings"] == {
        "schema": "projects/plan/schemas/shop_clicks",
        "encoding": "JSON",
    }
    assert json.loads(free["schema", "shop_clicks"].body["definition"])["name"] == "clicks"


def test_the_source_profile_is_the_url(tmp_path: Path) -> None:
    profile = of(write(tmp_path, orders()))["connection_profile", "shop-source"].body["postgresqlProfile"]
    assert profile == {
        "hostname": "db.example",
        "port": 6543,
        "username": "reader",
        "password": "p@ss",
        "database": "shop",
    }


@pytest.mark.parametrize("url", ["mysql://u@h/d", "postgresql:///d", "postgresql://h", "nonsense"])
def test_a_url_of_another_kind_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SHOP_DATABASE_URL", url)
    with pytest.raises(ProvisionError, match="SHOP_DATABASE_URL is no PostgreSQL URL"):
        resources(load(write(tmp_path, orders())))


def test_the_prefix_is_before_each_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_DATASET_PREFIX", "dev_")
    found = of(write(tmp_path, orders()))
    assert [id_ for kind, id_ in found if kind == "dataset"] == ["dev_bronze", "dev_silver", "dev_gold", "dev_ops"]
    assert found["table", "shop_orders"].name == "projects/plan/datasets/dev_bronze/tables/shop_orders"


def test_a_new_column_changes_one_resource(tmp_path: Path) -> None:
    note = column("note", "string", "text")
    before = set(map(repr, resources(load(write(tmp_path, orders(), items(), clicks())))))
    after = set(map(repr, resources(load(write(tmp_path, orders(note), items(), clicks())))))
    (changed,) = after - before
    assert "tables/shop_orders" in changed


def test_the_projects_own_contracts() -> None:
    contracts = load(Path("contracts"))
    wanted = resources([contract for contract in contracts if contract.id == "saas"], "before")
    assert len([r for r in wanted if r.kind == "table"]) == 11
    assert len({(r.kind, r.name) for r in wanted}) == len(wanted)
