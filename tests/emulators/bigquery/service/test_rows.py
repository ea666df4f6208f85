"""Rows in and out: every type comes back as it went in, and a bad row is named."""

import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery
from google.cloud.bigquery import LoadJobConfig, SchemaField

SCHEMA = [
    SchemaField("i", "INTEGER"), SchemaField("f", "FLOAT"), SchemaField("n", "NUMERIC"), SchemaField("b", "BOOLEAN"),
    SchemaField("s", "STRING"), SchemaField("y", "BYTES"), SchemaField("d", "DATE"), SchemaField("t", "TIME"),
    SchemaField("dt", "DATETIME"), SchemaField("ts", "TIMESTAMP"), SchemaField("j", "JSON"),
    SchemaField("l", "INTEGER", "REPEATED"),
    SchemaField("r", "RECORD", fields=[SchemaField("x", "STRING"), SchemaField("y", "DATE", "REPEATED")]),
]  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {
        "i": -(2**63),
        "f": 0.1,
        "n": "99999999999999999999999999999.999999999",
        "b": True,
        "s": 'é"\\\n',
        "y": "AP8=",
        "d": "0001-01-01",
        "t": "23:59:59.999999",
        "dt": "9999-12-31T23:59:59.999999",
        "ts": "2024-02-29T12:00:00.5+02:00",
        "j": {"a": [1, None]},
        "l": [1, 2],
        "r": {"x": "z", "y": ["2024-01-01"]},
    },
    {},
]


def check(rows: list[bigquery.Row]) -> None:
    full, empty = sorted((dict(row) for row in rows), key=lambda row: row["i"] is None)
    assert full == {
        "i": -(2**63), "f": 0.1, "n": Decimal("99999999999999999999999999999.999999999"), "b": True, "s": 'é"\\\n',
        "y": b"\x00\xff", "d": dt.date(1, 1, 1), "t": dt.time(23, 59, 59, 999999),
        "dt": dt.datetime(9999, 12, 31, 23, 59, 59, 999999),
        "ts": dt.datetime(2024, 2, 29, 10, 0, 0, 500000, tzinfo=dt.UTC), "j": {"a": [1, None]}, "l": [1, 2],
        "r": {"x": "z", "y": [dt.date(2024, 1, 1)]},
    }  # fmt: skip
    assert all(value in (None, []) for value in empty.values())


def test_streamed_rows_come_back_from_a_list_and_from_a_query(client: bigquery.Client, dataset: str) -> None:
    name = f"{client.project}.{dataset}.t"
    client.create_table(bigquery.Table(name, SCHEMA))
    assert client.insert_rows_json(name, ROWS) == []
    check(list(client.list_rows(name)))
    check(list(client.query_and_wait(f"SELECT * FROM `{name}`")))


def test_json_lines_load_as_streamed_rows_do(client: bigquery.Client, dataset: str) -> None:
    name = f"{client.project}.{dataset}.t"
    job = client.load_table_from_json(ROWS, name, job_config=LoadJobConfig(schema=SCHEMA)).result()
    assert job.output_rows == 2
    check(list(client.list_rows(name)))


def test_parquet_that_was_exported_loads_equal(client: bigquery.Client, dataset: str, bucket: Any) -> None:
    name = f"{client.project}.{dataset}.t"
    client.load_table_from_json(ROWS, name, job_config=LoadJobConfig(schema=SCHEMA)).result()
    uri = f"gs://{bucket.name}/out-*.parquet"
    client.extract_table(name, uri, job_config=bigquery.ExtractJobConfig(destination_format="PARQUET")).result()
    config = LoadJobConfig(source_format="PARQUET", schema=SCHEMA)
    client.load_table_from_uri(uri, f"{name}2", job_config=config).result()
    check(list(client.list_rows(f"{name}2")))


def test_a_bad_row_is_named_and_nothing_is_inserted(client: bigquery.Client, dataset: str) -> None:
    name = f"{client.project}.{dataset}.t"
    client.create_table(bigquery.Table(name, [SchemaField("id", "INTEGER", "REQUIRED"), SchemaField("d", "DATE")]))
    errors = client.insert_rows_json(name, [{"id": 1}, {"id": None}, {"id": 3, "d": "2024-02-30"}, {"id": 4, "x": 1}])
    reasons = {error["index"]: error["errors"][0]["reason"] for error in errors}
    assert reasons == {0: "stopped", 1: "invalid", 2: "invalid", 3: "invalid"}
    assert list(client.list_rows(name)) == []
    skipping = client.insert_rows_json(name, [{"id": 1}, {"id": None}], skip_invalid_rows=True)
    assert [error["index"] for error in skipping] == [1]
    assert [row.id for row in client.list_rows(name)] == [1]


def test_an_insert_id_counts_once(client: bigquery.Client, dataset: str) -> None:
    name = f"{client.project}.{dataset}.t"
    client.create_table(bigquery.Table(name, [SchemaField("id", "INTEGER")]))
    for _ in range(3):
        client.insert_rows_json(name, [{"id": 1}, {"id": 2}], row_ids=["a", "b"])
    client.insert_rows_json(name, [{"id": 3}, {"id": 3}], row_ids=["c", "c"])
    assert sorted(row.id for row in client.list_rows(name)) == [1, 2, 3]


def test_csv_keeps_its_first_row_unless_it_is_a_header(client: bigquery.Client, dataset: str) -> None:
    name = f"{client.project}.{dataset}.t"
    schema = [SchemaField("a", "INTEGER"), SchemaField("b", "STRING")]
    data = b'1,x\n2,"y, ""z"""\n3,\n'
    client.load_table_from_file(
        io.BytesIO(data), name, job_config=LoadJobConfig(source_format="CSV", schema=schema)
    ).result()
    assert [tuple(row) for row in client.list_rows(name)] == [(1, "x"), (2, 'y, "z"'), (3, None)]
    detected = LoadJobConfig(source_format="CSV", autodetect=True)
    client.load_table_from_file(io.BytesIO(b"n,when\n1,2024-01-01\n"), f"{name}2", job_config=detected).result()
    assert [tuple(row) for row in client.list_rows(f"{name}2")] == [(1, dt.date(2024, 1, 1))]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"a": "x"}', "Cannot convert value to integer"),
        ("{", "JSON parsing error"),
        ('{"a": 1, "zz": 1}', "No such field: zz"),
        ("{}", "Missing required"),
    ],
)
def test_a_bad_line_fails_the_load_and_writes_nothing(
    client: bigquery.Client, dataset: str, line: str, message: str
) -> None:
    name = f"{client.project}.{dataset}.t"
    config = LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON", schema=[SchemaField("a", "INTEGER", "REQUIRED")])
    data = json.dumps({"a": 1}) + "\n" + line + "\n"
    with pytest.raises(BadRequest) as caught:
        job = client.load_table_from_file(io.BytesIO(data.encode()), name, job_config=config)
        job.result()
    assert "errors: 1. Please look into the errors[] collection" in str(caught.value)
    assert "line_number: 2" in job.errors[-1]["message"]
    assert message in job.errors[-1]["message"]
    assert [t.table_id for t in client.list_tables(dataset)] == []


def test_a_null_in_a_required_column_is_refused_by_dml(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"CREATE TABLE {dataset}.t (a INT64 NOT NULL, b STRING(3), l ARRAY<INT64>)")
    for values in ("(NULL, 'x', [1])", "(1, 'long', [1])", "(1, 'x', [1, NULL])"):
        with pytest.raises(BadRequest):
            client.query_and_wait(f"INSERT INTO {dataset}.t VALUES {values}")
    assert list(client.query_and_wait(f"SELECT * FROM {dataset}.t")) == []
