"""dlt's sql_table by connectorx, its fastest way, to Parquet. Arguments: URL, table, columns, condition, file."""

# Runs where the tool is installed, and not in the project's environment.
# mypy: disable-error-code="import-not-found,type-arg"

import json
import sys
import time
from pathlib import Path

import dlt
import sqlalchemy
from dlt.sources.sql_database import sql_table

url, table, columns, condition, file = sys.argv[1:]
folder = Path(file).with_suffix("")


def narrowed(query: sqlalchemy.Select, described: sqlalchemy.Table) -> sqlalchemy.Select:
    wanted = [described.c[name.strip()] for name in columns.split(",")] if columns != "*" else list(described.c)
    chosen = sqlalchemy.select(*wanted)
    return chosen.where(sqlalchemy.text(condition)) if condition else chosen


started, worked = time.perf_counter(), time.process_time()
rows = sql_table(
    url.replace("postgresql://", "postgresql+psycopg2://"),
    table,
    schema="public",
    backend="connectorx",
    backend_kwargs={"conn": url, "return_type": "arrow"},
    query_adapter_callback=narrowed,
)
destination = dlt.destinations.filesystem(bucket_url=folder.resolve().as_uri())
pipeline = dlt.pipeline(
    f"bench_{folder.name}", destination=destination, dataset_name="bench", pipelines_dir=str(folder / "state")
)
pipeline.run(rows, loader_file_format="parquet")
seconds, cpu = time.perf_counter() - started, time.process_time() - worked
print(
    json.dumps(
        {"seconds": seconds, "cpu": cpu, "files": [str(path) for path in folder.rglob(f"bench/{table}/*.parquet")]}
    )
)
