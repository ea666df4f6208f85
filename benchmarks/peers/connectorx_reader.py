"""connectorx: a query -> Parquet, a whole table in two parts. Arguments: URL, table, columns, condition, file."""

# Runs where the tool is installed, and not in the project's environment.
# mypy: disable-error-code="import-not-found,type-arg"

import json
import sys
import time

import connectorx
import pyarrow.parquet

url, table, columns, condition, file = sys.argv[1:]
query = f"SELECT {columns} FROM {table} " + (f"WHERE {condition}" if condition else "")
partitions = {} if condition else {"partition_on": "id", "partition_num": 2}
started, worked = time.perf_counter(), time.process_time()
rows = connectorx.read_sql(url, query, return_type="arrow", protocol="binary", **partitions)
pyarrow.parquet.write_table(rows, file)
print(json.dumps({"seconds": time.perf_counter() - started, "cpu": time.process_time() - worked}))
