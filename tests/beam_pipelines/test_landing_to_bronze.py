"""Landing to bronze against a real object store: exactly what landed, once, whatever happens on the way."""

import contextlib
import io
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beam_pipelines import clients, landing_to_bronze
from beam_pipelines.landing import parquet, read_file
from beam_pipelines.landing.envelope import Envelope
from tests.beam_pipelines.landing_files import MICROS, avro_file, decimal, envelope, source_time

ORDERS = {
    "order_id": ["null", "long"],
    "note": ["null", "string"],
    "price": ["null", decimal(12, 2), "string"],
    "placed_at": ["null", MICROS, "string"],
}
ITEMS = {"item_id": ["null", "long"], "amount": ["null", "long"]}
PLACED = datetime(2026, 5, 1, 12, 30, 15, 250_000, tzinfo=UTC)


def land(table: str, name: str, data: bytes, minute: str = "2026/05/01/12/30") -> str:
    """Puts a file into the landing bucket; its name."""
    full = f"shop/public_{table}/{minute}/{name}"
    clients.bucket("landing").blob(full).upload_from_string(data)
    return full


def order(number: int, **changes: Any) -> dict[str, Any]:
    row = {"order_id": number, "note": f"note {number}", "price": Decimal(number) / 100, "placed_at": PLACED}
    return {**row, **changes}


def orders_file(numbers: Sequence[int], lsn: int) -> bytes:
    return avro_file(ORDERS, [envelope("orders", order(n), lsn + place) for place, n in enumerate(numbers)])


def command() -> list[str]:
    return [sys.executable, "-m", "beam_pipelines.landing_to_bronze", "--source", "shop"]


def run(*options: str) -> dict[str, Any]:
    """A run in this process; its summary. Without options it needs no Beam."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        landing_to_bronze.main(["--source", "shop", *options])
    summary: dict[str, Any] = json.loads(printed.getvalue().splitlines()[-1])
    return summary


def objects(prefix: str) -> dict[str, bytes]:
    return {
        blob.name: blob.download_as_bytes()
        for blob in clients.storage().list_blobs(clients.bucket("bronze"), prefix=prefix)
    }


def bronze(table: str) -> list[dict[str, Any]]:
    """All rows of a table, in the order of objects and rows."""
    found = objects(f"shop/{table}/")
    return [row for name in sorted(found) for row in pq.read_table(pa.BufferReader(found[name])).to_pylist()]


def test_rows_arrive_as_they_were(project: str) -> None:
    rows = [
        envelope("orders", order(1), 2**32 + 5, 0),
        envelope("orders", order(2, note=None, price="NaN", placed_at="infinity"), 2**32 + 5, 1, "UPDATE"),
        envelope("orders", order(3, note="späť\x00\n", price=Decimal("-9999999999.99")), 7, 3),
        envelope("orders", {"order_id": 4, "note": None, "price": None, "placed_at": None}, 8, 0, "DELETE"),
    ]
    land("orders", "a.avro", avro_file(ORDERS, rows))
    summary = run()
    found = bronze("orders")
    assert [row["_sort_key"] for row in found] == [
        "0000000000000007/0000000003",
        "0000000000000008/0000000000",
        "0000000100000005/0000000000",
        "0000000100000005/0000000001",
    ]
    by_id = {row["order_id"]: row for row in found}
    assert by_id[1]["price"] == Decimal("0.01") and by_id[1]["placed_at"] == PLACED and by_id[1]["_raw"] is None
    assert by_id[2]["price"] is None and by_id[2]["placed_at"] is None
    assert json.loads(by_id[2]["_raw"]) == {"price": "NaN", "placed_at": "infinity"}
    assert by_id[3]["note"] == "späť\x00\n" and by_id[3]["price"] == Decimal("-9999999999.99")
    assert [by_id[n]["_change_type"] for n in (1, 2, 3, 4)] == ["INSERT", "UPDATE", "INSERT", "DELETE"]
    assert by_id[3]["_source_timestamp"] == source_time(7)
    (batch,) = summary["batches"]
    assert {row["_batch_id"] for row in found} == {batch["batch_id"]} == {"0000000001"}
    assert batch["tables"]["orders"]["rows"] == 4
    assert batch["tables"]["orders"]["max_sort_key"] == "0000000100000005/0000000001"


def test_with_beam_and_without_it_a_plan_becomes_the_same_objects(project: str) -> None:
    for file in range(3):
        land("orders", f"{file}.avro", orders_file(range(file * 50, file * 50 + 50), 1000 * file + 1))
    land("orders", "bad.avro", b"not Avro")
    (with_beam,) = run("--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner")["batches"]
    before = objects("shop/")
    for name in (*before, "_manifests/shop/0000000001.json"):
        clients.bucket("bronze").delete_blob(name)
    (without,) = run()["batches"]
    assert objects("shop/") == before and len(before) == 1
    for manifest in (with_beam, without):
        del manifest["seconds"], manifest["tables"]["orders"]["seconds"]
    assert with_beam == without
    assert with_beam["tables"]["orders"]["rows"] == 150 and with_beam["tables"]["orders"]["dead_letters"] == 1
    assert len(dead_letters(project)) == 1


def test_nothing_new_changes_nothing_and_what_comes_later_is_another_batch(project: str) -> None:
    land("orders", "a.avro", orders_file([1, 2], 10))
    run()
    before = objects("")
    assert run()["batches"] == []
    assert objects("") == before
    land("orders", "0-earlier-name.avro", orders_file([3], 20))
    land("orders", "b.avro", orders_file([4], 30), "2026/05/01/13/00")
    land("orders", "c.avro", orders_file([5], 40), "2026/05/01/09/00")  # late, within the look-back
    land("items", "a.avro", avro_file(ITEMS, [envelope("items", {"item_id": 1, "amount": 2}, 50)]))
    (batch,) = run()["batches"]
    assert batch["batch_id"] == "0000000002"
    assert {row["order_id"]: row["_batch_id"] for row in bronze("orders")} == {
        1: "0000000001", 2: "0000000001", 3: "0000000002", 4: "0000000002", 5: "0000000002",
    }  # fmt: skip
    assert [row["item_id"] for row in bronze("items")] == [1]


def test_source_and_contract_differ(project: str) -> None:
    """A column that the contract does not name goes to _raw; one that the source lacks is NULL; types meet by text."""
    payload = {"order_id": "string", "note": ["null", "long"], "placed_at": "string", "colour": ["null", "string"]}
    rows: list[dict[str, Any]] = [
        {"order_id": "7", "note": 5, "placed_at": "2026-05-01 12:30:15.25+00", "colour": "red"},
        {"order_id": "seven", "note": None, "placed_at": "soon", "colour": None},
    ]
    land("orders", "a.avro", avro_file(payload, [envelope("orders", row, n + 1) for n, row in enumerate(rows)]))
    run()
    first, second = bronze("orders")
    assert (first["order_id"], first["note"], first["placed_at"], first["price"]) == (7, "5", PLACED, None)
    assert json.loads(first["_raw"]) == {"colour": "red"}
    assert (second["order_id"], second["placed_at"]) == (None, None)
    assert json.loads(second["_raw"]) == {"order_id": "seven", "placed_at": "soon"}


def test_files_that_cannot_be_read_are_dead_letters_and_the_rest_flows(project: str) -> None:
    good = orders_file([1, 2, 3], 10)
    bad = {
        "cut.avro": good[:-20],
        "empty.avro": b"",
        "foreign.avro": b"PAR1 and what follows",
        "other.avro": avro_file(ITEMS, [envelope("items", {"item_id": 1, "amount": 2})]),
        "position.avro": avro_file(ORDERS, [_without_position(envelope("orders", order(9)))]),
    }
    names = {land("orders", name, data): data for name, data in bad.items()}
    land("orders", "good.avro", good)
    (batch,) = run()["batches"]
    assert [row["order_id"] for row in bronze("orders")] == [1, 2, 3]
    assert (batch["tables"]["orders"]["dead_letters"], batch["tables"]["orders"]["rows"]) == (5, 3)
    letters = dead_letters(project)
    assert len(letters) == 5
    for letter in letters:
        name = letter["origin"].removeprefix(f"gs://{project}-landing/").rpartition("#")[0]
        assert letter["payload"] == names[name]
        assert letter["reason"] == "unreadable_file" and letter["object"] == "orders"


def test_a_defect_of_ours_stops_the_batch_with_the_files_name_and_makes_no_letter(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    land("orders", "sound.avro", orders_file([1, 2], 10))
    with monkeypatch.context() as broken:
        broken.setattr(Envelope, "_metadata", lambda *_: {}["defect"])
        with pytest.raises(KeyError) as caught:
            run()
    assert "sound.avro" in "".join(caught.value.__notes__)
    run()
    assert [row["order_id"] for row in bronze("orders")] == [1, 2] and not dead_letters(project)


def _without_position(record: Any) -> Any:
    record["source_metadata"]["lsn"] = "nowhere"
    return record


def dead_letters(project: str) -> list[dict[str, Any]]:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    client = bigquery.Client(project=project, credentials=AnonymousCredentials())
    return [dict(row) for row in client.list_rows(client.get_table("ops.dead_letters"))]


def test_a_file_with_rows_for_several_objects_keeps_log_order_in_each(
    project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bounded memory: a part is written as soon as it is large, sorted in itself, and no row is lost between two."""
    monkeypatch.setattr(parquet, "_ROWS_IN_AN_OBJECT", 100)
    monkeypatch.setattr(read_file, "_RECORDS_AT_ONCE", 10)
    numbers = list(range(1, 351))
    random.Random(3).shuffle(numbers)
    land("orders", "a.avro", avro_file(ORDERS, [envelope("orders", order(n), n) for n in numbers]))
    run()
    found = objects("shop/orders/")
    assert len(found) > 2
    for data in found.values():
        keys = pq.read_table(pa.BufferReader(data)).column("_sort_key").to_pylist()
        assert keys == sorted(keys)
    assert sorted(row["order_id"] for row in bronze("orders")) == list(range(1, 351))


def expected(files: int, rows: int) -> set[tuple[int, str]]:
    return {(n, f"note {n}") for n in range(files * rows)}


@pytest.mark.parametrize("kills", [2, pytest.param(60, marks=pytest.mark.long)])
def test_killed_at_any_moment_it_loses_nothing_and_doubles_nothing(project: str, tmp_path: Path, kills: int) -> None:
    files, rows = 12, 400
    for file in range(files):
        numbers = range(file * rows, (file + 1) * rows)
        land("orders", f"{file:03d}.avro", orders_file(numbers, 1000 * file + 1), f"2026/05/01/12/{file:02d}")
    land("orders", "bad.avro", b"not Avro", "2026/05/01/12/59")
    dice = random.Random(kills)
    for kill in range(kills):
        log = tmp_path / f"{kill}.log"
        with log.open("w") as stderr:
            process = subprocess.Popen(command(), stdout=subprocess.DEVNULL, stderr=stderr)
            while "batch 0" not in log.read_text() and process.poll() is None:
                time.sleep(0.02)
            time.sleep(dice.uniform(0, 0.8))
            process.kill()
            process.wait()
    run()
    found = bronze("orders")
    assert len(found) == files * rows
    assert {(row["order_id"], row["note"]) for row in found} == expected(files, rows)
    assert len(dead_letters(project)) == 1
    before = objects("")
    assert run()["batches"] == []
    assert objects("") == before


def test_two_at_once_do_the_work_once(project: str) -> None:
    for file in range(4):
        land("orders", f"{file}.avro", orders_file(range(file * 500, file * 500 + 500), 1000 * file + 1))
    both = [subprocess.Popen(command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    for process in both:
        _, log = process.communicate()
        assert process.returncode == 0, log.decode()
    assert sorted(row["order_id"] for row in bronze("orders")) == list(range(2000))
    assert set(objects("_manifests/")) == {"_manifests/shop/0000000001.json"}
