"""What a job's statistics say of statements that are no queries: what they were about, and what they did."""

from typing import Any

import pytest
from google.cloud import bigquery, storage

from tests.emulators.bigquery.service.conftest import PROJECT


def statistics(client: bigquery.Client, sql: str) -> dict[str, Any]:
    job = client.query(sql)
    job.result()
    found: dict[str, Any] = client.get_job(job.job_id)._properties["statistics"]["query"]
    return found


def test_of_rights(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t (a int64)")
    role, who = "`roles/bigquery.dataViewer`", '"user:a@example.com"'
    found = statistics(client, f"grant {role} on table {dataset}.t to {who}")
    table = {"projectId": PROJECT, "datasetId": dataset, "tableId": "t"}
    assert found["dclTargetTable"] == table and "ddlOperationPerformed" not in found
    found = statistics(client, f"revoke {role} on schema {dataset} from {who}")
    assert found["dclTargetDataset"] == {"projectId": PROJECT, "datasetId": dataset}
    policy = f"row access policy p on {dataset}.t"
    found = statistics(client, f"create {policy} grant to ({who}) filter using (a = 1)")
    assert found["ddlTargetRowAccessPolicy"] == table | {"policyId": "p"} and "ddlTargetTable" not in found
    found = statistics(client, f"drop all row access policies on {dataset}.t")
    assert (found["ddlAffectedRowAccessPolicyCount"], found["ddlTargetTable"]) == ("1", table)


def test_of_files(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    uri = f"gs://{bucket.name}/x-*.csv"
    found = statistics(
        client, f"export data options(uri='{uri}', format='CSV', header=true) as select 1 as a, 'x' as b"
    )
    assert found["exportDataStatistics"] == {"fileCount": "1", "rowCount": "1"}
    load = f"load data into {dataset}.t from files(uris=['{uri}'], format='CSV')"
    found = statistics(client, load)["loadQueryStatistics"]
    assert (found["inputFiles"], found["outputRows"], found["badRecords"]) == ("1", "1", "0")


@pytest.mark.parametrize("view", ["__TABLES__", "__TABLES_SUMMARY__"])
def test_the_old_lists_of_tables(client: bigquery.Client, dataset: str, view: str) -> None:
    client.query_and_wait(f"create table {dataset}.t (a int64); create view {dataset}.v as select 1 as a")
    found = client.query_and_wait(f"select table_id, type from {dataset}.{view} order by 1")
    assert [tuple(row) for row in found] == [("t", 1), ("v", 2)]


def test_a_stage_has_every_number(client: bigquery.Client) -> None:
    """The Java client fails where one is missing."""
    job = client.query("select 1 as x")
    job.result()
    stage = job.query_plan[0]
    phases = [f"{phase}_{part}" for phase in ("wait", "read", "compute", "write") for part in ("ms", "ratio")]
    sizes = ["shuffle_output_bytes", "shuffle_output_bytes_spilled", "records_read", "records_written", "slot_ms"]
    numbers = [f"{phase}_{end}" for phase in phases for end in ("avg", "max")] + sizes
    assert [name for name in numbers if getattr(stage, name) is None] == []


@pytest.mark.parametrize("change", ["insert {t} (a, b) values (?, ?)", "update {t} set b = 'x' where a = 1",
                                    "delete {t} where true", "merge {t} using (select 1 as x) on x = a "
                                    "when matched then delete"])  # fmt: skip
def test_of_dml_that_is_not_run(client: bigquery.Client, dataset: str, change: str) -> None:
    """Google's JDBC driver takes the table and columns for a batch of INSERT from there."""
    client.query_and_wait(f"create table {dataset}.t (a int64, b string)")
    job = client.query(change.format(t=f"{dataset}.t"), bigquery.QueryJobConfig(dry_run=True))
    assert [(field.name, field.field_type) for field in job.schema] == [("a", "INTEGER"), ("b", "STRING")]
    assert [table.table_id for table in job.referenced_tables] == ["t"]
