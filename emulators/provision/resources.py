"""Contracts -> every resource that they need, as plain data: what Terraform makes in the cloud, in the same words.

A body has the fields of the service's own API (REST names). Nothing here talks to anything, so the list can be tested,
printed, and compared with Terraform's plan.
"""

from collections.abc import Iterable
from typing import Literal

from contracts.model import Contract
from emulators.provision.replication import replication
from emulators.provision.resource import Resource
from emulators.provision.streaming import streaming
from emulators.provision.warehouse import buckets, datasets, tables

Phase = Literal["before", "after", "all"]


def resources(contracts: Iterable[Contract], phase: Phase = "all") -> tuple[Resource, ...]:
    """Every resource, each after those that it refers to.

    phase: `before` are the resources that need no source to be there; `after` those that need its tables: publications,
    connection profiles and streams.

    Raises:
        ProvisionError: a source's database URL is missing or wrong.
        KeyError: GOOGLE_CLOUD_PROJECT is not set.
    """
    contracts = tuple(contracts)
    found: list[Resource] = []
    if phase != "after":
        found += [*buckets(), *datasets(), *tables(contracts), *streaming(contracts)]
    if phase != "before":
        found += replication(contracts)
    return tuple(found)
