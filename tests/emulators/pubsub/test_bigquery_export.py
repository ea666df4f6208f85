"""BigQuery subscriptions: the BigQuery emulator's tables hold what was published."""

import datetime
import io
import json
import time
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import fastavro
import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.pubsub_v1 import types

from emulators.pubsub.export.cells import cell, decimal
from emulators.pubsub.state.proto_schema import compile_proto
from tests.emulators.process import free_port, running
from tests.emulators.pubsub.process import PROJECT, Clients, Emulator, eventually
from tests.emulators.pubsub.test_publisher import refusal

METADATA = ["subscription_name STRING", "message_id STRING", "publish_time TIMESTAMP", "attributes JSON"]
JSON, BINARY = types.Encoding.JSON, types.Encoding.BINARY
Field = bigquery.SchemaField


@pytest.fixture(scope="module")
def bigquery_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    state = tmp_path_factory.mktemp("bigquery")
    with running("bigquery", state, "--grpc-port", str(free_port())) as address:
        yield address


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory, bigquery_address: str) -> Iterator[Emulator]:
    environment = {"BIGQUERY_EMULATOR_HOST": bigquery_address}
    started = Emulator(tmp_path_factory.mktemp("pubsub"), environment=environment)
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def warehouse(bigquery_address: str) -> bigquery.Client:
    options = {"api_endpoint": bigquery_address}
    client = bigquery.Client(project="tests", credentials=AnonymousCredentials(), client_options=options)
    client.create_dataset("exports")
    return client


Table = Callable[..., str]


@pytest.fixture
def table(warehouse: bigquery.Client) -> Table:
    def create(*columns: str | Field) -> str:
        fields = [one if isinstance(one, Field) else Field(*one.split()) for one in columns]
        return str(warehouse.create_table(bigquery.Table(f"tests.exports.t{uuid.uuid4().hex}", fields)).full_table_id)

    return lambda *columns: create(*columns).replace(":", ".")


def rows(warehouse: bigquery.Client, name: str, count: int = 1) -> list[dict[str, Any]]:
    def look() -> list[dict[str, Any]]:
        found = [dict(row) for row in warehouse.query(f"select * from `{name}`").result()]
        return found if len(found) >= count else []

    return list(eventually(look))


def schema(clients: Clients, kind: str, definition: Any) -> str:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    made = types.Schema(type_=types.Schema.Type[kind], definition=text)
    return clients.schemas.create_schema(
        parent=PROJECT, schema=made, schema_id=clients.name("schemas").rpartition("/")[2]
    ).name


def state(clients: Clients, name: str) -> str:
    return str(clients.subscriber.get_subscription(subscription=name).bigquery_config.state.name)


@pytest.mark.parametrize(("kind", "value"), [("BYTES", b'{"a": 1}'), ("STRING", '{"a": 1}'), ("JSON", {"a": 1})])
def test_a_message_and_its_metadata(
    clients: Clients, warehouse: bigquery.Client, table: Table, kind: str, value: Any
) -> None:
    name, topic = table(f"data {kind}", *METADATA), clients.topic()
    subscription = clients.subscription(topic, bigquery_config={"table": name, "write_metadata": True})
    assert state(clients, subscription) == "ACTIVE"
    (id_,) = clients.publish(topic, b'{"a": 1}', ordering_key="k", colour="red")
    (row,) = rows(warehouse, name)
    assert (row["data"], row["subscription_name"], row["message_id"]) == (value, subscription, id_)
    assert row["attributes"] == {"colour": "red", "ordering_key": "k"}
    assert abs(row["publish_time"].timestamp() - time.time()) < 60
    assert isinstance(refusal(clients.pull, subscription), exceptions.FailedPrecondition)


AVRO = {
    "type": "record",
    "name": "Event",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "count", "type": ["null", "long"]},
        {"name": "ratio", "type": "double"},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "clock", "type": {"type": "int", "logicalType": "time-millis"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {
            "name": "parts",
            "type": {
                "type": "array",
                "items": {"type": "record", "name": "Part", "fields": [{"name": "n", "type": "int"}]},
            },
        },
        {"name": "tags", "type": {"type": "map", "values": "string"}},
        {"name": "raw", "type": "bytes"},
        {"name": "day_text", "type": "string"},
    ],
}
COLUMNS = [
    *("id STRING REQUIRED", "count INTEGER", "ratio FLOAT", "kind INTEGER", "at TIMESTAMP", "day DATE", "clock TIME"),
    *("price NUMERIC", "raw BYTES", "day_text DATE", "more STRING"),
    Field("parts", "RECORD", "REPEATED", fields=[Field("n", "INTEGER")]),
    Field("tags", "RECORD", "REPEATED", fields=[Field("key", "STRING"), Field("value", "STRING")]),
]


@pytest.mark.parametrize("encoding", [JSON, BINARY])
def test_avro_fields_are_columns(
    clients: Clients, warehouse: bigquery.Client, table: Table, encoding: types.Encoding
) -> None:
    name = table(*COLUMNS)
    topic = clients.topic(schema_settings={"schema": schema(clients, "AVRO", AVRO), "encoding": encoding})
    clients.subscription(topic, bigquery_config={"table": name, "use_topic_schema": True})
    now = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC)
    expected = {"id": "a", "count": 2**40, "ratio": 1.5, "kind": 1, "at": now, "day": now.date(), "raw": b"\xff\0"}
    expected |= {"clock": datetime.time(3, 4, 5, 678000), "price": Decimal("-12.34"), "parts": [{"n": 1}, {"n": 2}]}
    expected |= {"tags": [{"key": "x", "value": "y"}], "day_text": datetime.date(2026, 1, 2), "more": None}
    sent = expected | {"kind": "B", "tags": {"x": "y"}, "day_text": "2026-01-02"}
    sent.pop("more")
    if encoding == JSON:
        document = sent | {"count": {"long": 2**40}, "at": int(now.timestamp()) * 1_000_000 + 678901, "day": 20455}
        document |= {"clock": ((3 * 60 + 4) * 60 + 5) * 1000 + 678, "price": "\u00fb\u002e", "raw": "\u00ff\u0000"}
        clients.publish(topic, json.dumps(document).encode())
    else:
        binary = io.BytesIO()
        fastavro.schemaless_writer(binary, AVRO, sent)
        clients.publish(topic, binary.getvalue())
    assert rows(warehouse, name) == [expected]


PROTO = """
syntax = "proto3";
message Event {
  string id = 1;
  optional int32 count = 2;
  int64 at = 3;
  int32 day = 4;
  Kind kind = 5;
  enum Kind { A = 0; B = 1; }
  repeated Part parts = 6;
  message Part { int64 n = 1; }
  map<string, double> tags = 7;
  bool flag = 8;
  uint64 large = 9;
  int64 absent = 10;
}
"""


@pytest.mark.parametrize("encoding", [JSON, BINARY])
def test_proto_fields_are_columns(
    clients: Clients, warehouse: bigquery.Client, table: Table, encoding: types.Encoding
) -> None:
    name = table(
        *("id STRING", "count INTEGER", "at TIMESTAMP", "day DATE", "kind INTEGER", "flag BOOLEAN", "large NUMERIC"),
        *("absent INTEGER", *METADATA[:3], "attributes STRING"),
        Field("parts", "RECORD", "REPEATED", fields=[Field("n", "INTEGER")]),
        Field("tags", "RECORD", "REPEATED", fields=[Field("key", "STRING"), Field("value", "FLOAT")]),
    )
    topic = clients.topic(schema_settings={"schema": schema(clients, "PROTOCOL_BUFFER", PROTO), "encoding": encoding})
    config = {"table": name, "use_topic_schema": True, "write_metadata": True}
    clients.subscription(topic, bigquery_config=config)
    if encoding == JSON:
        document = {"id": "a", "count": 0, "at": "1", "day": 1, "kind": "B", "parts": [{"n": 7}], "tags": {"x": 1.5}}
        clients.publish(topic, json.dumps(document | {"flag": True, "large": str(2**64 - 1)}).encode())
    else:
        message = compile_proto(PROTO)(id="a", count=0, at=1, day=1, kind=1, parts=[{"n": 7}], tags={"x": 1.5})
        message.flag, message.large = True, 2**64 - 1
        clients.publish(topic, message.SerializeToString())
    (row,) = rows(warehouse, name)
    found = {column: row[column] for column in ("id", "count", "kind", "parts", "tags", "flag", "large", "absent")}
    assert found == {"id": "a", "count": 0, "kind": 1, "parts": [{"n": 7}], "flag": True} | {
        "tags": [{"key": "x", "value": 1.5}],
        "large": Decimal(2**64 - 1),
        "absent": None,
    }
    assert row["at"] == datetime.datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=datetime.UTC)
    assert row["day"] == datetime.date(1970, 1, 2)
    assert set(json.loads(row["attributes"])) >= {"googclient_schemaname"}


def test_the_tables_own_schema(clients: Clients, warehouse: bigquery.Client, table: Table) -> None:
    name = table(
        *("id STRING REQUIRED", "day DATE", "price NUMERIC", "document JSON", "n INTEGER", "ratio FLOAT"),
        Field("inner", "RECORD", fields=[Field("flags", "BOOLEAN", "REPEATED")]),
    )
    topic = clients.topic()
    clients.subscription(topic, bigquery_config={"table": name, "use_table_schema": True, "drop_unknown_fields": True})
    document = {"id": "a", "day": 1, "price": "1.5", "document": '{"a": [1]}', "n": 2.0, "ratio": 1, "other": 1}
    clients.publish(topic, json.dumps(document | {"inner": {"flags": [True, False], "x": 1}}).encode())
    (row,) = rows(warehouse, name)
    assert row == {"id": "a", "day": datetime.date(1970, 1, 2), "price": Decimal("1.5"), "document": {"a": [1]}} | {
        "n": 2,
        "ratio": 1.0,
        "inner": {"flags": [True, False]},
    }


def test_what_cannot_be_written_is_a_dead_letter(clients: Clients, warehouse: bigquery.Client, table: Table) -> None:
    name, topic, dead = table("id STRING REQUIRED", "n INTEGER"), clients.topic(), clients.topic()
    letters = clients.subscription(dead)
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    config = {"table": name, "use_table_schema": True}
    subscription = clients.subscription(topic, bigquery_config=config, dead_letter_policy=policy)
    bad = [b"no json", b'{"n": 1}', b'{"id": "a", "n": "x"}', b'{"id": "a", "other": 1}']
    bad.append(b'{"id": "a", "_CHANGE_TYPE": "UPSERT"}')
    clients.publish(topic, b'{"id": "good"}', *bad)
    received = {one.message.data: dict(one.message.attributes) for one in clients.pull_all(letters, 5)}
    assert set(received) == set(bad)
    for attributes in received.values():
        assert attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"
        assert attributes["CloudPubSubDeadLetterSourceDeliveryErrorMessage"].startswith("INVALID_ARGUMENT: ")
    assert "other" in received[bad[3]]["CloudPubSubDeadLetterSourceDeliveryErrorMessage"]
    assert [row["id"] for row in rows(warehouse, name)] == ["good"]
    assert state(clients, subscription) == "ACTIVE"


def test_a_table_that_goes_and_comes_again(clients: Clients, warehouse: bigquery.Client, table: Table) -> None:
    name, topic, dead = table("data STRING"), clients.topic(), clients.topic()
    letters = clients.subscription(dead)
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    subscription = clients.subscription(topic, bigquery_config={"table": name}, dead_letter_policy=policy)
    warehouse.delete_table(name)
    clients.publish(topic, b"a")
    eventually(lambda: state(clients, subscription) == "NOT_FOUND")
    labelled = types.Subscription(name=subscription, labels={"a": "b"})
    clients.subscriber.update_subscription(subscription=labelled, update_mask={"paths": ["labels"]})
    assert state(clients, subscription) == "NOT_FOUND"
    assert clients.subscriber.get_subscription(subscription=subscription).state.name == "RESOURCE_ERROR"
    warehouse.create_table(bigquery.Table(name, [Field("data", "DATE")]))
    eventually(lambda: state(clients, subscription) == "SCHEMA_MISMATCH")
    warehouse.delete_table(name)
    warehouse.create_table(bigquery.Table(name, [Field("data", "STRING")]))
    assert [row["data"] for row in rows(warehouse, name)] == ["a"]
    eventually(lambda: state(clients, subscription) == "ACTIVE")
    assert not clients.pull(letters, wait=False)


def test_what_waits_is_written_after_its_topic_is_deleted(
    clients: Clients, warehouse: bigquery.Client, table: Table
) -> None:
    name = table("id STRING")
    record = {"type": "record", "name": "R", "fields": [{"name": "id", "type": "string"}]}
    topic = clients.topic(schema_settings={"schema": schema(clients, "AVRO", record), "encoding": JSON})
    subscription = clients.subscription(topic)
    clients.publish(topic, b'{"id": "a", "more": 1}')
    clients.publisher.delete_topic(topic=topic)
    config = {"table": name, "use_topic_schema": True}
    update = types.Subscription(name=subscription, bigquery_config=config)
    clients.subscriber.update_subscription(subscription=update, update_mask={"paths": ["bigquery_config"]})
    assert [row["id"] for row in rows(warehouse, name)] == ["a"]
    assert state(clients, subscription) == "ACTIVE"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["id INTEGER"], "Incompatible schema type for field id: expected INT64, got STRING"),
        (["id STRING", "more STRING REQUIRED"], "Field more is REQUIRED"),
        (["id STRING REPEATED"], "Incompatible schema mode for field id"),
        (["other STRING"], "Field id of the topic's schema is not found"),
        (["id STRING", "note STRING REQUIRED"], "Incompatible schema mode for field note"),
    ],
)
def test_a_table_must_fit_the_topics_schema(clients: Clients, table: Table, columns: list[str], words: str) -> None:
    fields = [{"name": "id", "type": "string"}, {"name": "note", "type": ["null", "string"]}]
    record = {"type": "record", "name": "R", "fields": fields if "note" in columns[-1] else fields[:1]}
    topic = clients.topic(schema_settings={"schema": schema(clients, "AVRO", record), "encoding": JSON})
    config = {"table": table(*columns), "use_topic_schema": True}
    error = refusal(clients.subscription, topic, bigquery_config=config)
    assert isinstance(error, exceptions.InvalidArgument)
    assert words in error.message


def test_what_the_service_refuses(clients: Clients, table: Table) -> None:
    topic = clients.topic()
    missing = refusal(clients.subscription, topic, bigquery_config={"table": "tests.exports.missing"})
    assert isinstance(missing, exceptions.NotFound)
    for config in (
        {"table": "missing"},
        {"table": table("id STRING")},
        {"table": table("data STRING"), "write_metadata": True},
        {"table": table("data STRING"), "use_topic_schema": True, "use_table_schema": True},
    ):
        assert isinstance(refusal(clients.subscription, topic, bigquery_config=config), exceptions.InvalidArgument)


def test_change_data_capture_is_refused_not_dropped(clients: Clients, table: Table) -> None:
    fields = [{"name": "id", "type": "string"}, {"name": "_CHANGE_TYPE", "type": "string"}]
    record = {"type": "record", "name": "R", "fields": fields}
    topic = clients.topic(schema_settings={"schema": schema(clients, "AVRO", record), "encoding": JSON})
    config = {"table": table("id STRING"), "use_topic_schema": True, "drop_unknown_fields": True}
    error = refusal(clients.subscription, topic, bigquery_config=config)
    assert isinstance(error, exceptions.MethodNotImplemented)


def test_dates_times_and_decimals_of_numbers() -> None:
    packed = (((3 << 6 | 4) << 6 | 5) << 20) | 678901
    assert cell(packed, "TIME") == "03:04:05.678901"
    assert cell(((2026 << 4 | 1) << 5 | 2) << 37 | packed, "DATETIME") == "2026-01-02T03:04:05.678901"
    assert cell((-1_500_000_000).to_bytes(4, "little", signed=True), "NUMERIC") == "-1.500000000"
    assert decimal(10**38, 38) == "1." + "0" * 38
    assert cell(1e-7, "NUMERIC") == "0.0000001"
