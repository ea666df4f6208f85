"""Jobs in processes of their own: killed, broken, stopped. Each message is in exactly one bundle, and none is lost."""

import random
import resource
import time
from pathlib import Path

import pytest
from google.cloud import pubsub_v1

from emulators.dataflow.bundle import Spool
from emulators.dataflow.job import lock_subscription
from tests.emulators.dataflow.conftest import Job, Topic
from tests.emulators.services import Service


@pytest.mark.parametrize("kills", [2, pytest.param(100, marks=pytest.mark.long)])
def test_killed_at_any_moment_no_message_is_lost_or_processed_in_two_bundles(
    topic: Topic, job: Job, kills: int
) -> None:
    dice, unfinished = random.Random(kills), 0
    (job.output / "slow").write_text("0.5")
    for _ in range(kills):
        topic.publish(500)
        job.wait_for(bundles=1)
        time.sleep(dice.uniform(0, 0.5))
        job.kill()
        unfinished += len(Spool(job.state).read())
        job.start()
    assert unfinished > kills // 2  # most of them died in the middle of a bundle
    (job.output / "slow").unlink()
    job.wait_until_written(topic.published)
    job.wait_for(state="idle")
    assert job.written() == topic.published
    assert Spool(job.state).read() == []


def test_a_bundle_that_fails_is_tried_again_until_it_goes_through(topic: Topic, job: Job) -> None:
    job.wait_for(state="idle")
    (job.output / "fail").touch()
    topic.publish(50)
    status = job.wait_for(state="retrying", errors=2)
    assert "the sink is broken" in status["last_error"]["reason"]
    assert not job.written()
    (job.output / "fail").unlink()
    job.wait_for(state="idle", processed=50)
    assert job.written() == topic.published


@pytest.mark.long
def test_a_bundle_that_fails_outlives_a_kill_and_its_lease(topic: Topic, job: Job) -> None:
    """The bundle comes back from disk, of the same messages, and what Pub/Sub delivers again is not processed again."""
    job.wait_for(state="idle")
    (job.output / "fail").touch()
    topic.publish(120)
    job.wait_for(state="retrying")
    job.kill()
    spooled = Spool(job.state).read()
    deliver_again(topic.subscription, job)
    topic.publish(30)
    job.start()
    job.wait_for(state="retrying")
    assert Spool(job.state).read() == spooled
    (job.output / "fail").unlink()
    job.wait_for(state="idle", processed=150, duplicates=120)
    assert job.written() == topic.published


def deliver_again(subscription: str, job: Job) -> None:
    """Ends the leases of the bundle on disk, as time does."""
    (bundle,) = Spool(job.state).read()
    ack_ids = bundle.ack_ids
    pubsub_v1.SubscriberClient().modify_ack_deadline(subscription=subscription, ack_ids=ack_ids, ack_deadline_seconds=0)


def test_a_subscription_whose_bundle_fails_does_not_hold_up_another(
    topics: tuple[Topic, Topic], tmp_path: Path
) -> None:
    failing, sound = topics
    job = Job(tmp_path, failing.subscription, "--subscription", sound.subscription)
    try:
        (job.output / "fail").write_text("d13")
        failing.publish(20)
        job.wait_for(state="retrying")
        sound.publish(10)
        job.wait_until_written(sound.published)
        assert job.status()["state"] in ("retrying", "running")
        (job.output / "fail").unlink()
        job.wait_until_written(failing.published + sound.published)
    finally:
        job.kill()


@pytest.mark.long
def test_sigterm_ends_it_in_good_order_even_in_a_long_bundle(topic: Topic, job: Job) -> None:
    job.wait_for(state="idle")
    (job.output / "slow").write_text("60")
    topic.publish(10)
    job.wait_for(state="running")
    assert job.terminate() == 0
    assert not job.written()
    (job.output / "slow").unlink()
    job.start()
    job.wait_for(state="idle", processed=10)
    assert job.written() == topic.published
    assert job.terminate() == 0
    assert job.status()["state"] == "stopped"


def test_pubsub_may_go_and_come_back(topic: Topic, job: Job, pubsub: Service) -> None:
    job.wait_for(state="idle")
    topic.publish(20)
    pubsub.kill()
    assert "UNAVAILABLE" in job.wait_for(state="blocked")["problems"][topic.subscription]
    pubsub.launch()
    pubsub.wait()
    job.wait_for(state="idle")
    topic.publish(20)
    job.wait_for(state="idle", processed=40)
    assert job.written() == topic.published


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="prlimit is Linux's: no other way to fill a disk here")
def test_a_full_disk_is_waited_for(topic: Topic, job: Job) -> None:
    """Neither the bundle nor the status can be written meanwhile; the process lives, and tries again."""
    job.wait_for(state="idle")
    resource.prlimit(job.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    topic.publish(50)
    time.sleep(2)
    assert job.process.poll() is None
    assert not job.written()
    resource.prlimit(job.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    job.wait_for(state="idle", processed=50, errors=1)
    assert job.written() == topic.published


def test_a_subscription_that_is_taken_is_refused_until_it_is_free() -> None:
    name = f"projects/p/subscriptions/{time.monotonic_ns()}"
    taken = lock_subscription("127.0.0.1:1", name)
    with pytest.raises(SystemExit, match="is read by another job on this machine"):
        lock_subscription("127.0.0.1:1", name)
    lock_subscription("127.0.0.1:2", name).close()  # another Pub/Sub's
    taken.close()
    lock_subscription("127.0.0.1:1", name).close()


@pytest.mark.long
def test_one_subscription_is_read_by_one_job(topic: Topic, job: Job, tmp_path: Path) -> None:
    """A second one, with a state of its own, would process what the first has in hand once its leases have ended."""
    job.wait_for(state="idle")
    (tmp_path / "second").mkdir()
    second = Job(tmp_path / "second", topic.subscription)
    assert second.process.wait(timeout=60) == 1
    assert "is read by another job on this machine" in (tmp_path / "second" / "job.log").read_text()
    topic.publish(5)
    job.wait_for(state="idle", processed=5)
    job.process.kill()
    job.process.wait()
    second.start()
    topic.publish(5)
    second.wait_for(state="idle", processed=5)
    second.process.kill()
    second.process.wait()
    assert job.written() + second.written() == topic.published


@pytest.mark.long
def test_one_state_directory_belongs_to_one_job(topic: Topic, job: Job) -> None:
    job.wait_for(state="idle")
    first = job.process
    job.start()
    assert job.process.wait(timeout=60) == 1
    job.process = first
    topic.publish(5)
    job.wait_for(state="idle", processed=5)
