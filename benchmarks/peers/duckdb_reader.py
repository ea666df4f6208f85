"""DuckDB's postgres reader: a query -> Parquet. Arguments: URL, table, columns, condition, file."""

# Runs where the tool is installed, and not in the project's environment.
# mypy: disable-error-code="import-not-found,type-arg"

import json
import sys
import time

import duckdb
from duckdb_extensions import import_extension

url, table, columns, condition, file = sys.argv[1:]
connection = duckdb.connect()
import_extension("postgres_scanner", con=connection)
connection.execute("LOAD postgres_scanner")
started, worked = time.perf_counter(), time.process_time()
connection.execute(f"ATTACH '{url}' AS source (TYPE postgres, READ_ONLY)")
where = f"WHERE {condition}" if condition else ""
connection.execute(f"COPY (SELECT {columns} FROM source.public.{table} {where}) TO '{file}' (FORMAT parquet)")
print(json.dumps({"seconds": time.perf_counter() - started, "cpu": time.process_time() - worked}))
