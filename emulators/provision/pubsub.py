"""Schemas, topics and subscriptions, through Google's own Pub/Sub client."""

import json
import re
from typing import Any

from google.api_core import exceptions
from google.cloud import pubsub_v1
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict, ParseDict
from google.pubsub_v1 import SchemaServiceClient, types
from google.pubsub_v1.services.schema_service.transports import SchemaServiceGrpcTransport

from emulators.provision.differences import differences
from emulators.provision.errors import AlreadyThereError, ProvisionError
from emulators.provision.resource import Resource


class PubSub:
    """Pub/Sub where Google's client looks for it: PUBSUB_EMULATOR_HOST."""

    def __init__(self) -> None:
        self.publisher = pubsub_v1.PublisherClient()
        self.subscriber = pubsub_v1.SubscriberClient()
        # The schema client does not look for an emulator by itself; it takes the others' channel.
        transport = SchemaServiceGrpcTransport(channel=self.publisher.transport.grpc_channel)
        self.schemas = SchemaServiceClient(transport=transport)

    def schema(self, resource: Resource) -> str:
        """Make a schema be as wanted, by a new revision where it differs; what was done."""
        wanted = ParseDict({**resource.body, "name": resource.name}, types.Schema.pb()())
        actual = _get(lambda: self.schemas.get_schema(name=resource.name), resource)
        parent, _, schema_id = resource.name.partition("/schemas/")
        if actual is None:
            schema = types.Schema.wrap(wanted)
            _do(lambda: self.schemas.create_schema(parent=parent, schema=schema, schema_id=schema_id), resource)
            return "created"
        if json.loads(actual.definition) == json.loads(wanted.definition):
            return "unchanged"
        _do(lambda: self.schemas.commit_schema(name=resource.name, schema=types.Schema.wrap(wanted)), resource)
        return "changed"

    def topic(self, resource: Resource) -> str:
        """Make a topic be as wanted; what was done."""
        topic = types.Topic.wrap(ParseDict({**resource.body, "name": resource.name}, types.Topic.pb()()))
        actual = _get(lambda: self.publisher.get_topic(topic=resource.name), resource)
        if actual is None:
            _do(lambda: self.publisher.create_topic(request=topic), resource)
            return "created"
        mask = _mask(resource, types.Topic.pb(actual))
        if mask is None:
            return "unchanged"
        _do(lambda: self.publisher.update_topic(topic=topic, update_mask=mask), resource)
        return "changed"

    def subscription(self, resource: Resource) -> str:
        """Make a subscription be as wanted; what was done. Its topic cannot be changed."""
        message = ParseDict({**resource.body, "name": resource.name}, types.Subscription.pb()())
        subscription = types.Subscription.wrap(message)
        actual = _get(lambda: self.subscriber.get_subscription(subscription=resource.name), resource)
        if actual is None:
            _do(lambda: self.subscriber.create_subscription(request=subscription), resource)
            return "created"
        mask = _mask(resource, types.Subscription.pb(actual))
        if mask is None:
            return "unchanged"
        request = {"subscription": subscription, "update_mask": mask}
        _do(lambda: self.subscriber.update_subscription(request=request), resource)
        return "changed"


def _mask(resource: Resource, actual: Any) -> FieldMask | None:
    """The fields to update, or None where there are none."""
    changed = differences(resource.kind, resource.body, MessageToDict(actual))
    if not changed:
        return None
    return FieldMask(paths=[re.sub("([A-Z])", r"_\1", name).lower() for name in changed])


def _get(call: Any, resource: Resource) -> Any:
    try:
        return _do(call, resource)
    except NotThereError:
        return None


def _do(call: Any, resource: Resource) -> Any:
    """Call Pub/Sub; its refusal becomes one that names the resource."""
    try:
        return call()
    except exceptions.NotFound as error:
        raise NotThereError(f"{resource.kind} {resource.name}: {error.message}", "Run it again.") from error
    except exceptions.AlreadyExists as error:
        raise AlreadyThereError(f"{resource.kind} {resource.name}: {error.message}", "Run it again.") from error
    except exceptions.ServiceUnavailable as error:
        hint = "Is Pub/Sub running? PUBSUB_EMULATOR_HOST names it."
        raise ProvisionError(f"Pub/Sub does not answer: {error.message}", hint) from error
    except exceptions.ServerError as error:
        raise ProvisionError(f"{resource.kind} {resource.name}: {error.message}", "Run it again.") from error
    except exceptions.GoogleAPICallError as error:
        raise ProvisionError(f"{resource.kind} {resource.name}: {error.message}", "See the contract.") from error


class NotThereError(ProvisionError):
    """The resource, or one that it refers to, does not exist."""
