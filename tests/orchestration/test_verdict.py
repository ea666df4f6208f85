"""A run in which a blocking check failed ends in failure, and says which check, with what; real runs of Dagster."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    DagsterInstance,
    Definitions,
    ExecuteInProcessResult,
    MaterializeResult,
    OpExecutionContext,
    asset,
    define_asset_job,
    job,
    op,
)

from orchestration import verdict

TABLE = AssetKey(["silver", "shop_things"])
CHECK = AssetCheckKey(TABLE, "equals_source")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DagsterInstance]:
    """As in the cloud, a run that failed is started again once."""
    retries = {"run_retries": {"enabled": True, "max_retries": 1}}
    with DagsterInstance.local_temp(str(tmp_path), overrides=retries) as found:
        yield found


def run(
    instance: DagsterInstance, passed: bool | None, left_out: list[AssetKey] | None = None, **told: Any
) -> ExecuteInProcessResult:
    """A run that evaluates the check, if it is said to pass or not, builds something, and ends with the verdict."""

    @op(out={})
    def work(context: OpExecutionContext) -> Iterator[Any]:
        if passed is not None:
            yield AssetCheckEvaluation(asset_key=TABLE, check_name=CHECK.name, passed=passed, **told)
        yield AssetMaterialization(["gold", "of_other_tables"])
        verdict.end(context, [CHECK], left_out or [])

    @job
    def refresh() -> None:
        work()

    return refresh.execute_in_process(instance=instance, raise_on_error=False)


def reason(result: ExecuteInProcessResult) -> str:
    (failure,) = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    return str(failure.error.message if failure.error else "")


def test_it_fails_with_the_keys_after_everything_else_was_built(instance: DagsterInstance) -> None:
    failed = run(instance, False, description="1 key differs: 7 (other values)")
    assert not failed.success and "silver/shop_things equals_source: 1 key differs: 7 (other values)" in reason(failed)
    assert [event.event_type_value for event in failed.all_events if event.is_step_materialization]
    tags = instance.get_run_by_id(failed.run_id).tags  # type: ignore[union-attr]
    assert tags["dagster/will_retry"] == "false"  # the data would say the same
    assert run(instance, True).success


def test_a_check_without_words_tells_its_figures(instance: DagsterInstance) -> None:
    failed = run(instance, False, metadata={"rows_without_value": {"id": 3}, "after": ["1", "2026-01-01"]})
    assert "equals_source: rows_without_value {'id': 3}" in reason(failed)


def test_what_failed_before_fails_only_a_run_that_cannot_build_for_it(instance: DagsterInstance) -> None:
    run(instance, False, description="1 key differs")
    assert run(instance, None).success
    failed = run(instance, None, [AssetKey(["gold", "dim_thing"])])
    assert not failed.success and "1 key differs" in reason(failed)
    assert run(instance, True, [AssetKey(["gold", "dim_thing"])]).success  # dbt has its own words then


def test_a_run_to_bronze_alone_ends_with_its_own_verdict(instance: DagsterInstance) -> None:
    arrived = AssetCheckKey(AssetKey(["bronze", "shop_things"]), "arrived_whole")

    @asset(key=arrived.asset_key, check_specs=[AssetCheckSpec(arrived.name, asset=arrived.asset_key)])
    def bronze(context: AssetExecutionContext) -> Iterator[Any]:
        yield MaterializeResult(check_results=[AssetCheckResult(check_name=arrived.name, passed=False)])
        verdict.end_of_bronze(context, [arrived])

    @asset(key=TABLE, deps=[bronze])
    def silver() -> None: ...

    made = Definitions([bronze, silver], jobs=[define_asset_job("refresh", "*")]).resolve_job_def("refresh")

    def succeeds(*selection: AssetKey) -> bool:
        chosen = [*selection] or None
        return made.execute_in_process(instance=instance, asset_selection=chosen, raise_on_error=False).success

    assert not succeeds(arrived.asset_key)
    assert succeeds(arrived.asset_key, TABLE)
    assert succeeds()
