"""Options of jobs, tables and requests, each with what it changes; those that are not known here are refused."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import requests
from google.api_core.exceptions import BadRequest, GoogleAPICallError, MethodNotImplemented
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage
from googleapiclient.discovery import build
from googleapiclient.http import BatchHttpRequest

from tests.emulators.bigquery.service.conftest import PROJECT, Service

FIELD = bigquery.SchemaField
AB = [FIELD("a", "INTEGER"), FIELD("b", "STRING")]


def rows(client: bigquery.Client, sql: str, **config: Any) -> list[tuple[Any, ...]]:
    given = bigquery.QueryJobConfig(**config)
    return [tuple(row) for row in client.query_and_wait(sql, job_config=given, retry=None, job_retry=None)]


def load(client: bigquery.Client, bucket: storage.Bucket, table: str, text: str, **options: Any) -> bigquery.LoadJob:
    bucket.blob("f").upload_from_string(text)
    config = bigquery.LoadJobConfig.from_api_repr({"load": options})
    job = client.load_table_from_uri(f"gs://{bucket.name}/f", table, job_config=config)
    job.result(retry=None)
    return job


def test_decimals_are_rounded_as_their_column_says(client: bigquery.Client, dataset: str) -> None:
    fields = [
        FIELD("own", "NUMERIC", precision=5, scale=1, rounding_mode="ROUND_HALF_EVEN"),
        FIELD("usual", "NUMERIC", precision=5, scale=1, rounding_mode="ROUND_HALF_AWAY_FROM_ZERO"),
        FIELD("inherited", "BIGNUMERIC", precision=5, scale=1),
    ]
    table = bigquery.Table(f"{PROJECT}.{dataset}.t", fields)
    table._properties["defaultRoundingMode"] = "ROUND_HALF_EVEN"
    client.create_table(table)
    client.query_and_wait(f"insert into {dataset}.t values (0.25, 0.25, 0.25), (-0.35, -0.35, -0.35)")
    assert not client.insert_rows_json(f"{PROJECT}.{dataset}.t", [dict.fromkeys(("own", "usual", "inherited"), "0.45")])
    found = rows(client, f"select * from {dataset}.t order by own")
    assert found == [
        (Decimal("-0.4"), Decimal("-0.4"), Decimal("-0.4")), (Decimal("0.2"), Decimal("0.3"), Decimal("0.2")),
        (Decimal("0.4"), Decimal("0.5"), Decimal("0.4")),
    ]  # fmt: skip
    client.query_and_wait(f"alter table {dataset}.t add column more numeric(3, 1)")
    modes = rows(
        client,
        f"select rounding_mode from {dataset}.INFORMATION_SCHEMA.COLUMNS where table_name = 't' order by 1",
    )
    assert modes == [("ROUND_HALF_AWAY_FROM_ZERO",), *[("ROUND_HALF_EVEN",)] * 3]


@pytest.mark.parametrize(
    "change",
    [{"foreignTypeDefinition": "int"}, {"timestampPrecision": "12", "type": "TIMESTAMP"}],
)
def test_columns_that_would_be_stored_otherwise_are_refused(
    client: bigquery.Client, dataset: str, change: dict[str, str]
) -> None:
    field = FIELD.from_api_repr({"name": "a", "type": "STRING"} | change)
    with pytest.raises(MethodNotImplemented, match="field a"):
        client.create_table(bigquery.Table(f"{PROJECT}.{dataset}.t", [field]), retry=None)


def test_columns_take_the_collation_of_their_dataset(client: bigquery.Client) -> None:
    dataset = bigquery.Dataset(f"{PROJECT}.collated")
    dataset._properties["defaultCollation"] = "und:ci"
    client.create_dataset(dataset)
    client.create_table(bigquery.Table(f"{PROJECT}.collated.t", [FIELD("a", "STRING"), FIELD("n", "INTEGER")]))
    client.query_and_wait("insert collated.t (a) values ('x'), ('X')")
    client.query_and_wait("alter table collated.t set default collate '', add column b string")
    assert rows(client, "select count(*) from collated.t group by a") == [(2,)]
    assert [field.to_api_repr().get("collation") for field in client.get_table("collated.t").schema] == [
        "und:ci",
        None,
        None,
    ]


def test_staleness_is_an_interval(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(
        f"create table {dataset}.t (a int64) options (max_staleness = interval '4:30' hour to minute)"
    )
    assert client.get_table(f"{dataset}.t").max_staleness == "0-0 0 4:30:0"


def test_rows_that_are_left_out_are_counted(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    schema = {"fields": [field.to_api_repr() for field in AB]}
    unreadable = 'Unable to parse; line_number: 2 column_index: 0 column_name: "a" column_type: INT64 value: "zz"'
    position = "JSON parsing error in row starting at position"
    for form, text, told in (
        ("CSV", "1,x\nzz,y\n3,z\n", [unreadable]),
        ("NEWLINE_DELIMITED_JSON", '{"a": 1}\n{"a": "q"}\n{bad\n{"a": 4}\n', [
            f"{position} 9: Cannot convert value to integer (bad value): q line_number: 2",
            f"{position} 20: Unexpected character, expected a string key: line 1 column 2 (char 1) line_number: 3",
        ]),
    ):  # fmt: skip
        job = load(client, bucket, f"{dataset}.{form}", text, sourceFormat=form, schema=schema, maxBadRecords="2")
        assert (job.output_rows, job._properties["statistics"]["load"]["badRecords"]) == (2, str(len(told)))
        (uri,) = job.source_uris
        assert job.errors == [
            {"reason": "invalid", "location": uri,
             "message": f"Error while reading data, error message: {what} File: {uri}"} for what in told
        ]  # fmt: skip
        assert client.get_job(job.job_id).errors == job.errors
    bucket.blob("bad/1").upload_from_string("x,1\n")
    bucket.blob("bad/2").upload_from_string("y,1\n")
    config = bigquery.LoadJobConfig(schema=AB, max_bad_records=1)
    with pytest.raises(BadRequest, match="too many errors"):
        client.load_table_from_uri(f"gs://{bucket.name}/bad/*", f"{dataset}.bad", job_config=config).result(retry=None)


def test_a_manifest_names_the_files(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    for name in ("1", "2"):
        bucket.blob(f"part/{name}").upload_from_string(f"{name},x\n")
    schema = {"fields": [field.to_api_repr() for field in AB]}
    manifest = "".join(f"gs://{bucket.name}/part/{name}\n" for name in ("1", "2"))
    kind = "FILE_SET_SPEC_TYPE_NEW_LINE_DELIMITED_MANIFEST"
    load(client, bucket, f"{dataset}.t", manifest, schema=schema, fileSetSpecType=kind)
    assert rows(client, f"select a from {dataset}.t order by a") == [(1,), (2,)]
    table = bigquery.Table(f"{PROJECT}.{dataset}.e")
    table._properties["externalDataConfiguration"] = {
        "sourceFormat": "CSV", "sourceUris": [f"gs://{bucket.name}/f"], "fileSetSpecType": kind, "schema": schema,
    }  # fmt: skip
    client.create_table(table)
    assert rows(client, f"select sum(a) from {dataset}.e") == [(3,)]


@pytest.mark.parametrize(
    ("kind", "names"), [("V1", ["a_b", "c_d", "_1"]), ("V2", ["a b", "c_d", "é1"]), (None, ["a_b", "c_d", "é1"])]
)
def test_names_in_headers(
    client: bigquery.Client, dataset: str, bucket: storage.Bucket, kind: str | None, names: list[str]
) -> None:
    options = {"columnNameCharacterMap": kind} if kind else {}
    load(client, bucket, f"{dataset}.t", "a b,c.d,é1\n1,2,3\n", autodetect=True, skipLeadingRows="1", **options)
    assert [field.name for field in client.get_table(f"{dataset}.t").schema] == names


def test_an_invalid_name_in_a_header(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    with pytest.raises(BadRequest, match=r'Invalid field name "c\.d"'):
        options = {"columnNameCharacterMap": "STRICT", "skipLeadingRows": "1", "autodetect": True}
        load(client, bucket, f"{dataset}.t", "c.d\n1\n", **options)


def test_intervals_in_files(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    schema = {"fields": [{"name": "i", "type": "INTERVAL"}]}
    load(client, bucket, f"{dataset}.t", "1-2 3 4:5:6\n", schema=schema)
    form = "NEWLINE_DELIMITED_JSON"
    load(client, bucket, f"{dataset}.t", '{"i": "0-0 1 0:0:0"}\n{}\n', schema=schema, sourceFormat=form)
    found = rows(client, f"select cast(i as string) from {dataset}.t order by i")
    assert found == [(None,), ("0-0 1 0:0:0",), ("1-2 3 4:5:6",)]


@pytest.mark.parametrize(
    "body",
    [
        {"userDefinedFunctionResources": [{"inlineCode": "create temp function f() as (1);"}]}, {"continuous": True},
        {"connectionProperties": [{"key": "nonsense", "value": "x"}]},
    ],
)  # fmt: skip
def test_options_of_a_query_that_are_refused(client: bigquery.Client, body: dict[str, Any]) -> None:
    config = bigquery.QueryJobConfig.from_api_repr({"query": body})
    with pytest.raises(GoogleAPICallError, match=r"not supported|Unsupported"):
        client.query("select 1", job_config=config, retry=None, job_retry=None).result(retry=None)


def test_connection_properties(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t as select 1 as a")
    given = [bigquery.ConnectionProperty("dataset_id", dataset), bigquery.ConnectionProperty("query_label", "k:v,l:w")]
    given.append(bigquery.ConnectionProperty("time_zone", "Asia/Tokyo"))
    job = client.query(
        "select extract(hour from timestamp_seconds(0)) - 8 as a from t",
        job_config=bigquery.QueryJobConfig(connection_properties=given),
    )
    assert [tuple(row) for row in job.result()] == [(1,)]
    assert client.get_job(job.job_id).labels == {"k": "v", "l": "w"}


def test_legacy_sql_that_nobody_asked_for(service: Service, client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t as select 1 as a")
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}/jobs"
    for sql, legacy in ((f"select a from [{PROJECT}:{dataset}.t]", True), (f"select a from {dataset}.t", False)):
        job = requests.post(address, json={"configuration": {"query": {"query": sql}}}, timeout=60).json()
        found = client.get_job(job["jobReference"]["jobId"])
        assert [tuple(row) for row in found.result()] == [(1,)] and found.use_legacy_sql is legacy


def test_answers_are_gzip_for_who_asks_as_google_says(service: Service) -> None:
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}/queries"
    body = {"query": "select x from unnest(generate_array(1, 5000)) as x", "useLegacySql": False}
    plain = requests.post(address, json=body, timeout=60)
    packed = requests.post(address, json=body, headers={"User-Agent": "mine (gzip)"}, timeout=60)
    assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
    assert packed.json()["rows"] == plain.json()["rows"]


def test_routines_are_listed_by_type_and_have_policies(service: Service, client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create function {dataset}.f() as (1); create procedure {dataset}.p() begin select 1; end")
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}/datasets/{dataset}/routines"
    found = requests.get(address, params={"filter": "routineType:PROCEDURE"}, timeout=60).json()["routines"]
    assert [routine["routineReference"]["routineId"] for routine in found] == ["p"]
    assert requests.get(address, params={"filter": "nonsense"}, timeout=60).status_code == 400
    policy = {"bindings": [{"role": "roles/bigquery.user", "members": ["user:a@example.com"]}]}
    requests.post(f"{address}/f:setIamPolicy", json={"policy": policy}, timeout=60).raise_for_status()
    assert requests.post(f"{address}/f:getIamPolicy", timeout=60).json()["bindings"] == policy["bindings"]
    assert requests.post(f"{address}/nope:getIamPolicy", timeout=60).status_code == 404


def test_several_requests_in_one(service: Service, client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t as select 1 as a")
    options = {"api_endpoint": f"{service.address}/bigquery/v2/"}
    with build("bigquery", "v2", credentials=AnonymousCredentials(), client_options=options) as api:
        found: dict[str, Any] = {}
        batch = BatchHttpRequest(
            callback=lambda key, answer, error: found.update({key: error or answer}),
            batch_uri=f"{service.address}/batch/bigquery/v2",
        )
        for table in ("t", "nope"):
            request = api.tables().get(projectId=PROJECT, datasetId=dataset, tableId=table)
            batch.add(request, request_id=table)
        body = {"description": "changed"}
        batch.add(api.tables().patch(projectId=PROJECT, datasetId=dataset, tableId="t", body=body), request_id="patch")
        batch.execute()
    assert found["t"]["numRows"] == "1" and found["patch"]["description"] == "changed"
    assert found["nope"].resp.status == 404
    assert requests.post(f"{service.address}/batch", data="nonsense", timeout=60).status_code == 400


def test_columns_of_a_table_that_are_asked_for(service: Service, client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t as select 1 as a, struct(2 as b, 3 as c) as s")
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}/datasets/{dataset}/tables/t"
    found = requests.get(address, params={"selectedFields": "s.c"}, timeout=60).json()["schema"]["fields"]
    assert [(field["name"], [inner["name"] for inner in field["fields"]]) for field in found] == [("s", ["c"])]


@pytest.mark.parametrize(("key", "expected"), [("LAST", 3), ("FIRST_SELECT", 1)])
def test_the_rows_of_a_script(client: bigquery.Client, key: str, expected: int) -> None:
    options = bigquery.ScriptOptions(key_result_statement=key)
    found = rows(client, "declare x int64; select 1; set x = 2; select 3", script_options=options)
    assert found == [(expected,)]


def test_results_are_kept_for_a_day(client: bigquery.Client) -> None:
    job = client.query("select 1")
    job.result()
    table = client.get_table(job.destination)
    assert table.created is not None and table.expires - table.created == dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("i = @x and s = @Y and d >= @z", [("x", "INT64"), ("Y", "STRING"), ("z", "DATE")]),
        ("f < @x or n > @y or t between @z and @z", [("x", "FLOAT64"), ("y", "NUMERIC"), ("z", "TIMESTAMP")]),
        ("i in unnest(@x) and @y", [("x", "ARRAY"), ("y", "BOOL")]),
        ("i = ? and s like ?", [("", "INT64"), ("", "STRING")]),
        ("@@time_zone = s and s = '@x' -- @y", []), ("@x is null", [("x", "INT64")]),
    ],
)  # fmt: skip
def test_a_dry_run_tells_what_parameters_a_query_needs(
    client: bigquery.Client, dataset: str, condition: str, expected: list[tuple[str, str]]
) -> None:
    client.query_and_wait(f"create table {dataset}.t (i int64, f float64, n numeric, s string, d date, t timestamp)")
    job = client.query(f"select * from {dataset}.t where {condition}", job_config=bigquery.QueryJobConfig(dry_run=True))
    found = job._properties["statistics"]["query"].get("undeclaredQueryParameters", [])
    assert [(one.get("name", ""), one["parameterType"]["type"]) for one in found] == expected
    if expected:
        with pytest.raises(BadRequest, match="Query parameter"):
            client.query_and_wait(f"select * from {dataset}.t where {condition}", retry=None, job_retry=None)


def test_a_dry_run_with_declared_parameters(client: bigquery.Client) -> None:
    given = [bigquery.ScalarQueryParameter("x", "STRING", "a")]
    config = bigquery.QueryJobConfig(dry_run=True, query_parameters=given)
    job = client.query("select concat(@x, @y), sqrt(@z)", job_config=config)
    found = job._properties["statistics"]["query"]["undeclaredQueryParameters"]
    assert found == [
        {"name": "y", "parameterType": {"type": "STRING"}}, {"name": "z", "parameterType": {"type": "FLOAT64"}},
    ]  # fmt: skip
    with pytest.raises(BadRequest, match="Unrecognized name: nope"):
        client.query("select @x, nope", job_config=bigquery.QueryJobConfig(dry_run=True), retry=None)


def test_options_of_load_data(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    bucket.blob("f").upload_from_string("d,a\n05/01/2024,1\n-,2\n")
    client.query_and_wait(
        f"load data into {dataset}.t (a int64, d date) from files (format = 'CSV', uris = ['gs://{bucket.name}/f'], "
        "skip_leading_rows = 1, source_column_match = 'NAME', date_format = 'DD/MM/YYYY', null_markers = ['-'])"
    )
    assert rows(client, f"select a, d from {dataset}.t order by a") == [(1, dt.date(2024, 1, 5)), (2, None)]
    with pytest.raises(BadRequest, match="Unknown option: nonsense"):
        sql = f"load data into {dataset}.t from files (format = 'CSV', uris = ['gs://x/f'], nonsense = 1)"
        client.query_and_wait(sql, retry=None, job_retry=None)
