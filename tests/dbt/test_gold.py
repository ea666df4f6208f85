"""Silver -> gold: deletes leave fct_billing, and MRR follows the dates of the business and not those of the commits."""

import datetime as dt
import random
from collections import defaultdict
from decimal import Decimal

import pytest

from tests.dbt.warehouse import NOON, Row, Warehouse

EMPTY_TABLES = ("accounts", "users", "incidents")


def marks(position: int, kind: str = "INSERT") -> Row:
    return {"_change_type": kind, "_sort_key": f"{position:016X}/0000000000"}


def bill(number: int, amount: str, position: int, kind: str = "INSERT") -> Row:
    return {
        "billing_event_id": number, "account_id": 1, "subscription_id": 1, "kind": "invoice",
        "amount": Decimal(amount), "currency": "EUR", "occurred_at": NOON, "updated_at": NOON, **marks(position, kind),
    }  # fmt: skip


@pytest.mark.ci
@pytest.mark.long
def test_billing_follows_updates_and_deletes(warehouse: Warehouse) -> None:
    nodes = ("build", "--quiet", "--select", "+fct_billing", "--indirect-selection", "cautious")
    figures = "select billing_event_id, amount from gold.fct_billing order by billing_event_id"
    warehouse.land("billing_events", 1, [bill(1, "10", 1), bill(2, "20", 2), bill(3, "30", 3)])
    warehouse.dbt(*nodes)
    assert warehouse.query(figures) == [
        {"billing_event_id": number, "amount": Decimal(10 * number)} for number in (1, 2, 3)
    ]
    gone = {"billing_event_id": 1, **marks(10, "DELETE")}
    warehouse.land("billing_events", 2, [gone, bill(2, "25", 11, "UPDATE"), bill(4, "40", 12)])
    warehouse.dbt(*nodes)
    assert [tuple(row.values()) for row in warehouse.query(figures)] == [(2, 25), (3, 30), (4, 40)]
    warehouse.land("billing_events", 3, [bill(1, "11", 5, "UPDATE"), bill(3, "31", 2, "UPDATE")])  # both late
    warehouse.dbt(*nodes)
    assert [tuple(row.values()) for row in warehouse.query(figures)] == [(2, 25), (3, 30), (4, 40)]


def versions_of_subscriptions(dice: random.Random) -> list[list[Row]]:
    """Lives of subscriptions in log order: trial, paid, seats changed, ended; some changed in hindsight."""
    lives = []
    for number in range(60):
        day = dt.date(2026, 1, 1) + dt.timedelta(days=dice.randrange(60))
        row: Row = {
            "subscription_id": number, "account_id": number, "plan": dice.choice(["team", "starter"]), "seats": 1,
            "status": "trialing", "mrr": Decimal(0), "started_on": day, "ended_on": None, "updated_at": day,
        }  # fmt: skip
        life = [row]
        for step in range(dice.randrange(5)):
            day += dt.timedelta(days=dice.choice([0, 1, 9, 20]) if number % 10 or step == 0 else -3)
            paid = {"status": "active", "seats": step + 2, "mrr": Decimal("9.50") * (step + 2), "updated_at": day}
            life.append({**life[-1], **paid})
        if dice.random() < 0.4:
            life.append({**life[-1], "status": "canceled", "ended_on": day, "updated_at": day})
        lives.append(life)
    return lives


def expected_mrr(lives: list[list[Row]], last: dt.date) -> dict[tuple[dt.date, str], tuple[int, Decimal]]:
    """Day by day: of each subscription the last version in log order that the business had made by then."""
    found: dict[tuple[dt.date, str], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    first = min(row["started_on"] for life in lives for row in life)
    for day in (first + dt.timedelta(days=n) for n in range((last - first).days + 1)):
        for life in lives:
            known = [row for row in life if row["updated_at"] <= day] or life[:1]
            row = known[-1]
            runs = row["started_on"] <= day and (row["ended_on"] is None or row["ended_on"] > day)
            if runs and row["status"] != "trialing":
                count, mrr = found[day, row["plan"]]
                found[day, row["plan"]] = count + 1, mrr + row["mrr"]
    return dict(found)


@pytest.mark.ci
@pytest.mark.long
def test_mrr_follows_business_dates(warehouse: Warehouse) -> None:
    dice = random.Random(7)
    lives = versions_of_subscriptions(dice)
    order = [number for number, life in enumerate(lives) for _ in life]
    dice.shuffle(order)
    steps = [iter(life) for life in lives]
    log = []
    for position, number in enumerate(order):
        row = next(steps[number])
        moment = dt.datetime.combine(row["updated_at"], dt.time(12), dt.UTC)
        log.append({**row, "updated_at": moment, **marks(position + 1, "UPDATE")})
    half = len(log) // 2
    for batch, rows in enumerate((log[:half], log[half:]), start=1):
        warehouse.land("subscriptions", batch, rows)
        warehouse.dbt("build", "--quiet", "--select", "+mart_mrr_daily")
    last = max(row["updated_at"] for life in lives for row in life)
    rows = warehouse.query("select day, plan, subscriptions, mrr from gold.mart_mrr_daily where subscriptions != 0")
    found = {(row["day"], row["plan"]): (row["subscriptions"], row["mrr"]) for row in rows}
    assert found == expected_mrr(lives, last)


def test_dimensions(warehouse: Warehouse) -> None:
    account = {
        "account_id": 900,
        "name": "A",
        "plan": "team",
        "is_active": True,
        "created_at": NOON,
        "updated_at": NOON,
    }
    user = {"account_id": 900, "role": "admin", "is_active": True, "created_at": NOON, "updated_at": NOON}
    incident = {"account_id": 900, "severity": "low", "status": "open", "opened_at": NOON, "updated_at": NOON}
    start = {"account_id": 900, "plan": "team", "status": "active", "seats": 3, "mrr": Decimal(27), "updated_at": NOON}
    warehouse.land("accounts", 900, [{**account, **marks(10**9)}])
    alone = {**user, "user_id": 4, "account_id": 901, **marks(10**9)}  # whose account has not arrived yet
    people = [{**user, "user_id": n, "is_active": n > 1, **marks(10**9)} for n in (1, 2, 3)]
    warehouse.land("users", 900, [*people, alone])
    warehouse.land("incidents", 900, [{**incident, "incident_id": 1, **marks(10**9)}])
    today = NOON.date()
    day = dt.timedelta(days=1)
    older = {**start, "subscription_id": 902, "started_on": today - day, "mrr": Decimal(1), **marks(10**9)}
    ended = {**older, "subscription_id": 903, "started_on": today + day, "ended_on": today + 2 * day}
    running = {**start, "subscription_id": 900, "started_on": today, **marks(10**9)}
    warehouse.land("subscriptions", 900, [older, running, ended])
    warehouse.dbt("build", "--quiet", "--select", "+dim_account", "+dim_user", "--indirect-selection", "cautious")
    (row,) = warehouse.query("select * from gold.dim_account where account_id = 900")
    assert (row["users"], row["active_users"], row["open_incidents"], row["mrr"], row["seats"]) == (3, 2, 1, 27, 3)
    users = warehouse.query("select user_id, account_name from gold.dim_user where account_id >= 900 order by user_id")
    assert [tuple(row.values()) for row in users] == [(1, "A"), (2, "A"), (3, "A"), (4, None)]


KEYS = {"accounts": "account_id", "users": "user_id", "subscriptions": "subscription_id", "incidents": "incident_id"}
MADE = ("dim_account", "dim_user", "int_subscriptions__span", "mart_mrr_daily")


def change(dice: random.Random, table: str, position: int) -> Row:
    """Any row of a small company changes in any way; sometimes it is gone, and may be back later."""
    key = {KEYS[table]: dice.randrange(5000, 5006)}
    if dice.random() < 0.2:
        return {**key, **marks(position, "DELETE")}
    account, moment = dice.randrange(5000, 5006), NOON + dt.timedelta(days=dice.randrange(40))
    values: dict[str, Row] = {
        "accounts": {"account_id": key.get("account_id"), "name": dice.choice("abc"), "is_active": True},
        "users": {"account_id": account, "role": dice.choice(["admin", "member"]), "is_active": dice.random() < 0.5},
        "subscriptions": {
            "account_id": account, "plan": dice.choice(["team", "starter"]), "seats": dice.randrange(9),
            "status": dice.choice(["trialing", "active"]), "mrr": Decimal(dice.randrange(99)),
            "started_on": NOON.date() + dt.timedelta(days=dice.randrange(30)),
            "ended_on": dice.choice([None, None, moment.date()]),
        },
        "incidents": {"account_id": account, "severity": "low", "resolved_at": dice.choice([None, moment])},
    }  # fmt: skip
    return {**key, **values[table], "created_at": NOON, "updated_at": moment, **marks(position, "UPDATE")}


@pytest.mark.long  # six builds a seed
@pytest.mark.parametrize("seed", range(1, 21))
def test_gold_made_bit_by_bit_is_gold_made_at_once(warehouse: Warehouse, seed: int) -> None:
    """Changes come late, twice, with deletes and moves among them; a batch is seen in parts, a run is done twice."""
    dice, first = random.Random(seed), 2_000_000_000 + seed * 1000
    select = ("--select", *MADE)
    log = [(table, change(dice, table, first + n)) for n in range(160) for table in [dice.choice([*KEYS])]]
    late = [dice.random() < 0.15 for _ in log]
    begun = [entry for entry, is_late in zip(log[:60], late, strict=False) if not is_late]
    more = [entry for entry, is_late in zip(log[60:], late[60:], strict=False) if not is_late]
    rest = [entry for entry, is_late in zip(log, late, strict=True) if is_late]
    parts = [(0, begun), (1, more[:40]), (1, [*more[40:], *more[:5]]), (2, [*rest, *begun[:9]])]
    for number, (batch, entries) in enumerate(parts):
        for table in KEYS:
            rows = [_fitting(warehouse, table, row) for name, row in entries if name == table]
            warehouse.land(table, 1000 + seed * 10 + batch, rows, part=f"-{number}")
        warehouse.dbt("run", "--quiet", "--select", *(f"+{name}" for name in MADE))
    found = {name: sorted(map(repr, warehouse.query(f"select * from gold.{name}"))) for name in MADE}
    warehouse.dbt("run", "--quiet", "--full-refresh", *select)
    for name in MADE:
        assert found[name] == sorted(map(repr, warehouse.query(f"select * from gold.{name}"))), name
    warehouse.dbt("run", "--quiet", *select)
    for name in MADE:
        assert found[name] == sorted(map(repr, warehouse.query(f"select * from gold.{name}"))), name


def _fitting(warehouse: Warehouse, table: str, row: Row) -> Row:
    """The row without what the table does not have."""
    names = {column.name for column in warehouse.saas.table(table).columns}
    return {name: value for name, value in row.items() if name in names or name.startswith("_")}
