"""A warehouse with all kinds of jobs."""

from functools import partial
from pathlib import Path

from emulators import avro_codecs
from emulators.bigquery.state.access.policy_tags import PolicyTags
from emulators.bigquery.state.definitions import data_statements
from emulators.bigquery.state.jobs.copies import run_copy
from emulators.bigquery.state.jobs.extract_jobs import run_extract
from emulators.bigquery.state.jobs.loads import run_load
from emulators.bigquery.state.warehouse import Warehouse


def open_warehouse(
    folder: Path, storage: str | None = None, memory_limit: str = "1GB", threads: int | None = None,
    tags: PolicyTags | None = None,
) -> Warehouse:  # fmt: skip
    """The warehouse of a state directory. storage: the address of Cloud Storage (http://host:port), or None."""
    avro_codecs.install()
    warehouse = Warehouse(folder, storage, memory_limit, threads, tags)
    warehouse.kinds |= {
        "load": partial(run_load, warehouse),
        "copy": partial(run_copy, warehouse),
        "extract": partial(run_extract, warehouse),
    }
    data_statements.install(warehouse)
    return warehouse
