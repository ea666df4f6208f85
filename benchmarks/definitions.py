"""How long Dagster's definitions take to load, with 10, 100 and 1,000 tables in the contracts.

    python -m benchmarks.definitions [--tables 10 100 1000] [--rounds 3] [--profile]

Each load is a new process, as Dagster's code server makes it: libraries, contracts, dbt's manifest, the asset graph.
The manifest is there already, as it is unless a model has changed: dbt makes that of one source of ten tables, and
what is in it is repeated under the names of the others.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.support.processes import measured
from benchmarks.support.report import heading, load
from contracts.generate.__main__ import models_of, sources_of
from contracts.reader import load as load_contracts

ROOT = Path(__file__).parents[1]
GOAL_SECONDS = 5.0
TABLES_IN_A_SOURCE = 10
SOURCE = """apiVersion: v3.1.0
kind: DataContract
id: {id}
name: Source {id}
version: 1.0.0
status: active
servers:
  - {{server: production, type: postgresql, schema: public}}
schema:
"""
TABLE = """  - name: {name}
    description: What the source keeps in {name}.
    customProperties:
      - {{property: capture, value: cdc}}
      - {{property: history, value: {history}}}
    properties:
      - {{name: id, logicalType: integer, physicalType: bigint, primaryKey: true, required: true}}
      - {{name: name, logicalType: string, physicalType: text, required: true}}
      - {{name: email, logicalType: string, physicalType: text, classification: pii}}
      - {{name: amount, logicalType: number, physicalType: "numeric(12,2)"}}
      - {{name: settings, logicalType: object, physicalType: jsonb}}
      - {{name: created_at, logicalType: timestamp, physicalType: timestamptz, required: true}}
      - {{name: updated_at, logicalType: timestamp, physicalType: timestamptz, required: true}}
    quality:
      - {{type: library, metric: rowCount, mustBeGreaterThan: 0}}
"""
LOAD = """
import json, time
started, worked = time.perf_counter(), time.process_time()
import dagster
libraries, worked_for_libraries = time.perf_counter(), time.process_time()
from orchestration.definitions import defs
defs.get_repository_def()
ended, worked_until = time.perf_counter(), time.process_time()
from contracts.reader import load
load()
again = time.process_time()
print(json.dumps({"all": ended - started, "libraries": libraries - started, "definitions": ended - libraries,
    "CPU of all": worked_until - worked, "CPU of libraries": worked_for_libraries - worked,
    "CPU of reading contracts": again - worked_until}))
"""


def project(folder: Path, tables: int) -> dict[str, str]:
    """A copy of the code with contracts of so many tables and dbt's manifest for them; its environment."""
    skip = shutil.ignore_patterns("*.odcs.yaml", "target", "logs", "models", "__pycache__")
    for room in ("contracts", "orchestration", "dbt"):
        shutil.copytree(ROOT / room, folder / room, ignore=skip)
    sources = [f"source_{number:03d}" for number in range(-(-tables // TABLES_IN_A_SOURCE))]
    described = "".join(
        TABLE.format(name=f"table_{number:02d}", history="versions" if number % 2 else "latest")
        for number in range(min(tables, TABLES_IN_A_SOURCE))
    )
    for source in sources:
        (folder / "contracts" / f"{source}.odcs.yaml").write_text(SOURCE.format(id=source) + described)
    first = load_contracts(folder / "contracts")[0]
    for file in (sources_of(first, folder / "dbt/models"), *models_of(first, folder / "dbt/models")):
        file.write()
    given = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE_", "DBT_"))}
    places = {"PYTHONPATH": str(folder), "SLUICE_CONTRACTS": str(folder / "contracts")}
    environment = {**given, **places, "GOOGLE_CLOUD_PROJECT": "benchmark"}
    command = [sys.executable, "-P", "-c", "from orchestration.transformations import manifest; manifest()"]
    subprocess.run(command, cwd=folder, env=environment, check=True)
    repeat(folder / "dbt/target/manifest.json", sources)
    return environment


def repeat(file: Path, sources: Sequence[str]) -> None:
    """What the manifest has of the first source, under the names of the others too."""
    manifest = json.loads(file.read_text())
    for section in ("nodes", "sources", "parent_map", "child_map"):
        own = json.dumps({name: value for name, value in manifest[section].items() if sources[0] in name})
        for source in sources[1:]:
            manifest[section].update(json.loads(own.replace(sources[0], source)))
    file.write_text(json.dumps(manifest))


def show(tables: int, rounds: int, profile: bool) -> None:
    """One size."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        folder = Path(name)
        environment = project(folder, tables)
        command = [sys.executable, "-P", "-c", LOAD]
        found = [measured(command, folder / "load.log", environment) for _ in range(rounds)]
        if profile:
            command = [sys.executable, "-P", "-m", "cProfile", "-s", "cumtime", _script(folder)]
            subprocess.run(command, env=environment, check=True)
    median = {stage: statistics.median(each.said[stage] for each in found) for stage in found[0].said}
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in median.items() if stage != "all")
    memory = max(each.megabytes for each in found)
    print(f"{tables:5,} tables {median['all']:8.2f} s  ({stages}; {memory:,.0f} MB)  {load()}", flush=True)


def _script(folder: Path) -> str:
    (folder / "load.py").write_text(LOAD)
    return str(folder / "load.py")


def main() -> None:
    """Prints a line a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="then print where the time goes")
    chosen = parser.parse_args()
    heading(f"Dagster's definitions, median of {chosen.rounds}; goal: {GOAL_SECONDS:.0f} s at 1,000 tables")
    for tables in chosen.tables:
        show(tables, chosen.rounds, chosen.profile)


if __name__ == "__main__":
    main()
