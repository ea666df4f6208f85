"""pandas-gbq, the bq command and Beam against the service, as their users call them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pandas as pd
import pandas_gbq
import pytest
from apache_beam.io.gcp.bigquery import ReadFromBigQuery, WriteToBigQuery
from apache_beam.io.gcp.internal.clients.bigquery.bigquery_v2_client import BigqueryV2
from apache_beam.options.pipeline_options import PipelineOptions
from google.cloud import bigquery, storage

from emulators.auth.credentials import write_service_account_key
from tests.emulators.bigquery.service.conftest import PROJECT, Bq, Service
from tests.emulators.process import running

pytestmark = [pytest.mark.long, pytest.mark.ci]


def rows(client: bigquery.Client, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in client.query_and_wait(sql)]


def test_pandas_gbq(service: Service, client: bigquery.Client, dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", service.address)
    options: dict[str, Any] = {"project_id": PROJECT, "bigquery_client": client}
    frame = pd.DataFrame({"i": pd.array([1, None], "Int64"), "s": ["x", None], "t": pd.to_datetime(["2024-01-01"] * 2)})
    for method in ("load_parquet", "load_csv"):
        pandas_gbq.to_gbq(frame, f"{dataset}.{method}", api_method=method, progress_bar=False, **options)
        sql = f"select i, s, t from {dataset}.{method} order by i desc"
        found = pandas_gbq.read_gbq(sql, progress_bar_type=None, use_bqstorage_api=False, **options)
        assert found.i.tolist() == [1, pd.NA] and found.s.tolist() == ["x", None]
        assert str(found.dtypes["i"]) == "Int64" and found.t[0] == pd.Timestamp("2024-01-01")
    pandas_gbq.to_gbq(frame, f"{dataset}.load_csv", if_exists="append", progress_bar=False, **options)
    assert rows(client, f"select count(*) from {dataset}.load_csv") == [(4,)]
    with pytest.raises(pandas_gbq.gbq.TableCreationError, match="Already Exists"):
        pandas_gbq.to_gbq(frame, f"{dataset}.load_csv", if_exists="fail", progress_bar=False, **options)
    with pytest.raises(pandas_gbq.gbq.GenericGBQException, match="Unrecognized name: nope"):
        pandas_gbq.read_gbq("select nope", progress_bar_type=None, **options)


@pytest.mark.skipif(shutil.which("bq") is None, reason="the bq command is not on this machine")
def test_bq(bq: Bq, client: bigquery.Client, dataset: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("1,x\n2,y\n")
    bq("load", f"{dataset}.t", "rows.csv", "a:integer,s:string")
    assert json.loads(bq("--format=json", "head", "--selected_fields", "s", f"{dataset}.t")) == [{"s": "x"}, {"s": "y"}]
    legacy = bq("--format=json", "query", f"select sum(a) as n from [{PROJECT}:{dataset}.t]")
    assert json.loads(legacy) == [{"n": "3"}]
    needed = json.loads(bq("--format=json", "query", "--nouse_legacy_sql", "--dry_run", "select @x > 'a'"))
    assert needed["statistics"]["query"]["undeclaredQueryParameters"][0]["parameterType"] == {"type": "STRING"}
    bq("cp", "--snapshot", "--no_clobber", f"{dataset}.t", f"{dataset}.kept")
    assert client.get_table(f"{dataset}.kept").table_type == "SNAPSHOT"
    bq("update", "--description", "changed", "--set_label", "k:v", f"{dataset}.t")
    table = client.get_table(f"{dataset}.t")
    assert (table.description, table.labels) == ("changed", {"k": "v"})
    assert {"kept", "t"} <= set(bq("ls", dataset).split())


@pytest.fixture
def beam_options(
    service: Service, bucket: storage.Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PipelineOptions]:
    """Beam has two BigQuery clients: one of its own that knows no address but its class's, and Google's."""
    with running("auth", tmp_path / "auth") as address:
        write_service_account_key(tmp_path / "key.json", tmp_path / "auth", address, PROJECT)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", service.address)
        monkeypatch.setattr(BigqueryV2, "BASE_URL", f"{service.address}/bigquery/v2/")
        yield PipelineOptions([f"--project={PROJECT}", f"--temp_location=gs://{bucket.name}/tmp"])


def test_beam(client: bigquery.Client, dataset: str, beam_options: PipelineOptions, tmp_path: Path) -> None:
    client.query_and_wait(f"create table {dataset}.source as select x as a, [x] as l from unnest([1, 2, 3]) as x")
    with beam.Pipeline(options=beam_options) as pipeline:
        table = pipeline | "Table" >> ReadFromBigQuery(table=f"{PROJECT}:{dataset}.source")
        _ = table | WriteToBigQuery(
            lambda row: f"{PROJECT}:{dataset}.loaded_{row['a'] % 2}", schema={"fields": [
                {"name": "a", "type": "INTEGER"}, {"name": "l", "type": "INTEGER", "mode": "REPEATED"},
            ]}, method="FILE_LOADS",
        )  # fmt: skip
    assert rows(client, f"select a, l from {dataset}.loaded_1 order by a") == [(1, [1]), (3, [3])]
    assert rows(client, f"select a from {dataset}.loaded_0") == [(2,)]
    with beam.Pipeline(options=beam_options) as pipeline:
        query = ReadFromBigQuery(query=f"select a from `{PROJECT}.{dataset}.source`", use_standard_sql=True)
        made = pipeline | beam.Create([{"a": "bad"}])
        given = (pipeline | "Query" >> query, made) | beam.Flatten()
        written = given | WriteToBigQuery(
            f"{PROJECT}:{dataset}.streamed", schema="a:INTEGER", method="STREAMING_INSERTS",
            insert_retry_strategy="RETRY_NEVER",
        )  # fmt: skip
        lines = written.failed_rows_with_errors | beam.Map(lambda failed: json.dumps(failed[1:]))
        _ = lines | beam.io.WriteToText(str(tmp_path / "failed"), shard_name_template="")
    assert rows(client, f"select a from {dataset}.streamed order by a") == [(1,), (2,), (3,)]
    (row, (error,)) = json.loads((tmp_path / "failed").read_text())
    assert row == {"a": "bad"} and (error["reason"], error["location"]) == ("invalid", "a")
