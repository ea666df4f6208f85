"""What the oracle's parts share: a way to ask BigQuery, and two mappings beside each other."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

Row = dict[str, Any]
Query = Callable[[str], list[Row]]
SHOWN = 5


def warehouse(exports: Mapping[str, str]) -> Query:
    """Asks the BigQuery of a platform, given what `make local-env` prints."""
    options = ClientOptions(api_endpoint=exports["BIGQUERY_EMULATOR_HOST"])
    credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
    client = bigquery.Client("sluice-local", credentials, client_options=options)
    return lambda sql: [dict(row.items()) for row in client.query_and_wait(sql)]


def by_key(what: str, rows: list[Row], key: Callable[[Row], Any]) -> tuple[dict[Any, Row], list[str]]:
    """Rows by their key, and a line about those that are there more than once."""
    found = {key(row): row for row in rows}
    return found, [f"{what}: {len(rows) - len(found)} keys more than once"] if len(found) != len(rows) else []


def unequal(what: str, found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> Iterator[str]:
    """A line for each of the first keys whose values differ, and how many there are."""
    wrong = [key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key)]
    for key in wrong[:SHOWN]:
        yield f"{what} {key}: expected {expected.get(key)}, found {found.get(key)}"
    if len(wrong) > SHOWN:
        yield f"{what}: {len(wrong)} keys in all"
