"""HCL reads a contract as Python does: the same columns, types, keys and Avro schemas."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from contracts.avro import avro_schema
from contracts.bronze import bronze_columns
from contracts.reader import load
from tests.terraform.conftest import FOLDER, ROOT, Run, plan


@pytest.fixture(scope="module", params=[ROOT / "contracts", FOLDER / "tests/contracts"], ids=["own", "every-type"])
def read(request: pytest.FixtureRequest, terraform: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder of contracts, and what modules/contracts makes of it. It needs no provider."""
    module = tmp_path_factory.mktemp("contracts")
    for file in (FOLDER / "modules/contracts").glob("*.tf"):
        shutil.copy(file, module)
    outputs = plan(terraform, module, f"-var=folder={request.param}")["planned_values"]["outputs"]
    return request.param, {name: output["value"] for name, output in outputs.items()}


def test_tables_are_the_same(read: tuple[Path, Any]) -> None:
    folder, outputs = read
    for contract in load(folder):
        assert outputs["sources"][contract.id]["tables"] == [f"{contract.id}_{table.name}" for table in contract.tables]
        for table in contract.tables:
            found = outputs["tables"][f"{contract.id}_{table.name}"]
            for word in (
                "source",
                "name",
                "description",
                "physical_name",
                "capture",
                "history",
                "event_time",
                "retention_days",
            ):
                assert found[word] == getattr(table, word), (table.name, word)
            assert found["enforcement"] == table.enforcement
            assert tuple(found["primary_key"]) == table.primary_key
            assert found["schema"] == (contract.database.schema if contract.database else None)


def test_columns_are_the_same(read: tuple[Path, Any]) -> None:
    folder, outputs = read
    for contract in load(folder):
        for table in contract.tables:
            found = outputs["tables"][f"{contract.id}_{table.name}"]
            columns = [(column["name"], column["type"], column["mode"]) for column in found["bronze_columns"]]
            assert columns == [tuple(column) for column in bronze_columns(table)]
            classes = {column["name"]: column["classification"] for column in found["bronze_columns"]}
            assert {column.name: column.classification for column in table.columns}.items() <= classes.items()


def test_avro_schemas_are_the_same(read: tuple[Path, Any]) -> None:
    folder, outputs = read
    streams = [table for contract in load(folder) for table in contract.tables if table.capture == "stream"]
    assert {name: json.loads(text) for name, text in outputs["avro_schemas"].items()} == {
        f"{table.source}_{table.name}": json.loads(avro_schema(table)) for table in streams
    }
    assert streams
