"""What the value of a field must look like; StorageError 400 says what is wrong."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from emulators.storage.state import errors

Check = Callable[[str, Any], None]


def wrong(field: str, value: Any, expected: str = "") -> errors.StorageError:
    hint = f" ({expected} expected)" if expected else ""
    return errors.invalid(f"Invalid value for field {field}: {value!r}{hint}", field)


def of_type(*types: type) -> Check:
    def check(field: str, value: Any) -> None:
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise wrong(field, value)

    return check


TEXT, FLAG, RECORD = of_type(str), of_type(bool), of_type(dict)


def record(*written_by_the_service: str, **fields: Check) -> Check:
    """A record of these fields; one of another name is refused rather than kept without being understood."""

    def check(field: str, value: Any) -> None:
        RECORD(field, value)
        for name, part in value.items():
            if name in fields:
                if part is not None:
                    fields[name](f"{field}.{name}", part)
            elif name not in written_by_the_service and part not in (None, [], {}):
                raise errors.not_implemented(f"The field {field}.{name}")

    return check


def list_of(one: Check, most: int | None = None) -> Check:
    def check(field: str, value: Any) -> None:
        if not isinstance(value, list) or (most is not None and len(value) > most):
            raise wrong(field, value, "a list" + (f" of at most {most}" if most else ""))
        for part in value:
            one(field, part)

    return check


def one_of(*words: str) -> Check:
    def check(field: str, value: Any) -> None:
        if value not in words:
            raise wrong(field, value, " or ".join(words))

    return check


def moment(field: str, value: Any) -> None:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise wrong(field, value, "RFC 3339 time") from None


def day(field: str, value: Any) -> None:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        raise wrong(field, value, "a date such as 2013-01-15") from None


def header(field: str, value: Any) -> None:
    """A text that goes into a header of the download, where a line's end would be another header."""
    if not isinstance(value, str) or not value.isprintable():
        raise wrong(field, value)


def whole_number(field: str, value: Any) -> None:
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,18}", str(value)):
        raise wrong(field, value, "a whole number")


def string_map(field: str, value: Any) -> None:
    """Strings by name; null stands for a key that a patch removes."""
    strings = isinstance(value, dict) and all(part is None or isinstance(part, str) for part in value.values())
    if not strings:
        raise errors.invalid(f"Invalid value for field {field}: strings by name expected", field)
