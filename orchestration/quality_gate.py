"""The gate between bronze and silver: each contract's rules, asked of what arrived since the table last passed them.

A rule is asked of the rows as the new batches leave them (the last change of each key, deletes left out); rowCount of
all of bronze. Two checks hold for every table without being written: `required_values` (no NULL where the contract says
required) and `arrived_whole` (as many rows in bronze as the pipeline's manifests say). A blocking check that failed
holds back the table and all that is built on it, and nothing else, until it passes. So does a question that BigQuery
refuses, for an object of bronze that it cannot read for instance: the check has failed, with BigQuery's reason.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from dagster import AssetCheckKey, AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, DagsterInstance
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation
from google.api_core.exceptions import ClientError

from contracts import names, quality
from contracts.bronze import PARTITION_COLUMN
from contracts.model import Comparison, QualityRule, Table
from contracts.sql_text import name as quoted
from orchestration import clients, keys

REQUIRED_VALUES, ARRIVED_WHOLE = "required_values", "arrived_whole"
AFTER, THROUGH = POSITIONS = ("after", "through")  # metadata: which batches a check was asked of
Answer = tuple[bool, Mapping[str, Any]]  # whether a check passed, and its metadata
Ask = Callable[[], Answer]
# Dagster's page calls each of these checks non-blocking, as it is not Dagster that holds back what is downstream.
HOLDS_BACK = "Until it passes, silver and gold keep what they have of it, and all else goes on."
HOLDS_NOTHING_BACK = "A warning: nothing waits for it."
HISTORY = 20  # evaluations to look back for the last one that came to an end


@dataclass(frozen=True, order=True)
class Batch:
    """A batch of one table: rows is what its manifest says."""

    batch_id: str
    ingestion_date: str
    rows: int = 0


BEFORE_ALL = Batch("", "1970-01-02")


def specs(tables: Iterable[Table]) -> list[AssetCheckSpec]:
    """The checks of the tables' bronze assets."""
    return [spec for table in tables for spec in _specs(table)]


def _specs(table: Table) -> Iterator[AssetCheckSpec]:
    asset = keys.bronze(table)
    for rule in table.quality:
        told = " ".join(filter(None, [rule.description, HOLDS_BACK if rule.blocking else HOLDS_NOTHING_BACK]))
        yield AssetCheckSpec(rule.name, asset=asset, description=told)
    for name, told in (
        (REQUIRED_VALUES, "Columns that the contract requires hold values."),
        (ARRIVED_WHOLE, "As many rows in bronze as the batches' manifests say."),
    ):
        yield AssetCheckSpec(name, asset=asset, description=f"{told} {HOLDS_BACK}")


def blocked(instance: DagsterInstance, tables: Iterable[Table]) -> list[Table]:
    """The tables that a blocking check holds back: its last evaluation failed."""
    return failing(instance, tables, blocking)


def failing(
    instance: DagsterInstance, tables: Iterable[Table], checks: Callable[[Table], Sequence[AssetCheckKey]]
) -> list[Table]:
    """The tables of which the last evaluation of one of the checks did not pass."""
    return [table for table in tables if any(_fails(instance, check) for check in checks(table))]


def blocking(table: Table) -> list[AssetCheckKey]:
    """The checks of a table's gate that hold it back."""
    if table.capture != "cdc":
        return []
    names = [*(rule.name for rule in table.quality if rule.blocking), REQUIRED_VALUES, ARRIVED_WHOLE]
    return [AssetCheckKey(keys.bronze(table), name) for name in names]


def _fails(instance: DagsterInstance, check: AssetCheckKey) -> bool:
    evaluation = last(instance, check)
    return evaluation is not None and not evaluation.passed


def results(
    instance: DagsterInstance, table: Table, batches: Sequence[Batch], afresh: bool = False
) -> Iterator[AssetCheckResult]:
    """Evaluates a table's gate after a run of landing_to_bronze, which brought these batches.

    afresh: ask the rules of all rows, because batches that passed before have been made again.

    Raises:
        google.api_core.exceptions.ServerError: BigQuery does not answer.
    """
    newest = max(batches, default=BEFORE_ALL)
    yield _arrived_whole(instance, table, batches)
    for rule in table.quality:
        since = BEFORE_ALL if afresh else _since(instance, table, rule.name)
        yield _evaluation(table, rule.name, rule.blocking, since, newest, partial(_ask_rule, table, rule, since))
    since = BEFORE_ALL if afresh else _since(instance, table, REQUIRED_VALUES)
    yield _evaluation(table, REQUIRED_VALUES, True, since, newest, partial(_ask_required, table, since))


def _evaluation(table: Table, check: str, blocking: bool, since: Batch, newest: Batch, ask: Ask) -> AssetCheckResult:
    """A check's result. A question that is refused has failed, and is asked again of the same batches."""
    try:
        passed, found = ask()
    except ClientError as refused:
        return _result(table, check, False, blocking, since, since, {}, f"BigQuery refuses: {refused.message}")
    return _result(table, check, passed, blocking, since, newest, found)


def _ask_rule(table: Table, rule: QualityRule, since: Batch) -> Answer:
    row = _ask([rule], _relation(table, since, rule))[0]
    return bool(row["passed"]), row


def _ask_required(table: Table, since: Batch) -> Answer:
    required = [_required(table, column.name) for column in table.columns if column.required]
    rows = _ask(required, _relation(table, since)) if required else []
    faults = {row["rule"]: row["failed_rows"] for row in rows if not row["passed"]}
    return not faults, {"rows_without_value": faults}


def _arrived_whole(instance: DagsterInstance, table: Table, batches: Sequence[Batch]) -> AssetCheckResult:
    """Batches that were not found whole are asked for again until they are."""
    before = last(instance, AssetCheckKey(keys.bronze(table), ARRIVED_WHOLE))
    missing: Any = before.metadata["not_whole"].value if before is not None and not before.passed else []
    expected = sorted({*(Batch(*batch) for batch in missing), *batches})
    reason = None
    try:
        found = _rows_by_batch(table, expected) if expected else {}
    except ClientError as refused:
        found, reason = {}, f"BigQuery refuses: {refused.message}"
    wrong = [batch for batch in expected if reason or found.get(batch.batch_id, 0) != batch.rows]
    metadata = {
        "rows": sum(batch.rows for batch in expected),
        "rows_found": sum(found.values()),
        "not_whole": [[batch.batch_id, batch.ingestion_date, batch.rows] for batch in wrong],
    }
    newest = max(batches, default=BEFORE_ALL)
    return _result(table, ARRIVED_WHOLE, not wrong, True, BEFORE_ALL, newest, metadata, reason)


def _rows_by_batch(table: Table, batches: Sequence[Batch]) -> dict[str, int]:
    days = ", ".join(sorted({f"date '{batch.ingestion_date}'" for batch in batches}))
    wanted = ", ".join(f"'{batch.batch_id}'" for batch in batches)
    rows = clients.query(
        f"select _batch_id, count(*) as row_count from {_bronze(table)} "
        f"where {PARTITION_COLUMN} in ({days}) and _batch_id in ({wanted}) group by _batch_id"
    )
    return {row["_batch_id"]: row["row_count"] for row in rows}


def _ask(rules: Sequence[QualityRule], relation: str) -> list[dict[str, Any]]:
    return clients.query(quality.checks_sql(rules, relation))


def _relation(table: Table, since: Batch, rule: QualityRule | None = None) -> str:
    """What a rule is asked of: the state that the batches after `since` leave; for a row count, all of bronze.

    Every query names days, for tables that require it.
    """
    if rule is not None and rule.metric == "rowCount":
        return f"(select * from {_bronze(table)} where {PARTITION_COLUMN} >= date '1970-01-01')"
    arrived = (
        f"select * from {_bronze(table)} where _batch_id > '{since.batch_id}' "
        f"and {PARTITION_COLUMN} >= date_sub(date '{since.ingestion_date}', interval 1 day)"
    )
    if table.primary_key:
        key = ", ".join(quoted(column) for column in table.primary_key)
        arrived += f" qualify row_number() over (partition by {key} order by _sort_key desc) = 1"
    return f"(select * from ({arrived}) where _change_type not in ('DELETE', 'UPDATE-DELETE'))"


def _required(table: Table, column: str) -> QualityRule:
    return QualityRule(column, table.name, "nullValues", (column,), (Comparison("=", 0),), "rows", blocking=True)


def _bronze(table: Table) -> str:
    return f"`{names.qualified('bronze', names.table(table.source, table.name))}`"


def _since(instance: DagsterInstance, table: Table, check: str) -> Batch:
    """The batch after which to look: the last one that passed, or the one before the first that did not."""
    before = last(instance, AssetCheckKey(keys.bronze(table), check))
    if before is None:
        return BEFORE_ALL
    position: Any = before.metadata[THROUGH if before.passed else AFTER].value
    batch_id, ingestion_date = position
    return Batch(str(batch_id), str(ingestion_date))


def last(instance: DagsterInstance, check: AssetCheckKey) -> AssetCheckEvaluation | None:
    """The last evaluation that came to an end."""
    return next(evaluations(instance, check), None)


def evaluations(instance: DagsterInstance, check: AssetCheckKey) -> Iterator[AssetCheckEvaluation]:
    """The evaluations that came to an end, the last one first."""
    yield from (record.evaluation for record in _records(instance, check))


def last_record(instance: DagsterInstance, check: AssetCheckKey) -> Any:
    """Dagster's record of the last evaluation, which knows the run."""
    return next(_records(instance, check), None)


def _records(instance: DagsterInstance, check: AssetCheckKey) -> Iterator[Any]:
    """A run that died leaves only the plan of an evaluation."""
    history = instance.event_log_storage.get_asset_check_execution_history(check, limit=HISTORY)
    yield from (record for record in history if isinstance(record.evaluation, AssetCheckEvaluation))


def _result(
    table: Table,
    check: str,
    passed: bool,
    blocking: bool,
    since: Batch,
    newest: Batch,
    metadata: Mapping[str, Any],
    reason: str | None = None,
) -> AssetCheckResult:
    shown = {name: value for name, value in metadata.items() if name not in ("rule", "passed") and value is not None}
    through = max(since, newest)
    return AssetCheckResult(
        check_name=check,
        asset_key=keys.bronze(table),
        passed=passed,
        severity=AssetCheckSeverity.ERROR if blocking else AssetCheckSeverity.WARN,
        description=reason,
        metadata={
            **shown,
            AFTER: [since.batch_id, since.ingestion_date],
            THROUGH: [through.batch_id, through.ingestion_date],
        },
    )
