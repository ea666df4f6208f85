"""Every service that makes resources, connected to when the first resource of its own comes."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from contracts import names
from emulators.provision import postgres
from emulators.provision.bigquery import BigQuery
from emulators.provision.datastream import Datastream
from emulators.provision.resource import Kind, Resource
from emulators.provision.storage import Storage

if TYPE_CHECKING:
    from emulators.provision.pubsub import PubSub


class Services:
    """One connection a service, kept for all its resources."""

    @cached_property
    def storage(self) -> Storage:
        """Cloud Storage."""
        return Storage(names.project())

    @cached_property
    def bigquery(self) -> BigQuery:
        """BigQuery."""
        return BigQuery()

    @cached_property
    def pubsub(self) -> "PubSub":
        """Pub/Sub; Google's client takes a second to import, which only its own resources pay."""
        from emulators.provision.pubsub import PubSub

        return PubSub()

    @cached_property
    def datastream(self) -> Datastream:
        """Datastream."""
        return Datastream()

    def converge(self, kind: Kind) -> Callable[[Resource], str]:
        """The function that makes a resource of a kind be as wanted, and says: created, changed or unchanged."""
        functions: dict[Kind, Callable[[], Callable[[Resource], str]]] = {
            "bucket": lambda: self.storage.bucket,
            "dataset": lambda: self.bigquery.dataset,
            "table": lambda: self.bigquery.table,
            "schema": lambda: self.pubsub.schema,
            "topic": lambda: self.pubsub.topic,
            "subscription": lambda: self.pubsub.subscription,
            "publication": lambda: postgres.publication,
            "connection_profile": lambda: self.datastream.connection_profile,
            "stream": lambda: self.datastream.stream,
        }
        return functions[kind]()
