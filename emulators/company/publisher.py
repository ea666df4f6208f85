"""The company's events, published by Google's own client.

A request carries several hundred messages, as a busy producer's does. Pub/Sub refuses a whole request for one message
that does not fit the topic's schema: the request is then halved until the bad message stands alone, is refused alone,
and is noted as such.
"""

import os
import time
from collections.abc import Sequence
from itertools import groupby

from google.api_core import exceptions
from google.cloud import pubsub_v1
from google.pubsub_v1 import types
from google.pubsub_v1.services.publisher import PublisherClient

from emulators.company.errors import CompanyError
from emulators.company.journal import Journal, PendingEvent

BATCH = 800
PATIENCE_SECONDS = 60.0
_TRANSIENT = (
    exceptions.ServiceUnavailable,
    exceptions.DeadlineExceeded,
    exceptions.Aborted,
    exceptions.InternalServerError,
    exceptions.ResourceExhausted,
)
_Request = types.PublishRequest.pb()
_Message = types.PubsubMessage.pb()
Pending = Sequence[PendingEvent]
Answers = list[tuple[int, str | None]]


class Publisher:
    """A connection to Pub/Sub: PUBSUB_EMULATOR_HOST or the real service, as Google's client decides."""

    def __init__(self) -> None:
        """Raises CompanyError when GOOGLE_CLOUD_PROJECT is not set."""
        project = os.environ.get("GOOGLE_CLOUD_PROJECT")
        if not project:
            raise CompanyError("GOOGLE_CLOUD_PROJECT is not set", "make local-env prints the environment.")
        self.project = project
        self.client = pubsub_v1.PublisherClient()

    def publish(self, pending: Pending) -> Answers:
        """Publish events of one topic in one request; per event its message id, or None where it was refused.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: the service could not answer, or knows no such topic.
        """
        try:
            return self._request(pending)
        except exceptions.InvalidArgument as error:
            if len(pending) > 1:
                half = len(pending) // 2
                return self.publish(pending[:half]) + self.publish(pending[half:])
            if pending[0].kind != "refused":
                raise CompanyError(f"Pub/Sub refused {pending[0].event_id}: {error.message}", _HINT) from error
            return [(pending[0].sequence, None)]

    def _request(self, pending: Pending) -> Answers:
        messages = [_Message(data=event.payload, attributes={"producer": event.producer}) for event in pending]
        topic = f"projects/{self.project}/topics/{pending[0].topic}"
        request = types.PublishRequest.wrap(_Request(topic=topic, messages=messages))
        # Pub/Sub's generated method, on the same client: one request is one call, and is retried by nobody unseen.
        answer = PublisherClient.publish(self.client, request=request, retry=None, timeout=30)
        return list(zip((event.sequence for event in pending), answer.message_ids, strict=True))


_HINT = "The topic's schema and the company's events differ; is the topic made from contracts/saas.odcs.yaml?"


def publish_pending(journal: Journal, publisher: Publisher, through: int) -> int:
    """Publish every recorded event of days up to `through` that was not answered yet; returns how many.

    A request that gets no answer is noted as uncertain and sent again, for a minute at most.

    Raises:
        CompanyError: Pub/Sub does not answer, has no such topic, or refused what it should have taken.
    """
    journal.note_uncertain()
    count, patience = 0, time.monotonic() + PATIENCE_SECONDS
    while pending := journal.pending_events(BATCH, through):
        # One request is of one topic.
        _, group = next(groupby(pending, key=lambda event: event.topic))
        batch = list(group)
        journal.mark_publishing(batch[-1].sequence)
        try:
            answers = publisher.publish(batch)
        except _TRANSIENT as error:
            if time.monotonic() > patience:
                raise CompanyError(f"Pub/Sub does not answer: {error.message}", _RESUME) from error
            journal.note_uncertain()
            time.sleep(0.5)
            continue
        except exceptions.GoogleAPICallError as error:
            raise CompanyError(f"cannot publish to {batch[0].topic}: {error.message}", _RESUME) from error
        journal.mark_published(answers)
        count, patience = count + len(batch), time.monotonic() + PATIENCE_SECONDS
    return count


_RESUME = "Provision it (python -m emulators.provision) or start it, then: python -m emulators.company resume"
