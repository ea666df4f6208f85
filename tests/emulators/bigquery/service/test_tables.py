"""Datasets and tables through Google's client: what is sent comes back, and what is wrong is refused."""

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound, PreconditionFailed
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField


def test_a_dataset_keeps_its_settings(client: bigquery.Client) -> None:
    wanted = bigquery.Dataset(f"{client.project}.settings")
    wanted.location, wanted.labels, wanted.description = "europe-west1", {"env": "test"}, "why"
    client.create_dataset(wanted)
    found = client.get_dataset("settings")
    assert (found.location, found.labels, found.description) == ("europe-west1", {"env": "test"}, "why")
    assert [entry.role for entry in found.access_entries] == ["WRITER", "OWNER", "OWNER", "READER"]
    assert "@" in found.access_entries[2].user_by_email  # whoever made it
    with pytest.raises(Conflict):
        client.create_dataset("settings")


def test_a_label_filter_lists_only_what_matches(client: bigquery.Client) -> None:
    for name, labels in (("tagged_a", {"owner": "a"}), ("tagged_b", {"owner": "b"}), ("untagged", {})):
        dataset = bigquery.Dataset(f"{client.project}.{name}")
        dataset.labels = labels
        client.create_dataset(dataset)
    assert [d.dataset_id for d in client.list_datasets(filter="labels.owner:a")] == ["tagged_a"]
    assert {d.dataset_id for d in client.list_datasets(filter="labels.owner")} == {"tagged_a", "tagged_b"}


def test_a_dataset_with_tables_is_not_deleted_unless_asked(client: bigquery.Client, dataset: str) -> None:
    client.create_table(f"{client.project}.{dataset}.t")
    with pytest.raises(BadRequest, match="still in use"):
        client.delete_dataset(dataset)
    client.delete_dataset(dataset, delete_contents=True)
    with pytest.raises(NotFound):
        client.get_dataset(dataset)


def test_a_table_keeps_its_schema_and_settings(client: bigquery.Client, dataset: str) -> None:
    tags = bigquery.PolicyTagList(("projects/p/locations/eu/taxonomies/1/policyTags/2",))
    wanted = bigquery.Table(
        f"{client.project}.{dataset}.t",
        [
            SchemaField("id", "INTEGER", "REQUIRED", description="the key"),
            SchemaField("email", "STRING", policy_tags=tags),
            SchemaField("price", "NUMERIC", precision=10, scale=2),
            SchemaField("at", "TIMESTAMP"),
            SchemaField("lines", "RECORD", "REPEATED", fields=[SchemaField("n", "INTEGER")]),
        ],
    )
    wanted.time_partitioning = bigquery.TimePartitioning(field="at", expiration_ms=1000 * 86_400_000)
    wanted.clustering_fields, wanted.labels, wanted.require_partition_filter = ["id"], {"a": "b"}, True
    client.create_table(wanted)
    found = client.get_table(wanted.reference)
    assert found.schema == wanted.schema
    assert found.time_partitioning == wanted.time_partitioning
    assert (found.clustering_fields, found.labels, found.require_partition_filter) == (["id"], {"a": "b"}, True)
    assert found.num_rows == 0


def test_names_of_tables_are_case_sensitive(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"CREATE TABLE {dataset}.Orders AS SELECT 1 AS n")
    client.query_and_wait(f"CREATE TABLE {dataset}.orders AS SELECT 2 AS n")
    assert [row.n for row in client.query_and_wait(f"SELECT n FROM {dataset}.Orders")] == [1]
    assert [row.n for row in client.query_and_wait(f"SELECT n FROM {dataset}.orders")] == [2]
    with pytest.raises(NotFound):
        client.get_table(f"{client.project}.{dataset}.ORDERS")


def test_columns_may_be_added_and_relaxed_but_not_removed(client: bigquery.Client, dataset: str) -> None:
    name = f"{client.project}.{dataset}.t"
    inner = SchemaField("x", "INTEGER")
    schema = [SchemaField("id", "INTEGER", "REQUIRED"), SchemaField("r", "RECORD", fields=[inner])]
    table = client.create_table(bigquery.Table(name, schema))
    client.insert_rows_json(name, [{"id": 1, "r": {"x": 7}}])
    wider = SchemaField("r", "RECORD", fields=[inner, SchemaField("y", "STRING")])
    table.schema = [SchemaField("id", "INTEGER"), wider, SchemaField("new", "DATE")]
    table = client.update_table(table, ["schema"])
    assert client.insert_rows_json(name, [{"id": None, "new": "2024-02-29", "r": {"y": "z"}}]) == []
    rows = sorted((tuple(row.values()) for row in client.list_rows(name)), key=str)
    assert rows[0][:2] == (1, {"x": 7, "y": None}) and rows[1][1] == {"x": None, "y": "z"}
    table.schema = [SchemaField("id", "INTEGER")]
    with pytest.raises(BadRequest, match="Field r is missing in new schema"):
        client.update_table(table, ["schema"])


def test_a_change_of_another_version_is_refused(client: bigquery.Client, dataset: str) -> None:
    table = client.create_table(f"{client.project}.{dataset}.t")
    table.description = "first"
    client.update_table(table, ["description"])
    table.description = "second"
    with pytest.raises(PreconditionFailed):
        client.update_table(table, ["description"])


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ([SchemaField("a", "INTEGER"), SchemaField("A", "STRING")], "already exists in schema"),
        ([SchemaField("a", "NUMBER")], "not a valid value"),
        ([SchemaField("1 a;", "INTEGER")], "Invalid field name"),
        ([SchemaField("r", "RECORD")], "has no schema"),
    ],
)
def test_a_wrong_schema_is_refused(
    client: bigquery.Client, dataset: str, schema: list[SchemaField], message: str
) -> None:
    with pytest.raises(BadRequest, match=message):
        client.create_table(bigquery.Table(f"{client.project}.{dataset}.t", schema))


def test_a_view_has_the_columns_of_its_query(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"CREATE TABLE {dataset}.t AS SELECT 1 AS a, 'x' AS b")
    view = bigquery.Table(f"{client.project}.{dataset}.v")
    view.view_query = f"SELECT b, a + 1 AS more FROM `{client.project}.{dataset}.t`"
    made = client.create_table(view)
    assert [(f.name, f.field_type) for f in made.schema] == [("b", "STRING"), ("more", "INTEGER")]
    assert [tuple(row) for row in client.query_and_wait(f"SELECT * FROM {dataset}.v")] == [("x", 2)]


def test_iam_policies_are_kept_and_guarded_by_their_etag(client: bigquery.Client, dataset: str) -> None:
    table = client.create_table(f"{client.project}.{dataset}.t")
    policy = client.get_iam_policy(table)
    policy.bindings = [{"role": "roles/bigquery.dataViewer", "members": {"user:a@example.com"}}]
    client.set_iam_policy(table, policy)
    client.query_and_wait(f"GRANT `roles/bigquery.dataViewer` ON TABLE {dataset}.t TO 'user:b@example.com'")
    found = client.get_iam_policy(table)
    assert found.bindings[0]["members"] == {"user:a@example.com", "user:b@example.com"}
    with pytest.raises(Conflict):
        client.set_iam_policy(table, policy, retry=None)


MERGE = "MERGE {d}.t AS t USING (SELECT 2 AS n, DATE '2024-01-02' AS day) AS s ON "
PRUNED = [
    "SELECT n FROM {d}.t WHERE day IS NOT NULL",
    "SELECT n FROM {d}.t WHERE day != '2024-01-02'",
    "SELECT n FROM {d}.t WHERE day IS NULL OR day > '2024-01-02'",
    "SELECT n FROM {d}.t WHERE FORMAT_DATE('%Y', day) = '2024' AND n = 1",
    "SELECT n FROM {d}.t WHERE day IN UNNEST(GENERATE_DATE_ARRAY('2024-01-01', '2024-01-03'))",
    MERGE + "FALSE WHEN NOT MATCHED BY SOURCE AND t.day IN UNNEST([DATE '2024-02-01']) THEN DELETE "
    "WHEN NOT MATCHED THEN INSERT ROW",
    MERGE + "t.n = s.n WHEN MATCHED AND t.day = '2024-01-02' THEN UPDATE SET n = 3",
]
NOT_PRUNED = [
    "SELECT n FROM {d}.t WHERE day IS NULL OR n = 1",
    MERGE + "t.n = s.n WHEN MATCHED AND t.day = '2024-01-02' THEN DELETE WHEN NOT MATCHED THEN INSERT ROW",
    MERGE + "FALSE WHEN NOT MATCHED BY SOURCE THEN DELETE",
]


@pytest.fixture
def filtered(client: bigquery.Client, dataset: str) -> str:
    client.query_and_wait(
        f"CREATE TABLE {dataset}.t PARTITION BY day OPTIONS(require_partition_filter=true) AS "
        "SELECT 1 AS n, DATE '2024-01-01' AS day"
    )
    return dataset


@pytest.mark.parametrize("text", PRUNED)
def test_filters_that_leave_out_partitions(client: bigquery.Client, filtered: str, text: str) -> None:
    client.query_and_wait(text.format(d=filtered))
    (row,) = client.query_and_wait(f"SELECT COUNT(*) FROM {filtered}.t WHERE day = '2024-01-01'")
    assert row[0] == 1


@pytest.mark.parametrize("text", NOT_PRUNED)
def test_filters_that_leave_out_no_partition(client: bigquery.Client, filtered: str, text: str) -> None:
    with pytest.raises(BadRequest, match="that can be used for partition elimination"):
        client.query_and_wait(text.format(d=filtered))


def test_names_that_no_result_may_have_and_decorators_that_no_query_may(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"CREATE TABLE {dataset}.t (n INT64) PARTITION BY _PARTITIONDATE")
    rows = client.query_and_wait(f"SELECT _PARTITIONTIME AS moment FROM {dataset}.t")
    assert [field.name for field in rows.schema] == ["moment"]
    for query, message in {
        f"SELECT _PARTITIONTIME FROM {dataset}.t": 'Invalid field name "_PARTITIONTIME"',
        f"SELECT _TABLE_SUFFIX FROM `{dataset}.t*`": 'Invalid field name "_TABLE_SUFFIX"',
        f"SELECT n FROM `{dataset}.t$20240101`": "cannot include decorator",
    }.items():
        with pytest.raises(BadRequest, match=message):
            client.query_and_wait(query)


def test_rows_move_to_another_partition_of_arrival(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(
        f"CREATE TABLE {dataset}.t (n INT64) PARTITION BY _PARTITIONDATE; "
        f"INSERT INTO {dataset}.t (n, _PARTITIONTIME) VALUES (1, TIMESTAMP '2024-01-01'), (2, TIMESTAMP '2024-01-01'); "
        f"UPDATE {dataset}.t SET _PARTITIONTIME = TIMESTAMP '2024-01-02' WHERE n = 1; "
        f"MERGE {dataset}.t AS t USING (SELECT 2 AS n, TIMESTAMP '2024-01-03' AS moment) AS s ON t.n = s.n "
        "WHEN MATCHED THEN UPDATE SET n = 3, _PARTITIONTIME = s.moment"
    )
    rows = client.query_and_wait(f"SELECT n, CAST(_PARTITIONDATE AS STRING) FROM {dataset}.t ORDER BY n")
    assert [tuple(row.values()) for row in rows] == [(1, "2024-01-02"), (3, "2024-01-03")]
    with pytest.raises(BadRequest, match="Column _PARTITIONDATE is not present"):
        client.query_and_wait(f"UPDATE {dataset}.t SET _PARTITIONDATE = DATE '2024-01-01' WHERE true")
