"""Tells Pub/Sub, at PUBSUB_EMULATOR_HOST, of the events that wait; again until it has them."""

import json
import logging
import os
import threading
import time
from typing import Any

from emulators.storage.state.notifications import Event
from emulators.storage.state.store import Store
from emulators.storage.state.times import moment
from emulators.storage.wire.render import object_version

logger = logging.getLogger(__name__)

ADDRESS = "PUBSUB_EMULATOR_HOST"
_SERVICE = "https://www.googleapis.com"
_WEEK = 7 * 24 * 3600 * 1_000_000
"""Microseconds for which the service tries, too."""
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 30.0


class Notifier:
    """A thread that sleeps until there is an event. gRPC is loaded for the first one: it doubles the time to start."""

    def __init__(self, store: Store) -> None:
        self._notifications = store.notifications
        self._event = threading.Event()
        self._publish: Any = None
        self._wait = 0.0
        store.notifications.wake = self._event.set
        self._event.set()  # some may wait from before a restart
        threading.Thread(target=self._run, name="notifier", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._event.wait()
            self._event.clear()
            self._notifications.forget_before(time.time_ns() // 1000 - _WEEK)
            failed = [topic for topic in self._notifications.topics() if not self._is_told(topic)]
            self._wait = min(max(_FIRST_WAIT, self._wait * 2), _LONGEST_WAIT) if failed else 0.0
            if failed:
                threading.Timer(self._wait, self._event.set).start()

    def _is_told(self, topic: str) -> bool:
        """Whether the topic has all its events now; one that is not there does not keep others waiting."""
        try:
            while events := self._notifications.waiting(topic):
                for event in events:
                    self._tell(event)
                    self._notifications.told(event)
        except Exception as error:  # noqa: BLE001 - whatever it is, the events stay, and are told later
            logger.warning("%s cannot be told of an object's change yet: %s", topic, error)
            return False
        return True

    def _tell(self, event: Event) -> None:
        from emulators.pubsub.messages import v1

        if self._publish is None:
            self._publish = _publisher()
        attributes = event.attributes | {"eventTime": moment(event.moment)}
        message = v1.PubsubMessage(data=_payload(event), attributes=attributes)
        request = v1.PublishRequest(topic=event.topic, messages=[message])
        self._publish(request.SerializeToString(), timeout=10)


def _publisher() -> Any:
    import grpc

    address = os.environ.get(ADDRESS)
    if not address:
        raise OSError(f"{ADDRESS} is not set")
    channel = grpc.insecure_channel(address)
    return channel.unary_unary("/google.pubsub.v1.Publisher/Publish")


def _payload(event: Event) -> bytes:
    if event.version is None:
        return b""
    return json.dumps(object_version(event.version, _SERVICE), indent=2).encode()
