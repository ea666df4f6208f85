"""A literal says to Postgres exactly the value that it was made from."""

import json
from collections.abc import Iterator

import psycopg2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection

from emulators.company.sql import literal
from tests.emulators.services import Service

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
NUMBERS = st.integers(-(2**53), 2**53) | st.booleans() | st.none()
JSON = st.recursive(NUMBERS | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=8)


@pytest.fixture(scope="module")
def connection(postgres: Service) -> Iterator[Connection]:
    """One connection for all examples."""
    connection = psycopg2.connect(f"postgresql://postgres@{postgres.address}/postgres")
    yield connection
    connection.close()


@settings(max_examples=75, deadline=None)
@given(TEXT, st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.none(), st.dictionaries(TEXT, JSON))
def test_postgres_reads_what_was_meant(connection: Connection, text: str, value: int | None, document: object) -> None:
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {literal(text)}, {literal(value)}, {literal(document)}::json::text")
        row = cursor.fetchone()
    assert row is not None
    assert row[:2] == (text, value)
    assert json.loads(row[2]) == document
