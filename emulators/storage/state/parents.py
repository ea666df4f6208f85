"""The folders above an object or a folder, which a bucket with a hierarchical namespace has for each of its objects."""

import sqlite3


def folders_above(name: str) -> list[str]:
    """folders_above("a/b/c") == ["a/", "a/b/"], as is folders_above("a/b/c/")."""
    parts = name.removesuffix("/").split("/")[:-1]
    return ["/".join(parts[: count + 1]) + "/" for count in range(len(parts))]


def folder_of(name: str) -> str:
    """The folder in which an object lies; "" for none."""
    return name[: name.rfind("/") + 1]


def make(connection: sqlite3.Connection, bucket: str, name: str, moment: int) -> None:
    """Make a folder and those above it where they are missing; none for ""."""
    names = [*folders_above(name), name] if name else []
    rows = [(bucket, folder, moment, 1, moment) for folder in names]
    connection.executemany("INSERT OR IGNORE INTO folders VALUES (?, ?, ?, ?, ?)", rows)
