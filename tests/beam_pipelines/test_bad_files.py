"""Whatever lies in the landing bucket, its rows are in bronze once, value by value, or the file is a letter once.

Run one seed alone: pytest tests/beam_pipelines/test_bad_files.py -k <seed>
"""

import contextlib
import io
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from beam_pipelines import clients, landing_to_bronze
from tests.beam_pipelines.bad_files import Files, Landed

FOLDER = "door/public_things/"
METADATA = {"_sort_key", "_source_timestamp", "_ingested_at", "_batch_id", "_raw"}


@pytest.fixture
def contract() -> str:
    return "door.odcs.yaml"


def land(files: Iterable[Landed]) -> None:
    def put(file: Landed) -> None:
        clients.bucket("landing").blob(FOLDER + file.name).upload_from_string(file.data)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, files))


def load() -> list[dict[str, Any]]:
    """A run; the manifests of its batches."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        landing_to_bronze.main(["--source", "door"])
    batches: list[dict[str, Any]] = json.loads(printed.getvalue().splitlines()[-1])["batches"]
    return batches


def bronze() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for blob in clients.storage().list_blobs(clients.bucket("bronze"), prefix="door/things/"):
        found += pq.read_table(pa.BufferReader(blob.download_as_bytes())).to_pylist()
    return found


def rows_of_letters(project: str) -> list[dict[str, Any]]:
    client = bigquery.Client(project=project, credentials=AnonymousCredentials())
    return [dict(row) for row in client.list_rows(client.get_table("ops.dead_letters"))]


def check(project: str, files: list[Landed], batches: list[dict[str, Any]]) -> None:
    """Bronze is the rows of the readable files, and the letters are the others."""
    found = bronze()
    rows = {row["_sort_key"]: row for row in found}
    expected = {key: row for file in files for key, row in file.rows.items()}
    assert len(rows) == len(found), "a row is there twice"
    buried = rows_of_letters(project)
    prefix = f"gs://{project}-landing/{FOLDER}"
    letters = {letter["origin"].removeprefix(prefix).rpartition("#")[0]: letter for letter in buried}
    assert len(letters) == len(buried), "a letter is there twice"
    bad = {file.name: file for file in files if file.is_bad}
    assert letters.keys() == bad.keys(), explain(letters, bad)
    for name, letter in letters.items():
        assert letter["payload"] == bad[name].data and letter["reason"] == "unreadable_file" and letter["detail"]
    assert rows.keys() == expected.keys()
    for key, (row, raw) in expected.items():
        check_row(rows[key], row, raw)
    counted = [batch["tables"]["things"] for batch in batches]
    assert sum(table["rows"] for table in counted) == len(rows)
    assert sum(table["dead_letters"] for table in counted) == len(letters)
    assert sum(table["files"] for table in counted) == len(files)


def explain(letters: dict[str, Any], bad: dict[str, Landed]) -> str:
    lines = [f"not bad: {name}: {letters[name]['detail']}" for name in letters.keys() - bad.keys()]
    return "\n".join(
        lines[:5] + [f"read: {name}: {bad[name].data[:400]!r}" for name in bad.keys() - letters.keys()][:5]
    )


def check_row(found: dict[str, Any], row: dict[str, Any], raw: dict[str, str]) -> None:
    for name in found.keys() - METADATA:
        value, wanted = found[name], row.get(name)
        assert value == wanted and (type(value) is type(wanted)), (name, value, wanted, found["_raw"])
    kept = json.loads(found["_raw"] or "{}")
    assert {name: same(text) for name, text in kept.items()} == {name: same(text) for name, text in raw.items()}


def same(text: str) -> Any:
    """1E+29 is 1 and 29 zeros."""
    try:
        return Decimal(text).normalize().as_tuple()
    except ArithmeticError:
        return text


def attack(project: str, seed: int, count: int) -> None:
    print(f"seed {seed}")
    made = Files(seed).make(count)
    batches = []
    for start in range(0, count, count // 3 + 1):
        land(made[start : start + count // 3 + 1])
        batches += load()
    assert load() == []
    check(project, made, batches)


def test_each_file_is_rows_or_a_letter(project: str) -> None:
    attack(project, 1, 150)


@pytest.mark.long
@pytest.mark.parametrize("seed", [21, 22, 23, 24])
def test_ten_thousand_files(project: str, seed: int) -> None:
    attack(project, seed, 2500)
