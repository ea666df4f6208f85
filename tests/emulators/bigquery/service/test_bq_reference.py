"""What the reference of the bq command promises, asked as bq asks it."""

import shutil

import pytest
import requests
from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from tests.emulators.bigquery.service.conftest import PROJECT, Bq, Service


@pytest.mark.long
@pytest.mark.skipif(shutil.which("bq") is None, reason="the bq command is not on this machine")
def test_the_command_shows_what_was_done(bq: Bq, client: bigquery.Client, dataset: str) -> None:
    shown = bq("query", "--nouse_legacy_sql", "select 11; select 22; select 33; select 44")
    assert [number for number in shown.split() if number.isdigit()] == ["11", "22", "33", "44"]
    for day in (1, 2):
        client.query_and_wait(f"create table {dataset}.s_2020010{day} as select {day} as n")
    bq("partition", f"{dataset}.s_", f"{dataset}.whole")
    found = client.query_and_wait(f"select n, cast(_PARTITIONDATE as string) from {dataset}.whole order by 1")
    assert [tuple(row) for row in found] == [(1, "2020-01-01"), (2, "2020-01-02")]


def test_statements_begin_one_after_the_other(client: bigquery.Client) -> None:
    """bq shows the statements of a script by when they began."""
    job = client.query("select 1; select 2; select 3; select 4")
    job.result()
    began = [child.created for child in client.list_jobs(parent_job=job.job_id)]
    assert len(set(began)) == 4
    assert began == sorted(began, reverse=True)


def test_lifetimes_of_zero_are_cleared(service: Service, client: bigquery.Client, dataset: str) -> None:
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}/datasets/{dataset}"
    time = {"type": "DAY", "expirationMs": "86400000"}
    client.query_and_wait(f"create table {dataset}.t (n int64) partition by _PARTITIONDATE")
    for lifetime, kept in ((time["expirationMs"], time["expirationMs"]), (None, None)):
        change = {"timePartitioning": time | {"expirationMs": lifetime}}
        requests.patch(f"{address}/tables/t", json=change, timeout=10).raise_for_status()
        (listed,) = requests.get(f"{address}/tables", timeout=10).json()["tables"]
        assert listed["timePartitioning"] == {"type": "DAY"} | ({"expirationMs": kept} if kept else {})
    for milliseconds, left in ((7_200_000, 7_200_000), (0, None)):
        names = ("defaultTableExpirationMs", "defaultPartitionExpirationMs")
        requests.patch(address, json=dict.fromkeys(names, milliseconds), timeout=10).raise_for_status()
        found = client.get_dataset(dataset)
        assert (found.default_table_expiration_ms, found.default_partition_expiration_ms) == (left, left)


def test_what_must_come_from_the_cache_is_never_there(client: bigquery.Client) -> None:
    """--require_cache: the job may create no table for its results."""
    body = {
        "configuration": {"query": {"query": "select 1", "useLegacySql": False, "createDisposition": "CREATE_NEVER"}}
    }
    job = client.create_job(body["configuration"])
    with pytest.raises(NotFound, match="not in the cache"):
        job.result(retry=None)
