"""What a job's statistics say of statements that are no queries: what they were about, and what they did."""

from typing import Any

import pytest
from google.api_core.exceptions import GoogleAPICallError
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


def _job(client: bigquery.Client, **configuration: Any) -> dict[str, Any]:
    """A job as jobs.get tells it, once it is done."""
    path = f"/projects/{PROJECT}/jobs"
    made: dict[str, Any] = client._connection.api_request("POST", path, data={"configuration": configuration})
    job = client.get_job(made["jobReference"]["jobId"], location=made["jobReference"]["location"])
    job.result()
    return dict(client.get_job(job.job_id)._properties)


def test_constraints_go_with_what_a_job_replaces(client: bigquery.Client, dataset: str) -> None:
    keyed = "(a int64, b string, primary key (b) not enforced)"
    client.query_and_wait(f"create table {dataset}.t (a int64, primary key (a) not enforced);"
                          f"create table {dataset}.s {keyed}; create table {dataset}.kept {keyed}")  # fmt: skip

    def key(name: str) -> Any:
        constraints = client.get_table(f"{dataset}.{name}").table_constraints
        return constraints and constraints.primary_key.columns

    target = {"projectId": PROJECT, "datasetId": dataset, "tableId": "t"}
    write = {"destinationTable": target, "writeDisposition": "WRITE_TRUNCATE"}
    _job(client, query={"query": "select 1 as a", "useLegacySql": False, **write})
    assert key("t") is None
    for name in ("t", "new"):
        _job(
            client,
            copy={"sourceTable": target | {"tableId": "s"}, **write, "destinationTable": target | {"tableId": name}},
        )
        assert key(name) == ["b"]
    data = {"destinationTable": target | {"tableId": "kept"}, "writeDisposition": "WRITE_TRUNCATE_DATA"}
    more = {"query": "select 1 as a, 2 as c", "useLegacySql": False, "schemaUpdateOptions": ["ALLOW_FIELD_ADDITION"]}
    _job(client, query=more | data)
    assert (key("kept"), [f.name for f in client.get_table(f"{dataset}.kept").schema]) == (["b"], ["a", "b", "c"])


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"copy": {}, "dryRun": True}, "A dry run of a copy job is not supported"),
        ({"copy": {"writeDisposition": "WRITE_TRUNCATE_DATA"}}, "WRITE_TRUNCATE_DATA is not a valid value"),
        ({"load": {"schemaUpdateOptions": ["ALLOW_ALL"]}}, "Invalid value for schemaUpdateOptions: ALLOW_ALL"),
    ],
)
def test_a_job_that_cannot_be(client: bigquery.Client, configuration: dict[str, Any], message: str) -> None:
    with pytest.raises(GoogleAPICallError, match=message):
        client._connection.api_request("POST", f"/projects/{PROJECT}/jobs", data={"configuration": configuration})


def test_routines_are_told_and_only_tables_are_destinations(client: bigquery.Client, dataset: str) -> None:
    job = _job(client, query={"query": f"create function {dataset}.f(x int64) as (x + 1)", "useLegacySql": False})
    assert "destinationTable" not in job["configuration"]["query"]
    found = statistics(client, f"select {dataset}.f(1)")
    assert found["referencedRoutines"] == [{"projectId": PROJECT, "datasetId": dataset, "routineId": "f"}]
    assert "schema" not in found  # of a dry run alone, and of what DDL makes
    made = client.query(f"create table {dataset}.made (a int64)")
    assert [field.name for field in made.result().schema] == ["a"]
    dry = client.query("select 1 as a", job_config=bigquery.QueryJobConfig(dry_run=True))
    assert [field.name for field in dry.schema] == ["a"]


def test_a_renamed_table_is_told(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t (a int64)")
    found = statistics(client, f"alter table {dataset}.t rename to u")
    assert [found[key]["tableId"] for key in ("ddlTargetTable", "ddlDestinationTable")] == ["t", "u"]
    assert "ddlDestinationTable" not in statistics(client, f"alter table {dataset}.u add column b int64")


def test_a_dataset_that_is_not_there_is_told(client: bigquery.Client) -> None:
    found = statistics(client, "drop schema if exists nowhere_at_all")
    target = {"projectId": PROJECT, "datasetId": "nowhere_at_all"}
    assert (found["ddlOperationPerformed"], found["ddlTargetDataset"]) == ("SKIP", target)


def test_bytes_are_logical_ones(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    client.query_and_wait(f"create table {dataset}.t as select 1 as a, 'abc' as b union all select 2, null")
    extract = client.extract_table(f"{dataset}.t", f"gs://{bucket.name}/logical.csv")
    extract.result()
    assert client.get_job(extract.job_id)._properties["statistics"]["extract"]["inputBytes"] == "21"
    rows = [{"a": 3, "b": "d"}, {"a": 4, "b": "efgh"}]
    load = client.load_table_from_json(rows, f"{dataset}.t")
    assert load.result().output_bytes == 8 + 3 + 8 + 6


def test_partitions_are_counted(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(
        f"create table {dataset}.t (d date, n int64) partition by d as "
        "select date '2024-01-01' + x, x from unnest([0, 0, 1, 2, null]) as x; "
        f"create table {dataset}.r (n int64) partition by range_bucket(n, generate_array(0, 10, 5)) as "
        "select * from unnest([1, 2, 7, 20, 30, null])"
    )
    counts = [client.get_table(f"{dataset}.{name}")._properties["numPartitions"] for name in "tr"]
    assert counts == ["4", "4"]  # NULL has one, and so has all that is outside of the range
    read = "totalPartitionsProcessed"
    assert statistics(client, f"select n from {dataset}.t")[read] == "4"
    assert statistics(client, f"select n from {dataset}.t where d >= '2024-01-02'")[read] == "2"
    assert statistics(client, f"select n from {dataset}.r where n < 5")[read] == "1"
    assert statistics(client, f"select 1 from {dataset}.t, {dataset}.r")[read] == "8"
    assert statistics(client, "select 1")[read] == "0"


def test_a_transaction_is_named_by_its_statements(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t (n int64)")
    script = f"select 1; begin transaction; insert {dataset}.t values (1); commit transaction; select 2"
    job = client.query(script)
    job.result()
    children = sorted(client.list_jobs(parent_job=job.job_id), key=lambda one: one.job_id.rpartition("_")[2])
    found = [child.transaction_info and child.transaction_info.transaction_id for child in children]
    assert found[0] is None and found[4] is None and len(set(found[1:4])) == 1 and found[1] is not None
    assert job.transaction_info is None  # a script is not part of what it starts


def test_the_jobs_of_a_script_are_seen_while_it_runs(client: bigquery.Client, dataset: str) -> None:
    jobs = "`region-us`.INFORMATION_SCHEMA.JOBS where parent_job_id = @@script.job_id"
    ((count, done),) = client.query_and_wait(f"select 1; select 2; select count(*), max(state) from {jobs}")
    assert (count, done) == (2, "DONE")


def test_a_condition_alone_is_an_assert(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t (n int64)")
    assert statistics(client, "assert 1 = 1")["statementType"] == "ASSERT"
    assert statistics(client, f"assert not exists (select 1 from {dataset}.t)")["statementType"] == "ASSERT"
