"""dlt's pg_replication: a slot's changes -> Parquet. Arguments: URL, slot, folder of the verified sources, folder."""

# Runs where the tool is installed, and not in the project's environment.
# mypy: disable-error-code="import-not-found"

import json
import sys
import time
from pathlib import Path

import dlt

url, slot, sources, folder = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
sys.path.insert(0, sources)

from pg_replication import replication_resource  # noqa: E402

started, worked = time.perf_counter(), time.process_time()
credentials = dlt.sources.credentials.ConnectionStringCredentials(url)
changes = replication_resource(slot, "sluice_bench", credentials=credentials, target_batch_size=50_000)
destination = dlt.destinations.filesystem(bucket_url=folder.resolve().as_uri())
pipeline = dlt.pipeline("bench_log", destination=destination, dataset_name="log", pipelines_dir=str(folder / "state"))
pipeline.run(changes, loader_file_format="parquet")
print(
    json.dumps(
        {"seconds": time.perf_counter() - started, "cpu": time.process_time() - worked, "folder": str(folder / "log")}
    )
)
