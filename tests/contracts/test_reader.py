"""What a right contract becomes."""

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.avro import avro_schema, plain_row
from contracts.bronze import bronze_columns
from contracts.model import Contract
from contracts.reader import load
from contracts.types import UnknownType, bigquery_type

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def saas() -> Contract:
    return next(contract for contract in load(ROOT / "contracts") if contract.id == "saas")


def test_contract_and_tables(saas: Contract) -> None:
    assert saas.database is not None
    assert (saas.id, saas.version, saas.database.schema) == ("saas", "1.0.0", "public")
    accounts, logins = saas.table("accounts"), saas.table("login_events")
    assert (accounts.capture, accounts.history, accounts.primary_key) == ("cdc", "versions", ("account_id",))
    assert (logins.capture, logins.history, logins.event_time) == ("stream", "append", "occurred_at")
    assert (logins.enforcement, saas.table("usage_events").enforcement) == ("topic", "pipeline")
    assert saas.table("incident_events").primary_key == ("incident_id", "position")
    assert accounts.freshness is not None
    assert (accounts.freshness.column, accounts.freshness.max_age) == ("updated_at", timedelta(hours=6))
    assert [rule.metric for rule in accounts.quality] == ["rowCount"]
    assert accounts.column("email").classification == "pii"
    with pytest.raises(KeyError, match="no table 'nothing'"):
        saas.table("nothing")


@pytest.mark.parametrize(
    ("logical", "physical", "item", "expected"),
    [
        ("integer", "bigint", None, "INT64"),
        ("integer", None, None, "INT64"),
        ("number", "numeric(12,2)", None, "NUMERIC"),
        ("number", "numeric(38,9)", None, "NUMERIC"),
        ("number", "numeric(38,10)", None, "BIGNUMERIC"),
        ("number", "numeric(40, 2)", None, "BIGNUMERIC"),
        ("number", "numeric", None, "BIGNUMERIC"),
        ("number", None, None, "FLOAT64"),
        ("number", "double precision", None, "FLOAT64"),
        ("string", "character varying(20)", None, "STRING"),
        ("string", "char(3)", None, "STRING"),
        ("string", "bytea", None, "BYTES"),
        ("timestamp", "timestamptz", None, "TIMESTAMP"),
        ("timestamp", "timestamp(3) with time zone", None, "TIMESTAMP"),
        ("timestamp", "timestamp", None, "DATETIME"),
        ("timestamp", None, None, "TIMESTAMP"),
        ("object", "jsonb", None, "JSON"),
        ("string", "json", None, "JSON"),
        ("array", "text[]", "STRING", "ARRAY<STRING>"),
        ("array", None, "INT64", "ARRAY<INT64>"),
    ],
)
def test_types(logical: str, physical: str | None, item: str | None, expected: str) -> None:
    assert bigquery_type(logical, physical, item) == expected


@pytest.mark.parametrize(
    ("logical", "physical", "item"),
    [("text", None, None), ("integer", "text", None), ("string", "text[]", None), ("array", "text[]", None),
     ("array", "text", "STRING"), ("array", None, "ARRAY<STRING>"), ("number", "numeric(1,2,3)", None),
     ("integer", "bigint(5)", None), ("string", "text; drop table", None)],
)  # fmt: skip
def test_types_that_are_none(logical: str, physical: str | None, item: str | None) -> None:
    with pytest.raises(UnknownType):
        bigquery_type(logical, physical, item)


def test_bronze_columns(saas: Contract) -> None:
    accounts = {column.name: column for column in bronze_columns(saas.table("accounts"))}
    assert accounts["settings"].bigquery_type == "STRING"
    assert {column.mode for column in accounts.values()} == {"NULLABLE"}
    assert list(accounts)[-6:] == [
        "_change_type",
        "_sort_key",
        "_source_timestamp",
        "_ingested_at",
        "_batch_id",
        "_raw",
    ]
    usage = {column.name: column.mode for column in bronze_columns(saas.table("usage_events"))}
    assert (usage["event_id"], usage["user_id"], usage["_message_id"]) == ("REQUIRED", "NULLABLE", "REQUIRED")


def test_avro(saas: Contract) -> None:
    logins = saas.table("login_events")
    text = avro_schema(logins)
    assert '"name": "login_events"' in text
    assert "timestamp-micros" not in text
    row = {"event_id": "a", "ip_address": {"string": "192.0.2.1"}, "account_id": {"long": 1}}
    assert plain_row(logins, row) == {"event_id": "a", "ip_address": "192.0.2.1", "account_id": {"long": 1}}
    assert plain_row(logins, {"ip_address": "x"}) == {"ip_address": "x"}
    assert plain_row(logins, {"ip_address": None}) == {"ip_address": None}
