"""Resources -> services: each is looked up and then created, changed or left alone. Nothing is ever deleted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from emulators.provision.errors import AlreadyThereError
from emulators.provision.resource import Resource
from emulators.provision.services import Services


class Outcome(NamedTuple):
    """What was done about a resource: created, changed or unchanged."""

    resource: Resource
    done: str


def apply(resources: Iterable[Resource]) -> Iterator[Outcome]:
    """Make each resource be as wanted, in order; what was done is told as it is done.

    Only the services that the resources need are connected to.

    Raises:
        ProvisionError: a service does not answer or refuses; what came before stays made.
    """
    services = Services()
    for resource in resources:
        converge = services.converge(resource.kind)
        try:
            yield Outcome(resource, converge(resource))
        except AlreadyThereError:  # another run makes the same; what it made is looked at now
            yield Outcome(resource, converge(resource))


def summary(outcomes: Iterable[Outcome]) -> str:
    """Such as "41 resources: 2 created, 39 unchanged"."""
    counts = Counter(outcome.done for outcome in outcomes)
    parts = [f"{counts[done]} {done}" for done in ("created", "changed", "unchanged") if counts[done]]
    return f"{counts.total()} resources: {', '.join(parts) or 'none wanted'}"
