"""Its users do not wait: a source is changed, and sends events, while runs read, compare, and are killed.

No check may fail for that, and once the source rests, silver has its rows: read here from both, and compared.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from tests.end_to_end.comparing import warehouse
from tests.end_to_end.conftest import EXAMPLE, ROOT, LocalPlatform, checkout
from tests.end_to_end.kills import CAN_KILL, SERVICE_NAMES, Attack
from tests.end_to_end.traffic import TABLES, Traffic, differences

pytestmark = pytest.mark.long
CALL = ("--no-company",)
RUNS = 3
KILLS = int(os.environ.get("SLUICE_KILLS", "20"))
SEEDS = [int(seed) for seed in os.environ.get("SLUICE_KILL_SEED", "1 2").split()]
STEPS = (
    ("contracts.generate", "sources"),
    ("contracts.generate", "models", "busy"),
    ("emulators", "up"),
    ("emulators.provision", "--phase", "before"),
)
AIMS = (*SERVICE_NAMES, "batch pipeline", "dbt", "run worker", "code process", "database process", "local-emulate")


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[LocalPlatform]:
    """A platform whose one source is the busy one, in a Postgres that is killed like all others."""
    root = checkout(tmp_path / "sluice", leave_out=EXAMPLE)
    shutil.copy2(ROOT / "tests/end_to_end/busy.odcs.yaml", root / "contracts")
    platform = LocalPlatform(root, tmp_path / "state")
    try:
        for arguments in STEPS:
            done = LocalPlatform(root, platform.state, platform.exports()).run(*arguments)
            assert done.returncode == 0, done.stdout + done.stderr
        with psycopg2.connect(platform.exports()["BUSY_DATABASE_URL"]) as connection:
            connection.cursor().execute(TABLES)
        connection.close()
        yield platform
    finally:
        platform.stop()


def traffic_of(platform: LocalPlatform) -> Traffic:
    found = platform.exports()
    return Traffic(
        found["BUSY_DATABASE_URL"], found["PUBSUB_EMULATOR_HOST"], "projects/sluice-local/topics/busy_clicks"
    )


def compare(platform: LocalPlatform, traffic: Traffic) -> None:
    found = platform.exports()
    wrong = [*differences(found["BUSY_DATABASE_URL"], warehouse(found), traffic)]
    assert not wrong, "\n".join(wrong)


def test_no_check_fails_while_the_source_goes_on(busy: LocalPlatform) -> None:
    traffic = traffic_of(busy)
    with traffic.going_on():
        for _ in range(RUNS):
            call = busy.run("emulators.local_emulate", *CALL, timeout=600)
            assert call.returncode == 0, call.stdout + call.stderr
            assert "in flight" in call.stdout
    call = busy.run("emulators.local_emulate", *CALL, timeout=600)
    assert call.returncode == 0, call.stdout + call.stderr
    assert "in flight" not in call.stdout
    compare(busy, traffic)


@pytest.mark.skipif(not CAN_KILL, reason="finds processes by /proc, which is not here")
@pytest.mark.parametrize("seed", SEEDS)
def test_killed_while_the_source_goes_on_it_loses_nothing(busy: LocalPlatform, seed: int) -> None:
    traffic = traffic_of(busy)
    attack = Attack(busy, seed, aims=AIMS, others=(0, 1, 2, 4), span=25.0, frozen=0.2, call=CALL)
    with traffic.going_on():
        attack.run(KILLS)
        assert busy.run("emulators", "up").returncode == 0  # events that are under way need their service
    assert attack.settle() == 0, attack.report()
    print(attack.report(), f"{traffic.commits} commits, {len(traffic.accepted)} of {len(traffic.sent)} events accepted")
    compare(busy, traffic)
