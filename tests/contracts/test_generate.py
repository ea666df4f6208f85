"""Generated files: made whole, kept when edited, and checked."""

import contextlib
import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from contracts.generate.__main__ import main

ROOT = Path(__file__).parents[2]


class Answer(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def generate(dbt: Path, *arguments: str, contracts: Path = ROOT / "tests" / "fixtures") -> Answer:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*arguments, "--dbt", str(dbt), "--contracts", str(contracts)])
    return Answer(code, out.getvalue(), err.getvalue())


@pytest.fixture
def dbt(tmp_path: Path) -> Path:
    assert generate(tmp_path, "models", "nycflights").returncode == 0
    return tmp_path


def test_models_of_a_source(dbt: Path) -> None:
    names = {str(path.relative_to(dbt / "models")) for path in dbt.rglob("*.*")}
    assert {name for name in names if "planes" in name} == {
        "staging/nycflights/stg_nycflights__planes.sql",
        "silver/nycflights/nycflights_planes__latest.sql",
        "silver/nycflights/nycflights_planes.sql",
        "silver/nycflights/nycflights_planes_history.sql",
    }
    assert "silver/nycflights/nycflights_flights.sql" in names
    text = (dbt / "models/silver/nycflights/nycflights_flights.sql").read_text(encoding="utf-8")
    assert text.startswith("-- Made from nycflights.odcs.yaml by `python -m contracts.generate models nycflights`.")
    assert "partition by carrier, flight, time_hour" in text


def test_second_call_changes_nothing(dbt: Path) -> None:
    before = {path: path.read_bytes() for path in dbt.rglob("*.*")}
    answer = generate(dbt, "models", "nycflights")
    assert {line.split()[0] for line in answer.stdout.splitlines()} == {"current"}
    assert {path: path.read_bytes() for path in dbt.rglob("*.*")} == before
    assert generate(dbt, "--check").returncode == 0


def test_edited_model_is_kept(dbt: Path) -> None:
    model = dbt / "models/silver/nycflights/nycflights_planes.sql"
    edited = model.read_text(encoding="utf-8") + "-- and nothing else\n"
    model.write_text(edited, encoding="utf-8")
    assert "kept       " + str(model) in generate(dbt, "models", "nycflights").stdout
    assert model.read_text(encoding="utf-8") == edited
    assert generate(dbt, "--check").returncode == 0
    assert "rewritten  " + str(model) in generate(dbt, "models", "nycflights", "--force").stdout
    assert model.read_text(encoding="utf-8") != edited


def test_check_finds_what_is_out_of_date(dbt: Path, tmp_path: Path) -> None:
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    text = (ROOT / "tests/fixtures/nycflights.odcs.yaml").read_text(encoding="utf-8")
    column = "      - {name: speed, logicalType: integer, physicalType: integer}\n"
    changed = text.replace(column, column + column.replace("speed", "height"))
    (contracts / "nycflights.odcs.yaml").write_text(changed, encoding="utf-8")
    answer = generate(dbt, "--check", contracts=contracts)
    assert answer.returncode == 1
    assert "stg_nycflights__planes.sql: outdated; run python -m contracts.generate models nycflights" in answer.stderr
    assert "_nycflights__sources.yml: outdated; run python -m contracts.generate sources" in answer.stderr
    assert generate(dbt, "models", "nycflights", contracts=contracts).returncode == 0
    assert generate(dbt, "--check", contracts=contracts).returncode == 0


def test_check_finds_missing_and_edited_sources(dbt: Path) -> None:
    sources = dbt / "models/staging/nycflights/_nycflights__sources.yml"
    sources.write_text(sources.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    assert "edited; run" in generate(dbt, "--check").stderr
    shutil.rmtree(sources.parent)
    assert "missing; run" in generate(dbt, "--check").stderr


def test_unknown_source(tmp_path: Path) -> None:
    answer = generate(tmp_path, "models", "nycflight")
    assert answer.returncode == 1
    assert "No contract of source `nycflight`. Did you mean `nycflights`?" in answer.stderr


def test_the_repository_is_current() -> None:
    command = [sys.executable, "-m", "contracts.generate", "--check"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
