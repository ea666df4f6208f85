"""EXPORT DATA: where its files go, and what its options do."""

import io
from typing import Any

import fastavro
import pytest
from google.api_core.exceptions import BadRequest, MethodNotImplemented
from google.cloud import bigquery, storage

MOMENTS = "select date '2020-01-02' as d, time '03:04:05' as t, datetime '2020-01-02 03:04:05' as dt, "
MOMENTS += "timestamp '2020-01-02 03:04:05' as ts"


def export(client: bigquery.Client, bucket: storage.Bucket, query: str, **options: Any) -> bytes:
    """The one file that is written."""
    given = ", ".join(f"{name} = {value!r}" for name, value in options.items())
    sql = f"export data options (uri = 'gs://{bucket.name}/f-*', {given}) as {query}"
    client.query_and_wait(sql, retry=None, job_retry=None)
    return bytes(bucket.blob("f-000000000000").download_as_bytes(raw_download=True))


@pytest.mark.parametrize(
    ("options", "content"),
    [
        ({"format": "CSV"}, b"1,x\n"),
        ({"format": "CSV", "field_delimiter": "tab", "header": True}, b"a\tb\n1\tx\n"),
        ({"format": "JSON"}, b'{"a":"1","b":"x"}\n'),
    ],
)
def test_rows_are_written_as_options_say(
    client: bigquery.Client, bucket: storage.Bucket, options: dict[str, Any], content: bytes
) -> None:
    assert export(client, bucket, "select 1 as a, 'x' as b", **options) == content


@pytest.mark.parametrize(("logical", "kinds"), [(True, [True, True, False, True]), (False, [False] * 4)])
def test_moments_in_avro(client: bigquery.Client, bucket: storage.Bucket, logical: bool, kinds: list[bool]) -> None:
    """A DATETIME is a text in any case, which says what it is where logical types are used, as they are by default."""
    for options in ({"use_avro_logical_types": logical}, *([{}] if logical else [])):
        content = export(client, bucket, MOMENTS, format="AVRO", overwrite=True, **options)
        (row,) = fastavro.reader(io.BytesIO(content))
        assert [not isinstance(value, str) for value in row.values()] == kinds


@pytest.mark.parametrize(
    ("uri", "form", "query", "error", "message"),
    [
        ("one.csv", "CSV", "select 1 as a", BadRequest, "must be a wild card URI"),
        ("*.xml", "XML", "select 1 as a", BadRequest, "Invalid export format: XML"),
        ("*", "CLOUD_PUBSUB", "select 1 as a", MethodNotImplemented, "CLOUD_PUBSUB is not supported by this emulator"),
        ("*", "CSV", "select [1] as a", BadRequest, "nested schema. Field: a"),
        (
            "*",
            "AVRO",
            "select range<date> '[2020-01-01, 2020-01-02)' as r",
            BadRequest,
            "RANGE types are not supported",
        ),
    ],
)
def test_what_cannot_be_exported(
    client: bigquery.Client, bucket: storage.Bucket, uri: str, form: str, query: str, error: type[Exception],
    message: str,
) -> None:  # fmt: skip
    sql = f"export data options (uri = 'gs://{bucket.name}/{uri}', format = '{form}') as {query}"
    with pytest.raises(error, match=message):
        client.query_and_wait(sql, retry=None, job_retry=None)
