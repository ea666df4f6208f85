"""What is hard in a log: long values that are left out, keys that change, truncation, definitions that change."""

import psycopg2.extras

from tests.emulators.datastream.support import Place, Stream, run, stream, wait_until
from tests.emulators.datastream.test_random_transactions import body


def test_an_unchanged_long_value_is_that_of_its_time(place: Place) -> None:
    """Each version of the row has the value that it had then, though the log has it only where it changed."""
    statements = "CREATE TABLE t (id int PRIMARY KEY, long text, n int)"
    with stream(place, statements) as (it, connection):
        run(connection, "INSERT INTO t VALUES (1, %s, 0)", body(1))
        it.wait(connection)
        it.set_state("PAUSED")
        run(connection, "UPDATE t SET n = 1")
        run(connection, "UPDATE t SET long = %s, n = 2", body(2))
        run(connection, "UPDATE t SET n = 3")
        run(connection, "UPDATE t SET id = 7")
        run(connection, "UPDATE t SET n = 4")
        run(connection, "DELETE FROM t")
        run(connection, "INSERT INTO t VALUES (7, 'short', 5)")
        it.set_state("RUNNING")
        it.wait(connection)
        rows = [row for _, row in it.landed().changes("t")]
        seen = [(row["id"], row["n"], row["long"]) for row in rows if row["n"]]
        one, two = body(1), body(2)
        assert seen == [(1, 1, one), (1, 2, two), (1, 3, two), (7, 3, two), (7, 4, two), (7, 5, "short")]


def test_an_unchanged_long_value_after_a_snapshot_and_a_kill(place: Place) -> None:
    statements = "CREATE TABLE t (id int PRIMARY KEY, long text, doc jsonb, n int)"
    it = Stream(place)
    connection = it.prepare(statements)
    document = psycopg2.extras.Json({"numbers": list(range(2000))})
    run(connection, "INSERT INTO t VALUES (1, %s, %s, 0)", body(1), document)
    it.create()
    it.wait(connection)
    place.datastream.kill()
    run(connection, "UPDATE t SET n = 1")
    run(connection, "UPDATE t SET long = %s, doc = '{}'", body(2))
    place.datastream.launch()
    place.datastream.wait()
    it.wait(connection)
    first, second = (row for _, row in it.landed().changes("t"))
    assert (first["long"], second["long"]) == (body(1), body(2))
    assert '"numbers": [0, 1, 2' in first["doc"]
    it.delete()


def test_whole_old_rows_give_unchanged_values(place: Place) -> None:
    statements = "CREATE TABLE t (id int PRIMARY KEY, long text, n int); ALTER TABLE t REPLICA IDENTITY FULL"
    with stream(place, statements, backfill={"backfillNone": {}}) as (it, connection):
        it.wait(connection)
        run(connection, "INSERT INTO t VALUES (1, %s, 0)", body(1))
        run(connection, "UPDATE t SET n = 1")
        run(connection, "DELETE FROM t")
        it.wait(connection)
        row = {"id": 1, "long": body(1), "n": 0}
        assert it.landed().changes("t") == [("INSERT", row), ("UPDATE", {**row, "n": 1}), ("DELETE", {**row, "n": 1})]


def test_another_unique_index_as_identity(place: Place) -> None:
    statements = """CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL UNIQUE, n int);
        ALTER TABLE t REPLICA IDENTITY USING INDEX t_code_key; INSERT INTO t VALUES (1, 'a', 0), (2, 'b', 0)"""
    with stream(place, statements) as (it, connection):
        it.wait(connection)
        run(connection, "UPDATE t SET code = 'c' WHERE code = 'a'")
        run(connection, "DELETE FROM t WHERE code = 'b'")
        it.wait(connection)
        landed = it.landed()
        assert [change for change, _ in landed.changes("t")] == ["UPDATE-DELETE", "UPDATE-INSERT", "DELETE"]
        assert {tuple(record["source_metadata"]["primary_keys"]) for record in landed.of("t")} == {("code",)}
        assert landed.state("t", "code") == {("c",): {"id": 1, "code": "c", "n": 0}}


def test_truncation_deletes_every_row(place: Place) -> None:
    statements = """CREATE TABLE t (id int, day date, note text, PRIMARY KEY (id, day));
        INSERT INTO t SELECT i, '2026-01-01'::date + i, 'x' FROM generate_series(1, 100) i;
        CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1)"""
    with stream(place, statements) as (it, connection):
        it.wait(connection)
        run(connection, "DELETE FROM t WHERE id <= 10; UPDATE t SET id = 1000 WHERE id = 11;")
        it.wait(connection)
        run(connection, "BEGIN; INSERT INTO t VALUES (500, '2026-01-01', 'y'); TRUNCATE t")
        run(connection, "INSERT INTO t VALUES (7, '2026-01-01', 'z')")
        run(connection, "COMMIT")
        it.wait(connection)
        landed = it.landed()
        landed.check_once()
        assert [row["note"] for row in landed.state("t", "id", "day").values()] == ["z"]
        deletes = [row for change, row in landed.changes("t") if change == "DELETE"]
        assert len(deletes) == 10 + 90 + 1
        assert len(landed.state("other", "id")) == 1


def test_truncation_without_a_key(place: Place) -> None:
    statements = """CREATE TABLE t (word text, tags text[], amount numeric(9,2)); ALTER TABLE t REPLICA IDENTITY FULL;
        INSERT INTO t VALUES ('a', '{x,"y z"}', 1.50), ('a', '{x,"y z"}', 1.50), (NULL, NULL, 'NaN')"""
    with stream(place, statements) as (it, connection):
        it.wait(connection)
        run(connection, "DELETE FROM t WHERE word IS NULL; INSERT INTO t VALUES ('b', '{}', 2); TRUNCATE t")
        it.wait(connection)
        changes = it.landed().changes("t")
        gone = [row for change, row in changes if change == "DELETE"]
        assert sorted((row["word"] or "", row["tags"] or []) for row in gone) == [
            ("", []),
            ("a", ["x", "y z"]),
            ("a", ["x", "y z"]),
            ("b", []),
        ]


def test_a_definition_that_changes_within_a_transaction(place: Place) -> None:
    statements = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'one')"
    with stream(place, statements) as (it, connection):
        it.wait(connection)
        run(connection, "BEGIN")
        run(connection, "INSERT INTO t VALUES (2, 'two')")
        run(connection, "ALTER TABLE t ADD COLUMN b int DEFAULT 5")
        run(connection, "INSERT INTO t VALUES (3, 'three', 6)")
        run(connection, "ALTER TABLE t RENAME COLUMN a TO c")
        run(connection, "UPDATE t SET c = 'ONE' WHERE id = 1")
        run(connection, "ALTER TABLE t ALTER COLUMN b TYPE text, DROP COLUMN c")
        run(connection, "INSERT INTO t VALUES (4, 'x')")
        run(connection, "COMMIT")
        it.wait(connection)
        landed = it.landed()
        landed.check_once()
        expected = [
            ("INSERT", {"id": 2, "a": "two"}),
            ("INSERT", {"id": 3, "a": "three", "b": 6}),
            ("UPDATE", {"id": 1, "c": "ONE", "b": 5}),
        ]
        changes = landed.changes("t")
        assert changes[:3] == expected
        assert changes[-1] == ("INSERT", {"id": 4, "b": "x"})
        assert len({record["schema_key"] for record in landed.of("t", "cdc")}) == 4


def test_partitions_come_as_their_table(place: Place) -> None:
    statements = """CREATE TABLE t (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE TABLE t_old PARTITION OF t FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE t_new PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        INSERT INTO t VALUES (1, '2025-05-05'), (2, '2026-05-05')"""
    publication = "CREATE PUBLICATION everything FOR TABLE t WITH (publish_via_partition_root = true)"
    with stream(place, statements, publication=publication) as (it, connection):
        it.wait(connection)
        run(connection, "INSERT INTO t VALUES (3, '2025-06-06'); UPDATE t SET day = '2026-06-06' WHERE id = 1")
        it.wait(connection)
        landed = it.landed()
        assert {record["source_metadata"]["table"] for record in landed.records} == {"t"}
        assert sorted(key[0] for key in landed.state("t", "id", "day")) == [1, 2, 3]


def test_generated_columns_and_column_lists(place: Place) -> None:
    """What the publication publishes lands, from the snapshot and from the log alike."""
    statements = """CREATE TABLE t (id int PRIMARY KEY, a int, secret text,
        twice int GENERATED ALWAYS AS (a * 2) STORED);
        INSERT INTO t VALUES (1, 5, 'x'), (2, 50, 'y')"""
    publication = "CREATE PUBLICATION everything FOR TABLE t (id, a, twice) WHERE (id <> 2)"
    with stream(place, statements, publication=publication) as (it, connection):
        it.wait(connection)
        run(connection, "INSERT INTO t VALUES (3, 7, 'z')")
        it.wait(connection)
        assert list(it.landed().state("t", "id").values()) == [
            {"id": 1, "a": 5, "twice": 10},
            {"id": 3, "a": 7, "twice": 14},
        ]


def test_a_table_that_comes_later_is_backfilled(place: Place) -> None:
    """Rows from before it joined the publication would otherwise never come."""
    statements = "CREATE TABLE t (id int PRIMARY KEY)"
    with stream(place, statements, publication="CREATE PUBLICATION everything FOR TABLE t") as (it, connection):
        it.wait(connection)
        run(connection, "CREATE TABLE late (id int PRIMARY KEY); INSERT INTO late VALUES (1), (2)")
        run(connection, "ALTER PUBLICATION everything ADD TABLE late")
        run(connection, "INSERT INTO late VALUES (3); DELETE FROM late WHERE id = 1")
        wait_until(lambda: "public.late" in it.position()["snapshot"]["tables"])
        it.wait(connection)
        landed = it.landed()
        landed.check_once()
        assert sorted(landed.state("late", "id")) == [(2,), (3,)]


def test_strange_names(place: Place) -> None:
    statements = 'CREATE SCHEMA "Vertrieb"; CREATE TABLE "Vertrieb"."Größe-2" ('
    statements += '"Id" int PRIMARY KEY, "a b" text, "1st" int, "a_b" int)'
    with stream(place, statements) as (it, connection):
        it.wait(connection)
        run(connection, """INSERT INTO "Vertrieb"."Größe-2" VALUES (1, 'x', 2, 3)""")
        it.wait(connection)
        landed = it.landed()
        assert landed.changes("Größe-2") == [("INSERT", {"Id": 1, "a_b_2": "x", "_1st": 2, "a_b": 3})]
        assert "Vertrieb_Größe-2/" in next(iter(landed.by_file))


def test_a_table_that_left_and_came_back_is_backfilled_again(place: Place) -> None:
    """What it missed in between is in the new snapshot."""
    statements = "CREATE TABLE t (id int PRIMARY KEY, n int); CREATE TABLE u (id int PRIMARY KEY)"
    with stream(place, statements, publication="CREATE PUBLICATION everything FOR TABLE t, u") as (it, connection):
        run(connection, "INSERT INTO t VALUES (1, 0)")
        it.wait(connection)
        run(connection, "ALTER PUBLICATION everything DROP TABLE t; UPDATE t SET n = 5")
        wait_until(lambda: "public.t" not in it.position()["snapshot"]["tables"])
        run(connection, "ALTER PUBLICATION everything ADD TABLE t")
        wait_until(lambda: "public.t" in it.position()["snapshot"]["tables"])
        it.wait(connection)
        assert it.landed().state("t", "id") == {(1,): {"id": 1, "n": 5}}
