"""Two runs at once, and a clock that goes back: bronze is as if they had run one after the other, at the right time."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest

from beam_pipelines.landing import new_files, plan
from tests.beam_pipelines import test_bad_files as landing_door
from tests.beam_pipelines.bad_files import Files, Landed
from tests.beam_pipelines.landing_files import avro_file, envelope


@pytest.fixture
def contract() -> str:
    return "door.odcs.yaml"


@pytest.mark.long
@pytest.mark.parametrize(("seed", "count"), [(71, 40), (72, 400)])
def test_two_at_once_with_files_good_and_bad(project: str, seed: int, count: int) -> None:
    print(f"seed {seed}")
    files = Files(seed).make(count)
    landing_door.land(files)
    command = [sys.executable, "-m", "beam_pipelines.landing_to_bronze", "--source", "door"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    batches = {}
    for process in both:
        printed, log = process.communicate(timeout=300)
        assert process.returncode == 0, log
        for batch in json.loads(printed.splitlines()[-1])["batches"]:
            batches[batch["batch_id"]] = batch
    assert landing_door.load() == []
    landing_door.check(project, files, list(batches.values()))


def clock_at(moment: datetime) -> type[datetime]:
    """datetime, on a machine whose clock shows this moment."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(moment.timestamp(), tz)

    return Clock


def test_the_clock_goes_back_an_hour(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lands then has names before those that are known, and is found all the same; batches still grow."""
    real = datetime.now(UTC)
    landed = []
    for step, hours in enumerate((0, -1, -1, 0)):
        now = real + timedelta(hours=hours, minutes=step)

        monkeypatch.setattr(plan, "datetime", clock_at(now))
        monkeypatch.setattr(new_files, "datetime", clock_at(now))
        data = avro_file({"thing_id": "long"}, [envelope("things", {"thing_id": step}, step + 1)])
        landed.append(Landed(f"{now:%Y/%m/%d/%H/%M}/{step}.avro", data))
        landing_door.land(landed[-1:])
        (batch,) = landing_door.load()
        assert batch["batch_id"] == f"{step + 1:010d}"
    rows = {row["thing_id"]: row for row in landing_door.bronze()}
    assert {key: row["_batch_id"] for key, row in rows.items()} == {n: f"{n + 1:010d}" for n in range(4)}
    assert len(landing_door.bronze()) == 4
