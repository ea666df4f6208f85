"""The standard's `slaProperties` -> for how long bronze keeps an event's rows."""

from collections.abc import Sequence

from open_data_contract_standard.model import ServiceLevelAgreementProperty

from contracts.document import Document, KeyPath
from contracts.model import Table
from contracts.problems import did_you_mean

_DAYS = ("d", "day", "days")


def with_retention(
    document: Document, tables: tuple[Table, ...], properties: Sequence[ServiceLevelAgreementProperty]
) -> tuple[Table, ...]:
    """The tables, each event with its retention when the contract bounds it."""
    found: dict[str, int] = {}
    for index, item in enumerate(properties):
        if item.property == "retention":
            path, name = ("slaProperties", index), item.element or ""
            if name in found:
                document.refuse((*path, "element"), f"retention of `{name}` is there twice", "Keep one.")
            _check_element(document, path, name, tables)
            if _check_value(document, path, item) and isinstance(item.value, int):
                found[name] = item.value
    return tuple(Table(**{**vars(table), "retention_days": found.get(table.name)}) for table in tables)


def _check_element(document: Document, path: KeyPath, name: str, tables: tuple[Table, ...]) -> None:
    table = next((table for table in tables if table.name == name), None)
    if table is None:
        hint = f"Write the name of an event. {did_you_mean(name, [table.name for table in tables])}"
        document.refuse((*path, "element"), f"element `{name}` names no table of the contract", hint)
    elif table.capture != "stream":
        hint = "Bronze keeps a log of changes whole, because silver is built from it. Only events can have a retention."
        document.refuse((*path, "element"), f"retention of `{name}`, which is captured by {table.capture}", hint)


def _check_value(document: Document, path: KeyPath, item: ServiceLevelAgreementProperty) -> bool:
    before = len(document.problems)
    if isinstance(item.value, bool) or not isinstance(item.value, int) or item.value < 1:
        document.refuse((*path, "value"), f"retention `{item.value}`", "Write a whole number of days: 400.")
    if item.unit not in _DAYS:
        document.refuse((*path, "unit"), f"unknown unit `{item.unit}` of a retention", "Use d: BigQuery expires days.")
    return len(document.problems) == before
