"""A quality rule -> the GoogleSQL that checks it. Pure text: whoever runs it owns the client.

A check yields one row: `rule` (its name), `observed` (FLOAT64: the figure that the contract compares), `failed_rows`
(INT64: how many rows are at fault; NULL where the rule counts none), `passed` (BOOL, never NULL).
"""

from collections.abc import Iterable

from contracts import sql_text
from contracts.model import Comparison, QualityRule


def checks_sql(rules: Iterable[QualityRule], table: str) -> str:
    """All rules of one table in one query, a row each.

    `table` is what stands after FROM: a table in backticks, or a subquery in parentheses.
    """
    return "\nunion all\n".join(check_sql(rule, table) for rule in rules)


def check_sql(rule: QualityRule, table: str) -> str:
    """One rule's query; see the module for the row that it yields."""
    passed = " and ".join(_comparison(comparison) for comparison in rule.comparisons)
    return (
        f"select {sql_text.literal(rule.name)} as rule, observed, failed_rows, coalesce({passed}, false) as passed\n"
        f"from ({_observation(rule, table)})"
    )


def _observation(rule: QualityRule, table: str) -> str:
    """A query of one row with `observed` and `failed_rows`."""
    if rule.metric == "sql":
        query = (
            (rule.query or "").replace("${object}", table).replace("${property}", _columns(rule)).rstrip().rstrip(";")
        )
        return f"select cast(({query}) as float64) as observed, cast(null as int64) as failed_rows"
    if rule.metric == "rowCount":
        return f"select cast(count(*) as float64) as observed, cast(null as int64) as failed_rows from {table}"
    if rule.metric == "duplicateValues":
        return _duplicates(rule, table)
    return f"select {_figures(rule, f'countif({_at_fault(rule)})', 'count(*)')} from {table}"


def _duplicates(rule: QualityRule, table: str) -> str:
    """Rows beyond the first of each key; a key with a NULL in it is no duplicate of another."""
    keys = _columns(rule)
    present = " and ".join(f"{sql_text.name(column)} is not null" for column in rule.columns)
    groups = f"select count(*) as _rows, {present} as _present from {table} group by {keys}"
    failed = "coalesce(sum(if(_present, _rows - 1, 0)), 0)"
    return f"select {_figures(rule, failed, 'coalesce(sum(_rows), 0)')} from ({groups})"


def _figures(rule: QualityRule, failed: str, rows: str) -> str:
    share = f"coalesce(safe_divide(100 * {failed}, {rows}), 0)"
    observed = share if rule.unit == "percent" else failed
    return f"cast({observed} as float64) as observed, {failed} as failed_rows"


def _at_fault(rule: QualityRule) -> str:
    """The condition under which a row counts."""
    column = sql_text.name(rule.columns[0])
    text = f"cast({column} as string)"
    if rule.metric == "nullValues":
        return f"{column} is null"
    if rule.metric == "missingValues":
        words = [_word(value) for value in rule.missing_values if value is not None]
        null = [f"{column} is null"] if None in rule.missing_values else []
        return " or ".join(null + ([f"{text} in ({', '.join(words)})"] if words else []))
    faults = []
    if rule.valid_values:
        faults.append(f"{text} not in ({', '.join(_word(value) for value in rule.valid_values)})")
    if rule.pattern is not None:
        faults.append(f"not regexp_contains({text}, {sql_text.literal(rule.pattern)})")
    if rule.min_length is not None:
        faults.append(f"char_length({text}) < {rule.min_length}")
    if rule.max_length is not None:
        faults.append(f"char_length({text}) > {rule.max_length}")
    return f"{column} is not null and ({' or '.join(faults)})"


def _comparison(comparison: Comparison) -> str:
    if isinstance(comparison.value, tuple):
        return f"observed {comparison.operator} {comparison.value[0]} and {comparison.value[1]}"
    return f"observed {comparison.operator} {comparison.value}"


def _word(value: object) -> str:
    """A value as BigQuery's cast to STRING writes it."""
    return sql_text.literal(str(value).lower() if isinstance(value, bool) else str(value))


def _columns(rule: QualityRule) -> str:
    return ", ".join(sql_text.name(column) for column in rule.columns)
