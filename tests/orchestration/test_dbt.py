"""dbt's manifest as assets and checks, and what `dbt build` says as results: real dbt over a small project."""

import json
import subprocess
from pathlib import Path

import pytest
from dagster import AssetCheckKey, AssetKey

from orchestration import dbt_build
from orchestration.dbt_project import Project

PROFILE = {
    "p": {"target": "t", "outputs": {"t": {
        "type": "bigquery", "method": "oauth-secrets", "token": "x", "project": "a-project", "dataset": "silver",
    }}}
}  # fmt: skip
FILES = {
    "dbt_project.yml": "{name: p, profile: p, version: 1.0.0, models: {p: {gold: {+schema: gold}}}}",
    "models/shop/sources.yml": "{sources: [{name: shop, tables: [{name: things, identifier: shop_things}]}]}",
    "models/shop/stg_things.sql": "select * from {{ source('shop', 'things') }}",
    "models/shop/int_things.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('stg_things') }}",
    "models/gold/dim_thing.sql": "select 1 as thing_id from {{ ref('int_things') }}",
    "models/gold/gold.yml": "{models: [{name: dim_thing, description: A thing., columns: "
    "[{name: thing_id, description: Its number., data_tests: [not_null: {config: {severity: warn}}]}]}]}",
    "tests/things_add_up.sql": "select 1 from {{ ref('dim_thing') }} join {{ ref('stg_things') }} using (thing_id)",
}
THING = AssetKey(["gold", "dim_thing"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that dbt has parsed."""
    project = tmp_path_factory.mktemp("project")
    for name, text in {**FILES, "profiles.yml": json.dumps(PROFILE)}.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    command = [dbt_build.executable(), "--quiet", "parse", "--profiles-dir", str(project)]
    subprocess.run(command, cwd=project, check=True)
    return project


def test_models_are_assets_and_tests_their_checks(folder: Path) -> None:
    project = Project.read(folder / "target" / "manifest.json")
    found = {spec.key: spec for spec in project.specs.values()}
    staged, bronze = AssetKey(["silver", "stg_things"]), AssetKey(["bronze", "shop_things"])
    assert {key: {dep.asset_key for dep in spec.deps} for key, spec in found.items()} == {
        THING: {staged},  # through the ephemeral model
        staged: {bronze},
    }
    assert found[THING].group_name == "gold"
    assert "A thing." in str(found[THING].description)
    assert "select 1 as thing_id" in str(found[THING].description)
    assert found[THING].metadata["dagster/column_schema"].columns[0].description == "Its number."
    checks = {check.key: check for check in project.check_specs.values()}
    not_null, alone = AssetCheckKey(THING, "not_null_dim_thing_thing_id"), AssetCheckKey(THING, "things_add_up")
    assert checks.keys() == {not_null, alone}
    assert (checks[not_null].blocking, checks[alone].blocking) == (False, True)
    assert project.selection(found, checks) == []
    assert project.selection([], []) is None
    some = project.selection([THING], [alone])
    assert some == ["--indirect-selection", "empty", "--select", "fqn:p.gold.dim_thing", "fqn:p.things_add_up"]


def test_what_dbt_says_is_told_before_it_fails(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    results = dbt_build.build(folder, folder / "target", ["--select", "nothing_of_this_name"])
    assert list(results) == []  # dbt warns, and ends well
    assert "nothing_of_this_name" in capfd.readouterr().out
    with pytest.raises(dbt_build.DbtFailed, match="no_such_option"):
        list(dbt_build.build(folder, folder / "target", ["--no_such_option"]))


def test_results_are_read_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A dbt that ends with 1 after a model, a failed test and words that are not JSON."""
    node = {"unique_id": "model.p.a", "node_status": "success"}
    test = {"unique_id": "test.p.b", "node_status": "fail"}
    lines = [
        {"info": {"name": "LogModelResult", "msg": "1 of 2 OK"},
         "data": {"node_info": node, "status": "MERGE (2.0 rows)", "execution_time": 0.5}},
        {"info": {"name": "LogTestResult", "msg": "2 of 2 FAIL", "level": "error"},
         "data": {"node_info": test, "status": "fail", "execution_time": 0.1, "num_failures": 3}},
    ]  # fmt: skip
    fake = tmp_path / "dbt"
    said = "\n".join(["words", *map(json.dumps, lines)])
    fake.write_text(f"#!/bin/sh\ncat <<'EOF'\n{said}\nEOF\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(dbt_build, "executable", lambda: str(fake))
    build = dbt_build.build(tmp_path, tmp_path / "target", [])
    assert next(build) == dbt_build.Result("model.p.a", "success", "MERGE (2.0 rows)", 0.5, None)
    assert next(build) == dbt_build.Result("test.p.b", "fail", "fail", 0.1, 3)
    with pytest.raises(dbt_build.DbtFailed, match="2 of 2 FAIL"):
        next(build)
    assert "words" in capfd.readouterr().out
