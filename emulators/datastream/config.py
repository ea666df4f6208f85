"""What a stream is told to do: read from the API's Stream and ConnectionProfile resources, and checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulators.datastream.errors import invalid

Resource = Mapping[str, Any]
DEFAULT_FILE_MB = 50
DEFAULT_INTERVAL_SECONDS = 15.0


@dataclass(frozen=True)
class Source:
    """Where the source database is."""

    hostname: str
    port: int
    username: str
    password: str
    database: str


@dataclass(frozen=True)
class Selection:
    """Tables by schema: names, or all of a schema's (None)."""

    schemas: tuple[tuple[str, frozenset[str] | None], ...]

    def has(self, schema: str, table: str) -> bool:
        """Whether the table is selected."""
        return any(name == schema and (tables is None or table in tables) for name, tables in self.schemas)

    def named(self) -> list[tuple[str, str]]:
        """The tables that are named one by one."""
        return sorted((schema, table) for schema, tables in self.schemas for table in tables or ())


@dataclass(frozen=True)
class StreamConfig:
    """A stream's settings. `include` is None for all tables of the publication; `backfill_exclude` for no backfill."""

    name: str
    source: Source
    publication: str
    slot: str
    include: Selection | None
    exclude: Selection
    backfill: bool
    backfill_exclude: Selection
    bucket: str
    prefix: str
    file_bytes: int
    interval_seconds: float

    def includes(self, schema: str, table: str) -> bool:
        """Whether the stream takes this table's rows."""
        chosen = self.include is None or self.include.has(schema, table)
        return chosen and not self.exclude.has(schema, table)

    def backfills(self, schema: str, table: str) -> bool:
        """Whether this table is backfilled without being asked for."""
        return self.backfill and not self.backfill_exclude.has(schema, table)


def field(resource: Resource, path: str, required: bool = True) -> Any:
    """A field by its dotted path; INVALID_ARGUMENT names a required one that is missing."""
    value: Any = resource
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if required and value in (None, ""):
        raise invalid(f"{path} is required")
    return value


def selection(rdbms: Resource | None, path: str) -> Selection:
    """A PostgresqlRdbms as a selection. A choice of columns is refused: ask for it in the publication."""
    schemas = []
    for schema in (rdbms or {}).get("postgresqlSchemas", ()):
        tables = schema.get("postgresqlTables", ())
        for table in tables:
            if table.get("postgresqlColumns"):
                raise invalid(f"{path}: a choice of columns is not supported; name them in the publication instead")
        names = frozenset(field(table, "table") for table in tables) if tables else None
        schemas.append((field(schema, "schema"), names))
    return Selection(tuple(schemas))


def source(profile: Resource) -> Source:
    """The source of a postgresqlProfile."""
    if "postgresqlProfile" not in profile:
        raise invalid(f"{profile.get('name')}: only postgresqlProfile is supported as a source")
    postgres = profile["postgresqlProfile"]
    if postgres.get("secretManagerStoredPassword") or postgres.get("sslConfig"):
        raise invalid("postgresqlProfile: secretManagerStoredPassword and sslConfig are not supported; use password")
    return Source(
        hostname=field(postgres, "hostname"),
        port=int(postgres.get("port") or 5432),
        username=field(postgres, "username"),
        password=postgres.get("password", ""),
        database=field(postgres, "database"),
    )


def seconds(duration: str | None) -> float:
    """A duration of the API (`15s`)."""
    if duration is None:
        return DEFAULT_INTERVAL_SECONDS
    found = re.fullmatch(r"(\d+(?:\.\d+)?)s", duration)
    if not found:
        raise invalid(f"fileRotationInterval: {duration!r} is no duration such as 15s")
    return float(found[1])


def clean_path(*parts: str | None) -> str:
    """Parts of a path inside a bucket, without empty ones."""
    return "/".join(word for part in parts for word in (part or "").split("/") if word)


def check_only(resource: Resource, path: str, *supported: str) -> None:
    """Refuse what this emulator would otherwise leave undone without a word."""
    for name, value in resource.items():
        if name not in supported and value not in (None, "", [], {}):
            raise invalid(f"{path}.{name} is not supported by this emulator; leave it out")


def stream_config(stream: Resource, source_profile: Resource, destination_profile: Resource) -> StreamConfig:
    """Everything the stream's worker needs.

    Raises:
        ApiError: INVALID_ARGUMENT with the field's path.
    """
    check_only(stream.get("sourceConfig", {}), "sourceConfig", "sourceConnectionProfile", "postgresqlSourceConfig")
    postgres = field(stream, "sourceConfig.postgresqlSourceConfig")
    target = field(stream, "destinationConfig.gcsDestinationConfig")
    check_only(target, "gcsDestinationConfig", "path", "fileRotationMb", "fileRotationInterval", "avroFileFormat")
    check_only({"ruleSets": stream.get("ruleSets"), "cmek": stream.get("customerManagedEncryptionKey")}, "stream")
    if ("backfillAll" in stream) == ("backfillNone" in stream):
        raise invalid("exactly one of backfillAll and backfillNone is required")
    if "gcsProfile" not in destination_profile:
        raise invalid(f"{destination_profile.get('name')}: only gcsProfile is supported as a destination")
    bucket = destination_profile["gcsProfile"]
    include = selection(postgres.get("includeObjects"), "includeObjects")
    excluded = (stream.get("backfillAll") or {}).get("postgresqlExcludedObjects")
    return StreamConfig(
        name=field(stream, "name"),
        source=source(source_profile),
        publication=field(stream, "sourceConfig.postgresqlSourceConfig.publication"),
        slot=field(stream, "sourceConfig.postgresqlSourceConfig.replicationSlot"),
        include=include if include.schemas else None,
        exclude=selection(postgres.get("excludeObjects"), "excludeObjects"),
        backfill="backfillAll" in stream,
        backfill_exclude=selection(excluded, "backfillAll.postgresqlExcludedObjects"),
        bucket=field(bucket, "bucket"),
        prefix=clean_path(bucket.get("rootPath"), target.get("path")),
        file_bytes=int(target.get("fileRotationMb") or DEFAULT_FILE_MB) << 20,
        interval_seconds=seconds(target.get("fileRotationInterval")),
    )
