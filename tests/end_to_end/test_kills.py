"""Killed at any moment, it loses nothing: bronze, silver and gold are what the company's ledger says.

A seed is a platform of its own, on which some twenty processes are killed. `SLUICE_KILL_SEED=17` runs one seed alone;
`SLUICE_KILL_SEEDS=50` as many as that, `SLUICE_KILLS=100` so many kills each, `SLUICE_KILL_ACCOUNTS=800` a company so
large that its tables are written by several threads. Some are not killed but frozen for up to a minute and a half, as a
laptop's lid or a busy host does it: others go on without them, and then they go on, too.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.company.ledger import Ledger
from tests.end_to_end.comparing import warehouse
from tests.end_to_end.conftest import ROOT, LocalPlatform
from tests.end_to_end.kills import CAN_KILL, Attack
from tests.end_to_end.oracle import differences

KILLS = int(os.environ.get("SLUICE_KILLS", "20"))
ACCOUNTS = int(os.environ.get("SLUICE_KILL_ACCOUNTS", "25"))
FEW, MANY = (0, 1, 2, 3, 5), (5, 8, 12)  # that are killed with one, in odd and in even seeds


def _seeds() -> list[int]:
    one = os.environ.get("SLUICE_KILL_SEED")
    return [int(one)] if one else list(range(1, int(os.environ.get("SLUICE_KILL_SEEDS", "15")) + 1))


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[LocalPlatform]:
    local = LocalPlatform(ROOT, tmp_path / "state")
    yield local
    local.stop()


@pytest.mark.long
@pytest.mark.skipif(not CAN_KILL, reason="finds processes by /proc, which is not here")
@pytest.mark.parametrize("seed", _seeds())
def test_killed_it_loses_nothing(platform: LocalPlatform, seed: int) -> None:
    survive(Attack(platform, seed, ACCOUNTS, others=FEW if seed % 2 else MANY))


@pytest.mark.long
@pytest.mark.skipif(not CAN_KILL, reason="finds processes by /proc, which is not here")
@pytest.mark.parametrize("seed", _seeds()[:3])
def test_frozen_it_loses_nothing(platform: LocalPlatform, seed: int) -> None:
    survive(Attack(platform, seed, ACCOUNTS, frozen=0.8))


def survive(attack: Attack) -> None:
    """The attack, a call in peace, and what all tables hold then."""
    attack.run(KILLS)
    assert attack.settle() == 0, attack.report()
    found = differences(Ledger(attack.platform.state / "company"), warehouse(attack.platform.exports()))
    print(attack.report())
    assert not found, "\n".join([*found, attack.report()])
