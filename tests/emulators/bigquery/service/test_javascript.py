"""JavaScript functions under a server's threads: V8 allows only some of them to touch its memory."""

from concurrent.futures import ThreadPoolExecutor

from google.cloud import bigquery

SQL = """
CREATE TEMP FUNCTION spelled(n INT64) RETURNS STRING LANGUAGE js AS "return 'n' + n + '/{0}'";
SELECT COUNT(DISTINCT spelled(n)) AS found, MAX(spelled(n)) AS last FROM UNNEST(GENERATE_ARRAY(1, 3000)) AS n
"""


def test_many_at_once(client: bigquery.Client) -> None:
    def run(number: int) -> tuple[int, str]:
        (row,) = client.query(SQL.format(number)).result()
        return row.found, row.last

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(run, range(24))) == [(3000, f"n999/{number}") for number in range(24)]
