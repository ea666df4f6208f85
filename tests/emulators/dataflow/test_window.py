"""The window of processed ids and the spool: what is on disk is what was put there, cut anywhere."""

import resource
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.dataflow.bundle import Bundle, Pulled, Spool
from emulators.dataflow.window import Window


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.integers(0, 50).map(str), max_size=8), max_size=12), st.integers(1, 20))
def test_the_newest_ids_are_known_also_after_a_restart(
    tmp_path_factory: object, batches: list[list[str]], remembered: int
) -> None:
    folder = tmp_path_factory.mktemp("window")  # type: ignore[attr-defined]
    window, order = Window(folder, remembered), list[str]()
    for batch in batches:
        window.add(batch)
        order += [identity for identity in dict.fromkeys(batch) if identity not in order[-remembered:]]
        order = order[-remembered:]
        for known in (window, Window(folder, remembered)):
            assert {str(n) for n in range(51) if str(n) in known} == set(order)


def test_a_line_cut_by_a_kill_is_no_id(tmp_path: Path) -> None:
    Window(tmp_path).add(["a", "bc"])
    file = tmp_path / "processed"
    file.write_bytes(file.read_bytes()[:-1])
    window = Window(tmp_path)
    assert "a" in window and "bc" not in window and "b" not in window


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="prlimit is Linux's: no other way to fill a disk here")
def test_half_a_line_that_a_full_disk_left_runs_into_no_other(tmp_path: Path) -> None:
    window = Window(tmp_path)
    window.add(["first"])
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9, limits[1]))
    try:
        with pytest.raises(OSError, match="No space left"):
            window.add(["second"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    window.add(["third"])
    again = Window(tmp_path)
    assert "first" in again and "third" in again and "second" not in again


def test_a_bundle_comes_back_whole(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    assert spool.read() == []
    bundles = [
        Bundle(
            f"projects/p/subscriptions/s{number}",
            Pulled(received_messages=[{"ack_id": "a", "message": {"data": bytes(n)}} for n in range(number)]),
        )
        for number in range(4)
    ]
    for bundle in bundles:
        spool.write(bundle)
        assert bundle in Spool(tmp_path).read()
    for bundle in bundles:
        spool.remove(bundle)
        assert bundle not in spool.read()
    assert spool.read() == []
