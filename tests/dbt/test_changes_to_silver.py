"""A change log in bronze -> silver's current state and history, compared with a log kept in Python.

Each key lives its own random life (insert, update, delete, come back, change its key); the changes arrive in batches,
some late, some twice, some batches in two files with a run in between. After every run silver is what the changes that
have arrived say, in log order.
"""

import datetime as dt
import json
import random
from collections import defaultdict
from typing import Any, NamedTuple

import pytest

from tests.dbt.warehouse import NOON, Row, Warehouse

KEYS = 120
BATCHES = 3
NODES = "+saas_accounts saas_accounts_history"


class Change(NamedTuple):
    """One entry of the log."""

    position: int
    kind: str
    row: Row

    @property
    def sort_key(self) -> str:
        return f"{self.position // 10:016X}/{self.position % 10:010d}"

    @property
    def committed_at(self) -> dt.datetime:
        return NOON + dt.timedelta(seconds=self.position // 10)

    @property
    def is_delete(self) -> bool:
        return self.kind in ("DELETE", "UPDATE-DELETE")


def full_row(key: int, dice: random.Random) -> Row:
    settings = dice.choice([None, "{}", '{"a": [1, 2.5, "x"], "b": null}', '"text"', "null"])
    return {
        "account_id": key, "name": dice.choice(["Ada", "Ümlaut", "o'x", ""]), "email": dice.choice([None, "a@b.c"]),
        "country": None, "plan": dice.choice(["team", "starter"]), "is_active": dice.random() < 0.5,
        "settings": settings, "created_at": NOON, "updated_at": NOON + dt.timedelta(minutes=dice.randrange(10**6)),
    }  # fmt: skip


def random_log(dice: random.Random) -> list[Change]:
    """A log of some changes to each key, in log order. Keys from KEYS on are reached by changes of a key alone."""
    log: list[Change] = []
    present: set[int] = set()
    for position in range(0, KEYS * 60, 10):
        key, step = dice.randrange(KEYS), dice.random()
        if key not in present:
            log.append(Change(position, "INSERT", full_row(key, dice)))
            present.add(key)
        elif step < 0.25:
            log.append(Change(position, "DELETE", {"account_id": key}))
            present.discard(key)
        elif step < 0.35 and key + KEYS not in present:
            log.append(Change(position, "UPDATE-DELETE", {"account_id": key}))
            log.append(Change(position + 1, "UPDATE-INSERT", full_row(key + KEYS, dice)))
            present ^= {key, key + KEYS}
        elif step < 0.45 and key + KEYS in present:
            log.append(Change(position, "DELETE", {"account_id": key + KEYS}))
            present.discard(key + KEYS)
        else:
            log.append(Change(position, "UPDATE", full_row(key, dice)))
    return log


def bronze(change: Change) -> Row:
    marks = {"_change_type": change.kind, "_sort_key": change.sort_key, "_source_timestamp": change.committed_at}
    return {**change.row, **marks}


def expected_current(arrived: list[Change]) -> list[Row]:
    newest: dict[int, Change] = {}
    for change in sorted(arrived):
        newest[change.row["account_id"]] = change
    return [newest[key].row for key in sorted(newest) if not newest[key].is_delete]


def expected_history(arrived: list[Change]) -> list[tuple[Any, ...]]:
    lives: dict[int, list[Change]] = defaultdict(list)
    for change in sorted({change.position: change for change in arrived}.values()):
        lives[change.row["account_id"]].append(change)
    versions = []
    for key in sorted(lives):
        for change, successor in zip(lives[key], [*lives[key][1:], None], strict=True):
            ended = successor.committed_at if successor else change.committed_at if change.is_delete else None
            current = successor is None and not change.is_delete
            versions.append((key, change.sort_key, change.row.get("name"), change.committed_at, ended, current))
    return versions


def parsed(row: Row) -> Row:
    return {**row, "settings": json.loads(row["settings"] or "null")}


def check(warehouse: Warehouse, arrived: list[Change]) -> None:
    found = warehouse.query(
        "select account_id, name, email, country, plan, is_active, to_json_string(settings) as settings, created_at,"
        " updated_at from silver.saas_accounts order by account_id"
    )
    assert [parsed(row) for row in found] == [parsed(row) for row in expected_current(arrived)]
    columns = "account_id, _sort_key, name, valid_from, valid_to, is_current"
    rows = warehouse.query(f"select {columns} from silver.saas_accounts_history order by account_id, _sort_key")
    assert [tuple(row.values()) for row in rows] == expected_history(arrived)


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize("seed", [20260101])
def test_silver_follows_the_log(warehouse: Warehouse, seed: int) -> None:
    dice = random.Random(seed)
    deliveries: list[list[Change]] = [[] for _ in range(BATCHES)]
    log = random_log(dice)
    for number, change in enumerate(log):
        batch = number * BATCHES // len(log)
        if dice.random() < 0.1:  # late
            batch = dice.randrange(batch, BATCHES)
        deliveries[batch].append(change)
        if dice.random() < 0.1:  # twice
            deliveries[dice.randrange(batch, BATCHES)].append(change)
    arrived: list[Change] = []
    for batch, changes in enumerate(deliveries, start=1):
        dice.shuffle(changes)
        half = len(changes) // 2 if batch == 2 else len(changes)
        for part in (changes[:half], changes[half:]):
            if part:
                day = (
                    f"2026-01-{2 + batch // 3 - (batch % 3 == 1):02d}"  # now and then the clock goes back over midnight
                )
                suffix = "-00001" if part is not changes[:half] and half < len(changes) and arrived else ""
                warehouse.land("accounts", batch, [bronze(change) for change in part], day, suffix if half else "")
                arrived += part
                warehouse.dbt("build", "--quiet", "--select", *NODES.split())
                check(warehouse, arrived)
    before = warehouse.query("select * from silver.saas_accounts__latest order by account_id")
    history = warehouse.query("select * from silver.saas_accounts_history order by account_id, _sort_key")
    warehouse.dbt("build", "--quiet", "--select", *NODES.split())
    assert warehouse.query("select * from silver.saas_accounts__latest order by account_id") == before
    assert warehouse.query("select * from silver.saas_accounts_history order by account_id, _sort_key") == history
