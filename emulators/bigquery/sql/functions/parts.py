"""Date parts as arguments: DAY, WEEK(MONDAY) ..., read from what the parser took for a name or a call."""

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.syntax import nodes

WEEKDAYS = ("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")
DATE_PARTS = ("DAY", "WEEK", "ISOWEEK", "MONTH", "QUARTER", "YEAR", "ISOYEAR")
TIME_PARTS = ("MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR")


def part(a: Analyzer, node: nodes.Node, allowed: tuple[str, ...], function: str) -> nodes.Part:
    """The part, checked against what the function allows."""
    found = _read(node)
    if found is None:
        a.fail("A valid date part name is required", node)
    if found.name not in (*DATE_PARTS, *TIME_PARTS, "WEEK", "DATE", "TIME", "DATETIME"):
        a.fail(f"A valid date part name is required but found {found.name}", node)
    if found.name not in allowed or (found.weekday and (found.name != "WEEK" or found.weekday not in WEEKDAYS)):
        written = f"{found.name}({found.weekday})" if found.weekday else found.name
        a.fail(f"{function} does not support the {written} date part", node)
    return found


def _read(node: nodes.Node) -> nodes.Part | None:
    if isinstance(node, nodes.Part):
        return node
    if isinstance(node, nodes.Path) and len(node.parts) == 1:
        return nodes.Part(node.at, node.parts[0].upper())
    if (
        isinstance(node, nodes.Call)
        and node.name == "WEEK"
        and len(node.args) == 1
        and isinstance(node.args[0], nodes.Path)
    ):
        return nodes.Part(node.at, "WEEK", node.args[0].parts[0].upper())
    return None


def truncated(sql: str, found: nodes.Part) -> str:
    """A DATE or TIMESTAMP (without zone) cut down to the part; weeks begin on Sunday unless said otherwise."""
    if found.name == "WEEK":
        first = WEEKDAYS.index(found.weekday or "SUNDAY")
        return f"bq.truncate_week({sql}, {first})"
    name = {"ISOWEEK": "week"}.get(found.name, found.name.lower())
    return f"date_trunc('{name}', {sql})"
