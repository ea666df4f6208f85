"""dbt killed in the middle, and a contract that gains a column: the next run puts everything right."""

import random
import subprocess
import time

import pytest

from tests.dbt.warehouse import NOON, ROOT, Row, Warehouse

STEP = {"_source_timestamp": NOON, "_change_type": "UPDATE"}


def step(incident: int, position: int, note: str, sort: int) -> Row:
    return {
        "incident_id": incident, "position": position, "kind": "note", "note": note, "occurred_at": NOON,
        "_sort_key": f"{sort:016X}/0000000000", **STEP,
    }  # fmt: skip


@pytest.mark.long  # tests/end_to_end/test_company.py kills dbt too
def test_killed_dbt_loses_nothing(warehouse: Warehouse) -> None:
    nodes = ("build", "--quiet", "--select", "+saas_incident_events")
    warehouse.land("incident_events", 1, [step(n, 1, "old", 1) for n in range(500)])
    warehouse.dbt(*nodes)
    dice = random.Random(4)
    for batch in (2, 3):
        warehouse.land("incident_events", batch, [step(n, batch, f"new {batch}", batch) for n in range(500)])
        process = subprocess.Popen(
            warehouse.command(*nodes), env=warehouse.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        time.sleep(dice.uniform(2, 7))
        process.kill()
        process.communicate()
    warehouse.dbt(*nodes)
    rows = warehouse.query("select * from silver.saas_incident_events order by incident_id, position")
    assert [(row["incident_id"], row["position"]) for row in rows] == [(n, p) for n in range(500) for p in (1, 2, 3)]
    assert [row["note"] for row in rows[:3]] == ["old", "new 2", "new 3"]


@pytest.mark.long
def test_two_at_once_end_as_if_one_had_followed_the_other(warehouse: Warehouse) -> None:
    nodes = ("build", "--quiet", "--select", "+saas_users", "saas_users_history", "--exclude-resource-type", "test")
    row = {"account_id": 1, "role": "admin", "is_active": True, "created_at": NOON, "updated_at": NOON, **STEP}
    for batch in (1, 2, 3):
        marks = {"full_name": f"name {batch}", "_sort_key": f"{batch:016X}/0000000001"}
        warehouse.land("users", batch, [{**row, "user_id": n, **marks} for n in range(300)])
        both = [
            subprocess.Popen(
                [*warehouse.command(*nodes), "--target-path", str(warehouse.project / f"target-{one}")],
                env=warehouse.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
            for one in (1, 2)
        ]  # fmt: skip
        for process in both:
            said, _ = process.communicate()
            assert process.returncode == 0, said
        users = warehouse.query("select user_id, full_name from silver.saas_users order by user_id")
        assert [tuple(user.values()) for user in users] == [(n, f"name {batch}") for n in range(300)]
        versions = warehouse.query(
            "select user_id, full_name, is_current from silver.saas_users_history order by user_id, _sort_key"
        )
        told = range(1, batch + 1)
        expected = [(n, f"name {each}", each == batch) for n in range(300) for each in told]
        assert [tuple(version.values()) for version in versions] == expected


@pytest.mark.ci
@pytest.mark.long
def test_new_column_arrives_in_silver(warehouse: Warehouse) -> None:
    nodes = ("build", "--quiet", "--select", "+saas_incidents")
    row = {"account_id": 1, "severity": "low", "status": "open", "opened_at": NOON, "updated_at": NOON, **STEP}
    warehouse.land(
        "incidents", 1, [{**row, "incident_id": n, "title": "t", "_sort_key": f"{1:016X}/0"} for n in (1, 2)]
    )
    view = warehouse.project / "models" / "staging" / "saas" / "stg_saas__incidents.sql"
    text = view.read_text(encoding="utf-8")
    try:
        view.write_text(text.replace("    title,\n", ""), encoding="utf-8")
        warehouse.dbt(*nodes)
        view.write_text(text, encoding="utf-8")
        late = {**row, "incident_id": 2, "title": "later", "_sort_key": f"{2:016X}/0"}
        warehouse.land("incidents", 2, [late])
        warehouse.dbt(*nodes)
        found = warehouse.query("select incident_id, title from silver.saas_incidents order by incident_id")
        assert found == [{"incident_id": 1, "title": None}, {"incident_id": 2, "title": "later"}]
        view.write_text(text.replace("    title,\n", ""), encoding="utf-8")
        warehouse.land("incidents", 3, [{**late, "status": "closed", "_sort_key": f"{3:016X}/0"}])
        warehouse.dbt(*nodes)
        (changed,) = warehouse.query("select status, title from silver.saas_incidents where incident_id = 2")
        assert changed == {"status": "closed", "title": "later"}
    finally:
        view.write_text(text, encoding="utf-8")
    assert (ROOT / "dbt" / "models" / "staging" / "saas" / view.name).read_text(encoding="utf-8") == text
