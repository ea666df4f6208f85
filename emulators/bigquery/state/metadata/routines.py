"""What INFORMATION_SCHEMA says of routines: ROUTINES and ROUTINE_OPTIONS."""

from collections.abc import Iterator
from typing import Any

from emulators.bigquery.sql.rest_types import argument_type, rest_type, table_type
from emulators.bigquery.state.catalog import Resource
from emulators.bigquery.state.definitions.routines import FUNCTIONS
from emulators.bigquery.state.metadata.columns import fields, moment
from emulators.bigquery.state.metadata.rows import literal, texts_literal

ROUTINES = fields(
    "specific_catalog STRING, specific_schema STRING, specific_name STRING, routine_catalog STRING, "
    "routine_schema STRING, routine_name STRING, routine_type STRING, data_type STRING, routine_body STRING, "
    "routine_definition STRING, external_language STRING, is_deterministic STRING, security_type STRING, "
    "created TIMESTAMP, last_altered TIMESTAMP, ddl STRING, connection STRING"
)
ROUTINE_OPTIONS = fields(
    "specific_catalog STRING, specific_schema STRING, specific_name STRING, option_name STRING, option_type STRING, "
    "option_value STRING"
)
_DETERMINISM = {"DETERMINISTIC": "YES", "NOT_DETERMINISTIC": "NO"}


def routine_rows(routine: Resource) -> Iterator[list[Any]]:
    """The row of ROUTINES."""
    name, language = _name(routine), routine.get("language", "SQL")
    yield [
        *name,
        *name,
        _type(routine),
        str(rest_type(routine["returnType"])) if routine.get("returnType") else None,
        "SQL" if language == "SQL" else "EXTERNAL",
        routine.get("definitionBody"),
        None if language == "SQL" else language,
        _DETERMINISM.get(routine.get("determinismLevel", "")),
        None,
        moment(routine["creationTime"]),
        moment(routine["lastModifiedTime"]),
        _ddl(routine),
        None,
    ]


def routine_option_rows(routine: Resource) -> Iterator[list[Any]]:
    """The rows of ROUTINE_OPTIONS: what is set."""
    if routine.get("description"):
        yield [*_name(routine), "description", "STRING", literal(routine["description"])]
    if routine.get("importedLibraries"):
        yield [*_name(routine), "library", "ARRAY<STRING>", texts_literal(routine["importedLibraries"])]
    if routine.get("strictMode") is not None:
        yield [*_name(routine), "strict_mode", "BOOL", str(routine["strictMode"]).lower()]


def _name(routine: Resource) -> list[str]:
    own = routine["routineReference"]
    return [own["projectId"], own["datasetId"], own["routineId"]]


def _type(routine: Resource) -> str:
    kind = str(routine.get("routineType"))
    return FUNCTIONS.get(kind, kind)


def _ddl(routine: Resource) -> str:
    """The statement that would make the routine again."""
    kind, body = _type(routine), routine.get("definitionBody") or ""
    lines = [f"CREATE {kind} `{'.'.join(_name(routine))}`({', '.join(map(_argument, routine.get('arguments') or ()))})"]
    if routine.get("returnType"):
        lines[0] += f" RETURNS {rest_type(routine['returnType'])}"
    if routine.get("returnTableType"):
        lines[0] += f" RETURNS {table_type(routine['returnTableType'])}"
    if routine.get("determinismLevel") in _DETERMINISM:
        lines[0] += f" {routine['determinismLevel'].replace('_', ' ')}"
    if routine.get("language", "SQL") == "JAVASCRIPT":
        lines[0] += " LANGUAGE js"
    options = ",\n".join(f"  {option}={value}" for *_, option, _kind, value in routine_option_rows(routine))
    lines += [f"OPTIONS(\n{options}\n)"] if options else []
    if kind == "PROCEDURE":
        lines.append(body)
    elif routine.get("language", "SQL") == "JAVASCRIPT":
        lines.append(f"AS {literal(body)}")
    else:
        lines.append(f"AS {body}" if kind == "TABLE FUNCTION" else f"AS (\n{body}\n)")
    return "\n".join(lines).rstrip(";") + ";"


def _argument(argument: Resource) -> str:
    kind = argument_type(argument)
    fixed = "NOT AGGREGATE" if argument.get("isAggregate") is False else ""
    return " ".join(part for part in (argument.get("mode"), argument.get("name"), kind, fixed) if part)
