"""The clock of a running platform goes forward an hour, and back again: bronze, silver and gold are the ledger's.

Postgres, DuckDB and gRPC have it too: a library that is preloaded turns it, which needs a C compiler.
Once and at a known moment; and time and again at random (`SLUICE_CLOCK_SEED=17`: one seed alone).
"""

import os
import random
import shutil
import struct
import subprocess
import sys
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg2
import pytest

from emulators.company.ledger import Ledger
from tests.end_to_end.comparing import warehouse
from tests.end_to_end.conftest import LocalPlatform
from tests.end_to_end.meanwhile import meanwhile
from tests.end_to_end.oracle import differences

SOURCE = Path(__file__).parent / "turned_clock.c"
COMPILER = shutil.which(os.environ.get("CC", "cc"))
HOUR = 3600
CORRECTIONS = (-HOUR, -60, 0, 60, HOUR, 2 * HOUR)
SEEDS = [int(seed) for seed in os.environ.get("SLUICE_CLOCK_SEED", "1 2").split()]
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux" or COMPILER is None, reason="needs Linux and a C compiler (cc)"),
]


def turn(clock: Path, seconds: int) -> None:
    """As a correction of the clock does it: at once. The processes have the file in their memory."""
    with clock.open("r+b") as file:
        file.write(struct.pack("=q", seconds))


def jump(clock: Path, seed: int, ended: threading.Event) -> None:
    """Turns the clock every few seconds; at the end it is right."""
    dice = random.Random(seed)
    while not ended.wait(dice.uniform(1, 6)):
        turn(clock, dice.choice(CORRECTIONS))
    turn(clock, 0)


def play(platform: LocalPlatform, at: str = "", clock: Path | None = None, seconds: int = 0) -> tuple[int, str]:
    """`make local-emulate`, its status and its words; the clock is turned once it prints `at`."""
    command = [sys.executable, "-um", "emulators.local_emulate", "--days", "1", "--accounts", "20"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, cwd=platform.root, env=platform.base(), text=True, **pipes)  # type: ignore[call-overload]
    said = []
    for line in process.stdout:
        said.append(line)
        if clock is not None and at in line:
            turn(clock, seconds)
            clock = None
    assert clock is None, f"it never said {at!r}:\n{''.join(said)}"
    return process.wait(), "".join(said)


def compare(platform: LocalPlatform) -> None:
    found = differences(Ledger(platform.state / "company"), warehouse(platform.exports()))
    assert not found, "\n".join(found)


def ahead(platform: LocalPlatform) -> float:
    """Seconds by which the source's clock is wrong."""
    with closing(psycopg2.connect(platform.exports()["SAAS_DATABASE_URL"])) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT extract(epoch FROM now())")
        return float(cursor.fetchall()[0][0]) - time.time()


@pytest.fixture
def clock(platform: LocalPlatform, tmp_path: Path) -> Path:
    """What turns the clock of all that the platform starts."""
    library, clock = tmp_path / "turned_clock.so", tmp_path / "clock"
    clock.write_bytes(bytes(8))
    subprocess.run([str(COMPILER), "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, SOURCE], check=True)
    platform.environment.update(LD_PRELOAD=str(library), TURNED_CLOCK=str(clock))
    return clock


def test_the_clock_goes_back_an_hour_while_everything_runs(platform: LocalPlatform, clock: Path) -> None:
    status, said = play(platform, "● company", clock, HOUR)  # a wrong clock, which is put right
    assert status == 0, said
    assert ahead(platform) == pytest.approx(HOUR, abs=60)
    status, said = play(platform, "● landing", clock, 0)
    assert status == 0, said
    compare(platform)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_clock_jumps_while_everything_runs(platform: LocalPlatform, clock: Path, seed: int) -> None:
    with meanwhile(partial(jump, clock, seed)):
        for _ in range(2):
            status, said = play(platform)
            # It may give up: a token's assertion that a jump makes an hour old is refused, as Google refuses it.
            print(f"seed {seed}: status {status}", said if status else "")
    status, said = play(platform)
    assert status == 0, said
    compare(platform)
