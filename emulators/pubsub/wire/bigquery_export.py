"""Messages as rows of a BigQuery table, by tabledata.insertAll at BIGQUERY_EMULATOR_HOST."""

import json
from typing import Any

from google.protobuf import json_format

from emulators.pubsub.export.avro_codec import binary_value, json_value
from emulators.pubsub.export.cells import cell, moment
from emulators.pubsub.export.message_fields import attributes_of, is_json
from emulators.pubsub.export.table_fields import Fields, SchemaMismatch, check_columns, plain_columns, read_fields
from emulators.pubsub.export.table_rows import Row, avro_row, json_row, proto_row
from emulators.pubsub.export.topic_columns import avro_columns, check_names, proto_columns
from emulators.pubsub.messages import v1
from emulators.pubsub.state.batch import Delivery
from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.errors import PubsubError
from emulators.pubsub.state.export_checks import TABLE
from emulators.pubsub.state.schema_checks import parsed
from emulators.pubsub.wire.export_target import Written, state_of
from emulators.pubsub.wire.http_call import call


class BigQueryTarget:
    """The table of a subscription's bigquery_config."""

    def __init__(self, broker: Broker, subscription: Any, address: str) -> None:
        self._broker = broker
        self._subscription = subscription
        self._config = subscription.bigquery_config
        match = TABLE.fullmatch(self._config.table)
        assert match
        path = "/bigquery/v2/projects/{project}/datasets/{dataset}/tables/{table}".format(**match.groupdict())
        self._url = address + path
        self._fields: Fields = {}
        self._uses_topic_schema = False

    async def look(self) -> tuple[str, str]:
        answer = await call("GET", self._url)
        state = state_of(answer, "BigQuery")
        if state != "ACTIVE":
            return state, answer.message
        self._fields = read_fields(answer.body.get("schema", {}).get("fields", ()))
        try:
            self._check()
        except SchemaMismatch as error:
            return "SCHEMA_MISMATCH", f"{error}."
        return "ACTIVE", ""

    def _check(self) -> None:
        """Raises SchemaMismatch unless the table takes the columns that are written to it."""
        config = self._config
        try:
            schema = self._broker.schemas.of_topic(self._broker.topics.get(self._subscription.topic))
        except PubsubError:
            # The topic, or its schema, was deleted: what waits still has the schema that it was published with.
            self._uses_topic_schema = config.use_topic_schema
            return
        self._uses_topic_schema = bool(config.use_topic_schema and schema is not None)
        columns = plain_columns(not (self._uses_topic_schema or config.use_table_schema), config.write_metadata)
        names = {column.name for column in columns}
        check_columns(columns, {name: field for name, field in self._fields.items() if name in names}, False)
        if config.use_table_schema:
            return
        if self._uses_topic_schema:
            kind = parsed(schema)
            own = avro_columns(kind) if schema.type == schema.AVRO else proto_columns(kind.DESCRIPTOR)
            check_names(own, config.write_metadata)
            columns += own
        check_columns(columns, self._fields, config.drop_unknown_fields)

    def forget(self) -> None:
        """Nothing is kept between two calls of write()."""

    def due(self) -> float | None:
        return None

    async def write(self, deliveries: list[Delivery]) -> Written | None:
        rows: list[dict[str, Any]] = []
        ids: list[str] = []
        refused: list[tuple[str, str]] = []
        for ack_id, body, _ in deliveries:
            message = v1.PubsubMessage.FromString(body)
            try:
                rows.append({"insertId": message.message_id, "json": self._row(message)})
                ids.append(ack_id)
            except SchemaMismatch as error:
                refused.append((ack_id, f"INVALID_ARGUMENT: {error}"))
        if not rows:
            return Written([], refused)
        content = json.dumps({"skipInvalidRows": True, "rows": rows}).encode()
        answer = await call("POST", f"{self._url}/insertAll", content)
        if state_of(answer, "BigQuery") != "ACTIVE":
            return None
        problems = {one["index"]: one["errors"][0] for one in answer.body.get("insertErrors", ())}
        for index, problem in problems.items():
            refused.append((ids[index], f"INVALID_ARGUMENT: {problem['message']} (field {problem['location']})"))
        return Written([one for index, one in enumerate(ids) if index not in problems], refused)

    def _row(self, message: Any) -> Row:
        row = self._metadata(message) if self._config.write_metadata else {}
        if self._config.use_table_schema:
            own = {name: field for name, field in self._fields.items() if name not in row}
            return row | json_row(message.data, own, self._config.drop_unknown_fields)
        if self._uses_topic_schema:
            return row | self._by_topic_schema(message)
        return row | {"data": _data(message.data, self._fields["data"].type)}

    def _by_topic_schema(self, message: Any) -> Row:
        try:
            schema = self._broker.schemas.of_message(message.attributes)
        except PubsubError as error:
            raise SchemaMismatch(f"the message's schema revision was deleted ({error.message})") from error
        if schema is None:
            raise SchemaMismatch("the message was published before the topic had a schema")
        kind = parsed(schema)
        in_json, data = is_json(message), message.data
        if schema.type == schema.AVRO:
            value = json_value(kind, json.loads(data)) if in_json else binary_value(kind, data)
            return avro_row(kind, value, self._fields)
        return proto_row(json_format.Parse(data, kind()) if in_json else kind.FromString(data), self._fields)

    def _metadata(self, message: Any) -> Row:
        return {
            "subscription_name": self._subscription.name,
            "message_id": message.message_id,
            "publish_time": moment(message.publish_time.ToMicroseconds()),
            "attributes": json.dumps(attributes_of(message), ensure_ascii=False),
        }


def _data(data: bytes, kind: str) -> Any:
    if kind == "BYTES":
        return cell(data, kind)
    try:
        text = data.decode()
        if kind == "JSON":
            json.loads(text)
    except ValueError as error:
        raise SchemaMismatch(f"the data is not a value of {kind}: {error}") from error
    return text
