"""The Storage API beyond rows: parts of records, split streams, samples; defaults, new columns and changes by key."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pytest
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import BigQueryReadClient, types
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from tests.emulators.bigquery.service.append import request
from tests.emulators.bigquery.service.conftest import PROJECT, Service


def path(dataset: str, table: str = "t") -> str:
    return f"projects/{PROJECT}/datasets/{dataset}/tables/{table}"


@pytest.fixture(scope="module")
def reader(service: Service) -> BigQueryReadClient:
    return service.reader()


def open_session(reader: BigQueryReadClient, dataset: str, **options: object) -> types.ReadSession:
    wanted = types.ReadSession(
        table=path(dataset), data_format="ARROW", read_options=types.ReadSession.TableReadOptions(**options)
    )
    return reader.create_read_session(parent=f"projects/{PROJECT}", read_session=wanted, max_stream_count=1)


def rows(reader: BigQueryReadClient, session: types.ReadSession, stream: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = reader.read_rows(stream).rows(session).to_arrow().to_pylist()
    return found


def test_a_session_reads_parts_of_records(client: bigquery.Client, reader: BigQueryReadClient, dataset: str) -> None:
    client.query_and_wait(
        f"create table {dataset}.t as select 1 as n, struct(2 as x, struct(3 as z, 4 as w) as y) as r, "
        "[struct(5 as p, 6 as q), (7, 8)] as l"
    )
    session = open_session(reader, dataset, selected_fields=["r.y.w", "l.q"])
    assert rows(reader, session, session.streams[0].name) == [{"r": {"y": {"w": 4}}, "l": [{"q": 6}, {"q": 8}]}]


def test_a_stream_is_split_without_loss(client: bigquery.Client, reader: BigQueryReadClient, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t as select n from unnest(generate_array(1, 100)) as n")
    session = open_session(reader, dataset)
    parts = reader.split_read_stream({"name": session.streams[0].name, "fraction": 0.25})
    first = rows(reader, session, parts.primary_stream.name)
    rest = rows(reader, session, parts.remainder_stream.name)
    assert (len(first), len(rest)) == (25, 75)
    assert sorted(row["n"] for row in first + rest) == list(range(1, 101))
    sampled = open_session(reader, dataset, sample_percentage=30.0)
    assert 0 < sampled.estimated_row_count < 80


def test_missing_values_are_defaults_where_that_is_wanted(
    service: Service, client: bigquery.Client, dataset: str
) -> None:
    client.query_and_wait(
        f"create table {dataset}.t (n int64, s string default 'x', t timestamp not null default current_timestamp())"
    )
    batch = pa.record_batch({"n": pa.array([1, 2], pa.int64())})
    asked = request(f"{path(dataset)}/streams/_default", batch)
    asked.default_missing_value_interpretation = types.AppendRowsRequest.MissingValueInterpretation.DEFAULT_VALUE
    asked.missing_value_interpretations = {"s": types.AppendRowsRequest.MissingValueInterpretation.NULL_VALUE}
    answer = next(iter(service.writer().append_rows(iter([asked]), retry=None)))
    assert not answer.error.message
    found = client.query_and_wait(f"select n, s, t is not null from {dataset}.t order by n")
    assert [tuple(row) for row in found] == [(1, None, True), (2, None, True)]
    assert client.insert_rows_json(f"{PROJECT}.{dataset}.t", [{"n": 3}, {"n": 4, "s": None}]) == []
    found = client.query_and_wait(f"select s, t is not null from {dataset}.t where n > 2 order by n")
    assert [tuple(row) for row in found] == [("x", True), (None, True)]


def test_an_open_connection_is_told_of_new_columns(service: Service, client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t (n int64)")
    batch = pa.record_batch({"n": pa.array([1], pa.int64())})

    answered = threading.Event()

    def requests() -> Iterator[types.AppendRowsRequest]:
        yield request(f"{path(dataset)}/streams/_default", batch)
        assert answered.wait(60)
        yield request(f"{path(dataset)}/streams/_default", batch)

    answers = iter(service.writer().append_rows(requests(), retry=None))
    before = next(answers)
    client.query_and_wait(f"alter table {dataset}.t add column s string")
    answered.set()
    after = next(answers)
    assert not before.updated_schema.fields
    assert [field.name for field in after.updated_schema.fields] == ["n", "s"]


def _changes(dataset: str, changes: Sequence[tuple[Any, ...]]) -> types.AppendRowsRequest:
    """Rows of id, s, change type, and, where they have four values, sequence number."""
    message = descriptor_pb2.DescriptorProto(name="Row")
    names = ["id", "s", "_CHANGE_TYPE", "_CHANGE_SEQUENCE_NUMBER"][: len(changes[0])]
    for number, name in enumerate(names, 1):
        kind = "TYPE_INT64" if name == "id" else "TYPE_STRING"
        message.field.add(name=name, number=number, type=kind, label="LABEL_OPTIONAL")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(descriptor_pb2.FileDescriptorProto(name="row.proto", message_type=[message]))
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName("Row"))
    made = [kind(**dict(zip(names, change, strict=True))).SerializeToString() for change in changes]
    data = types.AppendRowsRequest.ProtoData(
        writer_schema=types.ProtoSchema(proto_descriptor=message), rows=types.ProtoRows(serialized_rows=made)
    )
    return types.AppendRowsRequest(write_stream=f"{path(dataset)}/streams/_default", proto_rows=data)


def test_changes_are_in_the_order_of_their_sequence_numbers(
    service: Service, client: bigquery.Client, dataset: str
) -> None:
    client.query_and_wait(f"create table {dataset}.t (id int64, s string, primary key (id) not enforced)")
    writer = service.writer()
    for changes in (
        [(1, "new", "UPSERT", "FFF/B"), (1, "old", "UPSERT", "B"), (2, "x", "UPSERT", "1"), (3, "z", "UPSERT", "A")],
        [(1, "older", "UPSERT", "FFF/A"), (2, "", "DELETE", "3"), (3, "same", "UPSERT", "a")],
        [(2, "late", "UPSERT", "2")],
    ):
        answer = next(iter(writer.append_rows(iter([_changes(dataset, changes)]), retry=None)))
        assert not answer.error.message
    found = client.query_and_wait(f"select id, s from {dataset}.t order by id")
    assert [tuple(row) for row in found] == [(1, "new"), (3, "same")]
    for number in ("", "1/2/3/4/5", "x"):
        request = _changes(dataset, [(1, "wrong", "UPSERT", number)])
        assert "_CHANGE_SEQUENCE_NUMBER" in next(iter(writer.append_rows(iter([request]), retry=None))).error.message


@pytest.mark.parametrize("form", ["ARROW", "AVRO"])
def test_answers_are_compressed_where_the_caller_asks(
    service: Service, client: bigquery.Client, dataset: str, form: str
) -> None:
    client.query_and_wait(
        f"create table {dataset}.t as select x, 'the same' as s, interval x day as i, "
        "range(date '2024-01-01', null) as r from unnest(generate_array(1, 2000)) as x"
    )
    codec = types.ReadSession.TableReadOptions.ResponseCompressionCodec.RESPONSE_COMPRESSION_CODEC_LZ4
    reader = service.reader()
    found = []
    for options in ({}, {"response_compression_codec": codec}):
        wanted = types.ReadSession(table=path(dataset), data_format=form, read_options=options)
        parent = f"projects/{client.project}"
        session = reader.create_read_session(parent=parent, read_session=wanted, max_stream_count=1)
        (answer,) = reader.read_rows(session.streams[0].name)
        rows = answer.avro_rows.serialized_binary_rows or answer.arrow_record_batch.serialized_record_batch
        size = answer.uncompressed_byte_size
        found.append(pa.Codec("lz4_raw").decompress(rows, size, asbytes=True) if size else rows)
    assert size > 0 and found[0] == found[1]


def test_changes_replace_and_delete_by_primary_key(service: Service, client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t (id int64, s string, primary key (id) not enforced)")
    writer = service.writer()
    for changes in (
        [(1, "a", "UPSERT"), (2, "b", "UPSERT"), (1, "c", "UPSERT")],
        [(2, "", "DELETE"), (3, "d", "UPSERT")],
    ):
        answer = next(iter(writer.append_rows(iter([_changes(dataset, changes)]), retry=None)))
        assert not answer.error.message
    found = client.query_and_wait(f"select id, s from {dataset}.t order by id")
    assert [tuple(row) for row in found] == [(1, "c"), (3, "d")]
    wrong = next(iter(writer.append_rows(iter([_changes(dataset, [(1, "x", "INSERT")])]), retry=None)))
    assert "INSERT" in wrong.error.message
