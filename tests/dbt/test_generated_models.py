"""Generated models run as they are made, whatever a source calls its columns and whatever types they have."""

import datetime as dt
import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.generate.__main__ import main
from contracts.reader import load
from emulators.provision.apply import apply
from emulators.provision.warehouse import tables
from tests.dbt.warehouse import NOON, Warehouse


@pytest.mark.ci
@pytest.mark.long
def test_awkward_source(warehouse: Warehouse, tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parent / "awkward.odcs.yaml", tmp_path)
    (awkward,) = load(tmp_path)
    list(apply(tables([awkward])))
    assert main(["models", "awkward", "--contracts", str(tmp_path), "--dbt", str(warehouse.project)]) == 0
    row = {
        "order": "o", "group": 1, "select": dt.date(2026, 2, 28), "from": dt.time(23, 59, 59, 999999),
        "Where": dt.datetime(1, 1, 1), "having": Decimal("12345678901234567890.123456789012345678"), "limit": 0.1,
        "all": b"\x00\xff", "union": ["a", "b"], "join": '{"k": [1]}',
    }  # fmt: skip
    warehouse.land(awkward.table("order"), 1, [{**row, "_sort_key": "0000000000000001/0000000000"}])
    stamp = {"_ingested_at": NOON.isoformat(), "_source_timestamp": NOON.isoformat()}
    merge = [
        {"new": n // 2, "at": NOON.isoformat(), "array": ['{"a": 1}', "2"], "_message_id": str(n)} for n in range(4)
    ]
    warehouse.stream(awkward.table("merge"), [{**event, **stamp} for event in merge])
    warehouse.stream(awkward.table("dated"), [{"id": True, "day": "2026-01-01", "_message_id": "1", **stamp}])
    undated = {"id": NOON.isoformat(), "_message_id": "1", **stamp}
    warehouse.stream(awkward.table("undated"), [undated])
    nodes = ("build", "--quiet", "--select", "staging.awkward", "silver.awkward")
    warehouse.dbt(*nodes)
    gone = {"order": "o", "group": 1, "_change_type": "DELETE", "_sort_key": "0000000000000003/0000000000"}
    changed = {**row, "union": [], "_change_type": "UPDATE", "_sort_key": "0000000000000002/0000000000"}
    warehouse.land(awkward.table("order"), 2, [gone, changed, {**row, "group": 2, "_sort_key": "0000000000000004/0"}])
    warehouse.stream(awkward.table("undated"), [undated])
    warehouse.stream(awkward.table("dated"), [{"id": True, "day": "2026-01-01", "_message_id": "1", **stamp}])
    warehouse.dbt(*nodes)
    names = [column.name for column in awkward.table("order").columns]
    (found,) = warehouse.query("select *, to_json_string(`join`) as text from silver.awkward_order")
    expected = {**row, "group": 2, "join": json.loads(str(row["join"]))}
    assert {name: json.loads(found["text"]) if name == "join" else found[name] for name in names} == expected
    history = warehouse.query(
        "select _is_deleted, `union` from silver.awkward_order_history order by `group`, _sort_key"
    )
    assert [(bool(v["_is_deleted"]), v["union"]) for v in history] == [
        (False, ["a", "b"]), (False, []), (True, []), (False, ["a", "b"]),
    ]  # fmt: skip
    events = warehouse.query("select `new`, array_length(`array`) as items from silver.awkward_merge order by 1")
    assert [tuple(event.values()) for event in events] == [(0, 2), (1, 2)]
    counts = "select (select count(*) from silver.awkward_dated), (select count(*) from silver.awkward_undated)"
    assert [tuple(row.values()) for row in warehouse.query(counts)] == [(1, 1)]
