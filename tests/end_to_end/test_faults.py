"""Services that fail, lose answers and are slow, under the whole platform: told or overcome, never a wrong table."""

from pathlib import Path

import pytest

from emulators.company.ledger import Ledger
from emulators.faults.command import SERVICES
from emulators.faults.rules import Rule, write_rules
from tests.end_to_end.comparing import warehouse
from tests.end_to_end.conftest import LocalPlatform
from tests.end_to_end.oracle import differences

pytestmark = pytest.mark.long
RULES = [
    Rule(error="UNAVAILABLE", rate=0.03),
    Rule(error="RESOURCE_EXHAUSTED", rate=0.01),
    Rule(error="INTERNAL", rate=0.005),
    Rule(error="RESET", rate=0.01),
    Rule(error="UNAVAILABLE", rate=0.01, after=True),
    Rule(error="RESET", rate=0.01, after=True),
    Rule(latency=0.5, rate=0.03),
]
LOST_ANSWERS = [Rule("Publish", error="UNAVAILABLE", after=True, rate=0.5)]


def play(platform: LocalPlatform) -> tuple[int, str]:
    """A call, as it ends and what it says."""
    done = platform.run("emulators.local_emulate", "--days", "1", "--accounts", "30", timeout=1500)
    return done.returncode, done.stdout + done.stderr


def switch(state: Path, rules: list[Rule]) -> None:
    for service in SERVICES:
        write_rules(state / service, rules)


def test_faults_everywhere_end_in_the_right_tables_or_are_told(platform: LocalPlatform) -> None:
    assert play(platform)[0] == 0
    ended = []
    for _ in range(4):
        switch(platform.state, RULES)
        status, said = play(platform)
        ended.append(status)
        assert status == 0 or "stopped: " in said or "Not everything is well" in said, said
        assert "Traceback" not in said, said
    switch(platform.state, [])
    print(f"calls under faults ended with {ended}")
    status, said = play(platform)
    assert status == 0, said
    found = differences(Ledger(platform.state / "company"), warehouse(platform.exports()))
    assert not found, "\n".join(found)


def test_messages_whose_answer_was_lost_are_no_difference(platform: LocalPlatform) -> None:
    write_rules(platform.state / "pubsub", LOST_ANSWERS)
    status, said = play(platform)
    write_rules(platform.state / "pubsub", [])
    assert status == 0, said
    ledger = Ledger(platform.state / "company")
    assert ledger.uncertain()
    assert differences(ledger, warehouse(platform.exports())) == []
