"""The whole state of a Pub/Sub: one object for the wire to talk to."""

from pathlib import Path

from emulators.pubsub.state.policies import Policies
from emulators.pubsub.state.registry import Registry
from emulators.pubsub.state.schemas import Schemas
from emulators.pubsub.state.snapshots import Snapshots
from emulators.pubsub.state.subscriptions import Subscriptions
from emulators.pubsub.state.topic_log import SEGMENT_BYTES
from emulators.pubsub.state.topics import Topics


class Broker:
    """An opened state folder.

    Args:
        segment_bytes: a topic's log is cut into files of about this size.

    Raises:
        DamagedState: the folder is in use, or cannot be read.
    """

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._registry = Registry(folder, segment_bytes)
        self.schemas = Schemas(self._registry)
        self.topics = Topics(self._registry, self.schemas)
        self.subscriptions = Subscriptions(self._registry, self.schemas)
        self.snapshots = Snapshots(self._registry)
        self.policies = Policies(self._registry, self.schemas)

        self.now = self._registry.clock.now

    def expire_leases(self) -> None:
        """To be called about every second."""
        self._registry.expire_leases(self.now())

    def keep_house(self, now: float | None = None) -> None:
        """To be called about every half minute: forgets what is too old, removes what nobody can ask for."""
        now = self.now() if now is None else now
        self.snapshots.expire(now)
        for name in self.subscriptions.expire(now):
            self.policies.forget(name)
        self._registry.keep_house(now)

    def close(self) -> None:
        self._registry.close()
