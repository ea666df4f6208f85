"""The anonymous tables that hold query results: recent ones stay readable by name."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping

import duckdb

from emulators.bigquery.sql.model import TableName
from emulators.bigquery.state.catalog import Catalog
from emulators.bigquery.state.definitions.datasets import create_dataset
from emulators.bigquery.state.errors import ServiceError
from emulators.bigquery.state.jobs.results import Result

_KEPT_BYTES = 512 << 20
_KEPT_RESULTS = 2_000
_PREFIX = "_results_"  # a dataset whose name begins with _ is hidden


def is_anonymous(dataset: str) -> bool:
    """Whether a dataset is one of those that results are in."""
    return dataset.startswith(_PREFIX)


def anonymous_dataset(catalog: Catalog, project: str, location: str) -> str:
    """The hidden dataset of a project's results in a location, made when it is first needed: clients such as ibis and
    bigframes put tables of their own beside the results."""
    name = _PREFIX + location.lower().replace("-", "_")
    if catalog.get("dataset", f"{project}:{name}") is None:
        body = {"datasetReference": {"datasetId": name}, "location": location}
        try:
            create_dataset(catalog, project, body)
        except ServiceError as error:
            if error.code != 409:  # another job has made it
                raise
        except duckdb.Error:  # the disk is full: results are read all the same, and whoever writes beside them is told
            pass
    return name


class AnonymousTables(Mapping[str, Result]):
    """Results by str(TableName), the oldest forgotten first."""

    def __init__(self) -> None:
        self._results: OrderedDict[str, Result] = OrderedDict()
        self._size = 0
        self._guard = threading.Lock()

    def add(self, name: TableName, result: Result) -> None:
        """Keep a result for a while."""
        with self._guard:
            self._results[str(name)] = result
            self._size += result.size
            while len(self._results) > 1 and (self._size > _KEPT_BYTES or len(self._results) > _KEPT_RESULTS):
                _, oldest = self._results.popitem(last=False)
                self._size -= oldest.size

    def __getitem__(self, key: str) -> Result:
        return self._results[key]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._results))

    def __len__(self) -> int:
        return len(self._results)
