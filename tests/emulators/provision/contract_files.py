"""Small contracts, written as users write them, and changed as users change them."""

import json
from pathlib import Path

import yaml

CDC = [{"property": "capture", "value": "cdc"}, {"property": "history", "value": "latest"}]
STREAM = [
    {"property": "capture", "value": "stream"},
    {"property": "history", "value": "append"},
    {"property": "event_time", "value": "happened_at"},
]
TOPIC = {"property": "enforcement", "value": "topic"}


def column(name: str, logical: str, physical: str | None = None, **more: object) -> dict[str, object]:
    """One property of a table."""
    typed = {"physicalType": physical} if physical else {}
    return {"name": name, "logicalType": logical, **typed, **more}


def orders(*more: dict[str, object]) -> dict[str, object]:
    """A table that changes."""
    key = column("order_id", "integer", "bigint", primaryKey=True, required=True)
    return {
        "name": "orders",
        "customProperties": CDC,
        "properties": [key, column("total", "number", "numeric(12,2)"), *more],
    }


def items() -> dict[str, object]:
    """Another one."""
    key = column("item_id", "integer", "bigint", primaryKey=True, required=True)
    return {"name": "items", "customProperties": CDC, "properties": [key, column("name", "string", "text")]}


def clicks(*more: dict[str, object], enforced: bool = False) -> dict[str, object]:
    """An event."""
    properties = [
        column("click_id", "string", primaryKey=True, required=True),
        column("weight", "number"),
        column("happened_at", "timestamp", required=True),
        *more,
    ]
    return {"name": "clicks", "customProperties": [*STREAM, *([TOPIC] if enforced else [])], "properties": properties}


def write(folder: Path, *tables: dict[str, object]) -> Path:
    """Write the contract `shop` with these tables; returns the folder."""
    folder.mkdir(exist_ok=True)
    contract = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "shop",
        "name": "Shop",
        "version": "1.0.0",
        "status": "active",
        "servers": [{"server": "production", "type": "postgresql", "schema": "public"}],
        "schema": list(tables),
    }
    # Two tables may share a list, which YAML would write as an alias; contracts have none.
    copied = json.loads(json.dumps(contract))
    (folder / "shop.odcs.yaml").write_text(yaml.safe_dump(copied, sort_keys=False))
    return folder
