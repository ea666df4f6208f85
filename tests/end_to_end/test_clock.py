"""The clock of a running platform goes forward an hour, and back again: bronze, silver and gold are the ledger's."""

import subprocess
import sys
from pathlib import Path

import pytest

from emulators.company.ledger import Ledger
from tests.end_to_end.comparing import warehouse
from tests.end_to_end.conftest import LocalPlatform
from tests.end_to_end.oracle import differences

TURNED = Path(__file__).parent / "turned_clock"
HOUR = 3600


def turn(file: Path, seconds: int) -> None:
    """As a correction of the clock does it: at once."""
    draft = file.with_suffix(".draft")
    draft.write_text(str(seconds))
    draft.replace(file)


def play(platform: LocalPlatform, at: str = "", clock: Path | None = None, seconds: int = 0) -> None:
    """`make local-emulate`; the clock is turned once it prints `at`."""
    command = [sys.executable, "-um", "emulators.local_emulate", "--days", "1", "--accounts", "20"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, cwd=platform.root, env=platform.base(), text=True, **pipes)  # type: ignore[call-overload]
    said = []
    for line in process.stdout:
        said.append(line)
        if clock is not None and at in line:
            turn(clock, seconds)
            clock = None
    assert process.wait() == 0, "".join(said)
    assert clock is None, f"it never said {at!r}:\n{''.join(said)}"


@pytest.mark.long
def test_the_clock_goes_back_an_hour_while_everything_runs(platform: LocalPlatform, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    turn(clock, 0)
    platform.environment.update(PYTHONPATH=f"{TURNED}", TURNED_CLOCK=str(clock))
    play(platform, "● company", clock, HOUR)  # a wrong clock, which is put right
    play(platform, "● landing", clock, 0)
    found = differences(Ledger(platform.state / "company"), warehouse(platform.exports()))
    assert not found, "\n".join(found)
