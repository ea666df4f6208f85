"""What maxBadRecords lets pass: the bad rows of a file, counted, and the first of them told."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from emulators.bigquery.state.errors import ServiceError

KEY = b"bad_rows"  # of a converted file's metadata
_TOLD = 100
Proto = dict[str, str]


class Tolerance:
    """Counts bad rows up to maxBadRecords."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self._configuration = configuration
        self._most, self.skipped, self.told = _most(configuration), 0, list[Proto]()

    def bad(self, uri: str, line: int, message: str) -> None:
        """Skip the row, or 400 when there were too many."""
        self.skipped += 1
        if len(self.told) < _TOLD:
            self.told.append(_proto(f"{message} File: {uri}", uri))
        if self.skipped > self._most:
            raise _too_many(self._configuration, self.skipped, self.told, line, uri)

    def metadata(self) -> dict[str, str]:
        """For a converted file, so that the rows that it lacks are told each time it is used."""
        return {KEY.decode(): json.dumps([self.skipped, self.told])} if self.skipped else {}


def skipped(
    configuration: Mapping[str, Any], metadata: Iterable[Mapping[bytes, bytes] | None]
) -> tuple[int, list[Proto]]:
    """How many rows all converted files lack, and the first of them; 400 when they are too many together."""
    kept = [json.loads((one or {}).get(KEY, b"[0, []]")) for one in metadata]
    count, told = sum(one for one, _ in kept), [proto for _, protos in kept for proto in protos][:_TOLD]
    if count > _most(configuration):
        raise _too_many(configuration, count, told)
    return count, told


def _most(configuration: Mapping[str, Any]) -> int:
    return int(configuration.get("maxBadRecords") or 0)


def _proto(message: str, uri: str) -> Proto:
    found = {"reason": "invalid", "message": f"Error while reading data, error message: {message}"}
    return found | ({"location": uri} if uri else {})


def _too_many(
    configuration: Mapping[str, Any], errors: int, told: list[Proto], rows: int | None = None, uri: str = ""
) -> ServiceError:
    """The service's words: the error that a job ends with, then the limit, then the rows."""
    form = "JSON" if "JSON" in str(configuration.get("sourceFormat")).upper() else "CSV"
    counts = f"{'' if rows is None else f'Rows: {rows}; '}errors: {errors}"
    ended = _proto(f"{form} table encountered too many errors, giving up. {counts}. "
                   "Please look into the errors[] collection for more details.", uri)  # fmt: skip
    limit = _proto(f"{form} processing encountered too many errors, giving up. {counts}; "
                   f"max bad: {_most(configuration)}; error percent: 0", "")  # fmt: skip
    return ServiceError(
        400, "invalid", ended["message"] + (f" File: {uri}" if uri else ""), ended.get("location"), [limit, *told]
    )
