"""Bronze to gold: dbt, by its manifest. A table that failed its gate is left out with all that is built on it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, OpExecutionContext
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from contracts.model import Contract, Table
from orchestration import conservation, keys, quality_gate, streams

PROJECT = Path(__file__).resolve().parent.parent / "dbt"
PARTIAL = "partial_parse.msgpack"
GOLD = "path:models/gold"
MANIFEST = Path(os.environ.get("DBT_TARGET_PATH") or PROJECT / "target") / "manifest.json"


class DbtProjectError(Exception):
    """dbt cannot parse the project; the message is what dbt says."""


class LayerKeys(DagsterDbtTranslator):
    """dbt's nodes under [layer, table]: a source or model in dataset silver is [silver, name]."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """The asset key of a dbt node: its layer, then its relation's name."""
        if dbt_resource_props["resource_type"] == "source":
            return AssetKey(["bronze", dbt_resource_props["identifier"]])
        layer = (dbt_resource_props.get("config") or {}).get("schema") or "silver"
        return AssetKey([layer, dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Silver models belong to their source's group, gold to `gold`."""
        path = dbt_resource_props.get("fqn", [])
        return path[-2] if len(path) > 2 else None


def manifest() -> Path:
    """dbt's manifest, made again when a file of the project is newer than it.

    Raises:
        DbtProjectError: dbt cannot parse the project.
    """
    sources = (
        file for folder in ("models", "macros", "tests", "snapshots", "seeds") for file in (PROJECT / folder).rglob("*")
    )
    newest = max(file.stat().st_mtime for file in (PROJECT / "dbt_project.yml", *sources))
    if not MANIFEST.exists() or MANIFEST.stat().st_mtime < newest:
        _parse()
    return MANIFEST


def _parse() -> None:
    """Makes the manifest, and what speeds up the next parsing. Killed at any moment, it leaves the old or the new."""
    draft = MANIFEST.parent / f"parsing-{os.getpid()}"
    draft.mkdir(parents=True, exist_ok=True)
    if (MANIFEST.parent / PARTIAL).exists():
        shutil.copyfile(MANIFEST.parent / PARTIAL, draft / PARTIAL)
    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(draft)]
    parsed = subprocess.run(
        [dbt_executable(), "--quiet", "parse", *folders], check=False, capture_output=True, text=True
    )
    if parsed.returncode != 0:
        raise DbtProjectError(f"dbt cannot parse {PROJECT}:\n{parsed.stdout}{parsed.stderr}")
    (draft / MANIFEST.name).touch()
    for name in (PARTIAL, MANIFEST.name):
        (draft / name).replace(MANIFEST.parent / name)
    shutil.rmtree(draft, ignore_errors=True)


def dbt_executable() -> str:
    """The dbt of this Python environment, whatever PATH says."""
    return shutil.which("dbt", path=str(Path(sys.executable).parent)) or "dbt"


def resource() -> DbtCliResource:
    """The dbt command line over our project."""
    return DbtCliResource(project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=dbt_executable())


def warehouse_assets(contracts: Sequence[Contract]) -> AssetsDefinition:
    """Staging, silver and gold as one dbt invocation; dbt's tests are the assets' checks."""
    tables = [table for contract in contracts for table in contract.tables]

    @dbt_assets(manifest=manifest(), name="bronze_to_gold", dagster_dbt_translator=LayerKeys())
    def bronze_to_gold(context: AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        excluded = [*held_back(context, tables)]
        arguments = ["build", *(["--exclude", " ".join(excluded)] if excluded else [])]
        yield from dbt.cli(arguments, context=context).stream()

    return bronze_to_gold


def held_back(context: AssetExecutionContext | OpExecutionContext, tables: Sequence[Table]) -> Iterator[str]:
    """What dbt does not build: all of a table that failed its gate, and gold of one that does not equal its source."""
    yield from blocked(context, tables)
    for table in conservation.held_back(context.instance, tables):
        name = "/".join(keys.silver(table).path)
        context.log.error(f"{name} does not equal its source: gold keeps what it has of it")
        yield f"source:{table.source}.{table.name}+,{GOLD}"


def blocked(context: AssetExecutionContext | OpExecutionContext, tables: Sequence[Table]) -> Iterator[str]:
    """All of each table that failed its gate, and of each event of which messages are lost or stored twice."""
    reasons = {
        "failed its gate": quality_gate.blocked(context.instance, tables),
        "has not each message once": streams.held_back(context.instance, tables),
    }
    for reason, table in ((reason, table) for reason, found in reasons.items() for table in found):
        name = "/".join(keys.bronze(table).path)
        context.log.error(f"{name} {reason}: silver and gold keep what they have of it")
        yield f"source:{table.source}.{table.name}+"
