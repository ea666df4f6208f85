"""Objects in the bronze bucket that no pipeline of ours wrote: the gate holds back their table, says why, and no other.

Run one seed alone: pytest tests/orchestration/test_bad_parquet.py -m "long or not long" -k <seed>
"""

import io
import random
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dagster import AssetCheckEvaluation, AssetCheckResult, DagsterInstance
from google.cloud import bigquery

from contracts import bronze, names
from contracts.model import Table
from contracts.reader import load
from emulators.supervisor.platform import Platform
from orchestration import clients, quality_gate
from orchestration.quality_gate import Batch

DAY = "2026-03-01"
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
      - {{property: capture, value: cdc}}
      - {{property: history, value: latest}}
    properties:
      - {{name: id, logicalType: integer, physicalType: bigint, primaryKey: true, required: true}}
      - {{name: label, logicalType: string, physicalType: text}}
      - {{name: price, logicalType: number, physicalType: "numeric(10,2)"}}
""" for name in ("things", "others"))  # fmt: skip
TYPES = {
    "INT64": pa.int64(),
    "NUMERIC": pa.decimal128(38, 9),
    "TIMESTAMP": pa.timestamp("us", "UTC"),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Table]]:
    """The tables of a contract, as external tables over an object store; all clients know them."""
    folder = tmp_path_factory.mktemp("gate")
    (folder / "contracts").mkdir()
    (folder / "contracts" / "shop.odcs.yaml").write_text(CONTRACT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLUICE_CONTRACTS", str(folder / "contracts"))
        platform = Platform(folder / "state", any_port=True)
        platform.up("bigquery", "storage", "auth")
        for name, value in platform.environment().items():
            patch.setenv(name, value)
        _forget()
        clients.objects().create_bucket(names.bucket("bronze"))
        clients.warehouse().create_dataset("bronze")
        tables = {table.name: table for table in load()[0].tables}
        for table in tables.values():
            _external(table)
        yield tables
        _forget()
        platform.down()


def _forget() -> None:
    clients.warehouse.cache_clear()
    clients.objects.cache_clear()


def _external(table: Table) -> None:
    folder = f"gs://{names.bucket('bronze')}/{table.source}/{table.name}"
    config = bigquery.ExternalConfig("PARQUET")
    config.source_uris = [f"{folder}/*"]
    layout = bigquery.HivePartitioningOptions()
    layout.mode, layout.source_uri_prefix = "CUSTOM", f"{folder}/{{ingestion_date:DATE}}"
    config.hive_partitioning = layout
    made = bigquery.Table(f"{names.project()}.bronze.{names.table(table.source, table.name)}", _schema(table))
    made.external_data_configuration = config
    clients.warehouse().create_table(made)


def _schema(table: Table) -> list[bigquery.SchemaField]:
    columns = [(name, kind) for name, kind, *_ in bronze.bronze_columns(table) if name != bronze.PARTITION_COLUMN]
    return [bigquery.SchemaField(name, kind) for name, kind in columns]


def put(table: Table, name: str, data: bytes) -> str:
    path = f"{table.source}/{table.name}/ingestion_date={DAY}/{name}.parquet"
    clients.objects().bucket(names.bucket("bronze")).blob(path).upload_from_string(data)
    return path


def remove(path: str) -> None:
    clients.objects().bucket(names.bucket("bronze")).blob(path).delete()


def parquet(table: Table, batch: str, keys: list[int], **other: pa.Array | None) -> bytes:
    """Rows as the pipeline writes them; `other`: columns of another type, unknown ones, missing ones."""
    values: dict[str, list[Any]] = {
        "id": list(keys), "_batch_id": [batch] * len(keys), "_change_type": ["INSERT"] * len(keys),
        "_sort_key": [f"{key:016X}/0000000001" for key in keys],
    }  # fmt: skip
    types = {field.name: TYPES.get(field.field_type, pa.string()) for field in _schema(table)}
    arrays = {name: pa.array(values.get(name, [None] * len(keys)), kind) for name, kind in types.items()}
    made = {name: array for name, array in {**arrays, **other}.items() if array is not None}
    out = io.BytesIO()
    pq.write_table(pa.table(made), out)
    return out.getvalue()


def ask(instance: DagsterInstance, table: Table, *batches: Batch) -> dict[str, AssetCheckResult]:
    """Evaluates the gate as a run does, and records it."""
    found = {result.check_name or "": result for result in quality_gate.results(instance, table, batches)}
    for result in found.values():
        fields = ("asset_key", "check_name", "passed", "metadata", "severity", "description")
        evaluation: dict[str, Any] = {name: getattr(result, name) for name in fields}
        instance.report_runless_asset_event(AssetCheckEvaluation(**evaluation))
    return found


def test_it_holds_back_its_table_alone_until_it_is_gone(shop: dict[str, Table]) -> None:
    things, others = shop["things"], shop["others"]
    first = [put(table, "0000000001-00000", parquet(table, "0000000001", [1, 2])) for table in (things, others)]
    bad = put(things, "0000000002-00000", parquet(things, "0000000002", [3], price=pa.array(["dear"])))
    with DagsterInstance.ephemeral() as instance:
        for table in (things, others):
            ask(instance, table, Batch("0000000001", DAY, 2))
        assert quality_gate.blocked(instance, shop.values()) == [things]
        refused = ask(instance, things, Batch("0000000002", DAY, 1))
        assert not any(result.passed for result in refused.values())
        for result in refused.values():
            assert (
                result.description is not None
                and bad in result.description
                and "BigQuery refuses" in result.description
            )
        remove(bad)
        mended = put(things, "0000000002-00000", parquet(things, "0000000002", [3]))
        assert all(result.passed for result in ask(instance, things).values())
        assert quality_gate.blocked(instance, shop.values()) == []
    for path in (*first, mended):
        remove(path)


def _without(name: str) -> Callable[[Table, str], bytes]:
    return lambda table, batch: parquet(table, batch, [9], **{name: None})


def _cut(table: Table, batch: str) -> bytes:
    whole = parquet(table, batch, [9])
    return whole[: random.Random(batch).randrange(len(whole))]


def _noise(table: Table, batch: str) -> bytes:
    dice = random.Random(batch)
    return dice.choice([b"", b"PAR1", b"PAR1" + dice.randbytes(60) + b"PAR1", dice.randbytes(300), b'{"id": 1}\n'])


def _retyped(table: Table, batch: str) -> bytes:
    other = random.Random(batch).choice([
        {"id": pa.array(["one"])}, {"id": pa.array([1.5])}, {"label": pa.array([5])}, {"price": pa.array([True])},
        {"_sort_key": pa.array([7])}, {"_ingested_at": pa.array(["today"])}, {"label": pa.array([["a"]])},
    ])  # fmt: skip
    return parquet(table, batch, [9], **other)


# What is made, and whether the table can still be read with it.
KINDS: list[tuple[Callable[[Table, str], bytes], bool]] = [
    (lambda table, batch: parquet(table, batch, [9]), True),
    (lambda table, batch: parquet(table, batch, []), True),
    (lambda table, batch: parquet(table, batch, [9], surprise=pa.array([1])), True),
    (_without("label"), True), (_without("price"), True), (_without("_raw"), True),
    (_cut, False), (_noise, False), (_retyped, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 8), *(pytest.param(seed, 2500, marks=pytest.mark.long) for seed in (81, 82, 83, 84))]
)
def test_whatever_lies_there_the_gate_says_whether_it_can_be_read(
    shop: dict[str, Table], seed: int, count: int
) -> None:
    print(f"seed {seed}")
    dice, table = random.Random(seed), shop["things"]
    with DagsterInstance.ephemeral() as instance:
        for number in range(count):
            make, is_readable = dice.choice(KINDS)
            batch = f"{seed:03}{number:07}"
            path = put(table, batch, make(table, batch))
            found = ask(instance, table)[quality_gate.REQUIRED_VALUES]
            assert found.passed == is_readable, (make, found.description)
            assert is_readable or path in str(found.description)
            remove(path)
