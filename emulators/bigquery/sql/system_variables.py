"""@@name: the system variables of scripts, their types, and what SET does to those that may be set."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Environment
from emulators.bigquery.sql.analysis.constants import evaluate, value_sql
from emulators.bigquery.sql.analysis.values import Value
from emulators.bigquery.sql.functions.formatting import zone
from emulators.bigquery.sql.model import SqlError, TableName
from emulators.bigquery.sql.types import Type

_FRAME = Type("STRUCT", None, (("line", t.INT64), ("column", t.INT64), ("filename", t.STRING), ("location", t.STRING)))
KINDS: Mapping[str, Type] = {
    "current_job_id": t.STRING, "last_job_id": t.STRING, "location": t.STRING, "project_id": t.STRING,
    "query_label": t.STRING, "reservation": t.STRING, "row_count": t.INT64, "session_id": t.STRING,
    "dataset_id": t.STRING, "dataset_project_id": t.STRING, "time_zone": t.STRING,
    "script.bytes_billed": t.INT64, "script.bytes_processed": t.INT64, "script.creation_time": t.TIMESTAMP,
    "script.job_id": t.STRING, "script.num_child_jobs": t.INT64, "script.slot_ms": t.INT64,
}  # fmt: skip
_ERROR_KINDS: Mapping[str, Type] = {  # only while an exception is handled
    "error.message": t.STRING, "error.statement_text": t.STRING, "error.formatted_stack_trace": t.STRING,
    "error.stack_trace": Type("ARRAY", _FRAME),
}  # fmt: skip
_PLACE = re.compile(r" at \[\d+:\d+\]$")
_UTC = ("UTC", "Etc/UTC", "GMT", "Etc/GMT", "+00:00", "-00:00")


def keep(environment: Environment, values: Mapping[str, Any]) -> None:
    """Give system variables, named without @@, their values."""
    for name, value in values.items():
        kind = KINDS.get(name) or _ERROR_KINDS[name]
        environment.system[name] = Value(value_sql(value, kind), kind)


def keep_error(environment: Environment, error: SqlError) -> dict[str, Value]:
    """Let a handler see an error; returns what to put in its place when the handler has ended."""
    before = {name: value for name, value in environment.system.items() if name in _ERROR_KINDS}
    places = [f"{f['location'] or ''}[{f['line']}:{f['column']}]" for f in error.frames]
    keep(environment, {
        "error.message": _message(error), "error.statement_text": error.statement or "",
        "error.formatted_stack_trace": "\n".join(f"At {place}" for place in places), "error.stack_trace": error.frames,
    })  # fmt: skip
    return before


def _message(error: SqlError) -> str | None:
    """What a handler reads: RAISE's own words, NULL if there were none, or the service's words and where it was."""
    if error.raised or not error.frames:
        return error.message or None
    found = error.frames[0]
    place = ":".join(str(part) for part in (found["location"], found["line"], found["column"]) if part is not None)
    where = "" if _PLACE.search(error.message) else f" at [{place}]"
    return f"Query error: {error.message}{where}"


def forget_error(environment: Environment, before: Mapping[str, Value]) -> None:
    """Put back what keep_error has replaced."""
    for name in _ERROR_KINDS:
        environment.system.pop(name, None)
    environment.system.update(before)


def settable(name: str) -> Type:
    """The type of what SET @@name takes. Raises SqlError for what is not there, or is only to be read."""
    if name not in KINDS and name not in _ERROR_KINDS:
        raise SqlError(f"Unrecognized system variable: @@{name}")
    if name not in ("dataset_id", "dataset_project_id", "query_label", "reservation", "location", "time_zone"):
        raise SqlError(f"System variable @@{name} is read-only and cannot be set")
    return t.STRING


def assign_system(environment: Environment, name: str, wanted: str | None, first: bool) -> None:
    """SET @@name = wanted, of what is settable. first: whether it is the script's first statement."""
    if name in ("dataset_id", "dataset_project_id"):
        own = environment.dataset or TableName(environment.project, "", "")
        part = {"dataset": wanted or ""} if name == "dataset_id" else {"project": wanted or environment.project}
        environment.dataset = replace(own, **part)
    elif name == "location":
        _require_location(environment, wanted, first)
    elif name == "time_zone":
        set_time_zone(environment, wanted)
    else:
        environment.system[name] = Value(value_sql(wanted, t.STRING), t.STRING)


def _require_location(environment: Environment, wanted: str | None, first: bool) -> None:
    """The job runs already, where the text said it should."""
    if not first:
        raise SqlError("SET @@location must be the first statement of a query")
    known = environment.system.get("location")
    runs = evaluate(known.sql) if known is not None else None
    if runs is not None and str(wanted).lower() != str(runs).lower():
        raise SqlError(f"SET @@location to {wanted!r}, but the query runs in {runs}: set the same location in the job")


def set_time_zone(environment: Environment, wanted: str | None) -> None:
    """What counts where no time zone is written; None for UTC."""
    environment.system.pop("time_zone", None)
    if wanted is None or wanted in _UTC:
        return
    try:
        zone(wanted)
    except ValueError as error:
        raise SqlError(str(error)) from None
    environment.system["time_zone"] = Value(t.text(wanted), t.STRING)


def read(environment: Environment, name: str) -> Value | None:
    """The value of @@name: what is known of it, or NULL; None when there is no such variable here."""
    dataset, found = environment.dataset, environment.system.get(name)
    if found is not None or name not in KINDS:
        return found
    own = {
        "project_id": environment.project,
        "dataset_id": dataset.dataset or None if dataset else None,
        "dataset_project_id": dataset.project if dataset else environment.project,
        "time_zone": "UTC",
    }.get(name)
    kind = KINDS[name]
    return Value(f"CAST(NULL AS {t.duckdb(kind)})" if own is None else t.text(own), kind)
