"""Messages as files in a Cloud Storage bucket, by uploads to STORAGE_EMULATOR_HOST.

A file is collected in memory, and is there at once and whole when it is closed: its time is up, or it has enough bytes
or messages. Its messages are acknowledged after that.
"""

from collections import deque
from typing import Any
from urllib.parse import quote

from emulators.pubsub.export.avro_files import avro_file
from emulators.pubsub.export.file_records import FileRecords
from emulators.pubsub.messages import v1
from emulators.pubsub.state.batch import Delivery
from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.errors import PubsubError
from emulators.pubsub.state.file_names import file_name
from emulators.pubsub.state.settings import seconds
from emulators.pubsub.wire.export_target import Written, state_of
from emulators.pubsub.wire.http_call import call


class _File:
    """A file that is being collected; `schema` is "" in a text file."""

    def __init__(self, name: str, schema: str, opened: float) -> None:
        self.name = name
        self.schema = schema
        self.opened = opened
        self.records: list[bytes] = []
        self.ack_ids: list[str] = []
        self.size = 0

    def add(self, record: bytes, ack_id: str) -> None:
        self.records.append(record)
        self.ack_ids.append(ack_id)
        self.size += len(record) + (not self.schema)

    def content(self) -> bytes:
        return avro_file(self.schema, self.records) if self.schema else b"\n".join(self.records)


class StorageTarget:
    """The bucket of a subscription's cloud_storage_config."""

    def __init__(self, broker: Broker, subscription: Any, address: str) -> None:
        self._broker = broker
        self._topic = subscription.topic
        self._address = address
        self._config = subscription.cloud_storage_config
        self._records = FileRecords(subscription, broker.schemas.of_message)
        self._file: _File | None = None
        self._waiting: deque[Delivery] = deque()

    async def look(self) -> tuple[str, str]:
        answer = await call("GET", f"{self._address}/storage/v1/b/{self._config.bucket}")
        state = state_of(answer, "Cloud Storage")
        if state != "ACTIVE":
            return state, answer.message
        try:
            problem = self._records.problem(self._broker.schemas.of_topic(self._broker.topics.get(self._topic)))
        except PubsubError:
            problem = ""  # the topic, or its schema, was deleted
        return ("SCHEMA_MISMATCH", problem) if problem else ("ACTIVE", "")

    async def write(self, deliveries: list[Delivery]) -> Written | None:
        """Closes one file at most, so that its messages are acknowledged before another is tried."""
        self._waiting.extend(deliveries)
        written = Written([], [])
        while self._waiting:
            ack_id, body, _ = self._waiting[0]
            try:
                schema, record = self._records.record(v1.PubsubMessage.FromString(body))
            except PubsubError as error:
                written.refused.append((ack_id, f"INVALID_ARGUMENT: {error.message}"))
                self._waiting.popleft()
                continue
            if self._file is not None and self._must_close(self._file, schema, record):
                return await self._close(self._file, written)
            if self._file is None:
                now = self._broker.now()
                self._file = _File(file_name(self._config, now), schema, now)
            self._file.add(record, ack_id)
            self._waiting.popleft()
        due = self.due()
        if self._file is None or (due is not None and due > 0 and not self._is_full(self._file)):
            return written
        return await self._close(self._file, written)

    def _must_close(self, file: _File, schema: str, record: bytes) -> bool:
        """Whether a record belongs to another file than this one."""
        limit = self._config.max_bytes
        return file.schema != schema or self._is_full(file) or bool(limit and file.size + len(record) > limit)

    def _is_full(self, file: _File) -> bool:
        limit = self._config.max_messages
        return bool((limit and len(file.records) >= limit) or 0 < self._config.max_bytes <= file.size)

    async def _close(self, file: _File, written: Written) -> Written | None:
        """Uploads a file; None: the bucket does not take it."""
        name = quote(file.name, safe="")
        path = f"/upload/storage/v1/b/{self._config.bucket}/o?uploadType=media&ifGenerationMatch=0&name={name}"
        kind = "application/octet-stream" if file.schema else "text/plain"
        answer = await call("POST", self._address + path, file.content(), kind)
        if state_of(answer, "Cloud Storage") != "ACTIVE":
            return None
        self._file = None
        written.acknowledged.extend(file.ack_ids)
        return written

    def due(self) -> float | None:
        if self._file is None:
            return 0.0 if self._waiting else None
        return self._file.opened + seconds(self._config.max_duration) - self._broker.now()

    def forget(self) -> None:
        self._file = None
        self._waiting.clear()
