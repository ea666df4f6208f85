"""Writes of more rows than DuckDB holds back in memory, and what is written after them."""

import pytest
from google.cloud import bigquery

ROWS = 500_000  # four row groups of DuckDB's, from two threads
MERGE = """
    merge {table} as existing
    using (select distinct n as id from unnest(generate_array(1, {rows})) as n) as incoming
    on existing.id = incoming.id
    when matched then update set batch = {batch}
    when not matched then insert (id, batch) values (id, {batch})
"""


def _filled(client: bigquery.Client, table: str, layout: str = "") -> None:
    client.query_and_wait(f"create table {table} (id int64, batch int64) {layout}")
    client.query_and_wait(f"insert {table} (id, batch) select n, 0 from unnest(generate_array(1, {ROWS})) as n")


def _batches(client: bigquery.Client, table: str) -> list[tuple[int, int]]:
    found = client.query_and_wait(f"select batch, count(*) from {table} group by batch order by batch")
    return [tuple(row) for row in found]


@pytest.mark.long
@pytest.mark.ci
def test_what_is_written_after_a_large_merge_is_there(client: bigquery.Client, dataset: str) -> None:
    for table, layout in ((f"{dataset}.t", ""), (f"{dataset}.arrivals", "partition by _PARTITIONDATE")):
        _filled(client, table, layout)
        for batch, rows in ((1, ROWS), (2, 570), (3, 600)):
            client.query_and_wait(MERGE.format(table=table, batch=batch, rows=rows))
        client.query_and_wait(f"insert {table} (id, batch) values (0, 4)")
        assert _batches(client, table) == [(1, ROWS - 600), (3, 600), (4, 1)]


def test_what_is_written_after_a_transaction_with_a_large_and_an_empty_insert_is_there(
    client: bigquery.Client, dataset: str
) -> None:
    table = f"{dataset}.t"
    _filled(client, table)
    client.query_and_wait(f"""
        begin transaction;
        insert {table} select id, 1 from {table};
        insert {table} select id, 2 from {table} where id < 0;
        delete from {table} where batch = 0;
        delete from {table} where batch = 0;
        commit transaction;
    """)
    client.query_and_wait(f"insert {table} values (0, 3)")
    assert _batches(client, table) == [(1, ROWS), (3, 1)]
    [[moment]] = client.query_and_wait("select string(current_timestamp())")
    client.query_and_wait(f"delete from {table} where id = 7")  # into the past, which the transaction wrote twice
    before = f"select count(*) from {table} for system_time as of timestamp '{moment}'"
    assert [tuple(row) for row in client.query_and_wait(before)] == [(ROWS + 1,)]


def test_a_merge_into_a_table_by_arrival_gives_new_rows_their_arrival(client: bigquery.Client, dataset: str) -> None:
    table = f"{dataset}.arrivals"
    client.query_and_wait(f"create table {table} (id int64, batch int64) partition by _PARTITIONDATE")
    client.query_and_wait(f"insert {table} (_PARTITIONTIME, id, batch) values (timestamp '2024-01-31', 1, 0)")
    client.query_and_wait(MERGE.format(table=table, batch=1, rows=2))
    found = client.query_and_wait(f"select id, batch, _PARTITIONDATE = current_date() from {table} order by id")
    assert [tuple(row) for row in found] == [(1, 1, False), (2, 1, True)]
