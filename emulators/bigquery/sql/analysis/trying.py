"""TRY(f(x)), which is NULL where f fails; x is computed outside of it, as its errors are not those of f.

DuckDB 1.5.5 wants that as well: in TRY it takes no aggregates and no windows, and fails at columns of GROUP BY.
COALESCE within TRY reads memory that is not its own when one of its arguments fails: the process dies, or another
value comes out. CASE does not.
"""

import re
from collections.abc import Callable, Sequence

from emulators.bigquery.sql.analysis.once import named
from emulators.bigquery.sql.analysis.values import Value

_WORD = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(?<![\w.])COALESCE\(|[(),]|[^'\"(),]", re.I)


def attempt(values: Sequence[Value], fill: Callable[[Sequence[Value]], str]) -> str:
    """fill(values), or NULL where that fails and the values do not."""
    return named(values, lambda given: f"TRY({without_coalesce(fill(given))})")


def without_coalesce(sql: str) -> str:
    """COALESCE(x, y) -> CASE WHEN x IS NOT NULL THEN x ELSE y END, everywhere in an expression."""
    if "coalesce(" not in sql.lower():
        return sql
    stack: list[tuple[bool, list[str]]] = [(False, [""])]  # of open brackets: whether COALESCE's, and the parts so far
    for word in _WORD.findall(sql):
        if word == "(" or word.lower() == "coalesce(":
            stack.append((word != "(", [""]))
        elif word == ")" and len(stack) > 1:
            is_coalesce, parts = stack.pop()
            stack[-1][1][-1] += _case(parts) if is_coalesce else f"({','.join(parts)})"
        elif word == ",":
            stack[-1][1].append("")
        else:
            stack[-1][1][-1] += word
    return ",".join(stack[0][1])


def _case(parts: list[str]) -> str:
    *tried, last = (part.strip() for part in parts)
    return f"(CASE {' '.join(f'WHEN {x} IS NOT NULL THEN {x}' for x in tried)} ELSE {last} END)" if tried else last
