"""The metrics that Terraform makes of Dagster's log count what Dagster really writes there."""

import re
import subprocess
import sys
from pathlib import Path

from tests.terraform.conftest import FOLDER

METRICS = FOLDER / "modules/observability/metrics.tf"
JOBS = """
import dagster as dg

@dg.asset
def table(): ...

@dg.asset_check(asset=table)
def is_complete(context): return dg.AssetCheckResult(passed="fails" not in context.run.tags)

@dg.op
def breaks(): raise ValueError("RUN_SUCCESS is what this is not")

@dg.job
def broken(): breaks()

both = [table, is_complete]
dg.materialize(both, tags={"fails": ""})
dg.materialize(both)
broken.execute_in_process(raise_on_error=False)
"""
EXPECTED = {
    "dagster_failed_runs": 1,
    "dagster_failed_steps": 1,
    "data_health_findings": 1,
    "dagster_succeeded_runs": 2,
}


def words() -> dict[str, list[str]]:
    """Metric -> what a line of the log holds to be counted (Logging compares without case)."""
    found = re.findall(r"^    (\w+) = \{.*?^    \}", METRICS.read_text(), re.DOTALL | re.MULTILINE)
    blocks = {name: METRICS.read_text().split(f"    {name} = {{")[1].split("}\n")[0] for name in found}
    return {name: re.findall(r'textPayload:\\"([^"\\]+)\\"', block) for name, block in blocks.items()}


def test_each_metric_counts_its_lines(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", JOBS], cwd=tmp_path, capture_output=True, text=True, check=True)
    lines = done.stderr.lower().splitlines()
    counted = {
        name: sum(all(word.lower() in line for word in wanted) for line in lines) for name, wanted in words().items()
    }
    assert counted == EXPECTED, done.stderr
