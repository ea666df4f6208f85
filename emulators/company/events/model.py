"""An event as the company means to publish it, and what should become of it."""

from typing import Literal, NamedTuple

# Pub/Sub topics; the company was given them and knows nothing of the contract behind them.
USAGE_TOPIC = "saas_usage_events"
LOGIN_TOPIC = "saas_login_events"

Kind = Literal["good", "late", "duplicate", "malformed", "refused"]


class Event(NamedTuple):
    """One message to publish.

    kind: good; late (it occurred days ago, otherwise good); duplicate (the same bytes were published before);
    malformed (the pipeline must dead-letter it for `reason`); refused (Pub/Sub itself must not take it).
    variety: which form of it, such as `truncated` or `unknown_field`; empty for the ordinary ones.
    reason: the dead letter's reason; empty unless malformed.
    producer: the service that sent it, a message attribute.
    """

    topic: str
    event_id: str
    kind: Kind
    variety: str
    reason: str
    producer: str
    payload: bytes


_MINUTES = tuple(f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(24 * 60))


def clock(microsecond: int) -> str:
    """Microseconds after midnight -> "08:15:00.123"."""
    minute, rest = divmod(microsecond, 60_000_000)
    return f"{_MINUTES[minute]}:{rest // 1000 / 1000:06.3f}"
