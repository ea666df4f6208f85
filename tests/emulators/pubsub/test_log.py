"""The log on disk: what was appended is there after a kill, a torn or damaged tail is not, offsets never repeat."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.pubsub.state.ack_log import AckLog
from emulators.pubsub.state.ack_set import AckSet
from emulators.pubsub.state.errors import DamagedState
from emulators.pubsub.state.topic_log import TopicLog


def bodies(log: TopicLog) -> list[bytes]:
    found: list[bytes] = []
    offset = log.first_offset
    while offset < log.next_offset:
        run = log.read_run(offset, 7, 100)
        found += [body for _, body in run]
        offset += len(run)
    return found


def test_messages_come_back_in_order_across_segments_and_restarts(tmp_path: Path) -> None:
    expected: list[bytes] = []
    for start in range(0, 200, 20):
        log = TopicLog(tmp_path, segment_bytes=500)
        for number in range(start, start + 20, 4):
            batch = [b"%d" % one * 5 for one in range(number, number + 4)]
            log.append(batch, number)
            expected += batch
        assert bodies(log) == expected
        log.close()
    log = TopicLog(tmp_path, segment_bytes=500)
    assert bodies(log) == expected
    assert len(list(tmp_path.glob("*.log"))) > 5


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_torn_tail_takes_only_the_last_batch_with_it(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("log")
    log = TopicLog(folder)
    log.append([b"first", b"second"], 1)
    (path,) = folder.glob("*.log")
    whole = path.stat().st_size
    log.append([b"third" * 10], 2)
    log.close()
    written = path.read_bytes()
    if data.draw(st.booleans(), "damaged instead of cut"):
        place = data.draw(st.integers(whole, len(written) - 1))
        changed = bytes([written[place] ^ data.draw(st.integers(1, 255))])
        path.write_bytes(written[:place] + changed + written[place + 1 :])
    else:
        path.write_bytes(
            written[: data.draw(st.integers(whole, len(written) - 1))] + bytes(data.draw(st.integers(0, 40)))
        )
    log = TopicLog(folder)
    assert bodies(log) == [b"first", b"second"]
    log.append([b"fourth"], 3)
    log.close()
    assert bodies(TopicLog(folder)) == [b"first", b"second", b"fourth"]


def test_offsets_are_never_used_again_when_everything_was_removed(tmp_path: Path) -> None:
    log = TopicLog(tmp_path, segment_bytes=10)
    for number in range(5):
        log.append([b"a message longer than a segment"], number)
    log.drop_before(5)
    log.close()
    log = TopicLog(tmp_path, segment_bytes=10)
    assert (log.first_offset, log.next_offset) == (4, 5)
    assert len(list(tmp_path.glob("*.index"))) == 0


def test_a_time_is_found_in_any_segment(tmp_path: Path) -> None:
    log = TopicLog(tmp_path, segment_bytes=100)
    for number in range(50):
        log.append([b"x" * 10, b"y" * 10], number * 10)
    assert [log.offset_at(time) for time in (0, 1, 10, 255, 490, 491)] == [0, 2, 2, 52, 98, 100]
    log.drop_before(60)
    assert log.offset_at(0) == log.first_offset > 0


def test_the_publish_time_does_not_go_back_with_the_clock(tmp_path: Path) -> None:
    log = TopicLog(tmp_path)
    log.append([b"x"], log.publish_time(1000))
    assert log.publish_time(900) == 1000


def test_a_sealed_segment_that_was_damaged_is_not_delivered(tmp_path: Path) -> None:
    log = TopicLog(tmp_path, segment_bytes=100)
    for number in range(10):
        log.append([b"message" * 5], number)
    first = min(tmp_path.glob("*.log"))
    log.close()
    content = bytearray(first.read_bytes())
    content[30] ^= 1
    first.write_bytes(content)
    log = TopicLog(tmp_path, segment_bytes=100)
    with pytest.raises(DamagedState, match=first.name):
        log.read_run(0, 1)


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(st.integers(0, 300), st.integers(0, 300).map(lambda n: -n), st.integers(32700, 32800)), max_size=200
    )
)
def test_ack_set_is_a_set_with_a_floor(steps: list[int]) -> None:
    acked, model, below = AckSet(10), set(range(10)), 10
    for step in steps:
        if step < 0:
            acked.add_below(-step)
            model |= set(range(-step))
        else:
            acked.add(step)
            model.add(step)
        while below in model:
            below += 1
        assert acked.floor == below
    for copy in (acked, acked.copy()):
        assert {offset for offset in range(33000) if offset in copy} == model
        assert copy.top == max(model) + 1


def test_ack_set_is_small_when_one_message_is_stuck() -> None:
    acked = AckSet()
    for offset in range(1, 1_000_000):
        acked.add(offset)
    assert acked.floor == 0
    assert len(acked.dump()) < 130_000
    acked.add(0)
    assert acked.floor == 1_000_000
    assert len(acked.dump()) == 16


def test_acknowledgements_survive_with_their_failures_and_the_file_stays_short(tmp_path: Path) -> None:
    path = tmp_path / "1.acks"
    log = AckLog.create(path, start=5)
    shuffled = list(range(5, 600_005))
    random.Random(1).shuffle(shuffled)
    for start in range(0, len(shuffled), 1000):
        log.commit(shuffled[start : start + 1000])
    log.count_failure(2_000_000)
    log.count_failure(2_000_000)
    log.close()
    assert path.stat().st_size < 5 * 1024 * 1024
    log = AckLog(path)
    assert (log.start, log.acked.floor, log.failures) == (5, 600_005, {2_000_000: 2})


def test_a_torn_acknowledgement_is_forgotten_alone(tmp_path: Path) -> None:
    path = tmp_path / "1.acks"
    log = AckLog.create(path, start=0)
    log.commit([0, 1])
    log.commit([2])
    log.close()
    path.write_bytes(path.read_bytes()[:-3])
    log = AckLog(path)
    assert log.acked.floor == 2
    log.commit([2, 3])
    log.close()
    assert AckLog(path).acked.floor == 4
