"""Every unary method but Publish and Pull, which the hot path has to itself: request class and what answers it.

One table for gRPC and REST; a handler takes the request and returns the response, or None for google.protobuf.Empty.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from google.protobuf.field_mask_pb2 import FieldMask

from emulators.pubsub.messages import iam, v1
from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.errors import invalid
from emulators.pubsub.state.subscriptions import changes_delivery
from emulators.pubsub.wire.exports import check_target
from emulators.pubsub.wire.id_tokens import check_tokens


class Operation(NamedTuple):
    """`check`, where there is one, is awaited before `handle`: what only another service can tell."""

    request: Any
    handle: Callable[[Any], Any]
    check: Callable[[Any], Awaitable[None]] | None = None

    async def answer(self, request: Any) -> Any:
        """Raises PubsubError."""
        if self.check is not None:
            await self.check(request)
        return self.handle(request)


def operations(broker: Broker) -> dict[str, dict[str, Operation]]:
    """Operations by gRPC service and method name."""
    return {
        "google.pubsub.v1.Publisher": _publisher(broker),
        "google.pubsub.v1.Subscriber": _subscriber(broker),
        "google.pubsub.v1.SchemaService": _schema_service(broker),
        "google.iam.v1.IAMPolicy": _policies(broker),
    }


def _publisher(broker: Broker) -> dict[str, Operation]:
    topics = broker.topics

    def list_topics(request: Any) -> Any:
        found, token = topics.listing(request.project, request.page_size, request.page_token)
        return v1.ListTopicsResponse(topics=found, next_page_token=token)

    def list_subscriptions(request: Any) -> Any:
        names, token = topics.list_subscriptions(request.topic, request.page_size, request.page_token)
        return v1.ListTopicSubscriptionsResponse(subscriptions=names, next_page_token=token)

    def list_snapshots(request: Any) -> Any:
        names, token = topics.list_snapshots(request.topic, request.page_size, request.page_token)
        return v1.ListTopicSnapshotsResponse(snapshots=names, next_page_token=token)

    def delete(request: Any) -> None:
        topics.delete(request.topic)
        broker.policies.forget(request.topic)

    def detach(request: Any) -> Any:
        topics.detach(request.subscription)
        return v1.DetachSubscriptionResponse()

    return {
        "CreateTopic": Operation(v1.Topic, topics.create),
        "GetTopic": Operation(v1.GetTopicRequest, lambda request: topics.get(request.topic)),
        "UpdateTopic": Operation(
            v1.UpdateTopicRequest, lambda request: topics.update(request.topic, request.update_mask)
        ),
        "DeleteTopic": Operation(v1.DeleteTopicRequest, delete),
        "ListTopics": Operation(v1.ListTopicsRequest, list_topics),
        "ListTopicSubscriptions": Operation(v1.ListTopicSubscriptionsRequest, list_subscriptions),
        "ListTopicSnapshots": Operation(v1.ListTopicSnapshotsRequest, list_snapshots),
        "DetachSubscription": Operation(v1.DetachSubscriptionRequest, detach),
    }


def _subscriber(broker: Broker) -> dict[str, Operation]:
    subscriptions = broker.subscriptions

    def list_subscriptions(request: Any) -> Any:
        found, token = subscriptions.listing(request.project, request.page_size, request.page_token)
        return v1.ListSubscriptionsResponse(subscriptions=found, next_page_token=token)

    def delete(request: Any) -> None:
        subscriptions.delete(request.subscription)
        broker.policies.forget(request.subscription)

    def modify_push_config(request: Any) -> None:
        subscriptions.update(*push_update(request))

    def modify(request: Any) -> None:
        subscriptions.modify(request.subscription, request.ack_ids, request.ack_deadline_seconds, broker.now())

    async def check(resource: Any) -> None:
        await check_tokens(resource.push_config)
        await check_target(broker, resource)

    async def check_created(request: Any) -> None:
        await check(subscriptions.checked(request))

    async def check_updated(request: Any) -> None:
        changed = subscriptions.changed(request.subscription, request.update_mask)
        if changes_delivery(request.update_mask):
            await check(changed)

    def push_update(request: Any) -> tuple[Any, FieldMask]:
        """A version that is not given stays as it is."""
        update = v1.Subscription(name=request.subscription, push_config=request.push_config)
        present = subscriptions.get(request.subscription).push_config.attributes
        if request.push_config.push_endpoint:
            for key, value in present.items():
                update.push_config.attributes.setdefault(key, value)
        return update, FieldMask(paths=["push_config"])

    async def check_push(request: Any) -> None:
        await check(subscriptions.changed(*push_update(request)))

    return {
        "CreateSubscription": Operation(v1.Subscription, subscriptions.create, check_created),
        "GetSubscription": Operation(
            v1.GetSubscriptionRequest, lambda request: subscriptions.get(request.subscription)
        ),
        "UpdateSubscription": Operation(
            v1.UpdateSubscriptionRequest,
            lambda request: subscriptions.update(request.subscription, request.update_mask),
            check_updated,
        ),
        "ListSubscriptions": Operation(v1.ListSubscriptionsRequest, list_subscriptions),
        "DeleteSubscription": Operation(v1.DeleteSubscriptionRequest, delete),
        "ModifyPushConfig": Operation(v1.ModifyPushConfigRequest, modify_push_config, check_push),
        "ModifyAckDeadline": Operation(v1.ModifyAckDeadlineRequest, modify),
        "Acknowledge": Operation(
            v1.AcknowledgeRequest,
            lambda request: subscriptions.acknowledge(request.subscription, request.ack_ids, broker.now()),
        ),
        **_snapshots(broker),
    }


def _snapshots(broker: Broker) -> dict[str, Operation]:
    snapshots = broker.snapshots

    def list_snapshots(request: Any) -> Any:
        found, token = snapshots.listing(request.project, request.page_size, request.page_token)
        return v1.ListSnapshotsResponse(snapshots=found, next_page_token=token)

    def delete(request: Any) -> None:
        snapshots.delete(request.snapshot)
        broker.policies.forget(request.snapshot)

    def seek(request: Any) -> Any:
        match request.WhichOneof("target"):
            case "time":
                snapshots.seek_to_time(request.subscription, request.time.ToMicroseconds())
            case "snapshot":
                snapshots.seek_to_snapshot(request.subscription, request.snapshot)
            case _:
                raise invalid("Invalid SeekRequest: one of time and snapshot must be set.")
        return v1.SeekResponse()

    return {
        "CreateSnapshot": Operation(v1.CreateSnapshotRequest, snapshots.create),
        "GetSnapshot": Operation(v1.GetSnapshotRequest, lambda request: snapshots.get(request.snapshot)),
        "UpdateSnapshot": Operation(
            v1.UpdateSnapshotRequest, lambda request: snapshots.update(request.snapshot, request.update_mask)
        ),
        "ListSnapshots": Operation(v1.ListSnapshotsRequest, list_snapshots),
        "DeleteSnapshot": Operation(v1.DeleteSnapshotRequest, delete),
        "Seek": Operation(v1.SeekRequest, seek),
    }


def _schema_service(broker: Broker) -> dict[str, Operation]:
    schemas = broker.schemas

    def list_schemas(request: Any) -> Any:
        found, token = schemas.listing(request.parent, request.view, request.page_size, request.page_token)
        return v1.ListSchemasResponse(schemas=found, next_page_token=token)

    def list_revisions(request: Any) -> Any:
        found, token = schemas.list_revisions(request.name, request.view, request.page_size, request.page_token)
        return v1.ListSchemaRevisionsResponse(schemas=found, next_page_token=token)

    def delete(request: Any) -> None:
        schemas.delete(request.name)
        broker.policies.forget(request.name)

    def delete_revision(request: Any) -> Any:
        name = request.name if "@" in request.name else f"{request.name}@{request.revision_id}"
        return schemas.delete_revision(name)

    def validate(request: Any) -> Any:
        schemas.validate(request.parent, request.schema)
        return v1.ValidateSchemaResponse()

    def validate_message(request: Any) -> Any:
        schemas.validate_message(request)
        return v1.ValidateMessageResponse()

    return {
        "CreateSchema": Operation(
            v1.CreateSchemaRequest, lambda request: schemas.create(request.parent, request.schema_id, request.schema)
        ),
        "GetSchema": Operation(v1.GetSchemaRequest, lambda request: schemas.get(request.name, request.view)),
        "ListSchemas": Operation(v1.ListSchemasRequest, list_schemas),
        "ListSchemaRevisions": Operation(v1.ListSchemaRevisionsRequest, list_revisions),
        "CommitSchema": Operation(v1.CommitSchemaRequest, lambda request: schemas.commit(request.name, request.schema)),
        "RollbackSchema": Operation(
            v1.RollbackSchemaRequest, lambda request: schemas.rollback(request.name, request.revision_id)
        ),
        "DeleteSchemaRevision": Operation(v1.DeleteSchemaRevisionRequest, delete_revision),
        "DeleteSchema": Operation(v1.DeleteSchemaRequest, delete),
        "ValidateSchema": Operation(v1.ValidateSchemaRequest, validate),
        "ValidateMessage": Operation(v1.ValidateMessageRequest, validate_message),
    }


def _policies(broker: Broker) -> dict[str, Operation]:
    policies = broker.policies

    def test(request: Any) -> Any:
        allowed = policies.test(request.resource, list(request.permissions))
        return iam.TestIamPermissionsResponse(permissions=allowed)

    return {
        "GetIamPolicy": Operation(
            iam.GetIamPolicyRequest,
            lambda request: policies.get(request.resource, request.options.requested_policy_version),
        ),
        "SetIamPolicy": Operation(
            iam.SetIamPolicyRequest,
            lambda request: policies.set(request.resource, request.policy, list(request.update_mask.paths)),
        ),
        "TestIamPermissions": Operation(iam.TestIamPermissionsRequest, test),
    }
