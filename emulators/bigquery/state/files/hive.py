"""Hive layout, key=value/ in object names: which keys there are, and which folders a query needs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.definitions.schema import duckdb_type
from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.files.objects import Objects, split_uri
from emulators.bigquery.state.store import Store

_KEY = re.compile(r"\{([^:{}]+):([A-Za-z0-9]+)\}")
_TYPES = ("STRING", "INT64", "INTEGER", "DATE", "TIMESTAMP", "DATETIME", "NUMERIC")
_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Hive:
    """The common prefix (gs://.../, without keys) and the keys in the order of the folders."""

    prefix: str
    columns: tuple[Field, ...]


def hive_of(configuration: Mapping[str, Any], objects: Objects) -> Hive | None:
    """The layout that a configuration describes, or None; mode AUTO and STRINGS look at the folders that exist."""
    options = configuration.get("hivePartitioningOptions")
    if not options:
        return None
    prefix = str(options.get("sourceUriPrefix") or "")
    mode = str(options.get("mode") or "AUTO").upper()
    if mode == "CUSTOM" or "{" in prefix:
        columns = tuple(_custom(name, kind) for name, kind in _KEY.findall(prefix))
        if not columns:
            raise invalid(f"Custom hive partitioning needs keys in sourceUriPrefix {prefix!r}, such as {{day:DATE}}.")
        return Hive(prefix.partition("{")[0].rstrip("/") + "/", columns)
    if mode not in ("AUTO", "STRINGS"):
        raise invalid(f"Invalid value for hivePartitioningOptions.mode: {mode}; use AUTO, STRINGS or CUSTOM.")
    base = prefix.rstrip("/") + "/"
    return Hive(base, _detected(objects, base, strings=mode == "STRINGS"))


def kept_hive(resource: Mapping[str, Any], fields: Sequence[Field]) -> Hive | None:
    """The layout of a table that exists: hivePartitioningOptions.fields names its keys in the schema."""
    options = resource["externalDataConfiguration"].get("hivePartitioningOptions")
    if not options:
        return None
    by_name = {field.name: field for field in fields}
    base = str(options["sourceUriPrefix"]).partition("{")[0].rstrip("/") + "/"
    return Hive(base, tuple(by_name[name] for name in options["fields"]))


def _custom(name: str, kind: str) -> Field:
    if kind.upper() not in _TYPES:
        raise invalid(f"Hive partition key {name} has type {kind}; use one of {', '.join(_TYPES)}.")
    return Field(name, "INT64" if kind.upper() == "INTEGER" else kind.upper())


def _detected(objects: Objects, base: str, strings: bool) -> tuple[Field, ...]:
    bucket, prefix = split_uri(base)
    columns: list[Field] = []
    while True:
        pairs = [folder[len(prefix) :].rstrip("/").partition("=") for folder in objects.folders(bucket, prefix)]
        keys = [(key, unquote(value)) for key, equals, value in pairs if equals]
        if not keys:
            return tuple(columns)
        columns.append(Field(keys[0][0], "STRING" if strings else _type_of([value for _, value in keys])))
        prefix += "=".join(pairs[0][::2]) + "/"


def _type_of(values: Sequence[str]) -> str:
    known = [value for value in values if value != _NULL]
    if known and all(re.fullmatch(r"[+-]?\d{1,18}", value) for value in known):
        return "INT64"
    if known and all(re.fullmatch(r"\d{4}-\d\d-\d\d", value) for value in known):
        return "DATE"
    if known and all(re.fullmatch(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?", value) for value in known):
        return "TIMESTAMP"
    return "STRING"


def partitions(
    objects: Objects, store: Store, bucket: str, start: str, hive: Hive | None, predicates: Sequence[str]
) -> list[str]:
    """The prefixes to list: the start itself, or the folders of the partitions that satisfy the predicates."""
    if hive is None or not predicates:
        return [start]
    hive_bucket, base = split_uri(hive.prefix)
    if bucket != hive_bucket or not base.startswith(start.rstrip("/")):
        return [start]
    folders: list[tuple[str, tuple[str, ...]]] = [(base, ())]
    for depth, key in enumerate(hive.columns):
        below = [(inner, values) for folder, values in folders for inner in objects.folders(bucket, folder)]
        found = [(folder, (*values, unquote(_value(folder, key.name)))) for folder, values in below]
        known = hive.columns[: depth + 1]
        unknown = {quoted(later.name).lower() for later in hive.columns[depth + 1 :]}
        usable = [text for text in predicates if not any(name in text.lower() for name in unknown)]
        folders = _satisfying(store, found, known, usable)
    return [folder for folder, _ in folders]


def _value(folder: str, key: str) -> str:
    name, equals, value = folder.rstrip("/").rpartition("/")[2].partition("=")
    if not equals or name.lower() != key.lower():
        raise invalid(f"Folder {folder} does not fit the hive layout: {key}=... is expected.")
    return value


def _satisfying(
    store: Store, found: list[tuple[str, tuple[str, ...]]], columns: Sequence[Field], predicates: Sequence[str]
) -> list[tuple[str, tuple[str, ...]]]:
    if not found or not predicates:
        return found
    types = [f"CAST(v{i} AS {duckdb_type(column)}) AS {quoted(column.name)}" for i, column in enumerate(columns)]
    names = ", ".join(["n", *(f"v{i}" for i in range(len(columns)))])
    places = ", ".join(["(" + ", ".join(["?"] * (len(columns) + 1)) + ")"] * len(found))
    values = [item for n, (_, texts) in enumerate(found) for item in (n, *(None if t == _NULL else t for t in texts))]
    inner = f"SELECT n, {', '.join(types)} FROM (VALUES {places}) AS t({names})"
    cursor = store.cursor()
    try:
        rows = cursor.execute(
            f"SELECT n FROM ({inner}) WHERE {' AND '.join(f'({p})' for p in predicates)}", values
        ).fetchall()
    finally:
        cursor.close()
    return [found[n] for (n,) in sorted(rows)]
