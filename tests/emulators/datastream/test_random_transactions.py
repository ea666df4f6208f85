"""Whatever transactions a database sees, their changes land once, in order, value by value.

The oracle is the list of statements itself, kept by the test: Datastream never sees it, and it never asks Postgres.
"""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection

from tests.emulators.datastream.support import Json, Place, Stream, run, stream

TABLES = """
CREATE TABLE plain (id bigint PRIMARY KEY, text text, amount numeric(10,2));
CREATE TABLE paired (a int, b text, note text, PRIMARY KEY (a, b));
CREATE TABLE keyless (word text, number int);
ALTER TABLE keyless REPLICA IDENTITY FULL;
CREATE TABLE long (id int PRIMARY KEY, body text, version int);
"""


def body(number: int) -> str:
    """A text that Postgres stores out of line: long, and not compressible."""
    return random.Random(number).randbytes(3000).hex()


@dataclass
class Oracle:
    """What the tables hold, and each change that was committed, in order."""

    rows: dict[str, dict[Any, Json]] = field(default_factory=lambda: {"plain": {}, "paired": {}, "long": {}})
    bag: list[tuple[str, int]] = field(default_factory=list)
    changes: list[tuple[str, str, Json]] = field(default_factory=list)

    def copy(self) -> "Oracle":
        rows = {table: {key: dict(row) for key, row in found.items()} for table, found in self.rows.items()}
        return Oracle(rows, list(self.bag), list(self.changes))


EMPTY = {
    "plain": {"id": None, "text": None, "amount": None},
    "paired": {"a": None, "b": None, "note": None},
    "long": {"id": None, "body": None, "version": None},
}
KEYS = {"plain": ("id",), "paired": ("a", "b"), "long": ("id",)}


def key_of(table: str, row: Json) -> Any:
    return tuple(row[name] for name in KEYS[table])


def put(connection: Connection, oracle: Oracle, table: str, row: Json) -> None:
    """Insert a row, or update the one of its key."""
    key = key_of(table, row)
    exists = key in oracle.rows[table]
    names = list(row)
    if exists:
        sets = ", ".join(f"{name} = %s" for name in names)
        where = " AND ".join(f"{name} = %s" for name in KEYS[table])
        run(connection, f"UPDATE {table} SET {sets} WHERE {where}", *row.values(), *key)
    else:
        places = ", ".join(["%s"] * len(names))
        run(connection, f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", *row.values())
    now = {**EMPTY[table], **oracle.rows[table].get(key, {}), **row}
    oracle.rows[table][key] = now
    oracle.changes.append((table, "UPDATE" if exists else "INSERT", now))


def remove(connection: Connection, oracle: Oracle, table: str, key: Any) -> None:
    """Delete a row if it is there."""
    if oracle.rows[table].pop(key, None) is None:
        return
    where = " AND ".join(f"{name} = %s" for name in KEYS[table])
    run(connection, f"DELETE FROM {table} WHERE {where}", *key)
    oracle.changes.append((table, "DELETE", {**EMPTY[table], **dict(zip(KEYS[table], key, strict=True))}))


def rename(connection: Connection, oracle: Oracle, table: str, old: Any, new: Any) -> None:
    """Change a key, unless the new one is taken."""
    if old == new or old not in oracle.rows[table] or new in oracle.rows[table]:
        return
    name = KEYS[table][0]
    where = " AND ".join(f"{part} = %s" for part in KEYS[table])
    run(connection, f"UPDATE {table} SET {name} = %s WHERE {where}", new[0], *old)
    row = oracle.rows[table].pop(old)
    oracle.rows[table][new] = {**row, name: new[0]}
    oracle.changes.append((table, "UPDATE-DELETE", {**EMPTY[table], **dict(zip(KEYS[table], old, strict=True))}))
    oracle.changes.append((table, "UPDATE-INSERT", oracle.rows[table][new]))


def add_word(connection: Connection, oracle: Oracle, word: str, number: int) -> None:
    run(connection, "INSERT INTO keyless VALUES (%s, %s)", word, number)
    oracle.bag.append((word, number))
    oracle.changes.append(("keyless", "INSERT", {"word": word, "number": number}))


def drop_words(connection: Connection, oracle: Oracle, word: str) -> None:
    """One row at most, so that the order in which Postgres finds several does not matter."""
    found = [each for each in oracle.bag if each[0] == word]
    if len(found) != 1:
        return
    run(connection, "DELETE FROM keyless WHERE word = %s", word)
    oracle.bag.remove(found[0])
    oracle.changes.append(("keyless", "DELETE", {"word": word, "number": found[0][1]}))


def raise_number(connection: Connection, oracle: Oracle, word: str) -> None:
    found = [each for each in oracle.bag if each[0] == word]
    if len(found) != 1:
        return
    run(connection, "UPDATE keyless SET number = number + 1 WHERE word = %s", word)
    number = found[0][1]
    oracle.bag[oracle.bag.index(found[0])] = (word, number + 1)
    oracle.changes.append(("keyless", "UPDATE-DELETE", {"word": word, "number": number}))
    oracle.changes.append(("keyless", "UPDATE-INSERT", {"word": word, "number": number + 1}))


IDS = st.integers(1, 6)
WORDS = st.sampled_from(["a", "b", "\\N", "tab\t", "ü"])
TEXTS = st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8))
AMOUNTS = st.one_of(st.none(), st.decimals(-99999, 99999, places=2))
STATEMENTS = st.one_of(
    st.tuples(st.just(put), st.just("plain"), st.fixed_dictionaries({"id": IDS, "text": TEXTS, "amount": AMOUNTS})),
    st.tuples(st.just(put), st.just("paired"), st.fixed_dictionaries({"a": IDS, "b": WORDS, "note": TEXTS})),
    st.tuples(st.just(put), st.just("long"), st.fixed_dictionaries({"id": IDS, "body": st.integers(0, 99).map(body)})),
    st.tuples(st.just(put), st.just("long"), st.fixed_dictionaries({"id": IDS, "version": IDS})),
    st.tuples(st.just(remove), st.just("plain"), st.tuples(IDS)),
    st.tuples(st.just(remove), st.just("long"), st.tuples(IDS)),
    st.tuples(st.just(remove), st.just("paired"), st.tuples(IDS, WORDS)),
    st.tuples(st.just(rename), st.just("plain"), st.tuples(IDS), st.tuples(IDS)),
    st.tuples(st.just(rename), st.just("long"), st.tuples(IDS), st.tuples(IDS)),
    st.tuples(st.just(add_word), WORDS, IDS),
    st.tuples(st.just(drop_words), WORDS),
    st.tuples(st.just(raise_number), WORDS),
)
TRANSACTIONS = st.tuples(st.lists(STATEMENTS, min_size=1, max_size=6), st.sampled_from(["commit"] * 4 + ["rollback"]))


def play(connection: Connection, oracle: Oracle, transaction: tuple[list[Any], str]) -> Oracle:
    """Run a transaction; the oracle as it is afterwards."""
    statements, end = transaction
    after = oracle.copy()
    run(connection, "BEGIN")
    for function, *arguments in statements:
        function(connection, after, *arguments)
    run(connection, end)
    return after if end == "commit" else oracle


def check(it: Stream, connection: Connection, oracle: Oracle, snapshot: int) -> None:
    """Everything that the oracle has, and nothing else; the first `snapshot` changes came before the stream."""
    it.wait(connection)
    landed = it.landed()
    landed.check_once()
    for table in ("plain", "paired", "keyless", "long"):
        expected = [(change, row) for name, change, row in oracle.changes[snapshot:] if name == table]
        assert landed.changes(table) == expected, table
    for table, rows in oracle.rows.items():
        assert landed.state(table, *KEYS[table]) == rows, table


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=st.lists(TRANSACTIONS, max_size=3), after=st.lists(st.lists(TRANSACTIONS, max_size=5), max_size=3))
def test_every_transaction_lands_once_in_order(place: Place, before: list[Any], after: list[list[Any]]) -> None:
    oracle = Oracle()
    it = Stream(place)
    connection = it.prepare(TABLES)
    for transaction in before:
        oracle = play(connection, oracle, transaction)
    snapshot = len(oracle.changes)
    it.create()
    it.wait(connection)
    for group in after:
        for transaction in group:
            oracle = play(connection, oracle, transaction)
        check(it, connection, oracle, snapshot)
    connection.close()
    it.delete()


@pytest.mark.parametrize("batches", [1, 40])
def test_a_large_transaction_in_parts(place: Place, batches: int) -> None:
    """A transaction of several files is published as a whole: no reader sees some of it without the rest to come."""
    target = {"target": {"fileRotationMb": 1}}
    with stream(place, "CREATE TABLE t (id int PRIMARY KEY, body text)", **target) as (it, connection):
        it.wait(connection)
        run(connection, "BEGIN")
        for batch in range(batches):
            text = "md5(random()::text) || md5(random()::text)"
            statement = f"INSERT INTO t SELECT %s + i, {text} FROM generate_series(1, 1000) i"
            run(connection, statement, batch * 1000)
        run(connection, "COMMIT")
        it.wait(connection)
        landed = it.landed()
        landed.check_once()
        assert sorted(record["payload"]["id"] for record in landed.of("t", "cdc")) == list(range(1, batches * 1000 + 1))
        assert (len(landed.by_file) > 1) == (batches > 1)
