"""Long values are found as they were at a place in the log, also when the log is read again from an earlier place."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.datastream.envelope import Table
from emulators.datastream.kinds import TEXT, Column, Kind
from emulators.datastream.memory import Memory, can_be_long
from emulators.datastream.pgoutput import UNCHANGED

TABLE = Table("public", "t", (Column("id", Kind(TEXT), True, 0), Column("body", Kind(TEXT), False, 1)))


@settings(max_examples=60, deadline=None)
@given(
    events=st.lists(st.tuples(st.integers(1, 3), st.binary(min_size=4, max_size=6)), min_size=1, max_size=12),
    settled=st.integers(0, 12),
    asked=st.integers(0, 14),
)
def test_the_value_of_a_place(events: list[tuple[int, bytes]], settled: int, asked: int) -> None:
    """Event n is at position n. What is asked for is not before what was settled: a reader never goes further back.

    A commit may begin where the last one ended, so that the next transaction is at the settled position itself.
    """
    memory = Memory(Path(":memory:"))
    for lsn, (key, value) in enumerate(events, 1):
        if lsn == settled:
            memory.save()
            memory.settle(lsn)
        memory.remember(TABLE, bytes([key]), [b"x", value], lsn, 1)
    place = max(asked, settled)
    for key in (1, 2, 3):
        before = [value for lsn, (of, value) in enumerate(events, 1) if of == key and lsn < place]
        assert memory.find(TABLE, bytes([key]), "body", place, 1) == (before[-1] if before else None)
    memory.close()


def test_a_deleted_row_is_forgotten_when_that_is_durable(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "m.sqlite")
    memory.remember(TABLE, b"1", [b"1", b"long"], 10, 1)
    memory.forget(TABLE, b"1", 20, 1)
    memory.remember(TABLE, b"1", [b"1", b"newer"], 20, 2)
    assert memory.find(TABLE, b"1", "body", 20, 1) == b"long"
    memory.save()
    memory.settle(20)
    assert memory.find(TABLE, b"1", "body", 20, 1) is None
    assert memory.find(TABLE, b"1", "body", 30, 1) == b"newer"
    memory.close()


def test_what_was_not_saved_is_not_there_after_a_kill(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "m.sqlite")
    memory.remember(TABLE, b"1", [b"1", b"long"], 10, 1)
    memory.save()
    memory.remember(TABLE, b"1", [b"1", b"later"], 20, 1)
    again = Memory(tmp_path / "m.sqlite")
    assert again.find(TABLE, b"1", "body", 30, 1) == b"long"
    again.close()
    memory.close()


def test_only_long_rows_are_kept() -> None:
    assert not can_be_long(TABLE, [b"1", b"x" * 100])
    assert can_be_long(TABLE, [b"1", b"x" * 2000])
    assert not can_be_long(TABLE, [b"1" * 5000, UNCHANGED])
