"""Against real services: what provisioning makes is there, a second call changes nothing, a change exactly itself."""

import json
import os
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, pubsub_v1, storage

from contracts.reader import load
from emulators.provision.apply import apply
from emulators.provision.errors import LEFT_OUT, ProvisionError
from emulators.provision.resources import Phase, resources
from tests.emulators.provision.contract_files import clicks, column, items, orders, write
from tests.emulators.services import Service


def provision(folder: Path, phase: Phase = "all") -> dict[tuple[str, str], str]:
    """What was done, where anything was."""
    outcomes = apply(resources(load(folder), phase))
    return {(o.resource.kind, o.resource.id): o.done for o in outcomes if o.done != "unchanged"}


def datastream(path: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{os.environ['DATASTREAM_EMULATOR_HOST']}/v1/{path}") as answer:
        return dict(json.load(answer))


def warehouse(project: str) -> bigquery.Client:
    return bigquery.Client(project=project, credentials=AnonymousCredentials())


@pytest.mark.usefixtures("source")
def test_a_second_call_changes_nothing(project: str, tmp_path: Path) -> None:
    folder = write(tmp_path, orders(), items(), clicks(enforced=True))
    first = provision(folder)
    assert set(first.values()) == {"created"}
    assert len(first) == len(resources(load(folder)))
    assert provision(folder) == {}


@pytest.mark.usefixtures("source")
def test_the_official_clients_find_what_was_made(project: str, tmp_path: Path) -> None:
    provision(write(tmp_path, orders(), clicks(enforced=True)))
    buckets = storage.Client(project=project, credentials=AnonymousCredentials()).list_buckets()
    assert {bucket.name: bucket.location for bucket in buckets}[f"{project}-landing"] == "EU"

    client = warehouse(project)
    external = client.get_table("bronze.shop_orders")
    assert external.table_type == "EXTERNAL"
    configuration = external.external_data_configuration
    assert configuration.source_uris == [f"gs://{project}-bronze/shop/orders/*"]
    assert configuration.hive_partitioning.mode == "CUSTOM"
    native = client.get_table("bronze.shop_clicks")
    assert native.time_partitioning.field == "_ingested_at"
    assert native.clustering_fields == ["click_id"]
    assert native.schema[0].mode == "REQUIRED"
    assert client.get_table("ops.dead_letters").time_partitioning.field == "dead_lettered_at"

    topic = pubsub_v1.PublisherClient().get_topic(topic=f"projects/{project}/topics/shop_clicks")
    assert topic.schema_settings.schema == f"projects/{project}/schemas/shop_clicks"
    path = f"projects/{project}/subscriptions/shop_clicks_bronze"
    subscription = pubsub_v1.SubscriberClient().get_subscription(subscription=path)
    assert subscription.dead_letter_policy.dead_letter_topic.endswith("topics/shop_clicks_dead_letters")
    assert not subscription.expiration_policy.ttl

    stream = datastream(f"projects/{project}/locations/europe-west1/streams/shop")
    assert stream["state"] == "RUNNING"


@pytest.mark.usefixtures("source")
def test_a_new_column_changes_its_table_alone(project: str, tmp_path: Path) -> None:
    provision(write(tmp_path, orders(), items()))
    note = column("note", "string", "text")
    assert provision(write(tmp_path, orders(note), items())) == {("table", "shop_orders"): "changed"}
    assert "note" in [field.name for field in warehouse(project).get_table("bronze.shop_orders").schema]
    assert provision(tmp_path) == {}
    # Files that hold the column are there still: a contract that drops it takes nothing away.
    assert provision(write(tmp_path, orders(), items())) == {}


@pytest.mark.usefixtures("source")
def test_a_new_required_field_of_an_event_is_optional_where_rows_may_be(project: str, tmp_path: Path) -> None:
    provision(write(tmp_path, clicks()))
    changed = provision(write(tmp_path, clicks(column("page", "string", required=True))))
    assert changed == {("table", "shop_clicks"): "changed", ("schema", "shop_clicks"): "changed"}
    fields = {field.name: field.mode for field in warehouse(project).get_table("bronze.shop_clicks").schema}
    assert fields["page"] == "NULLABLE"
    assert provision(tmp_path) == {}


@pytest.mark.usefixtures("source")
def test_a_field_that_goes_stays_in_the_table(project: str, tmp_path: Path) -> None:
    provision(write(tmp_path, clicks(column("page", "string", required=True))))
    provision(write(tmp_path, clicks()))
    fields = {field.name: field.mode for field in warehouse(project).get_table("bronze.shop_clicks").schema}
    assert fields["page"] == "NULLABLE"
    assert provision(tmp_path) == {}


@pytest.mark.usefixtures("source")
def test_enforcement_is_switched_on_and_off(project: str, tmp_path: Path) -> None:
    provision(write(tmp_path, clicks()))
    assert provision(write(tmp_path, clicks(enforced=True))) == {("topic", "shop_clicks"): "changed"}
    assert provision(write(tmp_path, clicks())) == {("topic", "shop_clicks"): "changed"}
    topic = pubsub_v1.PublisherClient().get_topic(topic=f"projects/{project}/topics/shop_clicks")
    assert not topic.schema_settings.schema


def test_a_new_table_is_captured_too(source: psycopg2.extensions.cursor, project: str, tmp_path: Path) -> None:
    provision(write(tmp_path, orders()))
    assert provision(write(tmp_path, orders(), items())) == {
        ("table", "shop_items"): "created",
        ("publication", "sluice_shop"): "changed",
        ("stream", "shop"): "changed",
    }
    source.execute("SELECT tablename FROM pg_publication_tables WHERE pubname = 'sluice_shop' ORDER BY 1")
    assert source.fetchall() == [("items",), ("orders",)]
    assert provision(tmp_path) == {}


def test_a_partitioned_table_is_captured_under_its_own_name(
    source: psycopg2.extensions.cursor, project: str, tmp_path: Path
) -> None:
    source.execute("DROP TABLE orders")
    source.execute(
        "CREATE TABLE orders (order_id bigint PRIMARY KEY, total numeric(12,2)) PARTITION BY HASH (order_id)"
    )
    source.execute("CREATE TABLE orders_0 PARTITION OF orders FOR VALUES WITH (MODULUS 1, REMAINDER 0)")
    source.execute("CREATE PUBLICATION sluice_shop FOR TABLE orders")  # as somebody made it, with its partitions' names
    assert provision(write(tmp_path, orders()))["publication", "sluice_shop"] == "changed"
    source.execute("SELECT tablename FROM pg_publication_tables WHERE pubname = 'sluice_shop'")
    assert source.fetchall() == [("orders",)]
    assert datastream(f"projects/{project}/locations/europe-west1/streams/shop")["state"] == "RUNNING"
    assert provision(tmp_path) == {}


def test_a_table_that_is_not_there_is_named(source: psycopg2.extensions.cursor, project: str, tmp_path: Path) -> None:
    folder = write(tmp_path, orders(), items())
    source.execute("DROP TABLE items")
    assert ("table", "shop_items") in provision(folder, "before")
    with pytest.raises(ProvisionError, match=r"source shop has no table public\.items"):
        provision(folder, "after")
    source.execute("CREATE TABLE items (item_id bigint PRIMARY KEY, name text)")
    assert provision(folder, "after").keys() >= {("publication", "sluice_shop"), ("stream", "shop")}


@pytest.mark.usefixtures("source")
def test_a_source_that_is_not_there_is_left_out_alone(
    project: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path, orders(), items())
    text = next(folder.glob("*.yaml")).read_text()
    (folder / "depot.odcs.yaml").write_text(text.replace("id: shop", "id: depot"))
    monkeypatch.setenv("DEPOT_DATABASE_URL", "postgresql://postgres@127.0.0.1:9/depot")
    command = [sys.executable, "-m", "emulators.provision", "--contracts", str(folder)]
    provisioned = subprocess.run(command, capture_output=True, text=True, check=False)
    assert provisioned.returncode == LEFT_OUT, provisioned.stderr
    (line,) = [line for line in provisioned.stderr.splitlines() if line.startswith("left out: ")]
    assert line.startswith("left out: source depot: no connection to DEPOT_DATABASE_URL")
    assert datastream(f"projects/{project}/locations/europe-west1/streams/shop")["state"] == "RUNNING"


@pytest.mark.usefixtures("source")
def test_a_type_that_cannot_change_is_refused_by_name(project: str, tmp_path: Path) -> None:
    provision(write(tmp_path, clicks(column("page", "string"))))
    with pytest.raises(ProvisionError, match=r"tables/shop_clicks.*page"):
        provision(write(tmp_path, clicks(column("page", "boolean"))))


def test_a_service_that_is_down_is_named(project: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    with pytest.raises(ProvisionError, match="STORAGE_EMULATOR_HOST is"):
        provision(write(tmp_path, orders()))


@pytest.mark.usefixtures("source")
def test_two_at_once_make_what_one_makes(project: str, tmp_path: Path) -> None:
    folder = write(tmp_path, orders(), items(), clicks(enforced=True))
    with ThreadPoolExecutor(3) as pool:
        all_done = list(pool.map(lambda _: provision(folder), range(3)))
    assert set().union(*all_done) == {(r.kind, r.id) for r in resources(load(folder))}
    assert provision(folder) == {}


@pytest.mark.usefixtures("source")
def test_everything_survives_a_restart(
    services: dict[str, Service], source: object, project: str, tmp_path: Path
) -> None:
    folder = write(tmp_path, orders(), clicks(enforced=True))
    provision(folder)
    for name in ("storage", "pubsub", "bigquery", "datastream"):
        services[name].restart()
    assert provision(folder) == {}
