"""The Storage API through Google's clients: offsets, commits, refusals; and reading what was written."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from google.api_core.exceptions import InvalidArgument, NotFound
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField
from google.cloud.bigquery_storage_v1 import BigQueryReadClient, BigQueryWriteClient, types
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from tests.emulators.bigquery.service.append import append, create_stream, request
from tests.emulators.bigquery.service.conftest import Service

OK, INVALID_ARGUMENT, ALREADY_EXISTS, FAILED_PRECONDITION, OUT_OF_RANGE = 0, 3, 6, 9, 11


@pytest.fixture(scope="module")
def writer(service: Service) -> BigQueryWriteClient:
    return service.writer()


@pytest.fixture(scope="module")
def reader(service: Service) -> BigQueryReadClient:
    return service.reader()


@pytest.fixture
def table(client: bigquery.Client, dataset: str) -> str:
    name = f"{client.project}.{dataset}.numbers"
    client.create_table(bigquery.Table(name, [SchemaField("n", "INTEGER", "REQUIRED"), SchemaField("s", "STRING")]))
    return name


def numbers(client: bigquery.Client, table: str) -> list[int]:
    return sorted(row.n for row in client.query_and_wait(f"SELECT n FROM `{table}`"))


def test_a_committed_stream_takes_each_offset_once(
    client: bigquery.Client, writer: BigQueryWriteClient, table: str
) -> None:
    stream = create_stream(writer, table, "COMMITTED")
    assert append(writer, stream, [1, 2], 0).append_result.offset == 0
    assert append(writer, stream, [1, 2], 0).error.code == ALREADY_EXISTS
    assert append(writer, stream, [1], 1).error.code == ALREADY_EXISTS
    beyond = append(writer, stream, [9], 3).error
    assert beyond.code == OUT_OF_RANGE
    # The Java client reads the numbers from between the last blanks, and waits for ever where they are none.
    assert f"expected offset 2, received 3 Entity: {stream}" in beyond.message
    assert append(writer, stream, [3]).append_result.offset == 2
    assert numbers(client, table) == [1, 2, 3]
    assert writer.finalize_write_stream(name=stream).row_count == 3
    assert append(writer, stream, [4], 3).error.code == FAILED_PRECONDITION
    assert append(writer, stream, [3], 2).error.code == ALREADY_EXISTS


def test_pending_streams_appear_together(client: bigquery.Client, writer: BigQueryWriteClient, table: str) -> None:
    streams = [create_stream(writer, table, "PENDING") for _ in range(2)]
    for i, stream in enumerate(streams):
        append(writer, stream, [i], 0)
    parent = streams[0].rpartition("/streams/")[0]
    commit = types.BatchCommitWriteStreamsRequest(parent=parent, write_streams=streams)
    writer.finalize_write_stream(name=streams[0])
    refused = writer.batch_commit_write_streams(commit)
    assert refused.stream_errors[0].code == types.StorageError.StorageErrorCode.INVALID_STREAM_STATE
    assert numbers(client, table) == []
    writer.finalize_write_stream(name=streams[1])
    assert not writer.batch_commit_write_streams(commit).stream_errors
    assert numbers(client, table) == [0, 1]
    again = writer.batch_commit_write_streams(commit)
    assert again.stream_errors[0].code == types.StorageError.StorageErrorCode.STREAM_ALREADY_COMMITTED
    assert numbers(client, table) == [0, 1]


def test_a_buffered_stream_shows_what_is_flushed(
    client: bigquery.Client, writer: BigQueryWriteClient, table: str
) -> None:
    stream = create_stream(writer, table, "BUFFERED")
    append(writer, stream, [1, 2, 3], 0)
    assert numbers(client, table) == []
    writer.flush_rows(types.FlushRowsRequest(write_stream=stream, offset=1))
    assert numbers(client, table) == [1, 2]
    writer.flush_rows(types.FlushRowsRequest(write_stream=stream, offset=1))
    writer.flush_rows(types.FlushRowsRequest(write_stream=stream, offset=2))
    assert numbers(client, table) == [1, 2, 3]


def test_the_default_stream_takes_rows_without_offset(
    client: bigquery.Client, writer: BigQueryWriteClient, table: str
) -> None:
    project, dataset, name = table.split(".")
    stream = f"projects/{project}/datasets/{dataset}/tables/{name}/streams/_default"
    assert append(writer, stream, [7]).error.code == OK
    assert append(writer, stream, [8], 0).error.code == INVALID_ARGUMENT
    assert numbers(client, table) == [7]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"n": pa.array([1, None], pa.int64())}, "required"),
        ({"s": pa.array(["x"])}, "required field n is missing"),
        ({"n": pa.array([1.5])}, "does not fit INT64"),
        ({"n": pa.array([1]), "zz": pa.array([1])}, "extra fields: 'zz'"),
    ],
)
def test_rows_that_do_not_fit_are_refused_whole(
    client: bigquery.Client, writer: BigQueryWriteClient, table: str, columns: dict[str, pa.Array], message: str
) -> None:
    stream = create_stream(writer, table, "COMMITTED")
    answer = next(iter(writer.append_rows(iter([request(stream, pa.record_batch(columns), 0)]))))
    assert answer.error.code == INVALID_ARGUMENT and message in answer.error.message
    assert numbers(client, table) == []
    assert append(writer, stream, [1], 0).append_result.offset == 0


def test_an_unknown_stream_and_a_view_are_refused(
    client: bigquery.Client, writer: BigQueryWriteClient, table: str
) -> None:
    with pytest.raises(NotFound):
        append(writer, f"projects/p/datasets/d/tables/t/streams/{'0' * 32}", [1])
    client.query_and_wait(f"CREATE VIEW `{table}_view` AS SELECT 1 AS n")
    with pytest.raises(InvalidArgument, match="it is a VIEW"):
        create_stream(writer, f"{table}_view", "COMMITTED")


def test_protobuf_rows_become_values(client: bigquery.Client, writer: BigQueryWriteClient, dataset: str) -> None:
    name = f"{client.project}.{dataset}.proto"
    kinds = {"i": "INTEGER", "n": "NUMERIC", "d": "DATE", "ts": "TIMESTAMP", "j": "JSON", "b": "BYTES"}
    schema = [SchemaField(column, kind) for column, kind in kinds.items()]
    client.create_table(bigquery.Table(name, [*schema, SchemaField("l", "STRING", "REPEATED")]))
    proto = descriptor_pb2.FieldDescriptorProto
    types_of = [
        proto.TYPE_INT64,
        proto.TYPE_STRING,
        proto.TYPE_INT32,
        proto.TYPE_INT64,
        proto.TYPE_STRING,
        proto.TYPE_BYTES,
    ]
    descriptor = descriptor_pb2.DescriptorProto(name="Row")
    for number, (column, kind) in enumerate(zip(kinds, types_of, strict=True), 1):
        descriptor.field.add(name=column, number=number, type=kind, label=proto.LABEL_OPTIONAL)
    descriptor.field.add(name="l", number=9, type=proto.TYPE_STRING, label=proto.LABEL_REPEATED)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(descriptor_pb2.FileDescriptorProto(name="row.proto", message_type=[descriptor]))
    row = message_factory.GetMessageClass(pool.FindMessageTypeByName("Row"))
    rows = [
        row(i=-5, n="1.25", d=19782, ts=1_700_000_000_000_001, j='{"a":1}', b=b"\x00", l=["x", "y"]),
        row(),
        row(n="1e40"),
    ]

    def send(messages: Sequence[Any]) -> types.AppendRowsResponse:
        data = types.AppendRowsRequest.ProtoData(
            writer_schema=types.ProtoSchema(proto_descriptor=descriptor),
            rows=types.ProtoRows(serialized_rows=[m.SerializeToString() for m in messages]),
        )
        stream = f"projects/{client.project}/datasets/{dataset}/tables/proto/streams/_default"
        return next(iter(writer.append_rows(iter([types.AppendRowsRequest(write_stream=stream, proto_rows=data)]))))

    refused = send(rows)
    assert [error.index for error in refused.row_errors] == [2]
    assert send(rows[:2]).error.code == OK
    found = sorted((tuple(r.values()) for r in client.list_rows(name)), key=str)
    moment = dt.datetime(2023, 11, 14, 22, 13, 20, 1, dt.UTC)
    assert (-5, Decimal("1.25"), dt.date(2024, 2, 29), moment, {"a": 1}, b"\x00", ["x", "y"]) in found
    assert (None, None, None, None, None, None, []) in found


@pytest.mark.parametrize("form", ["ARROW", "AVRO"])
def test_a_session_reads_chosen_columns_and_rows(
    client: bigquery.Client, reader: BigQueryReadClient, dataset: str, form: str
) -> None:
    client.query_and_wait(
        f"CREATE TABLE {dataset}.t AS SELECT n, CAST(n AS STRING) AS s, DATETIME '2024-01-01 00:00:00' AS moment "
        "FROM UNNEST(GENERATE_ARRAY(1, 250000)) AS n"
    )
    wanted = types.ReadSession(
        table=f"projects/{client.project}/datasets/{dataset}/tables/t", data_format=types.DataFormat[form]
    )
    wanted.read_options.selected_fields = ["n", "moment"]
    wanted.read_options.row_restriction = "n > 249990 OR n <= 2"
    session = reader.create_read_session(parent=f"projects/{client.project}", read_session=wanted, max_stream_count=4)
    rows = [row for stream in session.streams for row in reader.read_rows(stream.name).rows(session)]
    values = [int(str(row["n"])) for row in rows]
    assert sorted(values) == [1, 2, *range(249991, 250001)] and set(rows[0]) == {"n", "moment"}
    later = reader.read_rows(session.streams[0].name, offset=10).rows(session)
    assert len(list(later)) == 2


def test_many_streams_are_a_snapshot_of_the_whole(
    client: bigquery.Client, reader: BigQueryReadClient, dataset: str
) -> None:
    client.query_and_wait(f"CREATE TABLE {dataset}.t AS SELECT n FROM UNNEST(GENERATE_ARRAY(1, 300000)) AS n")
    wanted = types.ReadSession(
        table=f"projects/{client.project}/datasets/{dataset}/tables/t", data_format=types.DataFormat.ARROW
    )
    session = reader.create_read_session(parent=f"projects/{client.project}", read_session=wanted, max_stream_count=3)
    client.query_and_wait(f"DELETE FROM {dataset}.t WHERE n > 5")
    tables = [reader.read_rows(stream.name).rows(session).to_arrow() for stream in session.streams]
    assert len(tables) == 3
    whole = pa.concat_tables(tables)["n"].to_pylist()
    assert sorted(whole) == list(range(1, 300_001))


def test_query_results_come_as_arrow_where_the_client_asks(
    client: bigquery.Client, reader: BigQueryReadClient, dataset: str
) -> None:
    job = client.query("SELECT n, n / 2 AS half FROM UNNEST(GENERATE_ARRAY(1, 100000)) AS n")
    found = job.result().to_arrow(bqstorage_client=reader)
    assert found.num_rows == 100_000 and sum(found["n"].to_pylist()) == 5_000_050_000
