"""A subscription's deliveries: what is leased to whom, what waits, what is acknowledged.

Time is an argument everywhere (seconds since the epoch), so that tests can own the clock. A message is in exactly
one of four states: acknowledged, leased, waiting to be delivered again, or not yet read (from the cursor on).
"""

import functools
from collections.abc import Callable, Iterable, Sequence

from emulators.pubsub.messages import shadow
from emulators.pubsub.state.ack_ids import AckIds
from emulators.pubsub.state.ack_log import AckLog
from emulators.pubsub.state.ack_set import AckSet
from emulators.pubsub.state.batch import Batch, Delivery
from emulators.pubsub.state.leases import Consumer, Lease, Leases
from emulators.pubsub.state.ordering import OrderingKeys
from emulators.pubsub.state.retries import Retries
from emulators.pubsub.state.settings import Settings
from emulators.pubsub.state.topic_log import TopicLog

Forward = Callable[[bytes, int, str], bool]
_RUN = 1000
_SPOILT_SECONDS = 1.0
_LOOK_AHEAD = 10_000  # after so many messages, dropped by a filter or waiting for their key, others get their turn


class SubscriptionQueue:
    """The backlog of one subscription.

    Args:
        number: appears in ack ids, so that another subscription's are refused.
        generation: number of the first delivery; greater than any that an earlier process gave.
        forward: publishes a body to the dead-letter topic after so many deliveries, with the reason of the last
            failure ("": none is known); False if it cannot now.
    """

    def __init__(
        self, number: int, log: TopicLog, acks: AckLog, settings: Settings, generation: int, forward: Forward
    ) -> None:
        self.log = log
        self.acks = acks
        self.settings = settings
        self.consumers: dict[Consumer, None] = {}
        self._ack_ids = AckIds(number)
        self._generation = max(generation, acks.epoch)
        self._forward = forward
        self._leases = Leases()
        self._retries = Retries()
        self._keys = OrderingKeys()
        self._cursor = acks.acked.floor
        self._reasons: dict[int, str] = {}

    # ---- delivering

    def lease(self, consumer: Consumer, limit: int, max_bytes: int, ack_deadline: float, now: float) -> list[Delivery]:
        """Leases up to limit messages, and about max_bytes, to the consumer; [] when there is nothing for it now.

        Raises:
            DamagedState: a message cannot be read back from disk.
        """
        self.expire(now)
        matches, transform = self.settings.matches, self.settings.transform
        horizon = self._horizon_us(now)
        spoil = functools.partial(self._spoil, now)
        batch = Batch(consumer, limit, max_bytes, horizon, matches, transform, self._grant, spoil)
        batch.tick = self._leases.tick(now + ack_deadline) if batch.has_room else 0
        self._lease_retries(batch, now)
        if self.settings.ordered:
            self._lease_keys(batch, now)
        self._lease_fresh(batch)
        self._commit(batch.skipped)
        return batch.deliveries

    def _lease_retries(self, batch: Batch, now: float) -> None:
        while batch.has_room and (offset := self._retries.pop_due(now)) is not None:
            if offset in self.acks.acked or self._leases.get(offset):
                continue
            time_us, body = self.log.read_run(offset, 1)[0]
            if not batch.skips(offset, time_us, body):
                batch.add(offset, body, "")

    def _lease_keys(self, batch: Batch, now: float) -> None:
        for key in self._keys.due(now):
            for offset in self._keys.waiting(key):
                if not batch.has_room:
                    return
                if offset in self.acks.acked:
                    self._keys.skip(key)
                    continue
                time_us, body = self.log.read_run(offset, 1)[0]
                if batch.skips(offset, time_us, body):
                    self._keys.skip(key)
                else:
                    self._keys.start(key, offset, batch.consumer)
                    batch.add(offset, body, key)

    def _lease_fresh(self, batch: Batch) -> None:
        self._cursor = max(self._cursor, self.log.first_offset, self.acks.acked.floor)
        end = self._cursor + _LOOK_AHEAD
        while batch.has_room and self._cursor < self.log.next_offset:
            if self._cursor > end:
                batch.consumer.wake()
                return
            for time_us, body in self.log.read_run(self._cursor, min(batch.messages, _RUN)):
                offset = self._cursor
                self._cursor += 1
                if offset in self.acks.acked or batch.skips(offset, time_us, body):
                    continue
                key = shadow.Routing.FromString(body).ordering_key if self.settings.ordered else ""
                admitted = not key or self._keys.admit(key, offset, batch.consumer)
                if admitted and not batch.add(offset, body, key):
                    return

    def _grant(self, offset: int, body: bytes, key: str, consumer: Consumer, tick: int) -> Delivery:
        """Starts one lease."""
        self._generation += 1
        self._leases.grant(Lease(offset, self._generation, consumer, len(body), key, tick))
        attempt = self.acks.failures.get(offset, 0) + 1 if self.settings.max_delivery_attempts else 0
        return Delivery(self._ack_ids.make(offset, self._generation), body, attempt)

    def _spoil(self, now: float, offset: int, body: bytes, key: str, consumer: Consumer, reason: str) -> None:
        """Starts a lease that nobody gets: it fails as one that a consumer let expire."""
        self._reasons[offset] = reason
        self._grant(offset, body, key, consumer, self._leases.tick(now + _SPOILT_SECONDS))

    # ---- acknowledging

    def acknowledge(self, ack_ids: Iterable[str], now: float) -> list[str]:
        """Acknowledges deliveries, durably when this returns.

        Returns:
            The ack ids that exactly-once delivery refuses because they have expired; [] without it.

        Raises:
            PubsubError: INVALID_ARGUMENT, an id is malformed or of another subscription; nothing was acknowledged.
        """
        self.expire(now)
        parsed = [self._ack_ids.parse(ack_id) for ack_id in dict.fromkeys(ack_ids)]
        counting: list[int] = []
        expired: list[str] = []
        for offset, generation in parsed:
            lease = self._leases.get(offset)
            if lease is not None and lease.generation == generation:
                counting += self._finish(lease)
            elif self.settings.exactly_once:
                expired.append(self._ack_ids.make(offset, generation))
            elif self._accepts_late(offset, generation):
                if lease is not None:
                    self._leases.release(lease)
                counting.append(offset)
        self._commit(counting)
        return expired

    def _finish(self, lease: Lease) -> list[int]:
        """Ends a lease whose message is done; returns the messages that are acknowledged by it.

        One that overtook its ordering key's earlier messages is held until they are done.
        """
        if not lease.key:
            self._leases.release(lease)
            return [lease.offset]
        self._leases.hold(lease)
        counting = self._keys.done(lease.key, lease.offset)
        self._release_all(counting)
        return counting

    def _release_all(self, offsets: Iterable[int]) -> None:
        for offset in offsets:
            lease = self._leases.get(offset)
            if lease is not None:
                self._leases.release(lease)

    def _accepts_late(self, offset: int, generation: int) -> bool:
        """A late acknowledgement counts where it can do no harm: not with ordering, not from before a seek."""
        return (
            not self.settings.ordered
            and self.acks.epoch <= generation <= self._generation
            and offset < self.log.next_offset
            and offset not in self.acks.acked
        )

    def modify(self, ack_ids: Sequence[str], seconds: Sequence[int], now: float) -> list[str]:
        """Moves deadlines to now + seconds each; 0 refuses the message, which is then delivered again.

        Returns, Raises: as acknowledge().
        """
        self.expire(now)
        parsed = [self._ack_ids.parse(ack_id) for ack_id in ack_ids]
        expired: list[str] = []
        for (offset, generation), second in zip(parsed, seconds, strict=True):
            lease = self._leases.get(offset)
            if lease is None or lease.generation != generation:
                expired.append(self._ack_ids.make(offset, generation))
            elif lease.held:
                continue
            elif second:
                self._leases.extend(lease, now + second)
            else:
                self._fail(lease, now)
        if 0 in seconds:
            self.wake()
        return expired if self.settings.exactly_once else []

    def refuse(self, ack_id: str, reason: str, now: float) -> None:
        """A delivery that failed for a reason, which goes with the message should it be a dead letter now."""
        offset, _ = self._ack_ids.parse(ack_id)
        self._reasons[offset] = reason
        self.modify([ack_id], [0], now)

    def give_back(self, ack_ids: Sequence[str], now: float) -> None:
        """Takes back deliveries that were not tried: they do not count as failed."""
        for offset, generation in map(self._ack_ids.parse, ack_ids):
            lease = self._leases.get(offset)
            if lease is not None and lease.generation == generation:
                self._return(lease, now)
        self.wake()

    # ---- failing

    def expire(self, now: float) -> None:
        """Takes back the leases whose deadline has passed."""
        expired = self._leases.expired(now)
        for lease in expired:
            if self._leases.get(lease.offset) is lease:
                self._fail(lease, now)
        if expired:
            self.wake()

    def _fail(self, lease: Lease, now: float) -> None:
        failures = self.acks.count_failure(lease.offset) if self.settings.counts_failures else 0
        reason = self._reasons.pop(lease.offset, "")
        if lease.offset in self.acks.acked or self._dead_letter(lease, failures, reason):
            self._commit(self._finish(lease))
            return
        self._return(lease, now + self.settings.backoff(failures) if failures else now)

    def _return(self, lease: Lease, not_before: float) -> None:
        if lease.key:
            self._release_all(self._keys.failed(lease.key, lease.offset, not_before))
        else:
            self._leases.release(lease)
            self._retries.push(lease.offset, not_before)

    def _dead_letter(self, lease: Lease, failures: int, reason: str) -> bool:
        limit = self.settings.max_delivery_attempts
        if not limit or failures < limit:
            return False
        return self._forward(self.log.read_run(lease.offset, 1)[0][1], failures, reason)

    # ---- time, seeking, keeping house

    def wake(self) -> None:
        """Tells every consumer to look again."""
        for consumer in self.consumers:
            consumer.wake()

    def next_event(self, consumer: Consumer) -> float | None:
        """When it is worth to look again without being woken: after a deadline or a back-off; None if never."""
        if not consumer.has_room():
            return self._leases.next_deadline()
        times = (self._leases.next_deadline(), self._retries.next_due(), self._keys.next_due())
        return min((time for time in times if time is not None), default=None)

    def seek(self, acked: AckSet) -> None:
        """Makes this set the acknowledged messages. All deliveries under way are void."""
        self._generation += 1
        self.acks.replace(acked, self._generation)
        self._start_over()

    def _start_over(self) -> None:
        """Whatever is not acknowledged is to be delivered, as after a restart."""
        self._leases.clear()
        self._retries = Retries()
        self._keys = OrderingKeys()
        self._cursor = self.acks.acked.floor
        self.wake()

    def _commit(self, offsets: Sequence[int]) -> None:
        try:
            self.acks.commit(offsets)
        except OSError:
            self._start_over()  # their leases have ended, so nothing else would deliver them again
            raise

    def expire_messages(self, now: float) -> None:
        """Forgets what was published longer ago than the subscription keeps messages."""
        self.acks.commit_below(self.log.offset_at(self._horizon_us(now)))

    def _horizon_us(self, now: float) -> int:
        """Messages published before this (microseconds) are too old to be delivered."""
        return int((now - max(self.settings.retention, self.settings.topic_retention)) * 1_000_000)

    def needs_from(self, now: float) -> int:
        """The first offset whose message this subscription may still want to deliver."""
        if self.settings.retain_acked:
            return min(self.acks.acked.floor, self.log.offset_at(self._horizon_us(now)))
        return self.acks.acked.floor
