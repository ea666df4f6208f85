"""SEARCH and TEXT_ANALYZE: texts as the tokens of an analyzer."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pyarrow as pa

from emulators.bigquery.sql.functions.analyzers import TextAnalyzer, text_analyzer
from emulators.bigquery.sql.functions.search_query import Query, Term, read_query

# Whether a text, and its tokens, have what is looked for.
Test = Callable[[str, list[str]], bool]


def analyze(texts: Any, analyzers: Any, options: Any) -> Any:
    """Arrow columns -> the tokens of each text in order; NULL where any of them is."""
    rows = zip(*(column.to_pylist() for column in (texts, analyzers, options)), strict=True)
    found = [None if None in row else text_analyzer(row[1], row[2]).tokens(row[0]) for row in rows]
    return pa.array(found, pa.list_(pa.string()))


def search(texts: Any, queries: Any, analyzers: Any, options: Any) -> Any:
    """Arrow columns -> whether the texts of each row have what the query asks for."""
    rows = zip(*(column.to_pylist() for column in (texts, queries, analyzers, options)), strict=True)
    return pa.array([_found(*row) for row in rows], pa.bool_())


def _found(texts: list[str | None] | None, query: str | None, analyzer: str | None, options: str | None) -> bool | None:
    """Whether the query is true of one of the texts by itself; NULL when of none and one of them is NULL."""
    if query is None or analyzer is None:
        raise ValueError("SEARCH: the query must not be NULL")
    used, test = text_analyzer(analyzer, options), _test(query, analyzer, options)
    if texts is None:
        return None
    if any(test(text, used.tokens(text)) for text in texts if text is not None):
        return True
    return None if None in texts else False


@lru_cache(maxsize=64)
def _test(query: str, analyzer: str, options: str | None) -> Test:
    used = text_analyzer(analyzer, options)
    if used.name == "NO_OP_ANALYZER":
        return lambda text, tokens: text == query
    tree = read_query(query, exact=used.name == "LOG_ANALYZER")
    found = _of(tree, used) if tree is not None else None
    if found is None:
        raise ValueError("SEARCH: the query has no tokens")
    return found


def _of(query: Query, used: TextAnalyzer) -> Test | None:
    """None for what has no tokens, which asks for nothing."""
    if isinstance(query, Term):
        return _of_term(query, used)
    tests = [test for test in (_of(part, used) for part in query.parts) if test is not None]
    if not tests:
        return None
    every = all if query.operator == "AND" else any
    return lambda text, tokens: every(test(text, tokens) for test in tests)


def _of_term(term: Term, used: TextAnalyzer) -> Test | None:
    """Backticks: exactly this text; a phrase: its tokens one after the other; else its tokens, wherever they are."""
    if term.kind == "EXACT":
        return lambda text, tokens: used.stands_alone(term.text, text)
    wanted = used.tokens(term.text)
    if not wanted:
        return None
    if term.kind == "PHRASE":
        size = len(wanted)
        return lambda text, tokens: any(tokens[i : i + size] == wanted for i in range(len(tokens) - size + 1))
    return lambda text, tokens: all(token in tokens for token in wanted)


# They get Arrow columns: DuckDB hands over lists of texts many times faster so.
BATCHES: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (analyze, ("VARCHAR", "VARCHAR", "VARCHAR"), "VARCHAR[]"),
    (search, ("VARCHAR[]", "VARCHAR", "VARCHAR", "VARCHAR"), "BOOLEAN"),
)
