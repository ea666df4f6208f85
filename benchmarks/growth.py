"""How the cost of an hourly run grows with the size of the tables, while as many rows change as before.

    python -m benchmarks.growth [--rows 5000] [--sizes 1 10 100] [--rounds 3]

Each cdc table of the saas source has so many rows (once, ten, a hundred times --rows); then, each round, one in a
hundred of --rows changes in each, and dbt builds silver and gold without its tests. Shown are the seconds of the
models as dbt counts them, by layer, medians of the rounds, and the first build, which reads everything; and BigQuery's
CPU seconds, which a busy machine does not change.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import psutil

from benchmarks.support.generated_bronze import land
from benchmarks.support.report import heading, load
from contracts.reader import load as load_contracts
from emulators.auth.credentials import write_service_account_key
from emulators.provision.apply import apply
from emulators.provision.warehouse import buckets, datasets, tables
from tests.emulators.services import Service, free_port

ROOT = Path(__file__).parents[1]
GOAL = 3.0
LAYERS = ("silver", "gold", "CPU")


class Warehouse:
    """An empty BigQuery with the saas source's bronze, and a copy of the dbt project."""

    def __init__(self, folder: Path) -> None:
        grpc_port = free_port()
        self.services = [Service("auth", folder).wait(), Service("storage", folder).wait()]
        auth, storage = (service.address for service in self.services)
        key = folder / "credentials.json"
        write_service_account_key(key, folder / "auth", f"http://{auth}", "benchmark")
        self.environment = {
            "GOOGLE_CLOUD_PROJECT": "benchmark",
            "GOOGLE_APPLICATION_CREDENTIALS": str(key),
            "STORAGE_EMULATOR_HOST": f"http://{storage}",
            "SLUICE_CONTRACTS": str(ROOT / "contracts"),
        }
        os.environ.update(self.environment)
        self.services.append(Service("bigquery", folder, "--grpc-port", str(grpc_port)).wait())
        self.environment["BIGQUERY_EMULATOR_HOST"] = f"http://{self.services[-1].address}"
        os.environ.update(self.environment)
        list(apply([*buckets(), *datasets(), *tables(load_contracts())]))
        self.project = folder / "dbt"
        shutil.copytree(ROOT / "dbt", self.project, ignore=shutil.ignore_patterns("target", "logs", ".user.yml"))

    def build(self) -> dict[str, float]:
        """Layer -> seconds of its models in one `dbt build`; CPU -> seconds of BigQuery for all of it."""
        folders = ["--project-dir", str(self.project), "--profiles-dir", str(self.project)]
        dbt = str(Path(sys.executable).parent / "dbt")
        command = [dbt, "--quiet", "build", "--exclude-resource-type", "test", *folders]
        server = psutil.Process(self.services[-1].process.pid)
        before = server.cpu_times()
        subprocess.run(command, check=True, cwd=self.project)
        after = server.cpu_times()
        seconds: dict[str, float] = defaultdict(float)
        seconds["CPU"] = after.user + after.system - before.user - before.system
        results = json.loads((self.project / "target" / "run_results.json").read_text())["results"]
        nodes = json.loads((self.project / "target" / "manifest.json").read_text())["nodes"]
        for result in results:
            node = nodes[result["unique_id"]]
            if node["config"]["materialized"] != "view":
                seconds[node["config"]["schema"]] += result["execution_time"]
        return dict(seconds)

    def stop(self) -> None:
        """Stop the services."""
        for service in reversed(self.services):
            service.stop()


def measure(size: int, rows: int, rounds: int) -> dict[str, float]:
    """Layer -> median seconds of a run with changes, at one size."""
    saas = next(contract for contract in load_contracts(ROOT / "contracts") if contract.id == "saas")
    captured = [table for table in saas.tables if table.capture == "cdc"]
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        warehouse = Warehouse(Path(name))
        try:
            for table in captured:
                land(table, 1, 0, rows * size, "INSERT")
            first = warehouse.build()
            found = []
            for number in range(rounds):
                for table in captured:
                    land(table, 2 + number, number * 7, rows // 100, "UPDATE")
                found.append(warehouse.build())
        finally:
            warehouse.stop()
    median = {layer: statistics.median(each[layer] for each in found) for layer in LAYERS}
    shown = ", ".join(f"{layer} {median[layer]:.2f} s (first build {first[layer]:.2f} s)" for layer in LAYERS)
    print(f"{size:4} x, {rows * size:9,} rows a table: {shown}; {load()}", flush=True)
    return median


def main() -> None:
    """Prints a line a size, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    heading(f"Silver and gold after {chosen.rows // 100} changes a table, median of {chosen.rounds}")
    found = {size: measure(size, chosen.rows, chosen.rounds) for size in chosen.sizes}
    smallest, largest = min(found), max(found)
    for layer in LAYERS:
        ratio = found[largest][layer] / found[smallest][layer]
        print(f"{layer} at {largest} x takes {ratio:.1f} times as long as at {smallest} x (goal: at most {GOAL:.0f})")


if __name__ == "__main__":
    main()
