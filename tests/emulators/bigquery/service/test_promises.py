"""What a schema promises holds on every way in: lengths, precision and scale, REQUIRED inside of arrays."""

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery

FIELD = bigquery.SchemaField
LINE = [FIELD("n", "INTEGER", "REQUIRED"), FIELD("p", "NUMERIC", precision=3)]
SCHEMA = [
    FIELD("price", "NUMERIC", precision=5, scale=2),
    FIELD("code", "STRING", max_length=3),
    FIELD("codes", "STRING", "REPEATED", max_length=2),
    FIELD(
        "lines", "RECORD", "REPEATED", fields=[FIELD("n", "INTEGER", "REQUIRED"), FIELD("p", "NUMERIC", precision=3)]
    ),
]
GOOD = {"price": "123.455", "code": "abc", "codes": ["ab"], "lines": [{"n": 1, "p": "99.5"}]}
BAD = [
    {"price": "1000"},
    {"code": "abcd"},
    {"codes": ["ab", "abc"]},
    {"lines": [{"n": None, "p": None}]},
    {"lines": [{"n": 1, "p": "1000"}]},
]
ARROW = pa.schema(
    [
        ("price", pa.decimal128(38, 9)),
        ("code", pa.string()),
        ("codes", pa.list_(pa.string())),
        ("lines", pa.list_(pa.struct([("n", pa.int64()), ("p", pa.decimal128(38, 9))]))),
    ]
)
Writer = Callable[[bigquery.Client, str, dict[str, Any]], None]


def insert_all(client: bigquery.Client, table: str, row: dict[str, Any]) -> None:
    errors = client.insert_rows_json(table, [row])
    if errors:
        raise AssertionError(str(errors))


def load_json(client: bigquery.Client, table: str, row: dict[str, Any]) -> None:
    config = bigquery.LoadJobConfig(schema=SCHEMA)
    client.load_table_from_json([row], table, job_config=config).result(retry=None)


def load_parquet(client: bigquery.Client, table: str, row: dict[str, Any]) -> None:
    lines = [{**line, "p": Decimal(line["p"]) if line["p"] else None} for line in row["lines"]]
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{**row, "price": Decimal(row["price"]), "lines": lines}], ARROW), file)
    config = bigquery.LoadJobConfig(source_format="PARQUET")
    client.load_table_from_file(file, table, rewind=True, job_config=config).result(retry=None)


def insert_sql(client: bigquery.Client, table: str, row: dict[str, Any]) -> None:
    def number(value: Any) -> str:
        return "NULL" if value is None else f"NUMERIC '{value}'"

    lines = ", ".join(f"STRUCT({line['n'] or 'NULL'} AS n, {number(line['p'])} AS p)" for line in row["lines"])
    values = f"NUMERIC '{row['price']}', '{row['code']}', {row['codes']}, [{lines}]"
    client.query_and_wait(f"INSERT INTO {table} VALUES ({values})", retry=None, job_retry=None)


@pytest.fixture(scope="module")
def table(service: Any) -> str:
    client = service.client()
    dataset = client.create_dataset("promises").dataset_id
    return str(client.create_table(bigquery.Table(f"{client.project}.{dataset}.t", SCHEMA)).full_table_id).replace(
        ":", "."
    )


@pytest.mark.parametrize("write", [insert_all, load_json, load_parquet, insert_sql])
def test_promises(client: bigquery.Client, table: str, write: Writer) -> None:
    client.query_and_wait(f"TRUNCATE TABLE `{table}`")
    write(client, table, GOOD)
    for bad in BAD:
        with pytest.raises((GoogleAPICallError, AssertionError)):
            write(client, table, GOOD | bad)
    (row,) = client.query_and_wait(f"SELECT * FROM `{table}`")
    assert row.price == Decimal("123.46")
    assert row.lines == [{"n": 1, "p": Decimal(100)}]
