"""External tables: files on gs:// that are listed at each query, pruned by partition, and read from a local copy."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.definitions.schema import duckdb_type, fields_from_rest, fields_to_rest
from emulators.bigquery.state.errors import ServiceError, invalid
from emulators.bigquery.state.files.detection import detect_fields
from emulators.bigquery.state.files.hive import Hive, hive_of, kept_hive, partitions
from emulators.bigquery.state.files.objects import Objects, StoredObject, split_uri
from emulators.bigquery.state.files.parquet_files import parquet_relation
from emulators.bigquery.state.files.source_formats import as_parquet, source_format
from emulators.bigquery.state.store import Store

FILE_NAME = Field("_FILE_NAME", "STRING")


@dataclass(frozen=True)
class Scan:
    """A relation over the files that a query needs, how many they are and their bytes."""

    relation: str
    files: int
    bytes: int


class External:
    """Describes and scans external tables."""

    def __init__(self, objects: Objects, store: Store) -> None:
        self._objects, self._store = objects, store
        self._pool = ThreadPoolExecutor(4, "object")

    def prepare(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """A new table's resource with its whole schema: given or detected columns, then the hive keys."""
        configuration = dict(resource["externalDataConfiguration"])
        source_format(configuration)
        for uri in _uris(configuration):
            split_uri(uri)
        hive = hive_of(configuration, self._objects)
        given = resource.get("schema") or configuration.pop("schema", None)
        own = fields_from_rest(given) if given else self._detect(configuration, hive)
        keys = hive.columns if hive else ()
        names = {key.name.lower() for key in keys}
        if hive:
            options = configuration["hivePartitioningOptions"] | {"fields": [key.name for key in keys]}
            configuration["hivePartitioningOptions"] = options
        columns = [*(field for field in own if field.name.lower() not in names), *keys]
        return dict(resource) | {"schema": fields_to_rest(columns), "externalDataConfiguration": configuration}

    def _detect(self, configuration: dict[str, Any], hive: Hive | None) -> tuple[Field, ...]:
        found = self.files(self.named(_uris(configuration), configuration), hive, ())
        if not found:
            raise invalid("Failed to detect schema: no files match sourceUris.")
        last = max(found, key=lambda item: item.uri)
        return detect_fields(configuration, [(last.uri, self._objects.local(last))])

    def describe(self, table: Table) -> tuple[tuple[str, ...], tuple[Field, ...], bool]:
        """(partition columns, pseudo-columns, whether a query must filter by partition)."""
        hive = kept_hive(table.resource, table.fields)
        options = table.resource["externalDataConfiguration"].get("hivePartitioningOptions") or {}
        keys = tuple(key.name for key in hive.columns) if hive else ()
        return keys, (FILE_NAME,), bool(options.get("requirePartitionFilter"))

    def scan(self, table: Table, predicates: Sequence[str]) -> Scan:
        """List, prune and fetch; the relation has the table's columns. 400 names the file that does not fit."""
        configuration = table.resource["externalDataConfiguration"]
        hive = kept_hive(table.resource, table.fields)
        found = self.files(self.named(_uris(configuration), configuration), hive, predicates)
        own = table.fields[: len(table.fields) - len(hive.columns)] if hive else table.fields
        relation = self.read(configuration, found, own, hive, str(table.name))
        return Scan(relation, len(found), sum(item.size for item in found))

    def text(self, uri: str) -> str:
        """The whole object as text; 404 when there is none."""
        (found,) = self.files([uri], None, ())
        return self._objects.local(found).read_text(encoding="utf-8")

    def named(self, uris: Sequence[str], configuration: Mapping[str, Any]) -> list[str]:
        """The URIs of the files: these, or (fileSetSpecType) those in the lines of the manifests that they name."""
        form = configuration.get("fileSetSpecType") or "FILE_SET_SPEC_TYPE_FILE_SYSTEM_MATCH"
        if form == "FILE_SET_SPEC_TYPE_FILE_SYSTEM_MATCH":
            return list(uris)
        if form != "FILE_SET_SPEC_TYPE_NEW_LINE_DELIMITED_MANIFEST":
            raise invalid(f"Invalid value for fileSetSpecType: {form}")
        lines = [line.strip() for uri in uris for line in self.text(uri).splitlines()]
        return [line for line in lines if line]

    def files(self, uris: Sequence[str], hive: Hive | None, predicates: Sequence[str]) -> list[StoredObject]:
        """The objects that the URIs name (one * each), in partitions that satisfy the predicates."""
        found: dict[str, StoredObject] = {}
        for uri in uris:
            bucket, pattern = split_uri(uri)
            if pattern.count("*") > 1:
                raise invalid(f"Invalid source URI {uri!r}: only one wildcard is allowed.")
            start, star, end = pattern.partition("*")
            for prefix in (
                partitions(self._objects, self._store, bucket, start, hive, predicates) if star else [pattern]
            ):
                for item in self._objects.under(bucket, prefix):
                    matches = item.name.startswith(start) and item.name.endswith(end) if star else item.name == pattern
                    if matches and not item.name.endswith("/"):
                        found[item.uri] = item
            if not star and f"gs://{bucket}/{pattern}" not in found:
                raise ServiceError(404, "notFound", f"Not found: URI {uri}")
        return [found[uri] for uri in sorted(found)]

    def read(
        self,
        configuration: dict[str, object],
        found: Sequence[StoredObject],
        fields: Sequence[Field],
        hive: Hive | None,
        table: str,
    ) -> str:
        """A relation over files: the fields, the hive keys, then _FILE_NAME."""
        keys = hive.columns if hive else ()
        if not found:
            every = (*fields, *keys, FILE_NAME)
            nulls = ", ".join(f"CAST(NULL AS {duckdb_type(f)}) AS {quoted(f.name)}" for f in every)
            return f"(SELECT {nulls} WHERE false)"
        paths = list(self._pool.map(self._objects.local, found))
        files = [(item.uri, path) for item, path in zip(found, paths, strict=True)]
        try:
            return parquet_relation(as_parquet(configuration, files, fields), fields, keys, table)
        except ServiceError as error:
            if not error.more:
                raise
            what = error.more[-1]["message"].replace("while reading data", f"while reading table: {table}", 1)
            raise invalid(what, error.location) from error


def _uris(configuration: Mapping[str, object]) -> list[str]:
    uris = configuration.get("sourceUris")
    if not isinstance(uris, list) or not uris or not all(isinstance(uri, str) for uri in uris):
        raise invalid("Required parameter is missing: externalDataConfiguration.sourceUris")
    return uris
