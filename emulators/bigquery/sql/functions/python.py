"""The few functions that SQL cannot do: exact wide decimals, float formatting, fingerprints, checked UTF-8.

Each gets and gives plain Python values, NULL only where _SEES_NULL says so, and raises ValueError with BigQuery's
message.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import duckdb

from emulators.bigquery.sql.functions import (
    bignumerics,
    bignums,
    bits,
    cast_formats,
    ciphers,
    decimals,
    domains,
    encodings,
    formatting,
    intervals,
    json_changes,
    json_reading,
    json_text,
    keysets,
    network,
    number_formats,
    parsing,
    printf,
    quantile_sketches,
    row_patterns,
    search,
    sketches,
    tf_idf,
)
from emulators.bigquery.sql.functions.edit_distance import edit_distance
from emulators.bigquery.sql.functions.fingerprint import farm_fingerprint
from emulators.bigquery.sql.functions.javascript import javascript
from emulators.bigquery.sql.geography import registration as geography

_FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (farm_fingerprint, ("BLOB",), "BIGINT"),
    (edit_distance, ("VARCHAR", "VARCHAR"), "BIGINT"),
    *bignumerics.FUNCTIONS,
    *bits.FUNCTIONS,
    *cast_formats.FUNCTIONS,
    *ciphers.FUNCTIONS,
    *decimals.FUNCTIONS,
    *domains.FUNCTIONS,
    *encodings.FUNCTIONS,
    *geography.FUNCTIONS,
    *formatting.FUNCTIONS,
    *intervals.FUNCTIONS,
    *json_changes.FUNCTIONS,
    *json_reading.FUNCTIONS,
    *json_text.FUNCTIONS,
    *keysets.FUNCTIONS,
    *network.FUNCTIONS,
    *number_formats.FUNCTIONS,
    *printf.FUNCTIONS,
    *row_patterns.FUNCTIONS,
    *parsing.FUNCTIONS,
    *sketches.FUNCTIONS,
    *quantile_sketches.FUNCTIONS,
    *tf_idf.FUNCTIONS,
)


# These get a batch of rows at a time, as Arrow columns.
_BATCHES: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    *bignums.BATCHES,
    *search.BATCHES,
    (javascript, ("VARCHAR", "VARCHAR"), "VARCHAR"),
)
_MAY_BE_NULL = (
    *bignumerics.MAY_BE_NULL,
    *geography.MAY_BE_NULL,
    *domains.MAY_BE_NULL,
    *network.MAY_BE_NULL,
    *json_reading.MAY_BE_NULL,
    *json_text.MAY_BE_NULL,
)
# These decide by themselves what NULL gives.
_SEES_NULL = (
    "format_text",
    *json_changes.SEES_NULL,
    *sketches.SEES_NULL,
    *quantile_sketches.SEES_NULL,
    *tf_idf.SEES_NULL,
)


def _null_in_null_out(function: Callable[..., Any]) -> Callable[..., Any]:
    """For a function that may give NULL, which DuckDB allows only to those that see it."""

    @wraps(function)
    def guarded(*values: Any) -> Any:
        return None if None in values else function(*values)

    return guarded


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Define each function as bq_<name>."""
    for function, arguments, result in _FUNCTIONS:
        name = function.__name__
        if name in _MAY_BE_NULL:
            function = _null_in_null_out(function)
        handling: Any = "special" if name in (*_SEES_NULL, *_MAY_BE_NULL) else "default"
        kinds: list[Any] = list(arguments)
        random = name in (*keysets.RANDOM, *ciphers.RANDOM)  # so that DuckDB calls it for every row
        connection.create_function(f"bq_{name}", function, kinds, result, null_handling=handling, side_effects=random)
    settings: dict[str, Any] = {"type": "arrow", "null_handling": "special"}
    for function, arguments, result in _BATCHES:
        connection.create_function(f"bq_{function.__name__}", function, list(arguments), result, **settings)
