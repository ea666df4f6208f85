"""Load jobs: what the options of CSV, Parquet, ORC and Avro files do, and the codecs of exports."""

import io
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery, storage
from pyarrow import orc

from tests.emulators.bigquery.service.conftest import PROJECT

Field = bigquery.SchemaField
NUMBER_AND_TEXT = [Field("a", "INT64"), Field("b", "STRING")]


def load(client: bigquery.Client, dataset: str, content: bytes, **options: Any) -> list[tuple[Any, ...]]:
    """The rows of a new table made of a file."""
    settings = bigquery.LoadJobConfig(write_disposition="WRITE_TRUNCATE", **options)
    client.load_table_from_file(io.BytesIO(content), f"{PROJECT}.{dataset}.t", job_config=settings).result()
    return [tuple(row) for row in client.list_rows(client.get_table(f"{dataset}.t"))]


@pytest.mark.parametrize(
    ("content", "options", "rows"),
    [
        (b'1,\n2,""\n"","a, ""b"""\n', {}, [(1, None), (2, ""), (None, 'a, "b"')]),
        (b"NA,x\n2,-\n3,\n", {"null_markers": ["NA", "-"]}, [(None, "x"), (2, None), (3, "")]),
        (b"1|'a|b'\n", {"field_delimiter": "|", "quote_character": "'"}, [(1, "a|b")]),
        (b'1\t"a\n', {"field_delimiter": "\t", "quote_character": ""}, [(1, '"a')]),
        (b'1,"a\nb"\n', {"allow_quoted_newlines": True}, [(1, "a\nb")]),
        (b"b,a\nx,1\n", {"skip_leading_rows": 1, "source_column_match": "NAME"}, [(1, "x")]),
        ("1,\u00e9\n".encode("latin-1"), {"encoding": "ISO-8859-1"}, [(1, "\u00e9")]),
        ("1,\u00e9\n".encode("latin-1"), {}, [(1, "\ufffd")]),
        ("1,\u00e9\n".encode("utf-16-le"), {"encoding": "UTF-16LE"}, [(1, "\u00e9")]),
        ("1,\u00e9\n".encode("utf-32-be"), {"encoding": "UTF-32BE"}, [(1, "\u00e9")]),
    ],
)
def test_csv_is_read_as_its_options_say(
    client: bigquery.Client, dataset: str, content: bytes, options: dict[str, Any], rows: list[tuple[Any, ...]]
) -> None:
    assert load(client, dataset, content, schema=NUMBER_AND_TEXT, **options) == rows


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'1,"a\nb"\n', "Missing close quote character"),
        (b'1,"a\n', "Missing close quote character"),
        (b"1,a\x00b\n", r"Bad character \(ASCII 0\)"),
        (b'1,"a" b\n', r"Data between close quote character \(\"\) and field separator"),
    ],
)
def test_csv_that_needs_an_option_is_refused_without_it(
    client: bigquery.Client, dataset: str, content: bytes, words: str
) -> None:
    with pytest.raises(BadRequest, match=words):
        load(client, dataset, content, schema=NUMBER_AND_TEXT)


def test_dates_and_times_have_formats_and_a_time_zone(client: bigquery.Client, dataset: str) -> None:
    content = b"01/02/2024,03h04,2024.01.02 3:4:5 PM,2024-01-02 00:00:00\n"
    schema = [Field("d", "DATE"), Field("t", "TIME"), Field("dt", "DATETIME"), Field("ts", "TIMESTAMP")]
    formats = {"date_format": "MM/DD/YYYY", "time_format": 'HH24"h"MI', "datetime_format": "YYYY.MM.DD HH12:MI:SS AM"}
    (row,) = load(client, dataset, content, schema=schema, time_zone="America/New_York", **formats)
    assert row == (date(2024, 1, 2), time(3, 4), datetime(2024, 1, 2, 15, 4, 5), datetime(2024, 1, 2, 5, tzinfo=UTC))


def test_timestamps_have_slashes_or_no_seconds(client: bigquery.Client, dataset: str) -> None:
    content = b"2024-01-02 03:04\n2024/01/02 03:04:05\n2024/01/02T03:04+01:00\n2024/01/02\n"
    rows = load(client, dataset, content, schema=[Field("ts", "TIMESTAMP")], time_zone="America/New_York")
    utc = [stamp.replace(tzinfo=None) for (stamp,) in rows]
    assert sorted(utc) == [
        datetime(2024, 1, 2, 2, 4), datetime(2024, 1, 2, 5), datetime(2024, 1, 2, 8, 4), datetime(2024, 1, 2, 8, 4, 5)
    ]  # fmt: skip
    for wrong in (b"2024-01/02\n", b"2024-01-02 03\n", b"2024-01-02 03:04.5\n"):
        with pytest.raises(BadRequest, match="TIMESTAMP"):
            load(client, dataset, wrong, schema=[Field("ts", "TIMESTAMP")])


def test_a_separator_and_names_are_detected(client: bigquery.Client, dataset: str) -> None:
    assert load(client, dataset, b"a b;1x\n1;2.5\n3;4\n", autodetect=True) == [(1, 2.5), (3, 4.0)]
    assert [field.name for field in client.get_table(f"{dataset}.t").schema] == ["a_b", "_1x"]


def test_orc_is_read(client: bigquery.Client, dataset: str) -> None:
    sink = io.BytesIO()
    moments = pa.array([datetime(2024, 1, 1, 1), None], pa.timestamp("ns"))
    orc.write_table(pa.table({"n": [1, 2], "l": [[1], [2, 3]], "r": [{"x": "a"}, None], "ts": moments}), sink)
    first, second = load(client, dataset, sink.getvalue(), source_format="ORC")
    assert first == (1, [1], {"x": "a"}, datetime(2024, 1, 1, 1, tzinfo=UTC))
    assert second == (2, [2, 3], None, None)


def test_maps_become_repeated_keys_and_values(client: bigquery.Client, dataset: str) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"m": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64()))}), sink)
    rows = load(client, dataset, sink.getvalue(), source_format="PARQUET")
    assert rows == [({"key_value": [{"key": "k", "value": 1}]},), ({"key_value": []},)]
    schema = {"type": "record", "name": "r", "fields": [{"name": "m", "type": {"type": "map", "values": "long"}}]}
    content = io.BytesIO()
    fastavro.writer(content, schema, [{"m": {"k": 1}}])
    rows = load(client, dataset, content.getvalue(), source_format="AVRO")
    assert rows == [([{"key": "k", "value": 1}],)]


@pytest.mark.parametrize(
    ("targets", "value"), [(["BIGNUMERIC", "NUMERIC"], Decimal("1.5")), (["STRING"], "1.5"), (None, Decimal("1.5"))]
)
def test_decimals_take_the_type_that_is_wanted(
    client: bigquery.Client, dataset: str, targets: list[str] | None, value: Any
) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"d": pa.array([Decimal("1.5")], pa.decimal128(30, 15))}), sink)
    options = {"decimal_target_types": targets} if targets else {}
    assert load(client, dataset, sink.getvalue(), source_format="PARQUET", **options) == [(value,)]


def test_geographies_and_ranges_come_from_json(client: bigquery.Client, dataset: str) -> None:
    schema = [Field("g", "GEOGRAPHY"), Field("r", "RANGE", range_element_type="DATE")]
    row = {"g": '{"type": "Point", "coordinates": [1, 2]}', "r": {"start": "2024-01-01", "end": None}}
    client.load_table_from_json([row], f"{dataset}.t", job_config=bigquery.LoadJobConfig(schema=schema)).result()
    assert (
        client.insert_rows_json(f"{PROJECT}.{dataset}.t", [{"g": "point(1 2)", "r": "[2024-01-01, UNBOUNDED)"}]) == []
    )
    expected = ("POINT(1 2)", {"start": date(2024, 1, 1), "end": None})
    assert [tuple(row) for row in client.list_rows(client.get_table(f"{dataset}.t"))] == [expected] * 2


def test_a_template_makes_the_table_of_a_suffix(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t (a int64) options(description='base')")
    for number in (1, 2):
        assert client.insert_rows_json(f"{PROJECT}.{dataset}.t", [{"a": number}], template_suffix="_x") == []
    assert [tuple(row) for row in client.query_and_wait(f"select sum(a), count(*) from {dataset}.t_x")] == [(3, 2)]
    assert client.get_table(f"{dataset}.t").num_rows == 0


def test_snappy_avro_goes_out_and_in(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    client.query_and_wait(f"create table {dataset}.s as select x from unnest(generate_array(1, 1000)) as x")
    settings = bigquery.ExtractJobConfig(destination_format="AVRO", compression="SNAPPY")
    client.extract_table(f"{dataset}.s", f"gs://{bucket.name}/s.avro", job_config=settings).result()
    content = bucket.blob("s.avro").download_as_bytes()
    assert fastavro.reader(io.BytesIO(content)).metadata["avro.codec"] == "snappy"
    assert sum(row[0] for row in load(client, dataset, content, source_format="AVRO")) == 500_500


def test_avro_texts_are_geographies_and_ids(client: bigquery.Client, dataset: str) -> None:
    parts = [{"name": "g", "type": "string"}, {"name": "u", "type": {"type": "string", "logicalType": "uuid"}}]
    content, number = io.BytesIO(), UUID(int=7)
    fastavro.writer(content, {"type": "record", "name": "r", "fields": parts}, [{"g": "POINT(1 2)", "u": str(number)}])
    schema = [Field("g", "GEOGRAPHY"), Field("u", "STRING")]
    rows = load(client, dataset, content.getvalue(), source_format="AVRO", schema=schema)
    assert rows == [("POINT(1 2)", str(number))]


def test_avro_has_dates_and_times_where_they_are_asked_for(
    client: bigquery.Client, dataset: str, bucket: storage.Bucket
) -> None:
    kinds = {"d": ("int", "date"), "t": ("long", "time-micros"), "ts": ("long", "timestamp-millis")}
    parts = [{"name": name, "type": {"type": base, "logicalType": kind}} for name, (base, kind) in kinds.items()]
    parts.append({"name": "n", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}})
    row = {"d": date(1970, 1, 3), "t": time(0, 0, 1), "ts": datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC), "n": Decimal(1)}
    for times in (1, 40):  # few blocks, and many
        content = io.BytesIO()
        fastavro.writer(content, {"type": "record", "name": "r", "fields": parts}, [row] * times, sync_interval=1)
        plain = load(client, dataset, content.getvalue(), source_format="AVRO")
        assert plain == [(2, 1_000_000, 2000, Decimal(1))] * times
        logical = load(client, dataset, content.getvalue(), source_format="AVRO", use_avro_logical_types=True)
        assert logical == [tuple(row.values())] * times
    uri = f"gs://{bucket.name}/e.avro"
    for asked, values in ((False, ["1970-01-03", "00:00:01", row["ts"]]), (True, list(row.values())[:3])):
        settings = bigquery.ExtractJobConfig(destination_format="AVRO", use_avro_logical_types=asked)
        client.extract_table(f"{dataset}.t", uri, job_config=settings).result()
        record = next(fastavro.reader(io.BytesIO(bucket.blob("e.avro").download_as_bytes())))
        assert [record[name] for name in kinds] == values
    client.query_and_wait(f"create external table {dataset}.e options (format = 'AVRO', uris = ['{uri}'])")
    client.query_and_wait(
        f"load data into {dataset}.l from files (format = 'AVRO', uris = ['{uri}'], enable_logical_types = true)"
    )
    assert [[f.field_type for f in client.get_table(f"{dataset}.{name}").schema[:3]] for name in "el"] == [
        ["INTEGER", "INTEGER", "INTEGER"], ["DATE", "TIME", "TIMESTAMP"],
    ]  # fmt: skip
    assert [tuple(row)[:2] for row in client.query_and_wait(f"select * from {dataset}.e limit 1")] == [(2, 1_000_000)]


def append(client: bigquery.Client, dataset: str, content: bytes, **options: Any) -> list[tuple[Any, ...]]:
    settings = bigquery.LoadJobConfig(write_disposition="WRITE_APPEND", autodetect=True, **options)
    client.load_table_from_file(io.BytesIO(content), f"{PROJECT}.{dataset}.t", job_config=settings).result()
    return sorted(tuple(row) for row in client.list_rows(client.get_table(f"{dataset}.t")))


def test_a_header_is_detected_where_the_table_is_there_already(client: bigquery.Client, dataset: str) -> None:
    """And its names say which column is which; a file without one is read by position."""
    assert load(client, dataset, b"a,b\n1,x\n", autodetect=True) == [(1, "x")]
    assert append(client, dataset, b"a,b\n2,y\n") == [(1, "x"), (2, "y")]
    assert append(client, dataset, b"b,a\nz,3\n") == [(1, "x"), (2, "y"), (3, "z")]
    assert append(client, dataset, b"4,w\n")[-1] == (4, "w")
    assert append(client, dataset, b"a\n5\n")[-1] == (5, None)
    with pytest.raises(BadRequest, match="c"):
        append(client, dataset, b"a,c\n6,1\n")


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"t,yes\nf,no\n", [(True, True), (False, False)]),
        (b"1,y\n0,N\n", [(1, True), (0, False)]),  # 1 and 0 are numbers where nobody says otherwise
        (b'1,"a\nb"\n2,c\n', [(1, "a\nb"), (2, "c")]),  # a new line in quotes ends no row
    ],
)
def test_what_csv_is_detected_to_be(
    client: bigquery.Client, dataset: str, content: bytes, rows: list[tuple[Any, ...]]
) -> None:
    assert load(client, dataset, content, autodetect=True) == rows


def test_a_text_of_json_is_no_truth(client: bigquery.Client, dataset: str) -> None:
    content = b'{"a": "y", "b": true, "c": "true"}\n'
    json_lines = bigquery.SourceFormat.NEWLINE_DELIMITED_JSON
    assert load(client, dataset, content, autodetect=True, source_format=json_lines) == [("y", True, True)]


def test_geographies_are_wkt_wkb_or_geojson(client: bigquery.Client, dataset: str) -> None:
    content = b'POINT(1 2)\n0101000000000000000000f03f0000000000000040\n"{""type"":""Point"",""coordinates"":[1,2]}"\n'
    assert load(client, dataset, content, schema=[Field("g", "GEOGRAPHY")]) == [("POINT(1 2)",)] * 3


def test_one_way_to_say_what_null_is(client: bigquery.Client, dataset: str) -> None:
    with pytest.raises(BadRequest, match="cannot both be set"):
        load(client, dataset, b"1,x\n", schema=NUMBER_AND_TEXT, null_marker="x", null_markers=["-"])
