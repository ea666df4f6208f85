"""Names of the files that a Cloud Storage subscription writes: <prefix><UTC date and time>_<random><suffix>."""

import datetime
import re
import secrets
import string
from typing import Any

from emulators.pubsub.state.errors import invalid

DEFAULT_FORMAT = "YYYY-MM-DDThh:mm:ss+00:00"
_MATCHERS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d", "hh": "%H", "mm": "%M", "ss": "%S"}
_ONCE = ("T", "Z", "+00:00")
_PART = re.compile(r"YYYY|YY|MM|DD|hh|mm|ss|\+00:00|T|Z|[-_:/]")
_LETTERS = string.ascii_letters + string.digits


def check_format(text: str) -> None:
    """INVALID_ARGUMENT unless each of year, month, day, hour, minute and second is there once, and nothing strange."""
    parts = _PART.findall(text)
    found = [_MATCHERS[part].lower() if part in ("YYYY", "YY") else part for part in parts]
    once = [part for part in found if part not in "-_:/"]
    needed = {"%y", "MM", "DD", "hh", "mm", "ss"}
    if "".join(parts) != text or len(set(once)) != len(once) or not needed <= set(once) or {"Z", "+00:00"} <= set(once):
        raise invalid(
            f"Invalid filename_datetime_format (value={text}): it must have YYYY or YY, MM, DD, hh, mm and ss once"
            " each, may have T and one of Z and +00:00 once, and between them - _ : and /."
        )


def file_name(config: Any, now: float) -> str:
    """A new name for a file that is begun now, as a google.pubsub.v1.CloudStorageConfig wants it."""
    text = config.filename_datetime_format or DEFAULT_FORMAT
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC)
    written = _PART.sub(lambda part: moment.strftime(_MATCHERS.get(part[0], part[0])), text)
    separator = "" if text[-1] in "-_:/" else "_"
    random = "".join(secrets.choice(_LETTERS) for _ in range(6))
    return f"{config.filename_prefix}{written}{separator}{random}{config.filename_suffix}"
