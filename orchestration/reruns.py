"""Doing it again, by hand: reload a source or a table from landing, replay dead letters. Both are jobs of the UI.

`reload` has a partition a source and a table; its run config can name a day (ingestion_date) as well. What is not named
is not touched: bronze's objects are exchanged one by one, then dbt builds anew what is made from them. An event has a
partition, too: it is built anew from bronze, which the stream alone writes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetMaterialization,
    Failure,
    Field,
    JobDefinition,
    Noneable,
    OpExecutionContext,
    in_process_executor,
    job,
    op,
    static_partitioned_config,
)

from contracts.model import Contract, Table
from orchestration import (
    batch,
    conservation,
    keys,
    pipelines,
    quality_gate,
    silver_events,
    streams,
    transformations,
    verdict,
)

DAY = Field(Noneable(str), default_value=None, description="Only what was ingested on this day: 2026-11-21.")
WHAT = Field(str, description="A source, a table or an event: saas, saas.accounts, saas.usage_events.")
EVENT = Field(str, description="A source, or source.event: saas, saas.usage_events.")
GOLD = transformations.GOLD
REASON = Field(Noneable(str), default_value=None, description="Only letters with this reason: wrong_type.")


def jobs(contracts: Sequence[Contract]) -> list[JobDefinition]:
    """`reload`, and `replay` where there are events."""
    tables, events = (keys.captured(contracts, capture) for capture in ("cdc", "stream"))
    made = {_reload_job: [*tables, *events], _replay_job: events}
    return [make(contracts) for make, needed in made.items() if needed]


def _reload_job(contracts: Sequence[Contract]) -> JobDefinition:
    tables, events = keys.captured(contracts, "cdc"), keys.captured(contracts, "stream")
    everything = [table for contract in contracts for table in contract.tables]

    @static_partitioned_config(partition_keys=[*_partitions(tables), *map(_full_name, events)])
    def chosen(partition: str) -> Mapping[str, Any]:
        return {"ops": {"reload_from_landing": {"config": {"table": partition}}}}

    @op(config_schema={"table": WHAT, "day": DAY}, out={})
    def reload_from_landing(context: OpExecutionContext) -> Iterator[Any]:
        wanted = _chosen(tables, context.op_config["table"], by_name=events)
        yield from _reload_bronze(context, wanted, context.op_config["day"])
        blocked = [*transformations.blocked(context, wanted)]
        yield from _build(wanted, "+", [GOLD, *blocked], "--full-refresh")
        schemas = {contract.id: contract.database.schema for contract in contracts if contract.database}
        failed = [*quality_gate.blocked(context.instance, wanted), *streams.held_back(context.instance, wanted)]
        for table in (table for table in wanted if table.primary_key and table not in failed):
            if table.capture == "stream":
                yield _evaluation(silver_events.result(context.instance, table, built=True))
            else:
                yield _evaluation(conservation.source_result(context.instance, table, schemas[table.source]))
        held_back = [*transformations.held_back(context, everything)]
        yield from _build(wanted, f"+,{GOLD}", held_back, "--full-refresh")
        verdict.end(context, transformations.blocking(wanted))

    described = "A source or a table again from landing to gold; an event from bronze to gold."

    @job(config=chosen, executor_def=in_process_executor, description=described)
    def reload() -> None:
        reload_from_landing()

    return reload


def _replay_job(contracts: Sequence[Contract]) -> JobDefinition:
    events = keys.captured(contracts, "stream")
    everything = [table for contract in contracts for table in contract.tables]

    @static_partitioned_config(partition_keys=_partitions(events))
    def chosen(partition: str) -> Mapping[str, Any]:
        return {"ops": {"replay_dead_letters": {"config": {"event": partition}}}}

    @op(config_schema={"event": EVENT, "reason": REASON}, out={})
    def replay_dead_letters(context: OpExecutionContext) -> Iterator[Any]:
        wanted = _chosen(events, context.op_config["event"])
        reason = context.op_config["reason"]
        arguments = [*_names(wanted, "--event"), *(["--reason", reason] if reason else [])]
        summary = pipelines.run("replay_dead_letters", arguments, context.log.info)
        for replay in summary["replays"]:
            context.log.info(
                f"{replay['letters']} letters: {replay['in_bronze']} in bronze, still bad: {replay['still']}"
            )
        for table in wanted:
            yield AssetMaterialization(keys.bronze(table), metadata=streams.arrivals(table))
            yield _evaluation(streams.delivered(table))
        yield from _build(wanted, "+", [*transformations.held_back(context, everything)])
        verdict.end(context, transformations.blocking(wanted))

    @job(config=chosen, executor_def=in_process_executor, description="Dead letters again, after a fix.")
    def replay() -> None:
        replay_dead_letters()

    return replay


def _partitions(tables: Sequence[Table]) -> list[str]:
    """Each source, and each table of it."""
    return [*dict.fromkeys(table.source for table in tables), *map(_full_name, tables)]


def _full_name(table: Table) -> str:
    return f"{table.source}.{table.name}"


def _chosen(tables: Sequence[Table], name: str, by_name: Sequence[Table] = ()) -> list[Table]:
    """The tables that a name means; those of `by_name` not by their source's. Raises Failure when it means none."""
    found = [table for table in tables if name in (table.source, _full_name(table))]
    found += [table for table in by_name if name == _full_name(table)]
    if not found:
        known = [*_partitions(tables), *map(_full_name, by_name)]
        raise Failure(f"there is no {name!r}; there are: {', '.join(known)}")
    return found


def _names(tables: Sequence[Table], option: str) -> list[str]:
    return ["--source", tables[0].source, *(word for table in tables for word in (option, table.name))]


def _reload_bronze(context: OpExecutionContext, tables: Sequence[Table], day: str | None) -> Iterator[Any]:
    """Raises Failure where a day is asked for of an event."""
    if tables[0].capture == "stream":
        if day:
            raise Failure(f"{_full_name(tables[0])} is an event: it is built anew from all of bronze, without a day")
        return
    arguments = [*_names(tables, "--table"), *(["--day", day] if day else [])]
    summary = pipelines.run("reload_from_landing", arguments, context.log.info)
    for kept in summary["kept"]:
        context.log.warning(f"kept as it was: {kept}")
    for table in tables:
        metadata = {**batch.metadata(summary, table, context.instance), "reloaded_day": day or "all"}
        yield AssetMaterialization(keys.bronze(table), metadata=metadata)
        batches = batch.batches_of(summary, table)
        for result in quality_gate.results(context.instance, table, batches, afresh=True):
            yield _evaluation(result)


def _evaluation(result: AssetCheckResult) -> AssetCheckEvaluation:
    """A check's result as an event of a run over no assets."""
    assert result.asset_key is not None and result.check_name is not None
    return AssetCheckEvaluation(
        asset_key=result.asset_key,
        check_name=result.check_name,
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
    )


def _build(tables: Sequence[Table], selector: str, excluded: Sequence[str], *options: str) -> Iterator[Any]:
    """dbt's models that are selected from the tables' sources (`source:saas.accounts` and the selector)."""
    selected = [f"source:{table.source}.{table.name}{selector}" for table in tables]
    arguments = [*options, "--select", *selected, *(["--exclude", *excluded] if excluded else [])]
    yield from transformations.build(transformations.project(), arguments)
