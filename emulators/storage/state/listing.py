"""The listing of a bucket: names in the order of their UTF-8 bytes, with prefixes rolled up at a delimiter.

A page's token is the last name (and generation) that it gave, so pages stay right while objects come and go.
"""

import re
from dataclasses import dataclass, field

from emulators.storage.state.contexts import Filter
from emulators.storage.state.database import Database
from emulators.storage.state.model import Bucket, ObjectVersion
from emulators.storage.state.rows import version_of

_LAST = 0x10FFFF
_FOLDER = 0
"""The generation of no object, by which folders stand among them."""


@dataclass(frozen=True)
class Query:
    """What to list. `start` is inclusive, `end` exclusive ("": open); `versions` adds noncurrent versions,
    `soft_deleted` lists in their place what can be restored.

    `glob` is what a whole name must match, `filter` what an object must have; prefixes are exempt from it.
    With `folders` they, too, are among the prefixes.
    """

    bucket: str
    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    end: str = ""
    versions: bool = False
    soft_deleted: bool = False
    trailing_delimiter: bool = False
    glob: re.Pattern[str] | None = None
    filter: Filter | None = None
    folders: bool = False
    limit: int = 1000


@dataclass
class Page:
    """Objects and rolled-up prefixes in order; `next` is where the following page begins, or None at the end."""

    objects: list[ObjectVersion] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    next: tuple[str, int] | None = None

    def __len__(self) -> int:
        return len(self.objects) + len(self.prefixes)


def list_objects(database: Database, owner: Bucket, query: Query, after: tuple[str, int] | None = None) -> Page:
    """One page of at most `query.limit` objects and prefixes that come after the position `after`."""
    page = Page()
    position: tuple[str, int] | None = after or (max(query.start, query.prefix), -1)
    while position:
        rows = _read(database, owner, query, position)
        for version in rows:
            if len(page) >= query.limit:
                page.next = position
                return page
            if query.glob and not query.glob.fullmatch(version.name):
                position = (version.name, version.generation)
                continue
            prefix = _rolled_up(version.name, query)
            is_marker = version.name == prefix and query.trailing_delimiter
            if prefix is not None and (position[0] != prefix or position[1] < 0):
                page.prefixes.append(prefix)
            if prefix is None or is_marker:
                is_object = version.generation != _FOLDER
                if is_object and (query.filter is None or query.filter(version.settings)):
                    page.objects.append(version)
                position = (version.name, version.generation)
            else:
                # Whatever else lies under the prefix is one entry: jump over it.
                following = successor(prefix)
                position = (following, -1) if following else None
                break
        else:
            if len(rows) < _batch(query):
                return page
    return page


def successor(prefix: str) -> str:
    """The smallest string above all that begin with `prefix`; "" where there is none."""
    stem = prefix.rstrip(chr(_LAST))
    if not stem:
        return ""
    following = ord(stem[-1]) + 1
    # No surrogates: they are not characters, and UTF-8 has no bytes for them.
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)


def _read(database: Database, owner: Bucket, query: Query, position: tuple[str, int]) -> list[ObjectVersion]:
    name, generation = position
    end = min(filter(None, (query.end, successor(query.prefix))), default="")
    where = "bucket = :bucket AND name >= :name AND (name > :name OR {generation} > :generation)"
    where += " AND name < :end" if end else ""
    if query.soft_deleted:
        chosen = f"{where} AND bucket_generation = :owner AND hard_delete > :now"
        rows = f"SELECT {_COLUMNS}, soft_deleted, hard_delete FROM soft_deleted_objects WHERE {chosen}"
    else:
        rows = f"SELECT {_COLUMNS} FROM objects WHERE {where} {'' if query.versions else 'AND deleted IS NULL'}"
    statement = rows.format(generation="generation")
    if query.folders and not query.soft_deleted:
        for table in ("folders", "managed_folders"):
            statement += f" UNION ALL SELECT {_AS_OBJECT} FROM {table} WHERE {where.format(generation=_FOLDER)}"
    statement += " ORDER BY name, generation LIMIT :batch"
    values = {"bucket": query.bucket, "name": name, "generation": generation, "end": end, "batch": _batch(query)}
    values |= {"owner": owner.generation, "now": database.now()}
    with database.reading() as connection:
        return [version_of(row) for row in connection.execute(statement, values)]


_COLUMNS = "bucket, name, generation, metageneration, size, md5, crc32c, updated, deleted, components, settings"
_AS_OBJECT = f"bucket, name, {_FOLDER}, 0, 0, NULL, '', 0, NULL, NULL, '{{}}'"


def _batch(query: Query) -> int:
    """Rows to read at once: what a page can take and one more, which tells whether it is the last."""
    return min(query.limit + 1, 500)


def _rolled_up(name: str, query: Query) -> str | None:
    """The prefix that stands for `name` in the listing, or None where it is listed itself."""
    if not query.delimiter:
        return None
    found = name.find(query.delimiter, len(query.prefix))
    return None if found < 0 else name[: found + len(query.delimiter)]
