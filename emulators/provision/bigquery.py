"""Datasets and tables, through BigQuery's REST API."""

from typing import Any

from emulators.provision.differences import differences, merged_fields
from emulators.provision.resource import Resource
from emulators.provision.rest import Rest


class BigQuery:
    """BigQuery at BIGQUERY_EMULATOR_HOST."""

    def __init__(self) -> None:
        self.rest = Rest("BIGQUERY_EMULATOR_HOST")

    def dataset(self, resource: Resource) -> str:
        """Make a dataset be as wanted; what was done: created, changed or unchanged."""
        return self._converge(resource, dict(resource.body))

    def table(self, resource: Resource) -> str:
        """Make a table be as wanted; what was done. Rows and columns are never dropped."""
        return self._converge(resource, dict(resource.body))

    def _converge(self, resource: Resource, wanted: dict[str, Any]) -> str:
        path = f"/bigquery/v2/{resource.name}"
        actual = self.rest.get(path)
        if actual is None:
            self.rest.post(path.rsplit("/", 1)[0], wanted)
            return "created"
        if "schema" in wanted:
            actual, wanted = _comparable(actual, wanted)
        changed = differences(resource.kind, wanted, actual)
        if changed:
            self.rest.patch(path, changed)
        return "changed" if changed else "unchanged"


def _comparable(actual: dict[str, Any], wanted: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Schemas in one spelling; the wanted one with all that is there, such as an external table's partition column."""
    there = [
        {"mode": "NULLABLE", **field, "type": _API_NAMES.get(field["type"], field["type"])}
        for field in actual.get("schema", {}).get("fields", [])
    ]
    merged = merged_fields(there, wanted["schema"]["fields"])
    return {**actual, "schema": {"fields": there}}, {**wanted, "schema": {"fields": merged}}


_API_NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}
