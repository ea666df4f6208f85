"""One resource as plain data, and the place in which resources are made."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal[
    "bucket",
    "dataset",
    "table",
    "schema",
    "topic",
    "subscription",
    "publication",
    "connection_profile",
    "stream",
]


@dataclass(frozen=True)
class Resource:
    """What shall exist.

    name: the full name that the service gives it (`projects/P/topics/T`); a bucket's name; a publication's
    `source/publication`. body: the fields that are set, in the words of the service's API; fields left out are the
    service's to fill.
    """

    kind: Kind
    name: str
    body: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The last part of the name."""
        return self.name.rsplit("/", 1)[-1]


def location() -> str:
    """Where buckets and datasets are: SLUICE_LOCATION, EU where it is not set."""
    return os.environ.get("SLUICE_LOCATION", "EU")


def region() -> str:
    """Where regional services are: SLUICE_REGION, europe-west1 where it is not set."""
    return os.environ.get("SLUICE_REGION", "europe-west1")
