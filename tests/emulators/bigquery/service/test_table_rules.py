"""What a table may be and become: refusals of tables.insert, patch and update, and of jobs and DDL that replace one."""

from typing import Any

import pytest
import requests
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery

from tests.emulators.bigquery.service.conftest import PROJECT, Service

COLUMNS = [
    {"name": "day", "type": "DATE"}, {"name": "s", "type": "STRING", "maxLength": "5"},
    {"name": "n", "type": "NUMERIC", "precision": "6", "scale": "2"}, {"name": "i", "type": "INTEGER"},
]  # fmt: skip
PARTITIONED = {"timePartitioning": {"type": "DAY", "field": "day"}, "clustering": {"fields": ["s"]}}


def call(service: Service, method: str, path: str, body: Any = None, **parameters: str) -> tuple[int, Any]:
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}/datasets/{path}"
    answer = requests.request(method, address, json=body, params=parameters, timeout=20)
    found = answer.json()
    return answer.status_code, found["error"]["message"] if "error" in found else found


def table(dataset: str, **resource: Any) -> dict[str, Any]:
    reference = {"projectId": PROJECT, "datasetId": dataset, "tableId": "t"}
    return {"tableReference": reference, "schema": {"fields": COLUMNS}} | resource


@pytest.mark.parametrize(
    "column, text",
    [
        ({"name": "_PARTITIONTIME", "type": "TIMESTAMP"}, "not allowed to start with the (case-insensitive) prefixes"),
        ({"name": "a", "type": "INTEGER", "maxLength": "4"}, "Field a has maxLength 4"),
        ({"name": "a", "type": "NUMERIC", "precision": "37", "scale": "0"}, "0 <= precision - scale <= 29"),
        ({"name": "a", "type": "NUMERIC", "precision": "12", "scale": "10"}, "0 <= scale <= 9"),
        ({"name": "a", "type": "STRING", "precision": "1"}, "only NUMERIC and BIGNUMERIC"),
        ({"name": "a", "type": "RANGE"}, "Field a of type RANGE needs a rangeElementType"),
    ],
)
def test_a_column_that_cannot_be(service: Service, dataset: str, column: dict[str, str], text: str) -> None:
    status, message = call(service, "POST", f"{dataset}/tables", table(dataset, schema={"fields": [column]}))
    assert status == 400 and text in message


@pytest.mark.parametrize(
    "resource, text",
    [
        (PARTITIONED | {"rangePartitioning": {"field": "i", "range": {"start": "0", "end": "9", "interval": "1"}}},
         "Only one of timePartitioning and rangePartitioning"),
        ({"timePartitioning": {"type": "HOUR", "field": "day"}}, "cannot be partitioned by HOUR"),
        ({"expirationTime": "1000"}, "is in the past"),
        ({"tableReference": {"projectId": "another", "datasetId": "d", "tableId": "t"}}, "does not agree with value"),
        ({"tableConstraints": {"foreignKeys": [{"columnReferences": [{"referencingColumn": "z"}]}]}}, "column z does"),
        ({"rangePartitioning": {"field": "i", "range": {"start": "0", "end": "9", "interval": "0"}}}, "no partitions"),
        ({"rangePartitioning": {"field": "i", "range": {"start": "0", "end": "10001", "interval": "1"}}}, "Too many"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be(service: Service, dataset: str, resource: dict[str, Any], text: str) -> None:
    status, message = call(service, "POST", f"{dataset}/tables", table(dataset) | resource)
    assert status == 400 and text in message


def test_what_a_table_is_for_good(service: Service, dataset: str) -> None:
    assert call(service, "POST", f"{dataset}/tables", table(dataset, **PARTITIONED))[0] == 200

    def refused(change: dict[str, Any]) -> str:
        status, message = call(service, "PATCH", f"{dataset}/tables/t", change)
        assert status == 400
        return str(message)

    hourly = {"timePartitioning": {"type": "MONTH", "field": "day"}}
    assert "from interval(type:day,field:day) to interval(type:month,field:day)" in refused(hourly)
    assert "to none" in refused({"timePartitioning": None})
    assert "view cannot be set on it" in refused({"view": {"query": "select 1 as a"}})
    assert "is in the past" in refused({"expirationTime": "1000"})
    prefix = f"Provided Schema does not match Table {PROJECT}:{dataset}.t. Field"
    for change, text in [
        ({"i": {"type": "STRING"}}, "i has changed type from INTEGER to STRING"),
        ({"s": {"maxLength": "4"}}, "s has changed from STRING(5) to STRING(4)"),
        ({"n": {"precision": "6", "scale": "3"}}, "n has changed from NUMERIC(6, 2) to NUMERIC(6, 3)"),
    ]:
        fields = [column | change.get(column["name"], {}) for column in COLUMNS]
        assert f"{prefix} {text}" in refused({"schema": {"fields": fields}})
    longer = {"timePartitioning": {"type": "DAY", "field": "day", "expirationMs": "86400000"}, "clustering": None}
    status, found = call(service, "PATCH", f"{dataset}/tables/t", longer)
    assert status == 200 and "clustering" not in found


def test_a_table_is_not_partitioned_later(service: Service, dataset: str) -> None:
    call(service, "POST", f"{dataset}/tables", table(dataset))
    status, message = call(service, "PATCH", f"{dataset}/tables/t", PARTITIONED)
    assert status == 400 and "Cannot convert non partitioned/clustered table" in message


def test_a_table_is_replaced_by_one_of_its_layout(client: bigquery.Client, dataset: str) -> None:
    query = f"create or replace table {dataset}.t partition by day cluster by s as select date '2024-01-01' day, 'a' s"
    client.query_and_wait(query)
    client.query_and_wait(query)
    spec = r"New partitioning spec is none and existing spec is interval\(type:day,field:day\) clustering\(s\)"
    with pytest.raises(BadRequest, match=spec):
        client.query_and_wait(f"create or replace table {dataset}.t as select 1 as a", retry=None, job_retry=None)
    with pytest.raises(BadRequest, match="not allowed for this operation because it is currently a TABLE"):
        client.query_and_wait(f"create or replace view {dataset}.t as select 1 as a", retry=None, job_retry=None)
    with pytest.raises(Conflict, match="Already Exists"):
        client.query_and_wait(f"create table {dataset}.t as select 1 as a", retry=None, job_retry=None)
    client.query_and_wait(f"drop table {dataset}.t; create or replace table {dataset}.t as select 1 as a")


def test_rows_are_appended_where_the_layout_is_the_same(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t (day date, s string) partition by day")
    config = bigquery.QueryJobConfig(destination=f"{PROJECT}.{dataset}.t", write_disposition="WRITE_APPEND")
    config.time_partitioning = bigquery.TimePartitioning(field="day")
    client.query_and_wait("select date '2024-01-01' as day, 'x' as s", job_config=config)
    config.time_partitioning = bigquery.TimePartitioning("MONTH", "day")
    with pytest.raises(BadRequest, match="Expects partitioning specification interval"):
        client.query_and_wait("select date '2024-01-01' day, 'x' s", job_config=config, retry=None, job_retry=None)


def test_a_basic_view_has_no_statistics(service: Service, dataset: str) -> None:
    call(service, "POST", f"{dataset}/tables", table(dataset))
    assert "numRows" not in call(service, "GET", f"{dataset}/tables/t", view="BASIC")[1]
    assert call(service, "GET", f"{dataset}/tables/t", view="FULL")[1]["numRows"] == "0"
    assert call(service, "GET", f"{dataset}/tables/t", view="SOME")[0] == 400


def test_what_sql_alone_defines_is_no_part_of_a_request(client: bigquery.Client, dataset: str) -> None:
    made = bigquery.Table(f"{PROJECT}.{dataset}.t", [bigquery.SchemaField("a", "INTEGER")])
    made._properties["snapshotDefinition"] = {"snapshotTime": "2024-01-01T00:00:00Z"}
    found = client.create_table(made)
    assert (found.table_type, found.snapshot_definition) == ("TABLE", None)


def test_numbers_are_written_as_the_service_writes_them(service: Service) -> None:
    body = {
        "query": "select 2.0, 1e20, 0.0001, -0.0, 12345678.5, timestamp '2024-01-01'",
        "useLegacySql": False,
    }
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}/queries"
    found = requests.post(address, json=body, timeout=20).json()["rows"][0]["f"]
    assert [v["v"] for v in found] == ["2.0", "1.0E20", "1.0E-4", "-0.0", "1.23456785E7", "1.7040672E9"]


@pytest.mark.parametrize("expression", ["'x'", "other + 1", "1 +"])
def test_a_default_value_that_is_none_of_its_column(service: Service, dataset: str, expression: str) -> None:
    fields = [{"name": "a", "type": "INTEGER", "defaultValueExpression": expression}, {"name": "b", "type": "STRING"}]
    status, message = call(service, "POST", f"{dataset}/tables", table(dataset, schema={"fields": fields}))
    assert status == 400 and "Invalid default value expression for column a" in message


def test_an_expiration_of_zero_is_none(service: Service, dataset: str) -> None:
    assert "expirationTime" not in call(service, "POST", f"{dataset}/tables", table(dataset, expirationTime="0"))[1]
    at = "9999999999999"
    assert call(service, "PATCH", f"{dataset}/tables/t", {"expirationTime": at})[1]["expirationTime"] == at
    assert "expirationTime" not in call(service, "PATCH", f"{dataset}/tables/t", {"expirationTime": "0"})[1]


@pytest.mark.parametrize(
    ("partitioning", "partition", "row", "outside"),
    [
        ("partition by _partitiondate", "20240101", "1", None),
        ("partition by timestamp_trunc(_partitiontime, hour)", "2024010105", "1", None),
        ("partition by d", "20240101", "1, date '2024-01-01'", "1, date '2024-01-02'"),
        ("partition by date_trunc(d, month)", "202401", "1, date '2024-01-31'", "1, cast(null as date)"),
        ("partition by d", "__NULL__", "1, cast(null as date)", "1, date '2024-01-01'"),
        ("partition by range_bucket(a, generate_array(0, 100, 10))", "10", "15", "25"),
    ],
)
def test_a_job_writes_into_its_partition(
    client: bigquery.Client, dataset: str, partitioning: str, partition: str, row: str, outside: str | None
) -> None:
    columns = ["a int64", "d date"] if "date" in row or "null" in row else ["a int64"]
    client.query_and_wait(f"create table {dataset}.t ({', '.join(columns)}) {partitioning}")

    def write(values: str, disposition: str) -> None:
        names = [column.split()[0] for column in columns]
        cells = [f"{value} as {name}" for name, value in zip(names, values.split(", "), strict=True)]
        config = bigquery.QueryJobConfig(
            destination=f"{PROJECT}.{dataset}.t${partition}", write_disposition=disposition
        )
        client.query(f"select {', '.join(cells)}", job_config=config, job_retry=None).result(retry=None)

    for disposition in ("WRITE_APPEND", "WRITE_TRUNCATE", "WRITE_APPEND"):
        write(row, disposition)
    if outside is not None:
        for disposition in ("WRITE_APPEND", "WRITE_TRUNCATE"):
            with pytest.raises(BadRequest, match=f"rather than destination partition {partition}"):
                write(outside, disposition)
    sql = f"select partition_id, total_rows from {dataset}.INFORMATION_SCHEMA.PARTITIONS"
    assert [tuple(one) for one in client.query_and_wait(sql)] == [(partition, 2)]


def test_a_foreign_key_made_by_rest_refers_to_what_is_there(service: Service, dataset: str) -> None:
    def made(column: str, other: str = "other") -> tuple[int, str]:
        pair = {"referencingColumn": "i", "referencedColumn": column}
        reference = {"projectId": PROJECT, "datasetId": dataset, "tableId": other}
        keys = {"foreignKeys": [{"name": "k", "referencedTable": reference, "columnReferences": [pair]}]}
        return call(service, "POST", f"{dataset}/tables", table(dataset, tableConstraints=keys))

    other = {"projectId": PROJECT, "datasetId": dataset, "tableId": "other"}
    assert call(service, "POST", f"{dataset}/tables", table(dataset, tableReference=other))[0] == 200
    assert made("i", "none")[0] == 404
    assert made("z") == (400, f"Foreign key column z does not exist in table {PROJECT}:{dataset}.other.")
    assert made("i")[0] == 200
    requests.delete(f"{service.address}/bigquery/v2/projects/{PROJECT}/datasets/{dataset}/tables/other", timeout=20)
    assert call(service, "PATCH", f"{dataset}/tables/t", {"description": "its key points to nothing"})[0] == 200


def test_a_dataset_is_where_there_is_a_location(client: bigquery.Client) -> None:
    with pytest.raises(BadRequest, match="nowhere is not a valid value"):
        client.query_and_wait("create schema lost options (location = 'nowhere')")


def test_only_a_materialized_view_is_refreshed(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.plain (a int64)")
    with pytest.raises(BadRequest, match="plain is a TABLE; only a materialized view can be refreshed"):
        client.query_and_wait(f"call bq.refresh_materialized_view('{dataset}.plain')")


@pytest.mark.parametrize("view", ["BI_CAPACITIES", "SCHEMATA_LINKS", "PROJECT_OPTIONS"])
def test_a_view_of_one_name(client: bigquery.Client, view: str) -> None:
    client.query_and_wait(f"select * from `region-us`.INFORMATION_SCHEMA.{view}")
    with pytest.raises(NotFound):
        client.query_and_wait(f"select * from `region-us`.INFORMATION_SCHEMA.{view}_BY_PROJECT")
