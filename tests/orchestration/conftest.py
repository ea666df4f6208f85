"""A small shop on a real BigQuery and a real object store: its tables are there, and all clients know them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from google.cloud import bigquery

from contracts import names
from contracts.model import Table
from contracts.reader import load
from emulators.provision import warehouse
from emulators.supervisor.platform import Platform
from orchestration import clients

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: shop
name: Shop
version: 1.0.0
status: active
servers:
  - {server: production, type: postgresql, schema: public}
schema:
""" + "".join(f"""  - name: {name}
    customProperties:
      - {{property: capture, value: {capture}}}
      - {{property: history, value: {history}}}
      {more}
    properties:
      - {{name: id, logicalType: integer, physicalType: bigint, primaryKey: true, required: true}}
      - {{name: label, logicalType: string, physicalType: text}}
      - {{name: price, logicalType: number, physicalType: "numeric(10,2)"}}
      - {{name: moment, logicalType: timestamp, physicalType: timestamptz, required: {required}}}
""" for name, capture, history, more, required in (
    ("things", "cdc", "latest", "", "false"), ("others", "cdc", "latest", "", "false"),
    ("clicks", "stream", "append", "- {property: event_time, value: moment}", "true"),
    ("views", "stream", "append", "- {property: event_time, value: moment}", "true"),
))  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Table]]:
    """Its tables: things and others change, clicks and views are events."""
    with services_of(tmp_path_factory.mktemp("shop"), CONTRACT):
        contracts = load()
        clients.objects().create_bucket(names.bucket("bronze"))
        for dataset in ("bronze", "ops"):
            clients.warehouse().create_dataset(dataset)
        for resource in warehouse.tables(contracts):
            clients.warehouse().create_table(bigquery.Table.from_api_repr(resource.body))
        yield {table.name: table for table in contracts[0].tables}


@contextmanager
def services_of(folder: Path, contract: str, *more: str) -> Iterator[Platform]:
    """BigQuery, Cloud Storage and `more` services, found by the environment, with one contract in folder/contracts."""
    (folder / "contracts").mkdir()
    (folder / "contracts" / "shop.odcs.yaml").write_text(contract)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_CONTRACTS", str(folder / "contracts"))
        platform = Platform(folder / "state", any_port=True)
        platform.up("bigquery", "storage", "auth", *more)
        for name, value in platform.environment().items():
            patch.setenv(name, value)
        _forget()
        try:
            yield platform
        finally:
            _forget()
            platform.down()


def _forget() -> None:
    clients.warehouse.cache_clear()
    clients.objects.cache_clear()
