"""dbt-bigquery unchanged, with a project of every materialisation and strategy: built twice, changed, documented."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud import bigquery

from tests.emulators.bigquery.service.conftest import Service

pytestmark = pytest.mark.long
_PROJECT = Path(__file__).parent / "dbt_project"


class Dbt:
    """A copy of the project, and dbt over it in processes of their own."""

    def __init__(self, folder: Path, service: Service) -> None:
        self.folder, self.client = folder, service.client()
        self._environment = os.environ | {"BIGQUERY_EMULATOR_HOST": service.address, "DBT_PARTIAL_PARSE": "true"}

    def run(self, *arguments: str, fails: bool = False) -> dict[str, Any]:
        """Runs dbt; the results by node. fails: whether it must end with an error."""
        command = [shutil.which("dbt", path=str(Path(sys.executable).parent)) or "dbt", *arguments]
        done = subprocess.run(
            [*command, "--project-dir", ".", "--profiles-dir", "."], cwd=self.folder, env=self._environment,
            capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stdout[-4000:] + done.stderr[-2000:]
        results = self.folder / "target" / "run_results.json"
        found = json.loads(results.read_text()) if results.exists() else {"results": []}
        return {result["unique_id"].split(".")[2]: result for result in found["results"]}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.client.query_and_wait(sql)]


@pytest.fixture(scope="module")
def dbt(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dbt]:
    folder = tmp_path_factory.mktemp("dbt") / "project"
    shutil.copytree(_PROJECT, folder)
    found = Dbt(folder, service)
    dataset = bigquery.Dataset(f"{found.client.project}.everything")
    dataset.location = "EU"
    found.client.create_dataset(dataset)
    found.client.query_and_wait(
        "CREATE TABLE everything.events AS "
        "SELECT 1 AS id, TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR) AS loaded_at"
    )
    results = found.run("build")
    assert {result["status"] for result in results.values()} <= {"success", "pass"}
    yield found


def test_first_build(dbt: Dbt) -> None:
    table = dbt.client.get_table("everything.contracted")
    assert table.labels == {"made_by": "dbt"} and table.clustering_fields == ["name"] and table.expires is not None
    assert [(f.name, f.field_type, f.mode) for f in table.schema] == [
        ("id", "INTEGER", "REQUIRED"), ("name", "STRING", "NULLABLE"), ("price", "NUMERIC", "NULLABLE"),
        ("tags", "STRING", "REPEATED"),
    ]  # fmt: skip
    assert table.schema[0].description == "The key." and table.description == "A table whose columns are promised."
    assert dbt.client.get_table("everything.summary").table_type == "MATERIALIZED_VIEW"
    assert dbt.client.get_table("everything.partitioned").require_partition_filter
    policy = dbt.client.get_iam_policy("everything.contracted")
    assert any("user:ada@example.com" in binding["members"] for binding in policy.bindings)
    assert dbt.rows("SELECT COUNT(*), SUM(total) FROM everything.daily_merge") == [(3, 45)]


def test_second_build_changes_what_changed(dbt: Dbt) -> None:
    seed = dbt.folder / "seeds" / "people.csv"
    seed.write_text("id,name,changed_at\n1,Ada,2024-01-01 00:00:00\n2,Rob,2024-02-02 00:00:00\n")
    dbt.run("build", "--vars", "{rows: 12, more: true}")
    rows = dbt.rows("SELECT id, name, dbt_valid_to IS NULL FROM everything.people_history ORDER BY id, dbt_valid_from")
    assert rows == [(1, "Ada", True), (2, "Bob", False), (2, "Rob", True), (3, "Eve", False)]
    rows = dbt.rows("SELECT name, dbt_is_deleted FROM everything.people_checked WHERE id = 3 ORDER BY dbt_valid_from")
    assert rows == [("Eve", "False"), ("Eve", "True")]
    # Numbers 10, 11, 12 fall on three days; only the last day is taken up by the incremental models.
    assert dbt.rows("SELECT day, total, number FROM everything.daily_merge ORDER BY day") == [
        (dt.date(2024, 1, 1), 18, None), (dt.date(2024, 1, 2), 12, None), (dt.date(2024, 1, 3), 26, None),
    ]  # fmt: skip
    for model, expected in (("overwritten_static", 10), ("overwritten_dynamic", 10), ("overwritten_copy", 11)):
        assert dbt.rows(f"SELECT COUNT(*) FROM everything.{model}") == [(expected,)], model
    assert dbt.rows("SELECT COUNT(*), COUNT(DISTINCT _PARTITIONDATE) FROM everything.arrived") == [(12, 3)]
    assert dbt.rows("SELECT COUNT(*), COUNT(DISTINCT _PARTITIONDATE) FROM everything.arrived_merge") == [(12, 3)]
    assert dbt.rows("SELECT COUNT(*) FROM everything.overwritten_filtered WHERE month IS NOT NULL") == [(12,)]
    assert dbt.rows("SELECT COUNT(*) FROM everything.batched")[0][0] >= 9  # of its five days two have no rows


def test_documentation(dbt: Dbt) -> None:
    dbt.run("docs", "generate")
    catalog = json.loads((dbt.folder / "target" / "catalog.json").read_text())
    assert not catalog["errors"]
    nodes = {key.split(".")[-1]: node for key, node in catalog["nodes"].items()}
    columns = sorted(nodes["contracted"]["columns"].values(), key=lambda column: column["index"])
    assert [column["name"] for column in columns] == ["id", "name", "price", "tags"]
    assert nodes["summary"]["metadata"]["type"] == "materialized view"
    assert nodes["greeted"]["metadata"]["type"] == "view"


def test_freshness(dbt: Dbt) -> None:
    dbt.run("source", "freshness")
    dbt.client.query_and_wait("UPDATE everything.events SET loaded_at = TIMESTAMP '2020-01-01' WHERE true")
    dbt.run("source", "freshness", fails=True)


def test_retry(dbt: Dbt) -> None:
    failed = dbt.run("run", "-s", "sometimes+", "--vars", "{broken: true}", fails=False)
    assert failed["after_sometimes"]["status"] == "success"  # a view breaks only when it is read
    (dbt.folder / "models" / "sometimes.sql").write_text("{{ config(materialized='table') }} select x as one")
    assert dbt.run("run", "-s", "sometimes+", fails=True)["after_sometimes"]["status"] == "skipped"
    (dbt.folder / "models" / "sometimes.sql").write_text("{{ config(materialized='table') }} select 1 as one")
    assert {one["status"] for one in dbt.run("retry").values()} == {"success"}


def test_clone_and_state(dbt: Dbt) -> None:
    shutil.copytree(dbt.folder / "target", dbt.folder / "state", ignore=shutil.ignore_patterns("*.msgpack"))
    dbt.run("parse")
    dbt.run("clone", "--state", "state", "--target", "copy", "-s", "contracted", "daily_merge", "greeted")
    assert dbt.client.get_table("everything_copy.contracted").clone_definition is not None
    assert dbt.rows("SELECT COUNT(*) FROM everything_copy.daily_merge") == [(3,)]
    (dbt.folder / "models" / "greeted.sql").write_text("select id, 'Hi' as greeting from {{ ref('people') }}")
    done = dbt.run("run", "-s", "state:modified", "--state", "state", "--defer", "--target", "copy")
    assert set(done) == {"greeted"}
