"""Queries that need more memory than there is: each is refused, and the emulator goes on. What is kept of the others
takes little."""

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import psutil
import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.jobs.results import read_result
from tests.emulators.bigquery.service.conftest import PROJECT, Service

_SOURCE = "create temp function f() returns string language js as '{body}'; select length(f())"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process")
@pytest.mark.parametrize(
    "query",
    [
        "select array_length(generate_array(1, 1000000000))",
        "select approx_quantiles(x, 1000000000) from unnest([1]) as x",
        "select array_length(array_concat(generate_array(1, 300000000), generate_array(1, 300000000)))",
    ],
)
def test_lists_that_do_not_fit_are_refused(client: bigquery.Client, query: str) -> None:
    with pytest.raises(BadRequest, match="Resources exceeded") as caught:
        client.query_and_wait(query)
    assert caught.value.errors[0]["reason"] == "resourcesExceeded"
    assert next(iter(client.query_and_wait("select 1")))[0] == 1


def test_javascript_that_returns_too_much_is_refused(client: bigquery.Client) -> None:
    with pytest.raises(BadRequest, match="UDF out of memory"):
        client.query_and_wait(_SOURCE.format(body='return "x".repeat(500000000)'))


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("repeat('ab', 524289)", "Output of REPEAT exceeds max allowed output size of 1MB"),
        ("repeat('é', 524289)", "Output of REPEAT exceeds max allowed output size of 1MB"),
        ("repeat(b'\\xff', 1048577)", "Output of REPEAT exceeds max allowed output size of 1MB"),
        ("repeat('ab', 9223372036854775807)", "Output of REPEAT exceeds max allowed output size of 1MB"),
        ("lpad('a', 1048577)", "Output of LPAD/RPAD exceeds max allowed output size of 1MB"),
        ("rpad(b'a', 1048577, b'bc')", "Output of LPAD/RPAD exceeds max allowed output size of 1MB"),
        ("json_set(json '[1]', '$[1000000]', 1)", "Exceeded maximum array size of 1000000"),
        ("json_array_insert(json '[1]', '$[1000001]', 1)", "Exceeded maximum array size of 1000000"),
    ],
)
def test_functions_make_no_larger_values_than_the_service(
    client: bigquery.Client, expression: str, message: str
) -> None:
    with pytest.raises(BadRequest, match=message):
        client.query_and_wait(f"select {expression}")


@pytest.mark.parametrize(
    ("expression", "length"),
    [
        ("length(repeat('ab', 524288))", 1 << 20),
        ("length(repeat(b'\\xff', 1048576))", 1 << 20),
        ("length(repeat('', 9223372036854775807))", 0),
        ("length(repeat('ab', cast(null as int64)))", None),
        ("length(lpad('a', 1048576))", 1 << 20),
    ],
)
def test_what_fits_is_made(client: bigquery.Client, expression: str, length: int | None) -> None:
    assert next(iter(client.query_and_wait(f"select {expression}")))[0] == length


def test_a_result_holds_no_more_memory_than_its_rows(tmp_path: Path) -> None:
    """DuckDB's batch keeps room for 65,536 rows in each column, 100 MB of addresses for a row of two hundred."""
    service = Service(tmp_path / "state").start()
    try:
        process, client = psutil.Process(service.process.pid), service.client()
        columns = ", ".join(f"{i} as c{i}" for i in range(200))
        found = []
        for round_, queries in enumerate((5, 10)):
            for query in range(queries):
                client.query_and_wait(f"select {round_} as r, {query} as q, {columns}", retry=None, job_retry=None)
            found.append(process.memory_info().vms)
    finally:
        service.stop()
    assert found[1] - found[0] < 200 << 20, "a result of one row holds 20 MB"


def test_the_rows_of_a_wide_table_are_listed(client: bigquery.Client, dataset: str) -> None:
    """DuckDB's own batch reserves 8 MB for each column."""
    schema = [bigquery.SchemaField(f"c{i}", "INT64") for i in range(2000)]
    table = client.create_table(bigquery.Table(f"{PROJECT}.{dataset}.wide", schema))
    assert client.insert_rows_json(table, [{f"c{i}": i for i in range(2000)}]) == []
    assert [row.values() for row in client.list_rows(table)] == [tuple(range(2000))]


@pytest.mark.parametrize(("free", "written"), [(1 << 40, True), (0, False)])
def test_a_large_result_goes_to_the_disk_while_that_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, written: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    with duckdb.connect() as connection:
        connection.execute("select range as n from range(300000)")
        result = read_result(connection, [Field("n", "INT64")], tmp_path / "results")
    assert result.table["c0"].to_pylist() == list(range(300000))
    assert (tmp_path / "results").exists() is written
