"""What is refused of a job before it becomes one: 400 at once, and no job to look at."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.definitions.references import require_choice, require_project
from emulators.bigquery.state.errors import ServiceError, invalid, not_implemented

_ID = re.compile(r"[A-Za-z0-9_-]{1,1024}")
_CHOICES = {
    "priority": ("INTERACTIVE", "BATCH"),
    "writeDisposition": ("WRITE_EMPTY", "WRITE_APPEND", "WRITE_TRUNCATE", "WRITE_TRUNCATE_DATA"),
    "createDisposition": ("CREATE_IF_NEEDED", "CREATE_NEVER"),
    # The Node client writes it in small letters.
    "parameterMode": ("NAMED", "POSITIONAL", "named", "positional"),
}
_UPDATES = ("ALLOW_FIELD_ADDITION", "ALLOW_FIELD_RELAXATION")
# What belongs to a query that gives rows, in the words of the refusal: also where it is set to its default value.
_RESULT_SETTINGS = {
    "createDisposition": "create disposition", "writeDisposition": "write disposition",
    "destinationTable": "destination table",
}  # fmt: skip


def check_reference(reference: Mapping[str, Any], project: str) -> None:
    """The id of a job, and that it is one of the project that the request's path names."""
    require_project(reference.get("projectId"), project)
    job = reference.get("jobId")
    if job and not _ID.fullmatch(str(job)):
        raise invalid(f'Invalid job ID "{job}". Job IDs must contain only letters, numbers, underscores and dashes, '
                      "and must be at most 1024 characters long.")  # fmt: skip


def check_query(configuration: Mapping[str, Any]) -> None:
    """A query's text."""
    text = configuration.get("query")
    if not isinstance(text, str) or not text.strip():
        raise invalid("Required parameter is missing: query")


def check_choices(configuration: Mapping[str, Any], kind: str) -> None:
    """The words of a job's configuration that choose among few; kind is query, load, copy or extract."""
    given = [(name, configuration[name]) for name in _CHOICES if configuration.get(name)]
    given += [("schemaUpdateOptions", option) for option in configuration.get("schemaUpdateOptions") or ()]
    for name, value in given:
        # A copy has its source's schema, so it cannot keep another one.
        other = ("WRITE_TRUNCATE_DATA",) if kind == "copy" else ()
        require_choice(name, value, [word for word in _CHOICES.get(name, _UPDATES) if word not in other])


def check_dry_run(configuration: Mapping[str, Any], kind: str) -> None:
    """A dry run of a query does nothing; what one of another job does the service leaves undefined."""
    if configuration.get("dryRun") and kind != "query":
        raise not_implemented(f"A dry run of a {kind} job")


def refuse_result_settings(configuration: Mapping[str, Any], kind: str) -> None:
    """400 for a setting of a query's rows in a job whose statement gives none: kind is DDL or DML."""
    for key, words in _RESULT_SETTINGS.items():
        if configuration.get(key):
            raise ServiceError(400, "invalidQuery", f"Cannot set {words} in jobs with {kind} statements", "query")


def refuse_flattened(configuration: Mapping[str, Any], fields: Sequence[Field]) -> None:
    """501 for rows of legacy SQL that the service would flatten: a row for each value of a repeated field."""
    nested = [field.name for field in fields if field.type == "STRUCT" or field.mode == "REPEATED"]
    if nested and configuration.get("flattenResults") is not False:
        raise not_implemented(f"Legacy SQL: flattening column {nested[0]} (flattenResults)")


def refuse_script_settings(configuration: Mapping[str, Any]) -> None:
    """400 for a setting of a query's rows in a job of several statements."""
    for key in _RESULT_SETTINGS:
        if configuration.get(key):
            raise invalid(f"configuration.query.{key} cannot be set for scripts")
