"""A BIGNUMERIC of any size by all ways in and out: no digit is lost, and what is no BIGNUMERIC is refused."""

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import duckdb
import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery, storage
from google.cloud.bigquery_storage_v1 import types
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from pyarrow import orc

from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.definitions.datasets import create_dataset
from emulators.bigquery.state.jobs.outcomes import Query
from emulators.bigquery.state.jobs.queries import Execution
from emulators.bigquery.state.service import open_warehouse
from emulators.bigquery.state.warehouse import Warehouse
from tests.emulators.bigquery.service.append import create_stream, request
from tests.emulators.bigquery.service.conftest import PROJECT, Service

EXACT = Context(prec=100)
UNSCALED = [-(2**255), 2**255 - 1, 0, 1, -1, 10**76 // 3, 15 * 10**37, 10**76]
VALUES = [Decimal(number).scaleb(-38, EXACT) for number in UNSCALED]
NARROW = VALUES[2:7]  # of 76 digits at most, as Arrow and Parquet make them
SCHEMA = [
    bigquery.SchemaField("k", "INT64"),
    bigquery.SchemaField("v", "BIGNUMERIC"),
    bigquery.SchemaField("l", "BIGNUMERIC", "REPEATED"),
    bigquery.SchemaField("s", "RECORD", fields=(bigquery.SchemaField("x", "BIGNUMERIC"),)),
]
WIDE = pa.decimal256(76, 38)
AVRO = {"type": "bytes", "logicalType": "decimal", "precision": 77, "scale": 38}
AVRO_ROW = {"type": "record", "name": "s", "fields": [{"name": "x", "type": AVRO}]}
AVRO_SCHEMA = {
    "type": "record", "name": "r", "fields": [
        {"name": "k", "type": "long"}, {"name": "v", "type": ["null", AVRO]},
        {"name": "l", "type": {"type": "array", "items": AVRO}}, {"name": "s", "type": ["null", AVRO_ROW]},
    ],
}  # fmt: skip


def rows_of(values: Sequence[Decimal]) -> list[dict[str, Any]]:
    """A row for each value, and one without."""
    found: list[dict[str, Any]] = [
        {"k": k, "v": value, "l": [value, Decimal(1)], "s": {"x": value}} for k, value in enumerate(values)
    ]
    return [*found, {"k": len(values), "v": None, "l": [], "s": None}]


def stored(client: bigquery.Client, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in client.query_and_wait(f"SELECT * FROM {table} ORDER BY k")]


@pytest.fixture
def table(client: bigquery.Client, dataset: str) -> str:
    client.create_table(bigquery.Table(f"{PROJECT}.{dataset}.t", schema=SCHEMA))
    return f"{dataset}.t"


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(row, default=lambda value: f"{value:f}"))
    return made


def load(client: bigquery.Client, table: str, content: bytes, form: str, **options: Any) -> None:
    settings = bigquery.LoadJobConfig(source_format=form, **options)
    client.load_table_from_file(io.BytesIO(content), f"{PROJECT}.{table}", job_config=settings).result()


def avro(rows: Sequence[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    fastavro.writer(sink, AVRO_SCHEMA, rows)
    return sink.getvalue()


def arrow(rows: Sequence[dict[str, Any]], kind: pa.DataType = WIDE) -> pa.Table:
    shape = pa.schema([("k", pa.int64()), ("v", kind), ("l", pa.list_(kind)), ("s", pa.struct([("x", kind)]))])
    return pa.Table.from_pylist(list(rows), shape)


def parquet(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    return sink.getvalue()


def test_statements_and_parameters(client: bigquery.Client, table: str) -> None:
    for row in rows_of(VALUES):
        parameters = [
            bigquery.ScalarQueryParameter("k", "INT64", row["k"]),
            bigquery.ScalarQueryParameter("v", "BIGNUMERIC", row["v"]),
            bigquery.ArrayQueryParameter("l", "BIGNUMERIC", row["l"]),
        ]
        record = "NULL" if row["s"] is None else "STRUCT(@v AS x)"
        client.query_and_wait(f"INSERT {table} VALUES (@k, @v, @l, {record})",
                              job_config=bigquery.QueryJobConfig(query_parameters=parameters))  # fmt: skip
    assert stored(client, table) == rows_of(VALUES)
    client.query_and_wait(f"UPDATE {table} SET v = v - v / 2 WHERE v != 0; UPDATE {table} SET v = v * 0 WHERE TRUE")
    client.query_and_wait(f"MERGE {table} t USING (SELECT k, s.x FROM {table}) u ON t.k = u.k "
                          "WHEN MATCHED THEN UPDATE SET v = u.x")  # fmt: skip
    assert stored(client, table) == rows_of(VALUES)


def test_streamed_rows_and_list_rows(client: bigquery.Client, table: str) -> None:
    for chunk in (rows_of(VALUES), rows_of(VALUES) * 40):  # few are written as literals, many by Arrow
        assert client.insert_rows_json(f"{PROJECT}.{table}", [as_json(row) for row in chunk]) == []
    found = [dict(row) for row in client.list_rows(client.get_table(table))]
    assert sorted(found, key=lambda row: row["k"]) == sorted(rows_of(VALUES) * 41, key=lambda row: row["k"])
    for bad in ("6e38", "0.000000000000000000000000000000000000001", "x", "NaN"):
        (error,) = client.insert_rows_json(f"{PROJECT}.{table}", [{"v": bad}])
        assert error["errors"][0]["message"] == f"Cannot convert value to bignumeric (bad value): {bad}"


@pytest.mark.parametrize("form", ["NEWLINE_DELIMITED_JSON", "AVRO", "PARQUET", "ORC", "CSV"])
def test_files_come_in_and_go_out(client: bigquery.Client, table: str, bucket: storage.Bucket, form: str) -> None:
    rows = rows_of(NARROW if form == "PARQUET" else VALUES)
    if form == "ORC":  # it has decimals of 38 digits
        rows = rows_of([Decimal("0.12345678901234567890123456789012345678"), Decimal("-0.5")])
        sink = io.BytesIO()
        orc.write_table(pa.table({"k": [r["k"] for r in rows], "v": pa.array([r["v"] for r in rows],
                                                                            pa.decimal128(38, 38))}), sink)  # fmt: skip
        load(client, table, sink.getvalue(), form)
        assert [row["v"] for row in stored(client, table)] == [row["v"] for row in rows]
        return
    if form == "CSV":  # it has no arrays
        table, rows = table.replace(".t", ".flat"), [{"k": row["k"], "v": row["v"]} for row in rows]
        lines = [f"{row['k']},{'' if row['v'] is None else format(row['v'], 'f')}" for row in rows]
        load(client, table, "\n".join(lines).encode(), form, schema=SCHEMA[:2])
    elif form == "NEWLINE_DELIMITED_JSON":
        load(client, table, "\n".join(json.dumps(as_json(row)) for row in rows).encode(), form)
    else:
        load(client, table, avro(rows) if form == "AVRO" else parquet(arrow(rows)), form)
    assert stored(client, table) == rows
    uri = f"gs://{bucket.name}/{form}/*"
    settings = bigquery.ExtractJobConfig(destination_format=form)
    client.extract_table(f"{PROJECT}.{table}", uri, job_config=settings).result()
    again = table.replace(".", ".again_")
    schema = {"schema": client.get_table(table).schema, "skip_leading_rows": 1} if form == "CSV" else {
        "schema": SCHEMA} if "JSON" in form else {}  # fmt: skip
    job = bigquery.LoadJobConfig(source_format=form, **schema)
    client.load_table_from_uri(uri, f"{PROJECT}.{again}", job_config=job).result()
    assert stored(client, again) == rows
    columns = ", ".join(f"{f.name} {kind}" for f, kind in zip(
        client.get_table(table).schema, ["INT64", "BIGNUMERIC", "ARRAY<BIGNUMERIC>", "STRUCT<x BIGNUMERIC>"],
        strict=False))  # fmt: skip
    skip = ", skip_leading_rows = 1" if form == "CSV" else ""
    client.query_and_wait(f"CREATE EXTERNAL TABLE {again}_outside ({columns}) "
                          f"OPTIONS (format = '{form}', uris = ['{uri}']{skip})")  # fmt: skip
    assert stored(client, f"{again}_outside") == rows


@pytest.mark.parametrize(
    "kind", [pa.decimal128(38, 0), pa.decimal128(38, 30), pa.decimal128(10, 2), pa.decimal256(50, 20)], ids=str
)
def test_parquet_decimals_of_other_kinds(client: bigquery.Client, table: str, kind: pa.DataType) -> None:
    value = Decimal(7).scaleb(-min(2, kind.scale))
    load(client, table, parquet(arrow(rows_of([value, -value]), kind)), "PARQUET")
    assert stored(client, table) == rows_of([value, -value])


@pytest.mark.parametrize("wide", [Decimal("6e38"), Decimal("1e-39")])
def test_files_with_what_is_no_bignumeric_are_refused(client: bigquery.Client, table: str, wide: Decimal) -> None:
    text = f"{wide:f}"
    with pytest.raises(BadRequest, match="bignumeric"):
        load(client, table, json.dumps({"v": text}).encode(), "NEWLINE_DELIMITED_JSON")
    kind = pa.decimal256(76, 37) if wide > 1 else pa.decimal256(76, 39)
    with pytest.raises(BadRequest):
        load(client, table, parquet(arrow(rows_of([wide]), kind)), "PARQUET")
    assert stored(client, table) == []


def proto(rows: Sequence[dict[str, Any]], stream: str) -> types.AppendRowsRequest:
    """v as its text, and (b) as its bytes; l as bytes."""
    message = descriptor_pb2.DescriptorProto(name="Row")
    for number, (name, kind, label) in enumerate(
        [("k", "INT64", "OPTIONAL"), ("v", "STRING", "OPTIONAL"), ("l", "BYTES", "REPEATED")], 1
    ):
        message.field.add(name=name, number=number, type=f"TYPE_{kind}", label=f"LABEL_{label}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(descriptor_pb2.FileDescriptorProto(name="row.proto", message_type=[message]))
    row_class = message_factory.GetMessageClass(pool.FindMessageTypeByName("Row"))
    made = []
    for row in rows:
        text = {} if row["v"] is None else {"v": f"{row['v']:f}"}
        unscaled = [int(value.scaleb(38, EXACT)).to_bytes(32, "little", signed=True) for value in row["l"]]
        made.append(row_class(k=row["k"], l=unscaled, **text).SerializeToString())
    data = types.AppendRowsRequest.ProtoData(
        writer_schema=types.ProtoSchema(proto_descriptor=message), rows=types.ProtoRows(serialized_rows=made)
    )
    return types.AppendRowsRequest(write_stream=stream, proto_rows=data)


def session(service: Service, table: str, form: str) -> Iterator[dict[str, Any]]:
    """The rows of a read session."""
    project, (dataset, name) = PROJECT, table.split(".")
    asked = types.ReadSession(table=f"projects/{project}/datasets/{dataset}/tables/{name}", data_format=form)
    reader = service.reader()
    found = reader.create_read_session(parent=f"projects/{project}", read_session=asked, max_stream_count=1)
    for stream in found.streams:
        rows = reader.read_rows(stream.name).rows(found)
        yield from rows.to_arrow().to_pylist() if form == "ARROW" else (dict(row) for row in rows)


def test_the_storage_api_writes_and_reads(service: Service, client: bigquery.Client, table: str) -> None:
    stream = f"projects/{PROJECT}/datasets/{table.split('.')[0]}/tables/t/streams/_default"
    (batch,) = arrow(rows_of(NARROW)).to_batches()
    for asked in (proto(rows_of(VALUES), stream), request(stream, batch)):
        answer = next(iter(service.writer().append_rows(iter([asked]), retry=None)))
        assert not answer.error.message
    by_proto = [row | {"s": None} for row in rows_of(VALUES)]
    wanted = sorted([*by_proto, *rows_of(NARROW)], key=repr)
    assert sorted(session(service, table, "ARROW"), key=repr) == wanted
    assert sorted(session(service, table, "AVRO"), key=repr) == wanted
    narrow = arrow(rows_of([Decimal("1.25")]), pa.decimal128(38, 2)).to_batches()[0]
    assert not next(iter(service.writer().append_rows(iter([request(stream, narrow)]), retry=None))).error.message
    assert [row["v"] for row in stored(client, table) if row["v"] == Decimal("1.25")] == [Decimal("1.25")]
    too_large = arrow(rows_of([Decimal("6e38")]), pa.decimal256(76, 37)).to_batches()[0]
    answer = next(iter(service.writer().append_rows(iter([request(stream, too_large)]), retry=None)))
    assert "is no BIGNUMERIC" in answer.error.message


def changes(rows: Sequence[tuple[Decimal, str, str]], stream: str) -> types.AppendRowsRequest:
    """Rows of a BIGNUMERIC key (as text), a text and a change type."""
    message = descriptor_pb2.DescriptorProto(name="Change")
    for number, name in enumerate(("k", "s", "_CHANGE_TYPE"), 1):
        message.field.add(name=name, number=number, type="TYPE_STRING", label="LABEL_OPTIONAL")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(descriptor_pb2.FileDescriptorProto(name="change.proto", message_type=[message]))
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName("Change"))
    made = [kind(k=f"{key:f}", s=text, _CHANGE_TYPE=change).SerializeToString() for key, text, change in rows]
    data = types.AppendRowsRequest.ProtoData(
        writer_schema=types.ProtoSchema(proto_descriptor=message), rows=types.ProtoRows(serialized_rows=made)
    )
    return types.AppendRowsRequest(write_stream=stream, proto_rows=data)


def test_streams_that_wait_default_values_and_changes_by_key(
    service: Service, client: bigquery.Client, dataset: str
) -> None:
    client.query_and_wait(f"CREATE TABLE {dataset}.t (k BIGNUMERIC, s STRING, d BIGNUMERIC DEFAULT BIGNUMERIC '1e-38', "
                          "PRIMARY KEY (k) NOT ENFORCED)")  # fmt: skip
    writer, table = service.writer(), f"projects/{PROJECT}/datasets/{dataset}/tables/t"
    key, other = max(VALUES), Decimal("1e-37")
    for rows in ([(key, "a", "UPSERT"), (other, "b", "UPSERT")], [(key, "c", "UPSERT"), (other, "", "DELETE")]):
        asked = changes(rows, f"{table}/streams/_default")
        asked.default_missing_value_interpretation = types.AppendRowsRequest.MissingValueInterpretation.DEFAULT_VALUE
        assert not next(iter(writer.append_rows(iter([asked]), retry=None))).error.message
    stream = create_stream(writer, f"{PROJECT}.{dataset}.t", "PENDING")
    batch = pa.record_batch({"k": pa.array([other], WIDE)})
    assert not next(iter(writer.append_rows(iter([request(stream, batch)]), retry=None))).error.message
    writer.finalize_write_stream(name=stream)
    writer.batch_commit_write_streams({"parent": table, "write_streams": [stream]})
    found = [tuple(row) for row in client.query_and_wait(f"SELECT * FROM {dataset}.t ORDER BY k")]
    assert found == [(other, None, None), (key, "c", Decimal("1e-38"))]


def test_tables_are_copied_cloned_and_changed(client: bigquery.Client, table: str) -> None:
    client.insert_rows_json(f"{PROJECT}.{table}", [as_json(row) for row in rows_of(VALUES)])
    dataset = table.split(".")[0]
    client.query_and_wait(f"CREATE TABLE {dataset}.clone CLONE {table}; CREATE TABLE {dataset}.made AS "
                          f"SELECT * FROM {table}")  # fmt: skip
    client.copy_table(f"{PROJECT}.{table}", f"{PROJECT}.{dataset}.copied").result()
    for name in ("clone", "made", "copied"):
        assert stored(client, f"{dataset}.{name}") == rows_of(VALUES)
    client.query_and_wait(f"ALTER TABLE {table} ADD COLUMN more ARRAY<BIGNUMERIC>")
    client.query_and_wait(f"CREATE TABLE {dataset}.wider (v NUMERIC, i INT64); INSERT {dataset}.wider VALUES (1.5, 2); "
                          f"ALTER TABLE {dataset}.wider ALTER COLUMN v SET DATA TYPE BIGNUMERIC; "
                          f"ALTER TABLE {dataset}.wider ALTER COLUMN i SET DATA TYPE BIGNUMERIC")  # fmt: skip
    assert [tuple(row) for row in client.query_and_wait(f"SELECT * FROM {dataset}.wider")] == [(Decimal("1.5"), 2)]
    result = client.query(f"SELECT v FROM {table} WHERE v IS NOT NULL ORDER BY v")
    assert [row.v for row in result.result()] == sorted(VALUES)
    again = f"SELECT MIN(v) AS v FROM `{result.destination}`"
    assert [row.v for row in client.query_and_wait(again)] == [min(VALUES)]
    assert [row.v for row in client.query_and_wait(
        "DECLARE x BIGNUMERIC; FOR r IN (SELECT MAX(v) AS v FROM " + table + ") DO SET x = r.v; END FOR; SELECT x AS v"
    )] == [max(VALUES)]  # fmt: skip


def test_defaults_and_parameters_of_columns(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(
        f"CREATE TABLE {dataset}.d (k INT64, v BIGNUMERIC DEFAULT BIGNUMERIC '1e-38', p BIGNUMERIC(4, 2), "
        "e BIGNUMERIC(40, 38) OPTIONS (rounding_mode = 'ROUND_HALF_EVEN'))"
    )
    assert client.insert_rows_json(f"{PROJECT}.{dataset}.d", [{"k": 1, "p": "1.005"}]) == []
    client.query_and_wait(f"INSERT {dataset}.d (k, p, e) VALUES (2, 2.345, 1.5)")
    load(client, f"{dataset}.d", b'{"k": 3}', "NEWLINE_DELIMITED_JSON", schema=SCHEMA[:1])
    found = [tuple(row) for row in client.query_and_wait(f"SELECT * FROM {dataset}.d ORDER BY k")]
    least = Decimal("1e-38")
    assert found == [(1, least, Decimal("1.01"), None), (2, least, Decimal("2.35"), Decimal("1.5")),
                     (3, least, None, None)]  # fmt: skip
    with pytest.raises(BadRequest, match="bignumeric overflow"):
        client.query_and_wait(f"INSERT {dataset}.d (p) VALUES (100)")


def _rows(warehouse: Warehouse, query: str) -> list[tuple[Any, ...]]:
    view = warehouse.view("ada@example.com")
    with closing(view.cursor):
        outcome = Execution(view, warehouse.ddl, warehouse.results).run(Query("p", query))
    return [] if outcome.result is None else [tuple(row.values()) for row in outcome.result.table.to_pylist()]


def test_a_state_of_an_earlier_version_is_converted(tmp_path: Path) -> None:
    """Its BIGNUMERICs were DECIMAL(38,18)."""
    warehouse = open_warehouse(tmp_path)
    create_dataset(warehouse.catalog, "p", {"datasetReference": {"projectId": "p", "datasetId": "d"}})
    _rows(warehouse, "CREATE TABLE d.old (k INT64 NOT NULL, v BIGNUMERIC NOT NULL, l ARRAY<BIGNUMERIC>, "
                     "s STRUCT<x BIGNUMERIC, n STRING(3)>, n NUMERIC)")  # fmt: skip
    warehouse.close()
    with duckdb.connect(str(tmp_path / "bigquery.duckdb")) as file:
        find = "SELECT schema_name, sql FROM duckdb_tables() WHERE table_name = 'old'"
        ((schema, definition),) = file.execute(find).fetchall()
        file.execute(f"DROP TABLE {quoted(schema)}.old")
        file.execute(definition.replace("BIGNUM", "DECIMAL(38,18)"))
        file.execute(
            f"INSERT INTO {quoted(schema)}.old BY NAME SELECT 1 AS k, -0.500000000000000001 AS v, "
            "[-0.500000000000000001, 2] AS l, {'x': -0.500000000000000001, 'n': 'a'} AS s, 1.5 AS n "
            "UNION ALL BY NAME SELECT 2 AS k, 12345678901234567890 AS v, [] AS l"
        )
    half = Decimal("-0.500000000000000001")
    for _ in range(2):
        warehouse = open_warehouse(tmp_path)
        assert _rows(warehouse, "SELECT * FROM d.old ORDER BY k") == [
            (1, half, [half, Decimal(2)], {"x": half, "n": "a"}, Decimal("1.5")),
            (2, Decimal(12345678901234567890), [], None, None),
        ]
        with pytest.raises(SqlError, match="cannot be null"):
            _rows(warehouse, "INSERT d.old (k) VALUES (3)")
        warehouse.close()
