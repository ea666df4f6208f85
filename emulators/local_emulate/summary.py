"""What a person reads at the end: what arrived and whether it agrees, gold's figures, seconds, addresses."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.cloud import bigquery

from emulators.company.errors import CompanyError
from emulators.company.ledger import Ledger
from emulators.local_emulate.dagster import Check, Run
from emulators.supervisor.environment import PROJECT, sources

HEADLINES = {
    "accounts": ("dim_account", "select count(*) from gold.{}"),
    "people": ("dim_user", "select count(*) from gold.{}"),
    "monthly recurring revenue": (
        "mart_mrr_daily",
        "select sum(mrr), day from gold.{} group by day order by day desc limit 1",
    ),
    "invoiced in all": ("fct_billing", "select sum(amount) from gold.{} where kind = 'invoice'"),
    "usage events counted": ("fct_usage_daily", "select sum(events) from gold.{}"),
}


@dataclass(frozen=True)
class TableLine:
    """One table: rows in the source and in silver as the conservation check found them, changes in bronze.

    in_flight: rows that the source has changed since the run began, or just before.
    """

    name: str
    source_rows: int
    bronze_rows: int
    silver_rows: int
    agrees: bool
    in_flight: int


@dataclass(frozen=True)
class EventLine:
    """One event: messages published (None: nobody counted), in bronze, dead-lettered by reason, distinct in silver.

    uncertain: how many may have been published beyond that, because the answer was lost and they were sent again.
    """

    name: str
    published: int | None
    kept: int
    dead_letters: dict[str, int]
    silver_rows: int
    uncertain: int = 0

    @property
    def agrees(self) -> bool:
        """Whether every published message is in bronze or among the dead letters."""
        stored = self.kept + sum(self.dead_letters.values())
        return self.published is None or self.published <= stored <= self.published + self.uncertain


class Summary:
    """Asked of BigQuery through the official client, and of the run's own checks."""

    def __init__(self, run: Run, company: Path | None, at_rest: Collection[str] = ()) -> None:
        """at_rest: sources that nobody changes during the run, so that nothing of them may be in flight."""
        self._at_rest = tuple(f"{source}_" for source in at_rest)
        self._client = bigquery.Client(project=PROJECT)
        self.run = run
        self.tables = self._tables(run)
        self.events = self._events(company)
        self.headlines = self._headlines()

    @property
    def agrees(self) -> bool:
        """Whether everything that was compared is the same."""
        return all(table.agrees for table in self.tables) and all(event.agrees for event in self.events)

    def _tables(self, run: Run) -> list[TableLine]:
        checks = {check.asset.split("/")[-1]: check for check in run.checks if check.name == "equals_source"}
        counted = self._counts("bronze", checks)
        return [
            _table_line(name, check, counted[name], name.startswith(self._at_rest)) for name, check in checks.items()
        ]

    def _events(self, company: Path | None) -> list[EventLine]:
        names = [table.table_id for table in self._client.list_tables("bronze") if table.table_type == "TABLE"]
        kept = self._counts("bronze", names, "where not starts_with(_batch_id, 'replay-')")  # those were letters before
        silver = self._counts("silver", names)
        published = _published(company, names)
        dead: dict[str, dict[str, int]] = {name: {} for name in names}
        rows = self._rows(
            "select source, object, reason, count(*) from ops.dead_letters group by 1, 2, 3 order by 4 desc"
        )
        for source, event, reason, letters in rows:
            dead.setdefault(f"{source}_{event}", {})[reason] = letters
        return [
            EventLine(name, accepted, kept[name], dead[name], silver[name], uncertain)
            for name in names
            for accepted, uncertain in [published.get(name, (None, 0))]
        ]

    def _headlines(self) -> dict[str, str]:
        there = {table.table_id for table in self._client.list_tables("gold")} if "saas" in sources() else set()
        answers = {name: self._rows(sql.format(table)) for name, (table, sql) in HEADLINES.items() if table in there}
        return {name: _headline(*rows[0]) if rows else "-" for name, rows in answers.items()}

    def _counts(self, dataset: str, names: Iterable[str], condition: str = "") -> dict[str, int]:
        """Rows of each table; 0 of one that is not there, because a run failed before it was built."""
        there = {table.table_id for table in self._client.list_tables(dataset)}
        parts = [f"select '{name}', count(*) from {dataset}.{name} {condition}" for name in names if name in there]
        return dict.fromkeys(names, 0) | (dict(self._rows(" union all ".join(parts))) if parts else {})

    def _rows(self, sql: str) -> Sequence[Any]:
        return [tuple(row.values()) for row in self._client.query_and_wait(sql)]


def _table_line(name: str, check: Check, bronze_rows: int, at_rest: bool) -> TableLine:
    """A source that could not be asked has no rows."""
    found = (int(check.metadata.get(figure) or 0) for figure in ("source_rows", "silver_rows", "in_flight"))
    source, silver, in_flight = found
    return TableLine(name, source, bronze_rows, silver, check.passed and not (at_rest and in_flight), in_flight)


def _published(company: Path | None, names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Messages that the company's ledger says were accepted, and those of which it does not know.

    Nothing where no company was played.
    """
    try:
        ledger = Ledger(company) if company else None
    except CompanyError:
        ledger = None
    counts = {name: ledger.event_counts(name) for name in names} if ledger else {}
    return {
        name: (sum(count.values()) - count["refused"], ledger.uncertain_count(name))
        for name, count in counts.items()
        if count and ledger
    }


def render(summary: Summary, seconds: dict[str, float], total: float, dagster: str) -> str:
    """The summary as text."""
    blocks = [
        _tables_text(summary),
        _events_text(summary),
        _headlines_text(summary),
        _seconds_text(summary, seconds, total),
    ]
    blocks.append(
        f"Dagster   {dagster}    run {dagster}/runs/{summary.run.run_id}\n"
        f"SQL       make sql Q='select * from {_example(summary)} limit 5'\n"
        "stop      make local-stop (what they hold stays)   forget   make local-reset"
    )
    return "\n\n".join(block for block in blocks if block)


def _example(summary: Summary) -> str:
    """A table to look at: gold's where the company's is there, else one of silver."""
    if summary.headlines:
        return f"gold.{HEADLINES[next(iter(summary.headlines))][0]}"
    names = [line.name for line in summary.tables] + [line.name for line in summary.events]
    return f"silver.{names[0] if names else '...'}"


def _tables_text(summary: Summary) -> str:
    rows = [("table", "source rows", "bronze changes", "silver rows", "")]
    for t in summary.tables:
        mark = _mark(t.agrees) + (f", {_n(t.in_flight)} in flight" if t.in_flight else "")
        rows.append((t.name, _n(t.source_rows), _n(t.bronze_rows), _n(t.silver_rows), mark))
    return _aligned(rows) if summary.tables else ""


def _events_text(summary: Summary) -> str:
    rows = [("event", "published", "kept", "dead letters", "in silver", "")]
    for e in summary.events:
        published = "?" if e.published is None else _n(e.published)
        rows.append(
            (e.name, published, _n(e.kept), _n(sum(e.dead_letters.values())), _n(e.silver_rows), _mark(e.agrees))
        )
    reasons = [
        f"  {e.name}: " + ", ".join(f"{reason} {_n(letters)}" for reason, letters in e.dead_letters.items())
        for e in summary.events
        if e.dead_letters
    ]
    return (
        "\n".join([_aligned(rows), *(["dead letters by reason"] if reasons else []), *reasons])
        if summary.events
        else ""
    )


def _headlines_text(summary: Summary) -> str:
    return _aligned([("gold", ""), *summary.headlines.items()]) if summary.headlines else ""


def _seconds_text(summary: Summary, seconds: dict[str, float], total: float) -> str:
    stages = "  ".join(f"{name} {taken:.1f}" for name, taken in seconds.items())
    steps = "  ".join(f"{name} {taken:.1f}" for name, taken in summary.run.step_seconds.items())
    return f"seconds   {stages}   all {total:.1f}\n          in Dagster: {steps}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _headline(value: Any, day: Any = None) -> str:
    number = "-" if value is None else f"{value:,}"
    return f"{number} on {day}" if day else number


def _n(number: int) -> str:
    return f"{number:,}"


def _mark(agrees: bool) -> str:
    return "✓ agree" if agrees else "✗ DIFFER"
