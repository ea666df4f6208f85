"""Workflows, hooks and images: actions are pinned, rights are few, and what they name is there."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def steps(workflow: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_reads_and_its_actions_cannot_change(workflow: Path) -> None:
    document = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    assert document["permissions"] == {"contents": "read"}
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action in used)
    assert all(job["timeout-minutes"] <= 60 for job in document["jobs"].values())


def test_only_main_applies_and_only_what_was_guarded() -> None:
    apply = ROOT / ".github" / "workflows" / "apply.yml"
    assert "github.ref == 'refs/heads/main'" in yaml.safe_load(apply.read_text())["jobs"]["apply"]["if"]
    commands = [step.get("run", "") for step in steps(apply)]
    guard = next(place for place, command in enumerate(commands) if "deployment.plan_guard" in command)
    applied = next(place for place, command in enumerate(commands) if "terraform apply" in command)
    assert guard < applied
    assert commands[applied].endswith('"$RUNNER_TEMP/tfplan"')


def test_files_that_workflows_name_are_there() -> None:
    for workflow in WORKFLOWS:
        text = workflow.read_text(encoding="utf-8")
        for name in re.findall(r"(?:backend|environments)/[\w.]+", text):
            assert (ROOT / "terraform" / name).is_file(), f"{workflow.name} names {name}"
        for name in re.findall(r"terraform/\.[\w.]+\.yaml", text):
            assert (ROOT / name).is_file(), f"{workflow.name} names {name}"


def test_checkov_has_one_version_and_stays_out_of_the_lock() -> None:
    found = re.findall(r'\["(checkov==[^"]*)"\]', (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert len(found) == 1
    assert "\ncheckov==" not in LOCK


def test_the_images_are_of_the_lock_and_of_what_is_there() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    beam = re.search(r"^ARG BEAM=(\S+)$", text, re.MULTILINE)
    assert beam is not None
    assert f"\napache-beam=={beam[1]} " in LOCK.replace("[gcp]", "")
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for source in re.findall(r"^COPY (?!--from)(\S+)", text, re.MULTILINE):
        assert (ROOT / source).exists()
        assert f"!{source.rstrip('/')}" in allowed
    entry = re.search(r"FLEX_TEMPLATE_PYTHON_PY_FILE=/opt/sluice/(\S+)", text)
    assert entry is not None
    assert (ROOT / entry[1]).is_file()
