"""dbt killed in the middle, and a contract that gains a column: the next run puts everything right."""

import random
import subprocess
import time

from tests.dbt.warehouse import NOON, ROOT, Row, Warehouse

STEP = {"_source_timestamp": NOON, "_change_type": "UPDATE"}


def step(incident: int, position: int, note: str, sort: int) -> Row:
    return {
        "incident_id": incident, "position": position, "kind": "note", "note": note, "occurred_at": NOON,
        "_sort_key": f"{sort:016X}/0000000000", **STEP,
    }  # fmt: skip


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
