"""`python -m deployment.plan_guard plan.json`: refuses a plan that loses data which no contract has retired.

A table, bucket, dataset, topic, instance or key that is deleted or replaced takes what it holds with it. Allowed are
deleting what belongs to a retired table (docs/contracts.md), and replacing what has no rows: a view, an external table.
"""

import argparse
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts import names
from contracts.model import Contract
from contracts.problems import ContractError
from contracts.reader import load
from deployment.plan import Change, Plan, PlanError, read

# What holds data -> the attribute with its name.
HOLDS_DATA = {
    "google_bigquery_dataset": "dataset_id",
    "google_bigquery_table": "table_id",
    "google_bigtable_instance": "name",
    "google_bigtable_table": "name",
    "google_datastream_stream": "stream_id",
    "google_kms_crypto_key": "name",
    "google_logging_project_bucket_config": "bucket_id",
    "google_pubsub_subscription": "name",
    "google_pubsub_topic": "name",
    "google_secret_manager_secret": "secret_id",
    "google_sql_database": "name",
    "google_sql_database_instance": "name",
    "google_storage_bucket": "name",
}
# Of these, each belongs to one table of a contract, which can retire it. The others belong to all tables.
_OF_ONE_TABLE = ("google_bigquery_table", "google_bigtable_table", "google_pubsub_subscription", "google_pubsub_topic")
_NO_ROWS = ("external_data_configuration", "view", "materialized_view")


@dataclass(frozen=True)
class Refusal:
    """One change that must not be applied, and what to do instead."""

    change: Change
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.change.address}: {self.what}\n    {self.hint}"


def refusals(plan: Plan, contracts: Iterable[Contract]) -> Iterator[Refusal]:
    """Every change of the plan that loses data without a contract's leave."""
    retired = set(retired_names(contracts))
    for change in plan.changes:
        if change.type in HOLDS_DATA and change.effect in ("delete", "replace") and not _allowed(change, retired):
            yield _refusal(change)


def retired_names(contracts: Iterable[Contract]) -> Iterator[str]:
    """The names, in BigQuery, Pub/Sub and Bigtable, of everything that belongs to retired tables."""
    for contract in contracts:
        for table in contract.retired:
            for name in (
                *(names.table, names.archive, names.topic, names.subscription),
                *(names.dead_letter_topic, names.dead_letter_subscription),
            ):
                yield name(contract.id, table)


def _allowed(change: Change, retired: Collection[str]) -> bool:
    if change.effect == "replace":
        return change.type == "google_bigquery_table" and any(change.before.get(key) for key in _NO_ROWS)
    return change.type in _OF_ONE_TABLE and change.before.get(HOLDS_DATA[change.type]) in retired


def _refusal(change: Change) -> Refusal:
    name = change.before.get(HOLDS_DATA[change.type], "?")
    kind = change.type.removeprefix("google_").replace("_", " ")
    if change.effect == "replace":
        cause = f" because of {', '.join(change.forced_by)}" if change.forced_by else ""
        hint = "Make the new one beside it, move the data, and retire the old one; or take the change back."
        return Refusal(change, f"{kind} `{name}` would be deleted and made again, empty{cause}", hint)
    if change.type in _OF_ONE_TABLE:
        hint = "If its rows may go, add {property: retired, value: [table]} to the contract (docs/contracts.md)."
    else:
        hint = "No contract can allow this: it holds what many tables need. See docs/terraform.md, Deleting by hand."
    return Refusal(change, f"{kind} `{name}` would be deleted with what it holds", hint)


def main() -> int:
    """0: nothing is lost; 1: refused; 2: no plan, or wrong contracts."""
    parser = argparse.ArgumentParser(prog="python -m deployment.plan_guard", description=__doc__.splitlines()[0])
    parser.add_argument("plan", type=Path, help="what `terraform show -json tfplan` printed")
    parser.add_argument("--contracts", type=Path, help="folder of contracts; default: SLUICE_CONTRACTS, or contracts/")
    arguments = parser.parse_args()
    try:
        plan, contracts = read(arguments.plan), load(arguments.contracts)
    except (PlanError, ContractError) as error:
        print(error, file=sys.stderr)
        return 2
    found = list(refusals(plan, contracts))
    for refusal in found:
        print(refusal, file=sys.stderr)
    changed = sum(change.effect != "none" for change in plan.changes)
    print(f"{changed} changes, {len(found)} of which would lose data", file=sys.stderr if found else sys.stdout)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
