"""The PATTERN of MATCH_RECOGNIZE as the program that match_rows runs."""

from collections.abc import Mapping

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.constants import python_value
from emulators.bigquery.sql.analysis.values import Scope
from emulators.bigquery.sql.functions import row_patterns
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import pattern_nodes as p
from emulators.bigquery.sql.syntax.walk import every

_MOST = 10_000  # times


def program(a: Analyzer, node: p.MatchRecognize) -> str:
    """The pattern and its options. SqlError for symbols that are not defined, or not used, and for wrong bounds."""
    numbers: dict[str, int] = {}
    for name, _ in node.symbols:
        if name.lower() in numbers:
            a.fail(f"Symbol {name} is defined twice in DEFINE", node)
        numbers[name.lower()] = len(numbers)
    if len(numbers) > row_patterns.MOST_SYMBOLS:
        a.fail(
            f"MATCH_RECOGNIZE with more than {row_patterns.MOST_SYMBOLS} symbols is not supported by this emulator",
            node,
        )
    used = {part.name.lower() for part in every(node.pattern) if isinstance(part, p.Symbol)}
    for name, _ in node.symbols:
        if name.lower() not in used:
            a.fail(f"Symbol {name} of DEFINE is not used in PATTERN", node)
    try:
        return row_patterns.written(_program(a, node.pattern, numbers), node.overlapping, _longest(a, node))
    except ValueError:
        a.fail("A PATTERN of so many steps is not supported by this emulator", node)


def _longest(a: Analyzer, node: p.MatchRecognize) -> bool:
    if node.longest is None:
        return False
    value = a.expression(node.longest, Scope())
    if value.type not in (t.BOOL, t.NULL) or not value.constant:
        a.fail("The option use_longest_match must be a constant of type BOOL", node.longest)
    return python_value(value) is True


def _program(a: Analyzer, node: nodes.Node, numbers: Mapping[str, int]) -> row_patterns.Program:
    match node:
        case p.Symbol():
            if node.name.lower() not in numbers:
                a.fail(f"Symbol {node.name} of PATTERN is not defined in DEFINE", node)
            return row_patterns.symbol(numbers[node.name.lower()])
        case p.Anchor():
            return row_patterns.anchor(node.text)
        case p.Sequence():
            return row_patterns.sequence([_program(a, part, numbers) for part in node.parts])
        case p.Choice():
            return row_patterns.choice([_program(a, part, numbers) for part in node.parts])
    assert isinstance(node, p.Repeat)
    low = 0 if node.low is None else _times(a, node.low)
    high = None if node.high is None else _times(a, node.high)
    if high is not None and high < low:
        a.fail("The upper bound of a quantifier cannot be less than its lower bound", node)
    return row_patterns.repeat(_program(a, node.part, numbers), low, high, node.reluctant)


def _times(a: Analyzer, node: nodes.Node) -> int:
    value = a.expression(node, Scope())
    found = python_value(value) if value.literal and value.type == t.INT64 else None
    if not isinstance(found, int) or not 0 <= found <= _MOST:
        a.fail(f"The bounds of a quantifier must be integer literals or parameters between 0 and {_MOST}", node)
    return found
