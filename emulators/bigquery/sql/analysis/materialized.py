"""What the query of a materialised view may be."""

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.clauses import calls_in
from emulators.bigquery.sql.syntax import nodes

# Functions that may give another value when a materialised view is refreshed.
_CHANGING = ("CURRENT_DATE", "CURRENT_DATETIME", "CURRENT_TIME", "CURRENT_TIMESTAMP", "GENERATE_UUID", "RAND",
             "SESSION_USER")  # fmt: skip


def check_incremental(a: Analyzer, query: nodes.Query) -> None:
    """SqlError for what a materialised view cannot keep up with change by change."""
    feature = "ORDER BY" if query.order_by else "LIMIT" if query.limit is not None else None
    body = query.body
    if isinstance(body, nodes.Select):
        for call in calls_in([body.items, body.where, body.group_by, body.having, body.qualify]):
            if call.over is not None:
                feature = "analytic functions"
            elif call.name in _CHANGING:
                feature = f"{call.name}, which is not deterministic"
    if feature:
        hint = "remove it, or set the option allow_non_incremental_definition"
        a.fail(f"Materialized view queries do not support {feature}; {hint}", query)
