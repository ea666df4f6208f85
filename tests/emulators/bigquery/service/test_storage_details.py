"""The Storage API beyond rows: parts of records, split streams, samples; defaults, new columns and changes by key."""

import threading
from collections.abc import Iterator, Sequence

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


def _changes(dataset: str, changes: Sequence[tuple[int, str, str]]) -> types.AppendRowsRequest:
    message = descriptor_pb2.DescriptorProto(name="Row")
    for number, (name, kind) in enumerate([("id", "INT64"), ("s", "STRING"), ("_CHANGE_TYPE", "STRING")], 1):
        message.field.add(name=name, number=number, type=f"TYPE_{kind}", label="LABEL_OPTIONAL")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(descriptor_pb2.FileDescriptorProto(name="row.proto", message_type=[message]))
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName("Row"))
    made = [kind(id=key, s=text, _CHANGE_TYPE=change).SerializeToString() for key, text, change in changes]
    data = types.AppendRowsRequest.ProtoData(
        writer_schema=types.ProtoSchema(proto_descriptor=message), rows=types.ProtoRows(serialized_rows=made)
    )
    return types.AppendRowsRequest(write_stream=f"{path(dataset)}/streams/_default", proto_rows=data)


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
