"""ADBC's driver: a query -> Parquet, in bounded memory. Arguments: URL, table, columns, condition, file."""

# Runs where the tool is installed, and not in the project's environment.
# mypy: disable-error-code="import-not-found,type-arg"

import json
import sys
import time

import adbc_driver_postgresql.dbapi
import pyarrow.parquet

url, table, columns, condition, file = sys.argv[1:]
where = f"WHERE {condition}" if condition else ""
started, worked = time.perf_counter(), time.process_time()
with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
    cursor.execute(f"SELECT {columns} FROM {table} {where}")
    reader = cursor.fetch_record_batch()
    with pyarrow.parquet.ParquetWriter(file, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
print(json.dumps({"seconds": time.perf_counter() - started, "cpu": time.process_time() - worked}))
