"""Bronze again from the landing bucket: the same when nothing was mended, and only what was asked for when it was."""

import contextlib
import io
import json
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from beam_pipelines import clients, landing_to_bronze, reload_from_landing
from tests.beam_pipelines.landing_files import avro_file, envelope

ORDERS = {"order_id": ["null", "long"], "note": ["null", "string"], "colour": ["null", "string"]}
ITEMS = {"item_id": ["null", "long"], "amount": ["null", "long"]}


@pytest.fixture(autouse=True)
def landed(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two batches: orders and items, then orders; and a file that nobody can read."""
    monkeypatch.setattr(clients, "bigquery", lambda: bigquery.Client(project, AnonymousCredentials()))
    _land("orders", "a.avro", _orders(range(0, 300), 1))
    _land("items", "a.avro", avro_file(ITEMS, [envelope("items", {"item_id": 1, "amount": 2}, 5)]))
    _run(landing_to_bronze)
    _land("orders", "b.avro", _orders(range(300, 400), 1000))
    _land("orders", "bad.avro", b"not Avro")
    _run(landing_to_bronze)


def _orders(numbers: range, lsn: int) -> bytes:
    rows = [{"order_id": n, "note": f"note {n}", "colour": f"colour {n}"} for n in numbers]
    return avro_file(ORDERS, [envelope("orders", row, lsn + place) for place, row in enumerate(rows)])


def _land(table: str, name: str, data: bytes) -> None:
    clients.bucket("landing").blob(f"shop/public_{table}/2026/05/01/12/30/{name}").upload_from_string(data)


def _run(pipeline: Any, *arguments: str) -> dict[str, Any]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        pipeline.main(["--source", "shop", *arguments])
    summary: dict[str, Any] = json.loads(printed.getvalue().splitlines()[-1])
    return summary


def _generations(prefix: str = "") -> dict[str, int]:
    blobs = clients.storage().list_blobs(clients.bucket("bronze"), prefix=prefix)
    return {blob.name: blob.generation for blob in blobs if not blob.name.startswith("_reloads/")}


def _rows(table: str) -> list[dict[str, Any]]:
    blobs = clients.storage().list_blobs(clients.bucket("bronze"), prefix=f"shop/{table}/")
    files = [pq.read_table(pa.BufferReader(blob.download_as_bytes())) for blob in sorted(blobs, key=lambda b: b.name)]
    return [row for file in files for row in file.to_pylist()]


def _name_the_colour() -> None:
    """Mends the contract: the column was in the source all the time."""
    file = Path(os.environ["SLUICE_CONTRACTS"]) / "shop.odcs.yaml"
    note = "      - {name: note, logicalType: string, physicalType: text}\n"
    file.write_text(file.read_text().replace(note, note + note.replace("note", "colour")))


def _letters(project: str) -> int:
    client = bigquery.Client(project, AnonymousCredentials())
    return int(client.get_table("ops.dead_letters").num_rows)


def test_reloaded_by_the_same_code_nothing_changes(project: str) -> None:
    before = _generations()
    summary = _run(reload_from_landing)
    assert (summary["changed"], summary["kept"]) == (0, [])
    assert _generations() == before
    assert _letters(project) == 1
    assert [batch["tables"]["orders"]["rows"] for batch in summary["batches"]] == [300, 100]
    with pytest.raises(SystemExit, match="no cdc table invoices; known: orders, items"):
        _run(reload_from_landing, "--table", "invoices")


def test_one_table_gets_what_was_mended_and_no_other_is_touched(project: str) -> None:
    before, items = {row["order_id"]: row for row in _rows("orders")}, _generations("shop/items/")
    assert json.loads(before[7]["_raw"]) == {"colour": "colour 7"}
    _name_the_colour()
    assert _run(reload_from_landing, "--table", "items")["changed"] == 0
    assert _run(reload_from_landing, "--table", "orders")["changed"] == 2
    after = {row["order_id"]: row for row in _rows("orders")}
    assert after.keys() == before.keys()
    for number, row in after.items():
        assert row == {**before[number], "colour": f"colour {number}", "_raw": None}
    assert _generations("shop/items/") == items
    assert _run(reload_from_landing, "--table", "orders")["changed"] == 0


def test_one_day_is_what_was_ingested_on_it(project: str) -> None:
    _name_the_colour()
    assert _run(reload_from_landing, "--table", "orders", "--day", "2001-01-01") | {"seconds": 0} == {
        "batches": [],
        "changed": 0,
        "kept": [],
        "seconds": 0,
    }
    days = {name.split("ingestion_date=")[1][:10] for name in _generations("shop/orders/")}
    assert sum(_run(reload_from_landing, "--table", "orders", "--day", day)["changed"] for day in days) == 2


def test_what_landing_no_longer_has_stays_in_bronze(project: str) -> None:
    before = _rows("orders")
    clients.bucket("landing").delete_blob("shop/public_orders/2026/05/01/12/30/a.avro")
    _name_the_colour()
    summary = _run(reload_from_landing, "--table", "orders")
    assert summary["changed"] == 1
    assert len(summary["kept"]) == 1 and "batch 0000000001" in summary["kept"][0]
    after = _rows("orders")
    assert after[:300] == [{**row} for row in before[:300]]
    assert [row["colour"] for row in after[300:]] == [f"colour {n}" for n in range(300, 400)]


@pytest.mark.long
def test_killed_at_any_moment_and_started_again_it_ends_the_same(project: str, tmp_path: Path) -> None:
    before = {row["order_id"]: row for row in _rows("orders")}
    _name_the_colour()
    dice = random.Random(4)
    command = [sys.executable, "-m", "beam_pipelines.reload_from_landing", "--source", "shop"]
    for number in range(20):
        with (tmp_path / f"{number}.log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
            time.sleep(dice.uniform(1, 6))
            process.kill()
            process.wait()
        now = {row["order_id"]: row for row in _rows("orders")}
        assert now.keys() == before.keys()
    _run(reload_from_landing)
    after = {row["order_id"]: row for row in _rows("orders")}
    assert after == {n: {**row, "colour": f"colour {n}", "_raw": None} for n, row in before.items()}
    assert max(row["_ingested_at"] for row in after.values()) < datetime.now(UTC)
