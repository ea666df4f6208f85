"""How a run ends: in failure, with the reason and the keys, where a check that holds something back has failed in it.

It is the last thing that a run says, so that all that does not wait for the check is built by then.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from dagster import AssetCheckEvaluation, AssetCheckKey, AssetExecutionContext, AssetKey, Failure, OpExecutionContext

from orchestration import quality_gate

Context = AssetExecutionContext | OpExecutionContext
# A run that failed is started again in the cloud; what the data says would be the same.
NOT_AGAIN = {"dagster/retry_on_asset_or_op_failure": "false"}
ALL_ELSE = "All that does not wait for a check is done."  # a line of the log that Terraform's metrics count
UP_TO_BRONZE = ("source", "bronze")


@dataclass(frozen=True)
class Waiting:
    """A blocking check that failed when it was asked last, in a run: what waits for it, and why."""

    check: AssetCheckKey
    run_id: str
    reason: str

    def __str__(self) -> str:
        return f"{'/'.join(self.check.asset_key.path)} {self.check.name}: {self.reason}"


def end(context: Context, checks: Iterable[AssetCheckKey], left_out: Collection[AssetKey] = ()) -> None:
    """Ends the run in failure where one of the blocking checks failed in it, or keeps it from building an asset.

    left_out: assets that were to be built and are not.

    Raises:
        Failure: it names each of these checks, with what differs.
    """
    found = [each for each in waiting(context, checks) if left_out or each.run_id == context.run.run_id]
    if found:
        context.instance.add_run_tags(context.run.run_id, NOT_AGAIN)
        told = "\n".join(f"  {each}" for each in found)
        context.log.error(ALL_ELSE)
        raise Failure(f"What is built on these waits until they pass, and keeps what it has:\n{told}")


def end_of_bronze(context: AssetExecutionContext, checks: Iterable[AssetCheckKey]) -> None:
    """As `end`, in a run that goes no further than bronze: of others this is not the last step."""
    selected = context.run.asset_selection  # nothing: the whole job
    if selected and all(key.path[0] in UP_TO_BRONZE for key in selected):
        end(context, checks)


def waiting(context: Context, checks: Iterable[AssetCheckKey]) -> Iterator[Waiting]:
    """Those that failed when they were asked last."""
    for check in checks:
        record = quality_gate.last_record(context.instance, check)
        if record is not None and not record.evaluation.passed:
            yield Waiting(check, record.run_id, _reason(record.evaluation))


def _reason(evaluation: AssetCheckEvaluation) -> str:
    """The check's own words, or the figures that it found."""
    found = {name: value.value for name, value in evaluation.metadata.items() if name not in quality_gate.POSITIONS}
    return evaluation.description or ", ".join(f"{name} {value}" for name, value in found.items())
