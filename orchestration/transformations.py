"""Bronze to gold: dbt, by its manifest. A table that failed its gate is left out with all that is built on it."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetsDefinition,
    MaterializeResult,
    OpExecutionContext,
    multi_asset,
)

from contracts.model import Contract, Table
from orchestration import conservation, dbt_build, keys, quality_gate, silver_events, streams, verdict
from orchestration.dbt_build import PARTIAL
from orchestration.dbt_project import Project

PROJECT = Path(__file__).resolve().parent.parent / "dbt"
GOLD = "path:models/gold"
MANIFEST = Path(os.environ.get("DBT_TARGET_PATH") or PROJECT / "target") / "manifest.json"
SUCCEEDED = ("success", "no-op")  # of a model
CHECKED = ("asset_key", "check_name", "passed", "severity", "metadata", "description")  # fields of a check's result


class DbtProjectError(Exception):
    """dbt cannot parse the project; the message is what dbt says."""


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
        [dbt_build.executable(), "--quiet", "parse", *folders], check=False, capture_output=True, text=True
    )
    if parsed.returncode != 0:
        raise DbtProjectError(f"dbt cannot parse {PROJECT}:\n{parsed.stdout}{parsed.stderr}")
    (draft / MANIFEST.name).touch()
    for name in (PARTIAL, MANIFEST.name):
        (draft / name).replace(MANIFEST.parent / name)
    shutil.rmtree(draft, ignore_errors=True)


def project() -> Project:
    """What dbt has parsed. Raises DbtProjectError where it cannot."""
    return Project.read(manifest())


def warehouse_assets(contracts: Sequence[Contract]) -> AssetsDefinition:
    """Staging, silver and gold as one dbt invocation; dbt's tests are checks, and so is equality with the sources."""
    tables = [table for contract in contracts for table in contract.tables]
    parsed = project()

    @multi_asset(
        name="bronze_to_gold",
        specs=[*parsed.specs.values()],
        check_specs=[*parsed.check_specs.values(), *conservation.specs(tables), *silver_events.specs(tables)],
        can_subset=True,
        allow_arbitrary_check_specs=True,
    )
    def bronze_to_gold(context: AssetExecutionContext) -> Iterator[Any]:
        wanted = parsed.selection(context.selected_asset_keys, context.selected_asset_check_keys)
        built: set[AssetKey] = set()
        failure = None
        if wanted is not None:
            excluded = [*held_back(context, tables)]
            arguments = [*wanted, *(["--exclude", *excluded] if excluded else [])]
            try:
                yield from _built(context, parsed, arguments, built)
            except dbt_build.DbtFailed as error:
                failure = error
        yield from conservation.results(context, contracts, without=context.selected_asset_keys - built)
        yield from silver_events.results(context, tables, built)
        if failure is not None:
            raise failure
        verdict.end(context, blocking(tables), context.selected_asset_keys - built)

    return bronze_to_gold


def _built(
    context: AssetExecutionContext, parsed: Project, arguments: Sequence[str], built: set[AssetKey]
) -> Iterator[MaterializeResult[Any] | AssetCheckResult]:
    """dbt's results as those of a step; notes the assets in `built`. Checks that were not selected are left out."""
    for event in build(parsed, arguments):
        if isinstance(event, AssetMaterialization):
            built.add(event.asset_key)
            yield MaterializeResult(asset_key=event.asset_key, metadata=event.metadata)
        elif AssetCheckKey(event.asset_key, event.check_name) in context.selected_asset_check_keys:
            yield AssetCheckResult(**{name: getattr(event, name) for name in CHECKED})


def build(parsed: Project, arguments: Sequence[str]) -> Iterator[AssetMaterialization | AssetCheckEvaluation]:
    """`dbt build` with these arguments: a materialization a model, an evaluation a test.

    Raises:
        dbt_build.DbtFailed: something did not build, or a test failed.
    """
    for result in dbt_build.build(PROJECT, MANIFEST.parent, arguments):
        metadata: dict[str, Any] = {"seconds": result.seconds, "result": result.said}
        if result.unique_id in parsed.specs and result.status in SUCCEEDED:
            yield AssetMaterialization(parsed.specs[result.unique_id].key, metadata=metadata)
        elif result.unique_id in parsed.check_specs and result.status != "skipped":
            check = parsed.check_specs[result.unique_id]
            failures = {} if result.failures is None else {"failed_rows": result.failures}
            yield AssetCheckEvaluation(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=result.status == "pass",
                severity=AssetCheckSeverity.WARN if result.status == "warn" else AssetCheckSeverity.ERROR,
                metadata={**metadata, **failures},
            )


def blocking(tables: Sequence[Table]) -> list[AssetCheckKey]:
    """The checks for which something waits when they fail."""
    kinds = (quality_gate.blocking, streams.blocking, conservation.blocking, silver_events.blocking)
    return [check for table in tables for kind in kinds for check in kind(table)]


def held_back(context: AssetExecutionContext | OpExecutionContext, tables: Sequence[Table]) -> Iterator[str]:
    """What dbt does not build: all of a table that failed its gate, and gold of one that differs from its origin."""
    yield from blocked(context, tables)
    reasons = {
        "does not equal its source": conservation.held_back(context.instance, tables),
        "has not each event of bronze once": silver_events.held_back(context.instance, tables),
    }
    for table in _told(context, reasons, keys.silver, "gold keeps what it has"):
        yield f"source:{table.source}.{table.name}+,{GOLD}"


def blocked(context: AssetExecutionContext | OpExecutionContext, tables: Sequence[Table]) -> Iterator[str]:
    """All of each table that failed its gate, and of each event of which messages are lost or stored twice."""
    reasons = {
        "failed its gate": quality_gate.blocked(context.instance, tables),
        "has not each message once": streams.held_back(context.instance, tables),
    }
    for table in _told(context, reasons, keys.bronze, "silver and gold keep what they have"):
        yield f"source:{table.source}.{table.name}+"


def _told(
    context: AssetExecutionContext | OpExecutionContext,
    reasons: Mapping[str, Sequence[Table]],
    asset: Callable[[Table], AssetKey],
    kept: str,
) -> Iterator[Table]:
    """The tables, each with a line in the log: why it is held back, and what is kept of it."""
    for reason, tables in reasons.items():
        for table in tables:
            context.log.error(f"{'/'.join(asset(table).path)} {reason}: {kept} of it")
            yield table
