"""What differs between a resource as it is and as it shall be."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulators.provision.resource import Kind

# Fields that provisioning owns even where a contract does not set them: what is there and not wanted is removed.
_OWNED: dict[Kind, tuple[str, ...]] = {
    "table": ("description", "clustering"),
    "topic": ("schemaSettings",),
    "subscription": ("deadLetterPolicy",),
}
# Fields that a service takes and never shows.
_WRITE_ONLY = ("password",)


def differences(kind: Kind, wanted: Mapping[str, Any], actual: Mapping[str, Any]) -> dict[str, Any]:
    """The top-level fields of `wanted` that `actual` does not hold, with their wanted values; None: to be removed.

    A field that the service filled by itself is no difference. A write-only field is never compared.
    """
    changed = {
        name: value
        for name, value in wanted.items()
        if name not in _WRITE_ONLY and not (name in actual and holds(actual[name], value))
    }
    removed = {name: None for name in _OWNED.get(kind, ()) if name not in wanted and actual.get(name)}
    return {**changed, **removed}


def holds(actual: Any, wanted: Any) -> bool:
    """Whether a value is as wanted: objects may have more fields; lists are equal item by item; "64" is 64.

    A switch that is off is as wanted where it is not there.
    """
    if isinstance(wanted, Mapping):
        return isinstance(actual, Mapping) and all(
            name in _WRITE_ONLY or (holds(actual[name], value) if name in actual else value is False)
            for name, value in wanted.items()
        )
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        same_length = isinstance(actual, Sequence) and len(actual) == len(wanted)
        return same_length and all(map(holds, actual, wanted))
    if isinstance(wanted, bool) or isinstance(actual, bool):
        return actual is wanted
    return bool(actual == wanted) or str(actual) == str(wanted)


def merged_fields(actual: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The schema that a table with rows can take: nothing is dropped, nothing becomes stricter.

    Columns that the contract no longer names stay and become NULLABLE; new ones come last and are NULLABLE, because
    older rows have no value; a NULLABLE column stays so. Types are as wanted: BigQuery judges the change.
    """
    wanted_by_name = {field["name"]: field for field in wanted}
    known = {field["name"] for field in actual}
    merged = [_merged(field, wanted_by_name.get(field["name"])) for field in actual]
    return merged + [{**field, "mode": _loose(field["mode"])} for field in wanted if field["name"] not in known]


def _merged(actual: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> dict[str, Any]:
    if wanted is None:
        return {**actual, "mode": _loose(actual.get("mode", "NULLABLE"))}
    stays_loose = actual.get("mode", "NULLABLE") == "NULLABLE" and wanted["mode"] == "REQUIRED"
    return {**wanted, "mode": "NULLABLE"} if stays_loose else dict(wanted)


def _loose(mode: str) -> str:
    return "NULLABLE" if mode == "REQUIRED" else mode
