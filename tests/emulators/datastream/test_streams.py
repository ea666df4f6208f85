"""A stream's life: states, objects, backfills, and the errors that stop it instead of hiding a gap."""

import json

import pytest

from tests.emulators.datastream.support import PARENT, Place, Refused, Stream, run, stream

TABLE = "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT i, 0 FROM generate_series(1, 10) i"


def test_files_are_where_datastream_puts_them(place: Place) -> None:
    with stream(place, TABLE) as (it, connection):
        it.wait(connection)
        run(connection, "UPDATE t SET n = 1")
        it.wait(connection)
        backfill, change = sorted(it.landed().by_file, key=lambda name: "cdc" in name)
        folder, *minute, name = backfill.removeprefix(f"{it.id}/").split("/")
        assert (folder, [len(part) for part in minute]) == ("public_t", [4, 2, 2, 2, 2])
        key, method, first, last, part = name.removesuffix(".avro").split("_")
        assert (len(key), method, first, part) == (32, "postgresql-backfill", last, "00000")
        record = it.landed().by_file[change][0]
        assert record["stream_name"] == it.name
        assert record["object"] == "public_t"
        lsn = record["source_metadata"]["lsn"]
        assert record["sort_keys"] == [int(record["source_timestamp"].timestamp() * 1_000_000), lsn, 1]
        metadata = {"schema": "public", "table": "t", "is_deleted": False, "change_type": "UPDATE"}
        assert record["source_metadata"] == {
            **metadata,
            "lsn": lsn,
            "primary_keys": ["id"],
            "tx_id": record["source_metadata"]["tx_id"],
        }


def test_one_file_a_table_a_flush(place: Place) -> None:
    with stream(place, TABLE) as (it, connection):
        it.wait(connection)
        for number in range(50):
            run(connection, "UPDATE t SET n = %s", number)
        it.wait(connection)
        assert len([name for name in it.landed().by_file if "cdc" in name]) <= 4


def test_a_paused_stream_goes_on_where_it_was(place: Place) -> None:
    with stream(place, TABLE) as (it, connection):
        it.wait(connection)
        it.set_state("PAUSED")
        run(connection, "UPDATE t SET n = 5")
        assert it.get()["state"] == "PAUSED"
        it.set_state("RUNNING")
        it.wait(connection)
        landed = it.landed()
        landed.check_once()
        assert {row["n"] for row in landed.state("t", "id").values()} == {5}


def test_a_backfill_on_demand(place: Place) -> None:
    # A null is what is not there: Terraform sends it for the kind of backfill that is not wanted.
    with stream(place, TABLE, backfill={"backfillNone": {}, "backfillAll": None}) as (it, connection):
        it.wait(connection)
        (found,) = place.api("GET", f"/v1/{it.name}/objects")["streamObjects"]
        assert found["displayName"] == "public.t"
        assert found["backfillJob"]["state"] == "NOT_STARTED"
        assert it.landed().records == []
        started = place.api("POST", f"/v1/{found['name']}:startBackfillJob", {})
        assert started["object"]["backfillJob"]["trigger"] == "MANUAL"
        it.wait(connection)
        assert place.api("GET", f"/v1/{found['name']}")["backfillJob"]["state"] == "COMPLETED"
        identifier = {"sourceObjectIdentifier": {"postgresqlIdentifier": {"schema": "public", "table": "t"}}}
        assert place.api("POST", f"/v1/{it.name}/objects:lookup", identifier)["name"] == found["name"]
        assert len(it.landed().of("t", "backfill")) == 10


def test_a_slot_that_was_there_before(place: Place) -> None:
    """As Datastream wants it: made by hand. What was committed since comes as changes, and in the snapshot too."""
    it = Stream(place)
    connection = it.prepare(TABLE)
    run(connection, "SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", it.id)
    run(connection, "UPDATE t SET n = 1; DELETE FROM t WHERE id = 1")
    it.create()
    it.wait(connection)
    landed = it.landed()
    landed.check_once()
    assert sorted(landed.state("t", "id")) == [(number,) for number in range(2, 11)]
    it.delete()
    assert run(connection, "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s", it.id) == [(1,)]
    run(connection, "SELECT pg_drop_replication_slot(%s)", it.id)


def test_the_position_moves_without_changes(place: Place) -> None:
    """Log that no table of the stream is in must not make a caller wait, nor the source keep it."""
    publication = "CREATE PUBLICATION everything FOR TABLE t"
    with stream(place, TABLE + "; CREATE TABLE quiet (id int)", publication=publication) as (it, connection):
        it.wait(connection)
        run(connection, "INSERT INTO quiet SELECT generate_series(1, 1000)")
        assert it.wait(connection)["rows"] == {"public.t": 0}


def test_include_and_exclude(place: Place) -> None:
    tables = (
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY)"
    )
    schema = {"postgresqlSchemas": [{"schema": "public", "postgresqlTables": [{"table": "a"}, {"table": "b"}]}]}
    excluded = {"postgresqlSchemas": [{"schema": "public", "postgresqlTables": [{"table": "b"}]}]}
    with stream(place, tables, postgres={"includeObjects": schema, "excludeObjects": excluded}) as (it, connection):
        it.wait(connection)
        run(connection, "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); INSERT INTO c VALUES (1)")
        it.wait(connection)
        assert {record["source_metadata"]["table"] for record in it.landed().records} == {"a"}


def test_a_lost_slot_stops_the_stream(place: Place) -> None:
    with stream(place, TABLE) as (it, connection):
        it.wait(connection)
        it.set_state("PAUSED")
        it.wait_for_slot(connection)
        run(connection, "SELECT pg_drop_replication_slot(%s)", it.id)
        it.set_state("RUNNING")
        (error,) = it.wait_for_state("FAILED_PERMANENTLY")["errors"]
        assert error["reason"] == "SLOT_LOST"
        assert it.id in error["message"]
        assert run(connection, "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s", it.id) == [(0,)]
        with pytest.raises(Refused, match="failed permanently"):
            it.set_state("RUNNING")


def test_a_slot_that_somebody_else_read_stops_the_stream(place: Place) -> None:
    with stream(place, TABLE) as (it, connection):
        it.wait(connection)
        it.set_state("PAUSED")
        run(connection, "UPDATE t SET n = 9")
        it.wait_for_slot(connection)
        run(connection, "SELECT pg_replication_slot_advance(%s, pg_current_wal_lsn())", it.id)
        it.set_state("RUNNING")
        (error,) = it.wait_for_state("FAILED_PERMANENTLY")["errors"]
        assert error["reason"] == "SLOT_MOVED"


def test_what_is_wrong_is_said(place: Place) -> None:
    it = Stream(place)
    connection = it.prepare(TABLE, publication="")
    it.profiles()
    path = f"/v1/{PARENT}/streams?streamId={it.id}"
    with pytest.raises(Refused, match="CREATE PUBLICATION everything FOR TABLE") as refused:
        place.api("POST", path, it.body())
    assert (refused.value.code, refused.value.status) == (400, "FAILED_PRECONDITION")
    run(connection, "CREATE PUBLICATION everything FOR TABLE t")
    missing = {"postgresqlSchemas": [{"schema": "public", "postgresqlTables": [{"table": "nowhere"}]}]}
    with pytest.raises(Refused, match=r"table public\.nowhere is in includeObjects and not in publication"):
        place.api("POST", path, Stream(place, it.id, {"postgres": {"includeObjects": missing}}).body())
    with pytest.raises(Refused, match="exactly one of backfillAll and backfillNone"):
        place.api("POST", path, Stream(place, it.id, {"backfill": {}}).body())
    with pytest.raises(Refused, match=r"gcsDestinationConfig\.jsonFileFormat is not supported"):
        place.api("POST", path, Stream(place, it.id, {"target": {"jsonFileFormat": {"compression": "GZIP"}}}).body())
    with pytest.raises(Refused, match="was not found") as not_found:
        place.api("GET", f"/v1/{it.name}")
    assert not_found.value.code == 404
    with pytest.raises(Refused, match="is not supported by this emulator") as unknown:
        place.api("GET", f"/v1/{PARENT}/privateConnections")
    assert unknown.value.code == 501
    run(connection, "CREATE TABLE p (id int) PARTITION BY RANGE (id); ALTER PUBLICATION everything ADD TABLE p")
    with pytest.raises(Refused, match=r"publish_via_partition_root = true"):
        place.api("POST", path, it.body())


def test_resources_are_kept_and_checked(place: Place) -> None:
    with stream(place, TABLE) as (it, _):
        profile = f"{PARENT}/connectionProfiles/{it.id}-source"
        assert "password" not in json.dumps(place.api("GET", f"/v1/{profile}"))
        with pytest.raises(Refused, match="is used by stream"):
            place.api("DELETE", f"/v1/{profile}")
        with pytest.raises(Refused, match="already exists") as exists:
            place.api("POST", f"/v1/{PARENT}/streams?streamId={it.id}", it.body())
        assert exists.value.code == 409
        with pytest.raises(Refused, match="is used by stream"):
            place.api("POST", f"/v1/{PARENT}/streams?streamId={it.id}-2", it.body())
        path = f"/v1/{it.name}?updateMask=displayName"
        operation = place.api("PATCH", path, {"displayName": "another", "labels": {"ignored": "yes"}})
        assert place.api("GET", f"/v1/{operation['name']}")["done"] is True
        assert it.get()["displayName"] == "another"
        assert "labels" not in it.get()
        assert it.name in [each["name"] for each in place.api("GET", f"/v1/{PARENT}/streams")["streams"]]
