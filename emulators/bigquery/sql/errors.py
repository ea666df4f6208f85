"""DuckDB's errors in BigQuery's words."""

import re

import duckdb

from emulators.bigquery.sql.model import SqlError

# What our macros raise: a text that cannot be a number, behind a mark (see functions/errors.sql).
_RAISED = re.compile(r"Could not convert string '\x02(.*)' to INT64", re.DOTALL)
_EXCEEDED = (
    "Resources exceeded during query execution: The query could not be executed in the allotted memory. "
    "The emulator's limit is its option --memory-limit."
)
_TOO_LARGE = re.compile(
    r"Lists larger than 2\^32 elements|maximum supported string size|failed to allocate data of size"
)
_PYTHON = re.compile(r"Python exception occurred while executing the UDF: \w+: (.*?)(?:\n\nAt:|$)", re.DOTALL)
_TRANSLATED = (
    (r"Overflow in (addition|subtraction|multiplication) of INT64 \((.*)\)!", "int64 overflow: {1}"),
    (r"Overflow in negation of numeric value|Overflow in negation", "int64 overflow"),
    # A sum of decimals is made of HUGEINT; one of INT64 never leaves its range.
    (r"Overflow in (?:(?:addition|subtraction|multiplication) of DECIMAL|HUGEINT addition).*", "numeric overflow"),
    (
        r"Type HUGEINT with value (\S+) can't be cast because the value is out of range for the destination type INT64",
        "int64 overflow",
    ),
    (r"Type INT64 with value (\S+) can't be cast .* destination type INT32", "Date or interval overflow: {0}"),
    (
        r"Type INT128 with value (\S+) can't be cast because the value is out of range for the destination type INT64",
        "int64 overflow",
    ),
    (r"Could not cast value .* to DECIMAL.*|Casting value .* to type DECIMAL\(38,9\) failed.*", "numeric overflow"),
    (r'Could not convert string "(.*)" to DECIMAL\(38,9\)', "numeric out of range: {0}"),
    (r"NOT NULL constraint failed: .*\.([^.\n]*)", "Required field {0} cannot be null"),
    (
        r"CHECK constraint failed on table .* with expression CHECK\(+\"?([^\" ]+)\"? IS NULL\) OR \(list_aggregate.*",
        "Array cannot have a null element; error in writing field {0}",
    ),
    (r"More than one row returned by a subquery.*", "Scalar subquery produced more than one element"),
    (
        r'column "?([^"]+)"? must appear in the GROUP BY clause.*',
        "SELECT list expression references column {0} which is neither grouped nor aggregated",
    ),
    (
        r"list dimensions must be equal, got left length '(\d+)' and right length '(\d+)'.*",
        "Array length mismatch: {0} and {1}",
    ),
    (r"Unknown TimeZone '(.*)'.*", "Invalid time zone: {0}"),
    (
        r"GROUPING statement cannot be used without groups|GROUPING child .*",
        "GROUPING must have an argument that exists within the group-by expression list.",
    ),
    (r"ORDER BY non-integer literal has no effect.*", "Cannot ORDER BY literal values"),
    (r"WHERE clause cannot contain aggregates!?.*", "Aggregate function not allowed in WHERE clause"),
    (r"Like pattern must not end with escape character.*", "LIKE pattern ends with a backslash"),
    (
        r"((?:missing [)\]]|no argument for repetition operator|invalid perl operator|invalid escape sequence"
        r"|invalid character class(?: range)?|bad repetition operator|unexpected \)|invalid named capture group"
        r"|invalid repetition size|trailing \\)(?:: .*)?)$",
        "Cannot parse regular expression: {0}",
    ),
    (r"aggregate function calls cannot be nested.*", "Aggregations of aggregations are not allowed"),
)


def from_duckdb(error: duckdb.Error) -> SqlError:
    """The SqlError for an error that DuckDB raised while it bound or ran a translated statement."""
    text = str(error)
    if isinstance(error, duckdb.OutOfMemoryException) or _TOO_LARGE.search(text) or "MemoryError" in text:
        return SqlError(_EXCEEDED, "resourcesExceeded")
    raised = _RAISED.search(text)
    if raised:
        return SqlError(raised.group(1))
    python = _PYTHON.search(text)
    if python:
        return SqlError(python.group(1).strip())
    for pattern, message in _TRANSLATED:
        m = re.search(pattern, text, re.DOTALL)
        if m:
            return SqlError(message.format(*m.groups()))
    first = re.sub(r"\n\n(?:LINE \d+|Stack Trace):.*", "", text, flags=re.DOTALL)
    first = re.sub(r"^[A-Z]\w*(?: \w+)* Error: ", "", first)
    if isinstance(error, duckdb.InternalException | duckdb.FatalException | duckdb.NotImplementedException):
        return SqlError(f"This emulator cannot run this query, which is its fault and not the query's: {first}")
    return SqlError(first)
