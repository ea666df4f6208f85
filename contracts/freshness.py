"""The standard's `slaProperties` -> how fresh each table must be. All but this and retention is for people."""

from collections.abc import Sequence
from datetime import timedelta

from open_data_contract_standard.model import ServiceLevelAgreementProperty

from contracts.document import Document, KeyPath
from contracts.model import Freshness, Table
from contracts.problems import did_you_mean

_WORDS = (
    *("freshness", "latency", "availability", "throughput", "errorRate", "generalAvailability", "endOfSupport"),
    *("endOfLife", "retention", "frequency", "timeOfAvailability", "timeToDetect", "timeToNotify", "timeToRepair"),
)
_UNITS = {
    **dict.fromkeys(("s", "second", "seconds"), timedelta(seconds=1)),
    **dict.fromkeys(("min", "minute", "minutes"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days"), timedelta(days=1)),
}


def with_freshness(
    document: Document, tables: tuple[Table, ...], properties: Sequence[ServiceLevelAgreementProperty]
) -> tuple[Table, ...]:
    """The tables, each with its freshness when the contract promises one."""
    found: dict[str, Freshness] = {}
    for index, item in enumerate(properties):
        path = ("slaProperties", index)
        if item.property not in _WORDS:
            hint = did_you_mean(str(item.property), _WORDS)
            document.refuse((*path, "property"), f"unknown slaProperty `{item.property}`", hint)
        elif item.property == "freshness":
            table, _, column = (item.element or "").partition(".")
            if _check_freshness(document, path, item, tables) and isinstance(item.value, int | float):
                if table in found:
                    document.refuse((*path, "element"), f"freshness of `{table}` is there twice", "Keep one.")
                found[table] = Freshness(column, item.value * _UNITS[item.unit or ""])
    return tuple(Table(**{**vars(table), "freshness": found.get(table.name)}) for table in tables)


def _check_freshness(
    document: Document, path: KeyPath, item: ServiceLevelAgreementProperty, tables: tuple[Table, ...]
) -> bool:
    before = len(document.problems)
    table_name, _, column_name = (item.element or "").partition(".")
    if isinstance(item.value, bool) or not isinstance(item.value, int | float) or item.value <= 0:
        document.refuse(
            (*path, "value"), f"freshness `{item.value}`", "Write how many units old the newest row may be: 6."
        )
    if item.unit not in _UNITS:
        document.refuse((*path, "unit"), f"unknown unit `{item.unit}`", f"Use one of: {', '.join(_UNITS)}.")
    table = next((table for table in tables if table.name == table_name), None)
    if table is None:
        hint = f"Write table.column. {did_you_mean(table_name, [table.name for table in tables])}"
        document.refuse((*path, "element"), f"element `{item.element}` names no table of the contract", hint)
        return False
    times = [column.name for column in table.columns if column.logical_type in ("timestamp", "date")]
    if column_name not in times:
        what = f"element `{item.element}` names no date or timestamp column of {table.name}"
        document.refuse((*path, "element"), what, did_you_mean(column_name, times) if times else "The table has none.")
    return len(document.problems) == before
