"""The metrics that Terraform makes of Dagster's log count what Dagster really writes there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.terraform.conftest import FOLDER

METRICS = FOLDER / "modules/observability/metrics.tf"
JOBS = """
import dagster as dg
from orchestration import verdict

instance = dg.DagsterInstance.ephemeral()

@dg.asset
def table(): ...

@dg.asset_check(asset=table)
def is_complete(context): return dg.AssetCheckResult(passed="fails" not in context.run.tags)

@dg.op
def breaks(): raise ValueError("RUN_SUCCESS is what this is not")

@dg.op(out={})
def finds(context):
    yield dg.AssetCheckEvaluation(asset_key=table.key, check_name="is_complete", passed=False)
    verdict.end(context, [is_complete.check_key])

@dg.job
def broken(): breaks()

@dg.job
def judged(): finds()

both = [table, is_complete]
dg.materialize(both, tags={"fails": ""})
dg.materialize(both)
for job in (broken, judged):
    job.execute_in_process(instance=instance, raise_on_error=False)
"""
EXPECTED = {
    "dagster_failed_runs": 2,
    "dagster_failed_steps": 2,
    "data_health_findings": 2,
    "dagster_succeeded_runs": 3,  # in one a check failed, and all else was done
}


def words() -> dict[str, list[str]]:
    """Metric -> patterns that a line of the log holds to be counted (Logging compares texts without case)."""
    found = re.findall(r"^    (\w+) = \{.*?^    \}", METRICS.read_text(), re.DOTALL | re.MULTILINE)
    blocks = {name: METRICS.read_text().split(f"    {name} = {{")[1].split("}\n")[0] for name in found}
    given = {name: re.findall(r'textPayload(:|=~)\\"([^"\\]+)\\"', block) for name, block in blocks.items()}
    return {
        name: [text if kind == "=~" else f"(?i){re.escape(text)}" for kind, text in found]
        for name, found in given.items()
    }


def test_each_metric_counts_its_lines(tmp_path: Path) -> None:
    environment = {**os.environ, "DAGSTER_HOME": "", "PYTHONPATH": str(FOLDER.parent)}
    done = subprocess.run(
        [sys.executable, "-c", JOBS], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    lines = done.stderr.splitlines()
    counted = {
        name: sum(all(re.search(word, line) for word in wanted) for line in lines) for name, wanted in words().items()
    }
    assert counted == EXPECTED, done.stderr
