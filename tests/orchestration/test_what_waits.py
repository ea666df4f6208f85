"""A check that fails keeps dbt from what is built on its table, and from nothing else: dbt is asked, by its `ls`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dagster import AssetCheckEvaluation, AssetKey, DagsterInstance, build_op_context
from dbt.cli.main import dbtRunner

from contracts.model import Contract
from contracts.reader import load
from orchestration import conservation, keys, quality_gate, streams, transformations

ROOT = Path(__file__).parents[2]
Built = Callable[[list[str]], set[str]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The models that dbt would build without what is excluded."""
    target = str(tmp_path_factory.mktemp("target"))
    folder = str(ROOT / "dbt")

    def ask(excluded: list[str]) -> set[str]:
        folders = ["--project-dir", folder, "--profiles-dir", folder, "--target-path", target, "--log-path", target]
        options = ["--resource-type", "model", "--output", "name", *folders]
        outcome = dbtRunner().invoke(["--quiet", "ls", *options, *(["--exclude", *excluded] if excluded else [])])
        assert outcome.success, outcome.exception
        return set(outcome.result)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOOGLE_CLOUD_PROJECT", "sluice-test")
        yield ask


@pytest.fixture(scope="module")
def saas() -> Contract:
    return next(contract for contract in load(ROOT / "contracts") if contract.id == "saas")


def staged(name: str) -> set[str]:
    """All of a table in silver."""
    return {f"stg_saas__{name}", f"saas_{name}__latest", f"saas_{name}"}


@pytest.mark.long  # dbt is started for each case
def test_what_waits_is_what_is_built_on_the_table(built: Built, saas: Contract) -> None:
    incidents, users, usage = (saas.table(name) for name in ("incidents", "users", "usage_events"))
    cases: list[tuple[AssetKey, str, set[str]]] = [
        (keys.bronze(incidents), quality_gate.ARRIVED_WHOLE, staged("incidents") | {"dim_account"}),
        (keys.silver(users), conservation.EQUALS_SOURCE, {"dim_account", "dim_user"}),
        (keys.bronze(usage), streams.DELIVERED, {"stg_saas__usage_events", "saas_usage_events", "fct_usage_daily"}),
    ]
    everything = built([])
    for asset, check, expected in cases:
        with DagsterInstance.ephemeral() as instance:

            def waits(instance: DagsterInstance = instance) -> set[str]:
                excluded = [*transformations.held_back(build_op_context(instance=instance), saas.tables)]
                return everything - built(excluded) if excluded else set()

            for passed in (True, False, True):
                evaluation = AssetCheckEvaluation(asset_key=asset, check_name=check, passed=passed, metadata={})
                instance.report_runless_asset_event(evaluation)
                assert waits() == (set() if passed else expected), (asset, check)
