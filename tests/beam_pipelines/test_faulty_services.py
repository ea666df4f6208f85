"""Services that fail and are slow: the pipelines try again and end with the right tables, or say what is wrong."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from google.api_core.exceptions import RetryError

from beam_pipelines import objects
from beam_pipelines.landing.plan import latest_plan, manifest_name
from emulators.faults.rules import Rule, write_rules
from tests.beam_pipelines import test_bad_events as events_door
from tests.beam_pipelines import test_bad_files as landing_door
from tests.beam_pipelines.bad_events import Events
from tests.beam_pipelines.bad_files import Files
from tests.beam_pipelines.runner import Runner

Switch = Callable[..., None]
SERVICES = ("storage", "pubsub", "bigquery")


@pytest.fixture
def contract() -> str:
    return "door.odcs.yaml"


@pytest.fixture
def switch(services_folder: Path) -> Iterator[Switch]:
    """Sets the rules of services, by name; all are off afterwards."""

    def on(**rules: list[Rule]) -> None:
        for service, found in rules.items():
            write_rules(services_folder / service, found)

    yield on
    on(**{service: [] for service in SERVICES})


def often(*methods: str, rate: float = 0.3, times: int | None = None) -> list[Rule]:
    """Calls that fail, break off, do the work and lose the answer, or are slow."""
    kinds = [
        {"error": "UNAVAILABLE", "rate": rate}, {"error": "RESOURCE_EXHAUSTED", "rate": rate / 4},
        {"error": "RESET", "rate": rate / 4}, {"error": "UNAVAILABLE", "after": True, "rate": rate / 2},
        {"error": "RESET", "after": True, "rate": rate / 4}, {"latency": 0.2, "rate": 0.1},
    ]  # fmt: skip
    return [Rule(method=method, times=times, **kind) for method in methods for kind in kinds]  # type: ignore[arg-type]


def attack_landing(project: str, switch: Switch, seed: int, count: int, times: int | None) -> None:
    print(f"seed {seed}")
    files = Files(seed).make(count)
    landing_door.land(files)
    switch(storage=often("*", times=times), bigquery=often("*", times=times))
    load_in_the_end()
    switch(storage=[], bigquery=[])
    plan = latest_plan("door")
    assert plan is not None
    landing_door.check(project, files, [objects.read_json("bronze", manifest_name("door", plan.batch_id)) or {}])


def load_in_the_end(runs: int = 5) -> None:
    """Runs until one is done: where two minutes of trying were not enough, a run ends, and the next goes on."""
    for left in reversed(range(runs)):
        try:
            landing_door.load()
        except RetryError as error:
            print(f"a run gave up: {error}")
            if not left:
                raise
        else:
            return


def test_landing_to_bronze_while_services_fail(project: str, switch: Switch) -> None:
    attack_landing(project, switch, 31, 12, times=1)  # each kind once: the clients' pauses are a second


@pytest.mark.long
@pytest.mark.parametrize("seed", range(40, 45))
def test_landing_to_bronze_while_services_fail_for_long(project: str, switch: Switch, seed: int) -> None:
    attack_landing(project, switch, seed, 60, times=None)


def attack_events(project: str, switch: Switch, folder: Path, seed: int, count: int, times: int | None) -> None:
    """Good and bad messages, so that both sinks and the topic of the letters are under attack."""
    print(f"seed {seed}")
    events_door.limit_ids(project)
    made = [one for one in Events(events_door.readings(), seed).make(count) if len(one.data) < 100_000]
    sent = {events_door.publish(project, one): one for one in made}
    methods = ("Publish", "Pull", "Acknowledge", "ModifyAckDeadline")
    switch(
        pubsub=often(*methods, times=times), storage=often("*", rate=0.15, times=times),
        bigquery=often("AppendRows", "CreateWriteStream", times=times),
    )  # fmt: skip
    runner = Runner(folder, "--dataflow_bundle_messages", "60", source="door")
    try:
        runner.wait_for("idle", len(sent), seconds=600)
        switch(pubsub=[], storage=[], bigquery=[])
        events_door.check(project, sent)
    finally:
        runner.kill()


@pytest.mark.long
def test_events_to_bronze_while_services_fail(project: str, switch: Switch, tmp_path: Path) -> None:
    attack_events(project, switch, tmp_path, 32, 50, times=1)  # each kind once in each method


@pytest.mark.long
@pytest.mark.parametrize("seed", range(50, 54))
def test_events_to_bronze_while_services_fail_for_long(project: str, switch: Switch, tmp_path: Path, seed: int) -> None:
    attack_events(project, switch, tmp_path, seed, 1500, times=None)


def test_a_fault_that_lasts_ends_the_batch_with_the_reason_and_the_next_run_finishes_it(
    project: str, switch: Switch
) -> None:
    files = Files(33).make(12)
    landing_door.land(files)
    switch(storage=[Rule("POST /upload/*", error="PERMISSION_DENIED")])
    command = [sys.executable, "-m", "beam_pipelines.landing_to_bronze", "--source", "door"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode != 0 and "A fault that was asked for: PERMISSION_DENIED" in ended.stderr
    assert landing_door.bronze() == []
    switch(storage=[])
    landing_door.check(project, files, landing_door.load())


def test_a_fault_that_lasts_keeps_the_stream_trying_and_saying_so(project: str, switch: Switch, tmp_path: Path) -> None:
    events_door.limit_ids(project)
    sent = {events_door.publish(project, one): one for one in Events(events_door.readings(), 34).make(30)}
    switch(bigquery=[Rule("AppendRows", error="PERMISSION_DENIED")])
    runner = Runner(tmp_path, source="door")
    try:
        runner.wait_for("retrying")
        assert "A fault that was asked for" in runner.status()["last_error"]["reason"]
        assert "a bundle failed; again in" in (tmp_path / "runner.log").read_text()
        switch(bigquery=[])
        runner.wait_for("idle", len(sent))
        events_door.check(project, sent)
    finally:
        runner.kill()
