"""The hidden dataset of results: clients put tables of their own into it, and nobody else sees it."""

from google.cloud import bigquery

from tests.emulators.bigquery.service.conftest import PROJECT


def test_a_table_beside_the_results(client: bigquery.Client) -> None:
    job = client.query("select 1 as a")
    assert [tuple(row) for row in job.result()] == [(1,)]
    own = bigquery.DatasetReference(PROJECT, job.destination.dataset_id).table("mine")
    client.load_table_from_json([{"a": 2}], own).result()
    both = f"select a from `{job.destination.dataset_id}.{job.destination.table_id}` union all select a from `{own}`"
    assert sorted(row.a for row in client.query_and_wait(both)) == [1, 2]
    client.delete_table(own)


def test_results_are_where_their_job_was(client: bigquery.Client) -> None:
    places = []
    for location in ("US", "EU"):
        job = client.query("select 1", location=location)
        job.result()
        places.append(client.get_dataset(bigquery.DatasetReference(PROJECT, job.destination.dataset_id)))
    assert [place.location for place in places] == ["US", "EU"]
    assert not {place.dataset_id for place in places} & {one.dataset_id for one in client.list_datasets()}
    assert {place.dataset_id for place in places} <= {one.dataset_id for one in client.list_datasets(include_all=True)}
    found = client.query_and_wait("select schema_name from INFORMATION_SCHEMA.SCHEMATA where schema_name like '_res%'")
    assert not list(found)
