"""The clock of the whole machine goes back an hour between two calls, and is right again for the third."""

from pathlib import Path

import pytest

from emulators.company.ledger import Ledger
from tests.end_to_end.comparing import warehouse
from tests.end_to_end.conftest import LocalPlatform
from tests.end_to_end.oracle import differences

LIBRARY = next(Path("/").glob("usr/lib/*/faketime/libfaketimeMT.so.1"), None)
AN_HOUR_AGO = {"LD_PRELOAD": str(LIBRARY), "FAKETIME": "-3600", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(LIBRARY is None, reason="libfaketime (Debian: faketime), which turns clocks back, is not here"),
]


def play(platform: LocalPlatform) -> None:
    """A day with every process started anew, in the environment that the platform has now."""
    platform.stop()
    done = platform.run("emulators.local_emulate", "--days", "1", "--accounts", "30", timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_hour_that_comes_twice_loses_and_doubles_nothing(platform: LocalPlatform) -> None:
    play(platform)
    platform.environment |= AN_HOUR_AGO
    play(platform)
    platform.environment.clear()
    play(platform)
    query = warehouse(platform.exports())
    batches = query("select min(_ingested_at) as at from bronze.saas_accounts group by _batch_id order by _batch_id")
    times = [row["at"] for row in batches]
    assert times != sorted(times), "the clock did not go back"
    assert differences(Ledger(platform.state / "company"), query) == []
