"""SEARCH and TEXT_ANALYZE: queries of terms, phrases and backticks; analyzers and their options. TF_IDF."""

from math import log

import pytest

from emulators.bigquery.sql.model import SqlError
from tests.emulators.bigquery.sql.conftest import Warehouse

LOG = "'GET /Orders/42?page=7 by Ada.Lovelace@mail.org'"


@pytest.mark.parametrize(
    ("data", "query", "expected"),
    [
        (LOG, "orders page", True),
        (LOG, "page ORDERS", True),
        (LOG, "page=7", True),
        (LOG, "order", False),
        # AND binds more than OR, and a space is AND
        (LOG, "absent OR get 42", True),
        (LOG, "(absent OR get) missing", False),
        (LOG, "(absent OR get) AND (42 OR missing)", True),
        (LOG, "get and 42", False),
        # phrases: adjacent and in order; backticks and words mean nothing in them
        (LOG, '"get orders 42"', True),
        (LOG, '"Lovelace Ada"', False),
        (LOG, '"get 42"', False),
        (LOG, '"get OR orders"', False),
        (LOG, '"`get` orders"', False),
        (LOG, 'by "ada lovelace"', True),
        ("'say hi'", r'"say \"hi"', True),
        # backticks: this text, between delimiters
        (LOG, "`Orders/42`", True),
        (LOG, "`orders/42`", False),
        (LOG, "`Orders/4`", False),
        (LOG, "`mail.org`", True),
        (LOG, "`by Ada` get", True),
        ("'a.b'", "`a.`", False),
        ("'ab a..b'", "`a.`", True),
        ("'x%20Y'", "`Y`", True),
        ("'the NOT gate'", "`NOT`", True),
        ("'the `or` gate'", r"`\`or\``", True),
        # escapes
        (LOG, r"orders\/42", True),
        ("'a (b)'", r"\(b\)", True),
        ("'AND'", r"`AND`", True),
        # each text by itself
        ("['red car', 'blue bike']", "red bike", False),
        ("['red car', 'blue bike']", "red bike OR blue bike", True),
        ("['red car', NULL]", "red", True),
        ("['red car', NULL]", "blue", None),
        ("STRUCT('red' AS a, CAST(NULL AS STRING) AS b)", "blue", None),
        ("[STRUCT('red' AS a, 1 AS b)]", "red", True),
        ("CAST(NULL AS STRING)", "red", None),
        ("JSON '[null, \"red\"]'", "blue", False),
        ("42", "42", False),
        ("[DATE '2024-01-02']", "2024", False),
    ],
)
def test_queries(warehouse: Warehouse, data: str, query: str, expected: object) -> None:
    assert warehouse.run(f"SELECT SEARCH({data}, r'''{query}''')") == [(expected,)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("NULL", "must not be NULL"),
        ("''", "has no tokens"),
        ("'&&'", "has no tokens"),
        ("'a AND'", "a term is missing at its end"),
        ("'OR a'", "a term is missing before OR"),
        ("'(a'", "a parenthesis is not closed"),
        ("'a) b'", "closed that is not open"),
        ("'a NOT b'", "NOT is a reserved word, which must be enclosed in backticks"),
        ("'a \"b'", '" is not closed'),
        ("'`a'", "` is not closed"),
        (r"r'\x'", "a backslash must be followed by a reserved character"),
        ("(SELECT 'a' FROM (SELECT 1) WHERE s = 'x')", "search_query must be a constant expression"),
        ('\'the\', analyzer_options => \'{"token_filters": [{"stop_words": ["the"]}]}\'', "has no tokens"),
    ],
)
def test_refused_queries(warehouse: Warehouse, query: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(f"SELECT SEARCH(s, {query}) FROM (SELECT 'abc' AS s)")
    assert message in raised.value.message


STOPPED = '{"token_filters": [{"normalizer": {"mode": "LOWER"}}, {"stop_words": ["of"]}]}'


@pytest.mark.parametrize(
    ("data", "query", "analyzer", "options", "expected"),
    [
        ("Cup of Tea", '"cup tea"', "LOG_ANALYZER", STOPPED, True),
        ("Cup of Tea", "`tea`", "LOG_ANALYZER", STOPPED, False),
        ("a-b c", "a-b", "LOG_ANALYZER", '{"delimiters": [" "]}', True),
        ("a-b c", "b", "LOG_ANALYZER", '{"delimiters": [" "]}', False),
        ("a<->b", "`a`", "LOG_ANALYZER", '{"delimiters": ["<->"]}', True),
        ("order 66", "66", "PATTERN_ANALYZER", '{"patterns": ["[0-9]+"]}', True),
        ("order 66", "order66", "PATTERN_ANALYZER", '{"patterns": ["[0-9]+"]}', True),
        ("order 66", "`66`", "PATTERN_ANALYZER", '{"patterns": ["[0-9]+"]}', True),
        ("b4 a1-a2", '"a1 a2"', "PATTERN_ANALYZER", None, True),
        ("Blue", "Blue", "NO_OP_ANALYZER", None, True),
        ("Blue", "blue", "NO_OP_ANALYZER", None, False),
        ("Blue sky", "Blue", "NO_OP_ANALYZER", None, False),
        ("", "", "NO_OP_ANALYZER", None, True),
        ("`a` OR b", "`a` OR b", "no_op_analyzer", None, True),
    ],
)
def test_analyzers(
    warehouse: Warehouse, data: str, query: str, analyzer: str, options: str | None, expected: bool
) -> None:
    more = f", analyzer_options => r'{options}'" if options else ""
    assert warehouse.run(f"SELECT SEARCH('{data}', r'{query}', analyzer => '{analyzer}'{more})") == [(expected,)]


def _normalizer(settings: str) -> str:
    return f'{{"token_filters": [{{"normalizer": {settings}}}]}}'


@pytest.mark.parametrize(
    ("text", "analyzer", "options", "expected"),
    [
        ("Über-Haus", "LOG_ANALYZER", "{}", ["Über", "haus"]),
        ("a%2526b%26c", "LOG_ANALYZER", "{}", ["a", "b", "c"]),
        ("a<-b<c", "LOG_ANALYZER", '{"delimiters": ["<", "<-"]}', ["a", "b", "c"]),
        ("Ab, Cd", "LOG_ANALYZER", '{"delimiters": [","]}', ["ab", " cd"]),
        ("Ω Ab", "LOG_ANALYZER", _normalizer('{"mode": "NONE"}'), ["Ω", "Ab"]),
        ("Ω Ab", "LOG_ANALYZER", _normalizer('{"mode": "UNICODE_LOWER"}'), ["ω", "ab"]),
        ("③ ß Ab", "LOG_ANALYZER", _normalizer('{"mode": "ICU_NORMALIZE"}'), ["3", "ss", "ab"]),
        (
            "③ Ab",
            "LOG_ANALYZER",
            _normalizer('{"mode": "ICU_NORMALIZE", "icu_normalize_mode": "NFC", "icu_case_folding": false}'),
            ["③", "Ab"],
        ),
        ("The Tea the", "LOG_ANALYZER", '{"token_filters": [{"stop_words": ["the"]}]}', ["The", "Tea"]),
        ("The Tea the", "LOG_ANALYZER", STOPPED.replace("of", "the"), ["tea"]),
        ("I saw Ünt 12", "PATTERN_ANALYZER", "{}", ["saw", "nt", "12"]),
        ("aXbYc", "PATTERN_ANALYZER", '{"patterns": ["[A-Z]*"]}', ["x", "y"]),
        ("A b", "NO_OP_ANALYZER", "{}", ["A b"]),
    ],
)
def test_tokens(warehouse: Warehouse, text: str, analyzer: str, options: str, expected: list[str]) -> None:
    call = f"TEXT_ANALYZE('{text}', analyzer => '{analyzer}', analyzer_options => '{options}')"
    assert warehouse.run(f"SELECT {call}") == [(expected,)]


@pytest.mark.parametrize(
    ("analyzer", "options", "message"),
    [
        ("SLOW_ANALYZER", "{}", "Invalid analyzer: SLOW_ANALYZER; use LOG_ANALYZER"),
        ("LOG_ANALYZER", "{", "they are not JSON"),
        ("LOG_ANALYZER", "[]", "must be a JSON object"),
        ("LOG_ANALYZER", '{"patterns": ["a"]}', "LOG_ANALYZER has no option patterns"),
        ("NO_OP_ANALYZER", '{"delimiters": ["a"]}', "NO_OP_ANALYZER has no option delimiters; it has: none"),
        ("LOG_ANALYZER", '{"delimiters": "a"}', "delimiters must be an array of strings"),
        ("LOG_ANALYZER", '{"delimiters": ["12345678901234567"]}', "must be of 1 to 16 ASCII characters"),
        ("PATTERN_ANALYZER", '{"patterns": ["a", "b"]}', "exactly one string"),
        ("PATTERN_ANALYZER", '{"patterns": ["("]}', "is not a regular expression"),
        ("PATTERN_ANALYZER", '{"patterns": ["a(?=b)"]}', "is not a regular expression of RE2"),
        ("PATTERN_ANALYZER", '{"patterns": ["[[:alpha:]]"]}', "not supported by this emulator"),
        ("LOG_ANALYZER", '{"token_filters": [{"synonyms": []}]}', "a token filter is a normalizer or has stop_words"),
        ("LOG_ANALYZER", '{"token_filters": [{"stop_words": []}]}', "at least one string"),
        ("LOG_ANALYZER", _normalizer('{"mode": "UPPER"}'), "mode of normalizer must be NONE"),
        ("LOG_ANALYZER", _normalizer('{"mode": "LOWER", "icu_case_folding": true}'), "mode of normalizer must be"),
        ("LOG_ANALYZER", _normalizer('{"mode": "ICU_NORMALIZE", "icu_normalize_mode": "NF"}'), "must be NFC, NFKC"),
    ],
)
def test_refused_options(warehouse: Warehouse, analyzer: str, options: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(f"SELECT TEXT_ANALYZE('a', analyzer => '{analyzer}', analyzer_options => '{options}')")
    assert message in raised.value.message


NOTES = "SELECT 1 AS n, ['a', 'b', 'b', 'x'] AS f UNION ALL SELECT 2, ['a', NULL] UNION ALL SELECT 3, ['a', 'b', 'c']"
A, B = log(1 + 3 / 4), log(1 + 3 / 3)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            "f, 10, 2",
            [
                [(None, (A + B) / 8), ("a", A / 4), ("b", B / 2)],
                [(None, (A + B) / 4), ("a", A / 2)],
                [(None, (A + B) / 6), ("a", A / 3), ("b", B / 3)],
            ],
        ),
        (
            "f, 1, 0",
            [[(None, A * 3 / 4), ("a", A / 4)], [(None, A / 2), ("a", A / 2)], [(None, A * 2 / 3), ("a", A / 3)]],
        ),
    ],
)
def test_terms_weigh_more_the_rarer_they_are(
    warehouse: Warehouse, arguments: str, expected: list[list[tuple[str | None, float]]]
) -> None:
    rows = warehouse.run(f"SELECT TF_IDF({arguments}) OVER () FROM ({NOTES}) ORDER BY n")
    assert [[entry["term"] for entry in row] for (row,) in rows] == [[term for term, _ in row] for row in expected]
    assert [entry["tf_idf"] for (row,) in rows for entry in row] == pytest.approx(
        [w for row in expected for _, w in row]
    )


def test_a_null_document_is_none(warehouse: Warehouse) -> None:
    ones = "SELECT CAST(NULL AS ARRAY<STRING>) AS f UNION ALL SELECT ['a'] UNION ALL SELECT []"
    rows = warehouse.run(f"SELECT TF_IDF(f, 5, 1) OVER () AS r FROM ({ones}) ORDER BY ARRAY_LENGTH(r)")
    assert rows == [(None,), ([],), ([{"term": "a", "tf_idf": pytest.approx(log(2))}],)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("TF_IDF(f, 5, 1)", "cannot be called without an OVER clause"),
        ("TF_IDF(f, 5, 1) OVER (ORDER BY n)", "needs an empty window"),
        ("TF_IDF(f, 5, 1) OVER (PARTITION BY n)", "needs an empty window"),
        ("TF_IDF(f, n) OVER ()", "Argument 2 to TF_IDF must be a literal"),
        ("TF_IDF(f, -1, 1) OVER ()", "max_distinct_tokens must be between 0 and 1048576"),
        ("TF_IDF(f, 5, -1) OVER ()", "frequency_threshold must not be negative"),
        ("TF_IDF(f) OVER ()", "an empty dictionary is not supported by this emulator: no term is in 5 documents"),
        ("TF_IDF('a') OVER ()", "No matching signature for function TF_IDF"),
    ],
)
def test_tf_idf_refuses(warehouse: Warehouse, call: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(f"SELECT {call} FROM ({NOTES})")
    assert message in raised.value.message
