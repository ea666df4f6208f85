"""What GoogleSQL refuses and DuckDB would answer: clauses that do not go together, windows, types without an equality,
recursive terms."""

from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

X = "FROM UNNEST([1, 2]) AS x"
ROWS = "FROM (SELECT 1 AS a, 2 AS b)"
RECURSIVE = "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL {}) SELECT * FROM t"

REFUSED = [
    # literals
    ("SELECT b'\\xZZ'", "Illegal escape sequence: \\x at [1:8]"),
    ("SELECT 'tree\\x1'", "Illegal escape sequence: \\x at [1:8]"),
    # percentiles
    (f"SELECT PERCENTILE_CONT(x, -0.5) OVER () {X}", "must be between 0 and 1, but is -0.5 at [1:8]"),
    (f"SELECT PERCENTILE_DISC(x, 2) OVER () {X}", "Argument 2 to PERCENTILE_DISC must be between 0 and 1, but is 2"),
    (f"SELECT PERCENTILE_CONT(x, 0.5 - 1) OVER () {X}", "must be between 0 and 1, but is -0.5 at [1:8]"),
    (f"SELECT PERCENTILE_CONT(x, NULL) OVER () {X}", "Argument 2 to PERCENTILE_CONT must not be NULL"),
    (f"SELECT PERCENTILE_CONT(x, x) OVER () {X}", "Argument 2 to PERCENTILE_CONT must be a literal or query parameter"),
    # frames
    (f"SELECT SUM(x) OVER (ORDER BY x ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) {X}",
     "Window frame cannot start with CURRENT ROW and end with PRECEDING at [1:32]"),
    (f"SELECT SUM(x) OVER (ORDER BY x ROWS BETWEEN UNBOUNDED FOLLOWING AND UNBOUNDED FOLLOWING) {X}",
     "Window frame cannot start with UNBOUNDED FOLLOWING"),
    (f"SELECT SUM(x) OVER (ORDER BY x RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED PRECEDING) {X}",
     "end with UNBOUNDED PRECEDING"),
    # clauses
    ("SELECT 1 WHERE TRUE", "Query without FROM clause cannot have a WHERE clause at [1:16]"),
    ("SELECT 1 AS a GROUP BY a", "Query without FROM clause cannot have a GROUP BY clause"),
    ("SELECT 1 HAVING TRUE", "Query without FROM clause cannot have a HAVING clause"),
    ("SELECT DISTINCT 1", "Query without FROM clause cannot use SELECT DISTINCT"),
    ("SELECT COUNT(*)", "SELECT without FROM clause cannot use aggregation"),
    ("SELECT ROW_NUMBER() OVER ()", "SELECT without FROM clause cannot use analytic functions"),
    (f"SELECT x {X} HAVING x > 1", "The HAVING clause requires GROUP BY or aggregation to be present"),
    (f"SELECT x {X} QUALIFY x > 1", "The QUALIFY clause requires analytic function to be present"),
    (f"SELECT COUNT(*) {X} GROUP BY 'x'", "Cannot GROUP BY literal values"),
    (f"SELECT x {X} WHERE ROW_NUMBER() OVER () = 1", "Analytic function ROW_NUMBER not allowed in WHERE clause"),
    (f"SELECT SUM(COUNT(*)) {X}", "Aggregations of aggregations are not allowed at [1:12]"),
    (f"SELECT SUM(ROW_NUMBER() OVER ()) {X}", "Analytic function ROW_NUMBER not allowed in an argument of SUM"),
    (f"SELECT DISTINCT a {ROWS} ORDER BY b", "column b which is not visible after SELECT DISTINCT"),
    (f"SELECT * EXCEPT (a, A) {ROWS}", "Duplicate column A in SELECT * EXCEPT list"),
    (f"SELECT * REPLACE (1 AS a, 2 AS a) {ROWS}", "Duplicate column a in SELECT * REPLACE list"),
    ("SELECT 1 LIMIT NULL", "LIMIT expects an integer literal or parameter"),
    ("WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM a", "mutual recursion of a and b"),
    # groups
    (f"SELECT a, COUNT(*) {ROWS}", "SELECT list expression references column a which is neither grouped"),
    (f"SELECT SUM(b), b + 1 {ROWS} GROUP BY a", "column b which is neither grouped nor aggregated at [1:16]"),
    (f"SELECT a {ROWS} GROUP BY a HAVING b > 1", "HAVING clause expression references column b which is neither"),
    (f"SELECT a {ROWS} GROUP BY a ORDER BY b", "ORDER BY clause expression references column b which is neither"),
    (f"SELECT a + 1 {ROWS} GROUP BY a + 2", "SELECT list expression references column a which is neither"),
    (f"SELECT SUM(a) OVER (ORDER BY b) {ROWS} GROUP BY a", "column b which is neither grouped nor aggregated"),
    ("SELECT DATE_TRUNC(d, MONTH) FROM (SELECT CURRENT_DATE() AS d, 1 AS month) GROUP BY month", "column d which is"),
    ("SELECT j, COUNT(*) FROM UNNEST([JSON '1']) AS j GROUP BY ALL", "Grouping by expressions of type JSON"),
    ("SELECT x + RAND(), COUNT(*) FROM UNNEST([1]) AS x GROUP BY ALL", "an expression with a volatile function"),
    # windows
    (f"SELECT SUM(x) OVER (PARTITION BY 'a') {X}", "Cannot PARTITION BY literal values at [1:34]"),
    (f"SELECT LOGICAL_OR(x > 1) OVER () {X}", "Aggregate function LOGICAL_OR does not support an OVER clause"),
    (f"SELECT APPROX_QUANTILES(x, 2) OVER () {X}", "APPROX_QUANTILES does not support an OVER clause"),
    (f"SELECT RANK() OVER (ORDER BY x ROWS 1 PRECEDING) {X}", "framing clause is not allowed for analytic function"),
    (f"SELECT PERCENTILE_CONT(x, 0.5) OVER (ORDER BY x) {X}", "ORDER BY is not allowed for analytic function"),
    (f"SELECT COUNT(*) OVER (PARTITION BY x / 2) {X}", "Partitioning by expressions of type FLOAT64 is not allowed"),
    (f"SELECT COUNT(*) OVER (PARTITION BY STRUCT(x / 2)) {X}", "expressions of type STRUCT containing FLOAT64"),
    (f"SELECT COUNT(*) OVER (PARTITION BY JSON '1') {X}", "Partitioning by expressions of type JSON is not allowed"),
    (f"SELECT ARRAY_AGG(x IGNORE NULLS) OVER () {X}", "Analytic function array_agg does not support IGNORE NULLS"),
    (f"SELECT SUM(x IGNORE NULLS) {X}", "Aggregate function sum does not support IGNORE NULLS"),
    (f"SELECT SUM(x LIMIT 1) {X}", "SUM does not support LIMIT in arguments"),
    (f"SELECT ARRAY_AGG(x LIMIT -1) {X}", "LIMIT expects a non-negative integer"),
    (f"SELECT COUNT() {X}", "No matching signature for function COUNT"),
    (f"SELECT APPROX_TOP_COUNT(x, 0) {X}", "The number of APPROX_TOP_COUNT must be at least 1"),
    (f"SELECT APPROX_QUANTILES(x, x) {X}", "Argument 2 to APPROX_QUANTILES must be a literal or query parameter"),
    (f"SELECT SAFE.ROW_NUMBER() OVER () {X}", "Function ROW_NUMBER does not support SAFE error mode"),
    # types
    ("SELECT JSON '1' IN (JSON '1')", "IN is not defined for arguments of type JSON"),
    ("SELECT NULLIF(JSON '1', JSON '2')", "No matching signature for function NULLIF"),
    ("SELECT JSON '1' UNION DISTINCT SELECT JSON '1'", "does not support set operation comparisons: JSON"),
    ("SELECT STRUCT(1 AS a, 2 AS a).a", "Struct field name a is ambiguous"),
    ("SELECT RANGE<INT64> '[1, 2)'", "Unsupported type: RANGE<INT64>"),
    ("SELECT CAST([1] AS ARRAY<STRING>)", "Invalid cast from ARRAY<INT64> to ARRAY<STRING>"),
    ("SELECT DATE_ADD(DATE '2024-01-01', 1)", "No matching signature for function DATE_ADD"),
    ("SELECT DATE_DIFF(DATE '2024-01-01', DATE '2024-01-01', FOO)", "A valid date part name is required but found FOO"),
    ("SELECT GENERATE_TIMESTAMP_ARRAY(TIMESTAMP '2024-01-01', TIMESTAMP '2024-01-02', INTERVAL 1 MONTH)",
     "GENERATE_TIMESTAMP_ARRAY does not support the MONTH date part"),
    ("SELECT MAKE_INTERVAL(10001)", "Interval overflow"),
    ("SELECT INTERVAL 10000 YEAR + INTERVAL 1 MONTH", "Interval overflow"),
    ("SELECT REGEXP_INSTR('a', '(x)(y)')", "more than 1 capturing group"),
    ("SELECT NORMALIZE('a', 'XYZ')", "A valid normalization mode is required: XYZ"),
    ("SELECT -(-9223372036854775808)", "int64 overflow"),
    ("SELECT 'a' LIKE 'a\\\\'", "LIKE pattern ends with a backslash"),
    ("CREATE VIEW d.v AS SELECT DATE '2024-02-30' AS d", "Invalid date: '2024-02-30'"),
    ("CREATE VIEW d.v AS SELECT CURRENT_DATE() > 'x' AS b", "Invalid date: 'x'"),
    ("SELECT DATE '0000-01-01'", "Invalid date: '0000-01-01'"),
    ("SELECT CAST('24-01-01' AS DATE)", "Invalid date: '24-01-01'"),
    ("SELECT TIMESTAMP '999-01-01 00:00:00'", "Invalid timestamp: '999-01-01 00:00:00'"),
    ("SELECT +'a'", "No matching signature for operator + for argument types: STRING"),
    (f"SELECT MAX_BY(x, [x]) {X}", "No matching signature for function MAX_BY"),
    (f"SELECT GROUPING(x + 1) {X} GROUP BY x", "GROUPING must have an argument that exists within the group-by"),
    ("CREATE TABLE d.t (a INT64); SELECT 1 FROM d.t JOIN d.t AS u", "immediately following ON or USING clause"),
    ("CREATE TABLE d.t (a INT64); SELECT * FROM d.t WITH OFFSET", "WITH OFFSET can only be used with array scans"),
    # recursive terms
    (RECURSIVE.format("SELECT COUNT(*) FROM t"), "cannot invoke aggregate or window functions"),
    (RECURSIVE.format("(SELECT DISTINCT n + 1 FROM t WHERE n < 3)"), "cannot contain DISTINCT or GROUP BY"),
    (RECURSIVE.format("(SELECT n + 1 FROM t WHERE n < 3 LIMIT 1)"), "cannot contain an ORDER BY or LIMIT clause"),
    (RECURSIVE.format("SELECT a.n FROM t a JOIN t b USING (n)"), "Multiple recursive references to t"),
    (RECURSIVE.format("SELECT 2 FROM UNNEST([1]) LEFT JOIN t ON n > 3"), "the optional side of an outer join"),
    (RECURSIVE.format("SELECT 2 FROM UNNEST([1]) WHERE EXISTS (SELECT * FROM t)"), "in a FROM clause alone"),
    ("SELECT 1 FROM (SELECT [1] AS a) AS t FULL JOIN UNNEST(t.a) AS b ON TRUE", "depends on the other side"),
    # the words of GoogleSQL itself
    ("SELECT FROM d.t", "Syntax error: SELECT list must not be empty at [1:8]"),
    ("WITH a AS (SELECT 1), SELECT * FROM a", "Trailing comma after the WITH clause before the main query is not"),
    ("SELECT 1 UNION ALL FROM d.t", "Unexpected FROM; FROM queries following a set operation must be parenthesized"),
    ("SELECT ABS(SELECT 1)", "Each function argument is an expression, not a query; to use a query as an expression"),
    ("SELECT SAFE_CAST(SELECT 1 AS STRING)", "The argument to SAFE_CAST is an expression, not a query"),
    ("SELECT * FROM UNNEST(SELECT [1])", "The argument to UNNEST is an expression, not a query"),
    ("SELECT 1 /* one", "Syntax error: Unclosed comment at [1:10]"),
    ("SELECT TRANSLATE('x', 'abcb', 'x')", 'Duplicate character "b" in TRANSLATE source characters'),
    ("SELECT REPEAT('x', -1)", "Second argument (repeat count) for REPEAT cannot be negative"),
    ("SELECT EDIT_DISTANCE('a', 'b', max_distance => -1)", "Max distance must be non-negative"),
    ("SELECT 1 << -1", "Bitwise shift by negative offset."),
    ("CREATE TABLE d.t (a INT64); INSERT d.t (a, A) VALUES (1, 2)", "INSERT has columns with duplicate name: a"),
    (f"SELECT SUM(x) OVER (ORDER BY x, -x RANGE 1 PRECEDING) {X}", "boundaries must have exactly one ORDER BY key"),
    ("SELECT LOG(NUMERIC '2', 1)", "LOG is undefined for zero or negative value, or when base equals 1: LOG(2, 1)"),
    (f"SELECT x {X} ORDER BY 2", "ORDER BY is out of SELECT column number range: 2"),
    (f"SELECT x {X} GROUP BY 3", "GROUP BY is out of SELECT column number range: 3"),
    (f"SELECT ARRAY_AGG(x ORDER BY x) OVER () {X}", "ORDER BY in arguments is not supported on analytic functions"),
    ("SELECT CAST(TRUE AS STRING FORMAT 'x')", "FORMAT is not allowed for cast from BOOL to STRING"),
    ("SELECT NET.IP_TRUNC(b'1234', 33)", "The second argument of NET.IP_TRUNC() must be between 0 and 8 * LENGTH("),
    ("SELECT NET.IP_TO_STRING(b'1')", "Expected 4 (for IPv4) or 16 (for IPv6) bytes but got 1"),
    ("SELECT NET.IP_IN_NET('1.2.3.4', 'x')", "NET.IP_IN_NET() encountered an unparseable net"),
    ("EXECUTE IMMEDIATE CAST(NULL AS STRING)", "EXECUTE IMMEDIATE sql string cannot be NULL"),
    ("EXECUTE IMMEDIATE 'SELECT @a' USING 1 AS a, 2", "Cannot mix named and positional parameters"),
    ("SELECT 1 FROM (SELECT 1 AS k) JOIN (SELECT 'a' AS k) USING (k)",
     "Column 'k' in USING has incompatible types that cannot be directly compared using equality on either side of"),
    # statements
    ("CREATE TABLE d.t (a INT64 DEFAULT 'x')", "Default value has type STRING which cannot be coerced to the column"),
    ("CREATE TABLE d.t (a INT64 DEFAULT (SELECT 1))", "Default value expression must be a literal or one of"),
    ("CREATE TABLE d.t (a INT64 NOT NULL DEFAULT NULL)", "The default value of a REQUIRED column cannot be NULL"),
    ("CREATE MATERIALIZED VIEW d.v AS SELECT 1 AS a LIMIT 1", "Materialized view queries do not support LIMIT"),
    (f"CREATE MATERIALIZED VIEW d.v AS SELECT RANK() OVER (ORDER BY x) AS r {X}", "do not support analytic functions"),
    ("CREATE MATERIALIZED VIEW d.v AS SELECT CURRENT_DATE() AS d", "CURRENT_DATE, which is not deterministic"),
    ("CREATE TABLE d.m (a INT64); MERGE d.m USING (SELECT 1 AS b) ON a = b WHEN NOT MATCHED THEN DELETE",
     "Expected keyword INSERT but got"),
    # what is constant in calls of window functions
    (f"SELECT LAG(x, x) OVER (ORDER BY x) {X}", "Argument 2 to LAG must be a literal or query parameter"),
    (f"SELECT LEAD(x, 1, x) OVER (ORDER BY x) {X}", "Argument 3 to LEAD must be a literal or query parameter"),
    (f"SELECT LAG(x, 1, 1.5) OVER (ORDER BY x) {X}", "has type FLOAT64, which does not coerce to INT64"),
    (f"SELECT NTILE(x) OVER (ORDER BY x) {X}", "must be a literal or query parameter"),
    (f"SELECT FIRST_VALUE(x) OVER () {X}", "Window ORDER BY is required for analytic function first_value"),
    (f"SELECT ARRAY_AGG(x LIMIT 1) OVER () {X}", "LIMIT in arguments is not supported on analytic functions"),
    (f"SELECT ANY_VALUE(x HAVING MAX x) OVER () {X}", "HAVING in arguments is not supported on analytic functions"),
    ("SELECT STRUCT(1)[SAFE_OFFSET(0)]", "SAFE_OFFSET is not supported on values of type STRUCT<INT64>"),
    # types
    ("SELECT CAST(NULL AS ARRAY<ARRAY<INT64>>)", "Arrays of arrays are not supported"),
    ("CREATE TABLE d.x (a TIMESTAMP(3))", "The precision of a TIMESTAMP is 6 or 12"),
    ("CREATE TABLE d.x (a TIMESTAMP(12))", "TIMESTAMP(12) is not supported by this emulator"),
    ("SELECT AVG(x) FROM UNNEST(ARRAY_CONCAT([NUMERIC '99999999999999999999999999999'], "
     "[NUMERIC '99999999999999999999999999999'])) AS x", "numeric overflow"),
    # functions of a script
    ("CREATE TEMP FUNCTION f(x INT64) AS (x); SELECT f(b) FROM (SELECT 1 AS a, 2 AS b) GROUP BY a",
     "column b which is neither grouped nor aggregated at [1:50]"),
    ("CREATE TEMP FUNCTION f(x INT64) AS (x); SELECT f(a) FROM (SELECT 1 AS a) HAVING TRUE",
     "The HAVING clause requires GROUP BY or aggregation"),
    ("CREATE TEMP FUNCTION f() AS (1); CREATE TEMP FUNCTION F() AS (2); SELECT f()", "Function F already exists"),
    # how tables lie
    ("CREATE TABLE d.x (a DATE) PARTITION BY DATE_TRUNC(a, DAY)", "does not support the DAY granularity"),
    ("CREATE TABLE d.x (a INT64) OPTIONS (labels = [('a', 'b'), ('a', 'c')])", "Duplicate key a in option labels"),
    ("CREATE TABLE d.x PARTITION BY _PARTITIONDATE AS SELECT 1 AS a", "cannot be used with an AS query clause"),
    ("CREATE TABLE d.x (a STRING COLLATE 'und:ci') CLUSTER BY a", "column a, which has a collation"),
    # what joins beside a comma
    ("SELECT 1 FROM (SELECT 1 AS a), (SELECT 2 AS b) RIGHT JOIN (SELECT 2 AS c) ON b = c",
     "RIGHT JOIN must be parenthesized when following a comma join"),
    ("SELECT 1 FROM (SELECT 1 AS a) JOIN ((SELECT 2 AS b), (SELECT 2 AS c)) ON b = c", 'Expected ")" but got ","'),
    ("SELECT 1 FROM d.t, d.t AS b JOIN d.t AS c JOIN d.t AS e ON c.x = e.x ON b.x = c.x", "must be parenthesized"),
    # windows that refer to one another
    (f"SELECT SUM(x) OVER (w ORDER BY x) {X} WINDOW w AS (ORDER BY x)", "cannot have ORDER BY"),
    (f"SELECT SUM(x) OVER (w PARTITION BY x) {X} WINDOW w AS (ORDER BY x)", "cannot have a PARTITION BY clause"),
    (f"SELECT SUM(x) OVER (w ROWS 1 PRECEDING) {X} WINDOW w AS (ORDER BY x ROWS 2 PRECEDING)", "with a frame clause"),
    (f"SELECT SUM(x) OVER w {X} WINDOW w AS (ORDER BY x), W AS (ORDER BY x)", "Duplicate window alias W"),
    # PIVOT and UNPIVOT
    (f"SELECT * {ROWS} PIVOT(ARRAY_AGG(b) FOR a IN (1))", "only aggregate functions that ignore NULL"),
    (f"SELECT * {ROWS} PIVOT(MAX_BY(b, b) FOR a IN (1))", "only aggregate functions with one argument"),
    ("SELECT * FROM (SELECT 1 AS a, 2.5 AS b) UNPIVOT(v FOR n IN (a, b))", "must have equivalent types"),
    (f"SELECT * {ROWS} UNPIVOT(a FOR n IN (a, b))", "cannot make a column of the name a"),
    (f"SELECT * {ROWS} UNPIVOT(v FOR v IN (a, b))", "cannot make a column of the name v"),
    (f"SELECT * {ROWS} UNPIVOT((v, w) FOR n IN ((a, a)))", "a column twice in one set"),
    (f"SELECT * {ROWS} UNPIVOT((v, w) FOR n IN ((a, b, a)))", "2 value columns, but a set of 3 columns"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "message"), REFUSED)
def test_refused(warehouse: Any, query: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(query)
    assert message in raised.value.message
