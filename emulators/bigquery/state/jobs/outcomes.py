"""What a query job asks for, and what its statements did."""

from dataclasses import dataclass

from emulators.bigquery.sql.model import Field, QueryParameter, TableName
from emulators.bigquery.state.errors import ServiceError
from emulators.bigquery.state.jobs.performed import Performed
from emulators.bigquery.state.jobs.results import Result


@dataclass(frozen=True)
class Query:
    """What a query job asks for, apart from where its result goes; statement_timeout is in milliseconds."""

    project: str
    text: str
    dataset: TableName | None = None
    parameters: tuple[QueryParameter, ...] = ()
    location: str = "US"
    user: str = ""
    legacy: bool = False
    key_result: str = "LAST"
    time_zone: str | None = None
    statement_timeout: int | None = None


DML = ("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE_TABLE")


@dataclass
class Outcome:
    """What a statement, or a whole script, did.

    affected: rows by INSERT, UPDATE and DELETE; wrote_result: the rows of a SELECT went to `target`; job_id: of a
    statement of a script, which is a job of its own; started: when that began, in ms. processed, partitions: what was
    read; transaction: the id of the multi-statement transaction that it was part of.
    """

    kind: str
    schema: tuple[Field, ...] = ()
    result: Result | None = None
    affected: dict[str, int] | None = None
    target: TableName | None = None
    performed: Performed | None = None
    reads: tuple[TableName, ...] = ()
    routines: tuple[TableName, ...] = ()
    text: str = ""
    wrote_result: bool = False
    processed: int = 0
    partitions: int = 0
    transaction: str | None = None
    error: ServiceError | None = None
    undeclared: tuple[QueryParameter, ...] = ()
    job_id: str = ""
    started: int = 0


def referenced(outcome: Outcome) -> list[TableName]:
    """The tables that a statement names: those that it reads, and the one that DML changes."""
    changed = [outcome.target] if outcome.kind in DML and outcome.target is not None else []
    return list(dict.fromkeys([*outcome.reads, *changed]))


def count(outcome: Outcome) -> int | None:
    return None if outcome.affected is None else sum(outcome.affected.values())


def summary(kind: str, outcomes: list[Outcome], key_result: str = "LAST") -> Outcome:
    """A script's own outcome: the rows of its last statement.

    key_result: FIRST_SELECT for the rows of the first SELECT.
    """
    if len(outcomes) == 1 and kind != "SCRIPT":
        return outcomes[0]
    whole = Outcome(kind, reads=tuple(name for outcome in outcomes for name in outcome.reads))
    whole.routines = tuple(dict.fromkeys(name for outcome in outcomes for name in outcome.routines))
    candidates = outcomes[-1:]
    if key_result == "FIRST_SELECT":
        candidates = [outcome for outcome in outcomes if outcome.kind == "SELECT" and outcome.result is not None][:1]
    for outcome in candidates:
        if outcome.result is not None:
            whole.schema, whole.result = outcome.schema, outcome.result
    return whole
