"""MERGE of more rows than DuckDB holds back in memory, and what is written after it."""

from google.cloud import bigquery

ROWS = 500_000  # four row groups of DuckDB's, from two threads


def test_what_is_written_after_a_large_merge_is_there(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(
        f"create table {dataset}.t as select distinct n as id, 0 as batch from unnest(generate_array(1, {ROWS})) as n"
    )
    for batch, rows in ((1, ROWS), (2, 570), (3, 600)):
        client.query_and_wait(f"""
            merge {dataset}.t as existing
            using (select distinct n as id from unnest(generate_array(1, {rows})) as n) as incoming
            on existing.id = incoming.id
            when matched then update set batch = {batch}
            when not matched then insert (id, batch) values (id, {batch})
        """)
    client.query_and_wait(f"insert {dataset}.t values (0, 4)")
    found = client.query_and_wait(f"select batch, count(*) from {dataset}.t group by batch order by batch")
    assert [tuple(row) for row in found] == [(1, ROWS - 600), (3, 600), (4, 1)]
