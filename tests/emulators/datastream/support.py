"""A source database, a bucket and Datastream, for tests; and what has landed, read by Google's client and fastavro."""

import io
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import fastavro
import psycopg2
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from psycopg2.extensions import connection as Connection

from emulators import avro_codecs
from emulators.datastream.lsn import parse_lsn
from emulators.postgres.databases import create_database
from tests.emulators.services import Service

avro_codecs.install()

PARENT = "projects/test/locations/europe-west1"
Json = dict[str, Any]


class Refused(Exception):
    """The API answered with an error."""

    def __init__(self, code: int, body: Json) -> None:
        super().__init__(f"{code}: {body['error']['message']}")
        self.code, self.status = code, body["error"]["status"]


def call(address: str, method: str, path: str, body: Json | None = None) -> Json:
    """A request to the API."""
    request = urllib.request.Request(f"http://{address}{path}", method=method)
    request.data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return dict(json.load(response))
    except urllib.error.HTTPError as error:
        raise Refused(error.code, json.load(error)) from None


@dataclass
class Place:
    """The services that tests share."""

    postgres: Service
    storage: Service
    datastream: Service

    def api(self, method: str, path: str, body: Json | None = None) -> Json:
        """A request to Datastream."""
        return call(self.datastream.address, method, path, body)

    def connect(self, database: str) -> Connection:
        """A session of the source."""
        connection = psycopg2.connect(f"postgresql://postgres@{self.postgres.address}/{database}")
        connection.autocommit = True
        return connection


@dataclass
class Stream:
    """A database of its own with a publication, and a stream from it."""

    place: Place
    id: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}")
    options: Json = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{PARENT}/streams/{self.id}"

    def prepare(self, statements: str, publication: str = "CREATE PUBLICATION everything FOR ALL TABLES") -> Connection:
        """The database with its tables and publication; a session of it."""
        create_database(f"postgresql://postgres@{self.place.postgres.address}/postgres", self.id)
        connection = self.place.connect(self.id)
        run(connection, statements)
        if publication:
            run(connection, publication)
        return connection

    def profiles(self) -> None:
        """Both connection profiles."""
        host, port = self.place.postgres.address.split(":")
        source = {"hostname": host, "port": int(port), "username": "postgres", "database": self.id}
        path = f"/v1/{PARENT}/connectionProfiles?connectionProfileId={self.id}"
        self.place.api("POST", f"{path}-source", {"displayName": "source", "postgresqlProfile": source})
        self.place.api("POST", f"{path}-target", {"displayName": "target", "gcsProfile": {"bucket": "landing"}})

    def body(self) -> Json:
        """The stream's resource."""
        profile = f"{PARENT}/connectionProfiles/{self.id}"
        postgres = {"publication": "everything", "replicationSlot": self.id, **self.options.get("postgres", {})}
        target = {"path": self.id, "avroFileFormat": {}, **self.options.get("target", {})}
        return {
            "displayName": "test",
            "sourceConfig": {"sourceConnectionProfile": f"{profile}-source", "postgresqlSourceConfig": postgres},
            "destinationConfig": {
                "destinationConnectionProfile": f"{profile}-target",
                "gcsDestinationConfig": target,
            },
            **self.options.get("backfill", {"backfillAll": {}}),
        }

    def create(self) -> None:
        """Create the stream, with its profiles, and run it."""
        self.profiles()
        self.place.api("POST", f"/v1/{PARENT}/streams?streamId={self.id}", self.body())
        self.set_state("RUNNING")

    def set_state(self, state: str) -> None:
        """Start or pause."""
        self.place.api("PATCH", f"/v1/{self.name}?updateMask=state", {"state": state})

    def get(self) -> Json:
        """The stream's resource."""
        return self.place.api("GET", f"/v1/{self.name}")

    def position(self) -> Json:
        """How far it is."""
        return self.place.api("GET", f"/emulator/streams/{self.id}/position")

    def wait(self, connection: Connection, seconds: float = 30.0) -> Json:
        """Until everything that is committed now has landed."""
        wanted = parse_lsn(str(run(connection, "SELECT pg_current_wal_lsn()")[0][0]))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.position()
            if found["snapshot"]["done"] and found["landed_lsn"] and parse_lsn(found["landed_lsn"]) >= wanted:
                return found
            if found["state"] != "RUNNING":
                break
            time.sleep(0.02)
        raise AssertionError(f"did not land: {found}")

    def wait_for_state(self, state: str, seconds: float = 20.0) -> Json:
        """Until the stream is in a state."""
        deadline = time.monotonic() + seconds
        while (found := self.get())["state"] != state and time.monotonic() < deadline:
            time.sleep(0.02)
        assert found["state"] == state, found
        return found

    def wait_for_slot(self, connection: Connection) -> None:
        """Until the server has noticed that nobody reads the slot."""
        query = "SELECT active FROM pg_replication_slots WHERE slot_name = %s"
        deadline = time.monotonic() + 10
        while run(connection, query, self.id) != [(False,)] and time.monotonic() < deadline:
            time.sleep(0.02)

    def delete(self) -> None:
        """Delete the stream, so that its slot goes."""
        self.place.api("DELETE", f"/v1/{self.name}")

    def landed(self) -> "Landed":
        """Everything that is in the bucket."""
        return Landed(files(self.place, self.id))


def run(connection: Connection, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Until the condition holds, or the test fails."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def files(place: Place, prefix: str) -> dict[str, list[Json]]:
    """Records by object name."""
    client = storage.Client(
        project="test",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": f"http://{place.storage.address}"},
    )
    result = {}
    for blob in client.list_blobs("landing", prefix=f"{prefix}/"):
        result[blob.name] = [dict(record) for record in fastavro.reader(io.BytesIO(blob.download_as_bytes()))]
    return result


def order(record: Json) -> tuple[int, int]:
    """Where a record belongs."""
    return parse_lsn(record["sort_keys"][1]), record["sort_keys"][2]


class Landed:
    """What has landed, and what it means."""

    def __init__(self, by_file: dict[str, list[Json]]) -> None:
        self.by_file = by_file
        self.records = sorted((record for records in by_file.values() for record in records), key=order)

    def of(self, table: str, method: str = "") -> list[Json]:
        """A table's records in the log's order."""
        return [
            record
            for record in self.records
            if record["source_metadata"]["table"] == table and record["read_method"].endswith(method)
        ]

    def changes(self, table: str) -> list[tuple[str, Json]]:
        """A table's changes: type and payload."""
        return [(record["source_metadata"]["change_type"], record["payload"]) for record in self.of(table, "cdc")]

    def check_once(self) -> None:
        """No change twice, no number missing within a transaction, each uuid once, files in whole transactions."""
        changes = [order(record) for record in self.records if record["read_method"] == "postgresql-cdc"]
        assert len(changes) == len(set(changes))
        by_transaction: dict[int, list[int]] = {}
        for lsn, sequence in changes:
            by_transaction.setdefault(lsn, []).append(sequence)
        for sequences in by_transaction.values():
            assert sequences == list(range(1, len(sequences) + 1))
        uuids = [record["uuid"] for record in self.records]
        assert len(uuids) == len(set(uuids))

    def state(self, table: str, *key: str) -> dict[tuple[Any, ...], Json]:
        """The table as a reader puts it together: by key, the last record that is not a delete."""
        rows: dict[tuple[Any, ...], Json] = {}
        for record in self.of(table):
            identity = tuple(record["payload"][name] for name in key)
            if record["source_metadata"]["is_deleted"]:
                rows.pop(identity, None)
            else:
                rows[identity] = record["payload"]
        return rows


@contextmanager
def stream(place: Place, statements: str, **options: Any) -> Iterator[tuple[Stream, Connection]]:
    """A running stream from a new database, deleted afterwards."""
    publication = options.pop("publication", "CREATE PUBLICATION everything FOR ALL TABLES")
    it = Stream(place, options=options)
    connection = it.prepare(statements, publication)
    it.create()
    try:
        yield it, connection
    finally:
        connection.close()
        it.delete()
