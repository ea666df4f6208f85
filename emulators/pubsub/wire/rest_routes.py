"""The REST paths of Pub/Sub and the methods that they stand for (the google.api.http rules of google.pubsub.v1)."""

import re
from typing import NamedTuple

_PUBLISHER, _SUBSCRIBER = "google.pubsub.v1.Publisher", "google.pubsub.v1.Subscriber"
_SCHEMAS, _IAM = "google.pubsub.v1.SchemaService", "google.iam.v1.IAMPolicy"


class Route(NamedTuple):
    """`field` takes what the path names; `body` is the field that the JSON body is ("*": the whole request)."""

    verb: str
    path: re.Pattern[str]
    service: str
    method: str
    field: str
    body: str


def _route(verb: str, path: str, service: str, method: str, field: str, body: str = "") -> Route:
    """A path holds one group in <>; * is one part of a name."""
    pattern = re.escape(path).replace(r"\*", "[^/:]+").replace("<", "(").replace(">", ")")
    return Route(verb, re.compile(f"/v1/{pattern}"), service, method, field, body)


_TOPIC, _SUBSCRIPTION = "<projects/*/topics/*>", "<projects/*/subscriptions/*>"
_SNAPSHOT, _SCHEMA, _PROJECT = "<projects/*/snapshots/*>", "<projects/*/schemas/*>", "<projects/*>"

ROUTES = (
    _route("PUT", _TOPIC, _PUBLISHER, "CreateTopic", "name", "*"),
    _route("PATCH", _TOPIC, _PUBLISHER, "UpdateTopic", "topic.name", "*"),
    _route("GET", _TOPIC, _PUBLISHER, "GetTopic", "topic"),
    _route("DELETE", _TOPIC, _PUBLISHER, "DeleteTopic", "topic"),
    _route("POST", f"{_TOPIC}:publish", _PUBLISHER, "Publish", "topic", "*"),
    _route("GET", f"{_PROJECT}/topics", _PUBLISHER, "ListTopics", "project"),
    _route("GET", f"{_TOPIC}/subscriptions", _PUBLISHER, "ListTopicSubscriptions", "topic"),
    _route("GET", f"{_TOPIC}/snapshots", _PUBLISHER, "ListTopicSnapshots", "topic"),
    _route("POST", f"{_SUBSCRIPTION}:detach", _PUBLISHER, "DetachSubscription", "subscription"),
    _route("PUT", _SUBSCRIPTION, _SUBSCRIBER, "CreateSubscription", "name", "*"),
    _route("PATCH", _SUBSCRIPTION, _SUBSCRIBER, "UpdateSubscription", "subscription.name", "*"),
    _route("GET", _SUBSCRIPTION, _SUBSCRIBER, "GetSubscription", "subscription"),
    _route("DELETE", _SUBSCRIPTION, _SUBSCRIBER, "DeleteSubscription", "subscription"),
    _route("GET", f"{_PROJECT}/subscriptions", _SUBSCRIBER, "ListSubscriptions", "project"),
    _route("POST", f"{_SUBSCRIPTION}:pull", _SUBSCRIBER, "Pull", "subscription", "*"),
    _route("POST", f"{_SUBSCRIPTION}:acknowledge", _SUBSCRIBER, "Acknowledge", "subscription", "*"),
    _route("POST", f"{_SUBSCRIPTION}:modifyAckDeadline", _SUBSCRIBER, "ModifyAckDeadline", "subscription", "*"),
    _route("POST", f"{_SUBSCRIPTION}:modifyPushConfig", _SUBSCRIBER, "ModifyPushConfig", "subscription", "*"),
    _route("POST", f"{_SUBSCRIPTION}:seek", _SUBSCRIBER, "Seek", "subscription", "*"),
    _route("PUT", _SNAPSHOT, _SUBSCRIBER, "CreateSnapshot", "name", "*"),
    _route("PATCH", _SNAPSHOT, _SUBSCRIBER, "UpdateSnapshot", "snapshot.name", "*"),
    _route("GET", _SNAPSHOT, _SUBSCRIBER, "GetSnapshot", "snapshot"),
    _route("DELETE", _SNAPSHOT, _SUBSCRIBER, "DeleteSnapshot", "snapshot"),
    _route("GET", f"{_PROJECT}/snapshots", _SUBSCRIBER, "ListSnapshots", "project"),
    _route("POST", f"{_PROJECT}/schemas", _SCHEMAS, "CreateSchema", "parent", "schema"),
    _route("GET", _SCHEMA, _SCHEMAS, "GetSchema", "name"),
    _route("DELETE", _SCHEMA, _SCHEMAS, "DeleteSchema", "name"),
    _route("GET", f"{_PROJECT}/schemas", _SCHEMAS, "ListSchemas", "parent"),
    _route("GET", f"{_SCHEMA}:listRevisions", _SCHEMAS, "ListSchemaRevisions", "name"),
    _route("POST", f"{_SCHEMA}:commit", _SCHEMAS, "CommitSchema", "name", "*"),
    _route("POST", f"{_SCHEMA}:rollback", _SCHEMAS, "RollbackSchema", "name", "*"),
    _route("DELETE", f"{_SCHEMA}:deleteRevision", _SCHEMAS, "DeleteSchemaRevision", "name"),
    _route("POST", f"{_PROJECT}/schemas:validate", _SCHEMAS, "ValidateSchema", "parent", "*"),
    _route("POST", f"{_PROJECT}/schemas:validateMessage", _SCHEMAS, "ValidateMessage", "parent", "*"),
    _route("GET", "<projects/*/*/*>:getIamPolicy", _IAM, "GetIamPolicy", "resource"),
    _route("POST", "<projects/*/*/*>:setIamPolicy", _IAM, "SetIamPolicy", "resource", "*"),
    _route("POST", "<projects/*/*/*>:testIamPermissions", _IAM, "TestIamPermissions", "resource", "*"),
)
