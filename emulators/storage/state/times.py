"""Times as the API writes them: RFC 3339, from microseconds since 1970 (UTC)."""

from datetime import UTC, datetime


def moment(microseconds: int) -> str:
    """With milliseconds, as the service writes times."""
    time = datetime.fromtimestamp(microseconds // 1_000_000, UTC).replace(microsecond=microseconds % 1_000_000)
    return time.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def microseconds(text: str) -> int:
    """A time as the API takes it; ValueError for none."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"a time without a zone: {text}")
    return round(time.timestamp() * 1_000_000)
