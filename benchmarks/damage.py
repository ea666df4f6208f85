"""Which values the tools that copy Postgres to Parquet damage: value by value, beside Sluice.

    python -m benchmarks.damage [--tool dlt ...]

The values are those of benchmarks/support/source_tables.py, each in a row of its own. A value counts as kept where it
is the same value, or Postgres' own text of it; in bronze also where it is NULL and its text stands in `_raw`.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from beam_pipelines import clients
from benchmarks.support.environments import NotInstallable
from benchmarks.support.platform import Platform
from benchmarks.support.readers import READERS, column_values
from benchmarks.support.report import heading
from benchmarks.support.source_tables import AWKWARD, VALUES, awkward_inserts, awkward_rows
from benchmarks.support.values import plain, same

OTHERWISE = {
    "numbers": "to_json(numbers)::text",
    "words": "to_json(words)::text",
    "day": "CASE WHEN isfinite(day) THEN day - date '1970-01-01' END",
    "clock": "(extract(epoch FROM clock) * 1000000)::bigint",
    "local_time": "CASE WHEN isfinite(local_time) THEN (extract(epoch FROM local_time) * 1000000)::bigint END",
    "moment": "CASE WHEN isfinite(moment) THEN (extract(epoch FROM moment) * 1000000)::bigint END",
}
Truth = dict[int, tuple[str, int | str | None]]


def main() -> None:
    """Prints what each tool damages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", action="append", default=[], help="only this tool beside Sluice (repeatable)")
    tools = parser.parse_args().tool
    heading("Values that are not what they were")
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder, Platform(Path(folder)) as platform:
        create(platform)
        truths = {column: truth(platform, column) for column in VALUES}
        total = sum(len(values) for values in VALUES.values())
        show("Sluice", truths, bronze(platform), total)
        for reader in [each for each in READERS if not tools or each.name.partition(" ")[0] in tools]:
            try:
                found = {column: column_values(reader, platform.url, column, _rows(column)) for column in VALUES}
            except NotInstallable as problem:
                print(f"{reader.name}: not compared, it cannot be installed here: {problem}")
                continue
            show(reader.name, truths, found, total)


def create(platform: Platform) -> None:
    """The table, in a database whose clock is not UTC."""
    platform.run("ALTER DATABASE bench SET timezone = 'Asia/Kolkata'")
    platform.run("CREATE TABLE orders (id bigint PRIMARY KEY)")
    platform.run(AWKWARD)
    with platform.connection.cursor() as cursor:
        for statement, values in awkward_inserts():
            cursor.execute(statement, values)


def _rows(column: str) -> dict[int, str]:
    return {number: value for number, name, value in awkward_rows() if name == column}


def truth(platform: Platform, column: str) -> Truth:
    """id -> (Postgres' text, a moment's number or an array's JSON) of each value."""
    platform.run("SET timezone = 'UTC'")
    rows = platform.run(
        f"SELECT id, {column}::text, {OTHERWISE.get(column, 'NULL')} FROM awkward WHERE {column} IS NOT NULL AND id > 0"
    )
    return {number: (value, other) for number, value, other in rows}


def bronze(platform: Platform) -> dict[str, dict[int, Any]]:
    """column -> id -> what bronze holds; the raw text where the column is NULL."""
    platform.provision("before")
    platform.provision("after")
    platform.landed()
    platform.landing_to_bronze()
    blobs = clients.storage().list_blobs(clients.bucket("bronze"), prefix="bench/awkward/")
    table = pa.concat_tables([pq.read_table(pa.BufferReader(blob.download_as_bytes())) for blob in blobs])
    raw = [json.loads(text) if text else {} for text in table.column("_raw").to_pylist()]
    ids = table.column("id").to_pylist()
    found = {}
    for column in VALUES:
        values = zip(ids, plain(table.column(column)), raw, strict=True)
        found[column] = {number: texts.get(column, value) for number, value, texts in values}
    return found


def show(name: str, truths: Mapping[str, Truth], found: Mapping[str, Mapping[int, Any]], total: int) -> None:
    """The damaged values of one tool, by column."""
    values = [value for each in found.values() for value in each.values()]
    if all(isinstance(value, Exception) for value in values):
        print(f"\n{name}: not compared, it fails on everything: {values[0]}")
        return
    damaged = {column: list(_damaged(column, truths[column], found[column])) for column in VALUES}
    print(f"\n{name}: {sum(map(len, damaged.values()))} of {total} values damaged", flush=True)
    for column, lines in damaged.items():
        for line in lines:
            print(f"  {column:11} {line}")


def _damaged(column: str, truth: Truth, found: Mapping[int, Any]) -> Iterator[str]:
    """A line for each value that is lost or another."""
    for number, (text, other) in truth.items():
        value = found.get(number, "no such row")
        if isinstance(value, Exception):
            yield f"{text[:42]!r:44} fails: {str(value)[:90]}"
        elif not same(column, text, other, value):
            yield f"{text[:42]!r:44} becomes {str(value)[:60]!r}"


if __name__ == "__main__":
    main()
