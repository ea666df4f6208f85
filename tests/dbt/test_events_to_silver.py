"""Events in bronze -> silver: each key once, first come first kept, whatever comes again and however late."""

import datetime as dt

import pytest

from tests.dbt.warehouse import NOON, Row, Warehouse

NODES = ("+saas_usage_events", "fct_usage_daily")


def event(number: int, message: int, ingested: dt.datetime, happened: dt.datetime, quantity: int = 1) -> Row:
    return {
        "event_id": f"e{number}", "account_id": number % 3, "user_id": None if number % 5 == 0 else number % 7,
        "feature": "export" if number % 2 else "search", "quantity": quantity, "duration_seconds": 0.1,
        "properties": '{"n": 1}', "occurred_at": happened.isoformat(), "_message_id": f"m{message:03d}",
        "_ingested_at": ingested.isoformat(), "_source_timestamp": ingested.isoformat(),
        "_batch_id": f"b{message // 100}",
    }  # fmt: skip


def counted(warehouse: Warehouse) -> dict[tuple[dt.date, int, str], tuple[int, int, str]]:
    """fct_usage_daily: (day, account, feature) -> (events, users, seconds)."""
    rows = warehouse.query("select * from gold.fct_usage_daily")
    return {
        (row["day"], row["account_id"], row["feature"]): (row["events"], row["users"], str(row["duration_seconds"]))
        for row in rows
    }


def recounted(warehouse: Warehouse) -> dict[tuple[dt.date, int, str], tuple[int, int, str]]:
    """The same figures from silver's rows, counted here."""
    groups: dict[tuple[dt.date, int, str], list[Row]] = {}
    for row in warehouse.query("select * from silver.saas_usage_events"):
        groups.setdefault((row["occurred_at"].date(), row["account_id"], row["feature"]), []).append(row)
    return {
        key: (
            len(rows),
            len({row["user_id"] for row in rows} - {None}),
            f"{len(rows) * 0.1:.9f}".rstrip("0").rstrip("."),
        )
        for key, rows in groups.items()
    }


@pytest.mark.ci
@pytest.mark.long
def test_each_event_once(warehouse: Warehouse) -> None:
    start = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
    first = [event(n, n, start, NOON + dt.timedelta(hours=7 * n)) for n in range(40)]
    twice = [event(n, 100 + n, start, NOON + dt.timedelta(hours=7 * n)) for n in range(10)]
    ahead = [event(60, 60, start + dt.timedelta(hours=12), NOON)]  # of a clock that is put right before the next run
    warehouse.stream("usage_events", first + twice + ahead)
    warehouse.dbt("build", "--quiet", "--select", *NODES)
    rows = warehouse.query("select event_id, _message_id from silver.saas_usage_events")
    assert {row["event_id"]: row["_message_id"] for row in rows} == {f"e{n}": f"m{n:03d}" for n in [*range(40), 60]}
    assert counted(warehouse) == recounted(warehouse)

    late = dt.timedelta(hours=1)
    again = [event(n, 200 + n, start + late, NOON + dt.timedelta(hours=7 * n), quantity=9) for n in range(5, 25)]
    behind = [event(50, 50, start - late, NOON - dt.timedelta(days=40))]  # a clock that was set back
    other_day = [event(3, 300, start + late, NOON + dt.timedelta(hours=7 * 3 + 30), quantity=9)]
    counted_before = [
        {**event(51, 51, start + late, NOON), **{name: first[0][name] for name in ("account_id", "feature")}}
    ]
    warehouse.stream("usage_events", again + behind + other_day + counted_before)
    warehouse.dbt("build", "--quiet", "--select", *NODES)
    rows = warehouse.query("select event_id, _message_id, quantity from silver.saas_usage_events")
    assert {row["event_id"]: row["_message_id"] for row in rows} == {
        f"e{n}": f"m{n:03d}" for n in [*range(40), 50, 51, 60]
    }
    assert len(rows) == 43
    assert {row["quantity"] for row in rows} == {1}
    assert counted(warehouse) == recounted(warehouse)

    silver = warehouse.query("select * from silver.saas_usage_events order by event_id")
    warehouse.dbt("build", "--quiet", "--select", *NODES)
    assert warehouse.query("select * from silver.saas_usage_events order by event_id") == silver
    assert counted(warehouse) == recounted(warehouse)
