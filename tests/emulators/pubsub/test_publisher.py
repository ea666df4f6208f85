"""Topics and publishing, by the official client."""

from typing import Any

import pytest
from google.api_core import exceptions
from google.protobuf import field_mask_pb2
from google.pubsub_v1 import types

from tests.emulators.pubsub.process import PROJECT, Clients


def refusal(call: Any, *arguments: Any, **options: Any) -> exceptions.GoogleAPICallError:
    with pytest.raises(exceptions.GoogleAPICallError) as caught:
        call(*arguments, **options)
    return caught.value


def test_a_topic_keeps_what_it_was_created_with(clients: Clients) -> None:
    name = clients.name("topics")
    made = clients.publisher.create_topic(
        request={
            "name": name,
            "labels": {"team": "data"},
            "message_retention_duration": {"seconds": 3600},
            "kms_key_name": "projects/p/locations/l/keyRings/r/cryptoKeys/k",
            "message_storage_policy": {"allowed_persistence_regions": ["europe-west1"]},
        }
    )
    assert clients.publisher.get_topic(topic=name) == made
    assert made.labels == {"team": "data"}
    assert made.message_retention_duration.total_seconds() == 3600
    assert made.state == types.Topic.State.ACTIVE


def test_an_update_changes_the_masks_fields_alone(clients: Clients) -> None:
    name = clients.topic(labels={"a": "b"}, message_retention_duration={"seconds": 3600})
    topic = types.Topic(name=name, labels={"c": "d"})
    clients.publisher.update_topic(topic=topic, update_mask=field_mask_pb2.FieldMask(paths=["labels"]))
    found = clients.publisher.get_topic(topic=name)
    assert found.labels == {"c": "d"}
    assert found.message_retention_duration.total_seconds() == 3600
    clients.publisher.update_topic(
        topic=topic, update_mask=field_mask_pb2.FieldMask(paths=["message_retention_duration"])
    )
    assert "message_retention_duration" not in clients.publisher.get_topic(topic=name)


@pytest.mark.parametrize("path", ["", "name", "nonsense"])
def test_an_update_of_what_cannot_change_is_refused(clients: Clients, path: str) -> None:
    mask = field_mask_pb2.FieldMask(paths=[path] if path else [])
    error = refusal(clients.publisher.update_topic, topic=types.Topic(name=clients.topic()), update_mask=mask)
    assert isinstance(error, exceptions.InvalidArgument)
    assert "update_mask" in error.message


def test_lists_come_in_pages(clients: Clients) -> None:
    topic = clients.topic()
    names = sorted(clients.subscription(topic) for _ in range(5))
    pages = clients.publisher.list_topic_subscriptions(request={"topic": topic, "page_size": 2})
    assert list(pages) == names
    assert topic in [one.name for one in clients.publisher.list_topics(project=PROJECT)]
    everything = clients.subscriber.list_subscriptions(request={"project": PROJECT, "page_size": 3})
    assert set(names) <= {one.name for one in everything}
    bad = refusal(clients.publisher.list_topics, request={"project": PROJECT, "page_token": "nonsense!"})
    assert isinstance(bad, exceptions.InvalidArgument)


@pytest.mark.parametrize(
    "name", ["projects/p/topics/1a", "projects/p/topics/goog-x", "projects/p/topics/ab", "nonsense"]
)
def test_names_that_the_service_does_not_allow_are_refused(clients: Clients, name: str) -> None:
    error = refusal(clients.publisher.create_topic, name=name)
    assert isinstance(error, exceptions.InvalidArgument)
    assert f"Invalid resource name given (name={name})" in error.message


def test_what_exists_and_what_does_not(clients: Clients) -> None:
    topic = clients.topic()
    short = topic.rpartition("/")[2]
    again = refusal(clients.publisher.create_topic, name=topic)
    assert isinstance(again, exceptions.AlreadyExists)
    assert again.message == f"Resource already exists in the project (resource={short})."
    clients.publisher.delete_topic(topic=topic)
    for call in (clients.publisher.get_topic, clients.publisher.delete_topic):
        gone = refusal(call, topic=topic)
        assert isinstance(gone, exceptions.NotFound)
        assert gone.message == f"Resource not found (resource={short})."
    assert isinstance(refusal(clients.publish, topic, b"x"), exceptions.NotFound)


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"message_retention_duration": {"seconds": 599}}, exceptions.InvalidArgument, "message_retention_duration"),
        ({"labels": {"UPPER": "x"}}, exceptions.InvalidArgument, "label"),
        (
            {"ingestion_data_source_settings": {"aws_kinesis": {"stream_arn": "x"}}},
            exceptions.MethodNotImplemented,
            "ingestion_data_source_settings",
        ),
    ],
)
def test_topics_that_cannot_be_honoured_are_refused(
    clients: Clients, fields: dict[str, Any], error: type[exceptions.GoogleAPICallError], words: str
) -> None:
    found = refusal(clients.topic, **fields)
    assert type(found) is error
    assert words in found.message


def test_messages_arrive_as_they_were_published(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    ids = clients.publish(topic, b"\x00\xff", "é".encode(), kind="test", empty="")
    received = clients.pull_all(subscription, 2)
    by_id = {one.message.message_id: one.message for one in received}
    assert [by_id[one].data for one in ids] == [b"\x00\xff", "é".encode()]
    assert dict(by_id[ids[0]].attributes) == {"kind": "test", "empty": ""}
    assert all(one.isdecimal() for one in ids)
    assert by_id[ids[0]].publish_time.timestamp() > 1_700_000_000


def test_an_id_or_a_time_that_the_publisher_sets_is_the_services_own(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    message = types.PubsubMessage(data=b"x", message_id="mine", publish_time={"seconds": 5, "nanos": 7})
    (given,) = clients.api.publish(topic=topic, messages=[message]).message_ids
    (received,) = clients.pull_all(subscription, 1)
    assert received.message.message_id == given != "mine"
    assert received.message.publish_time.timestamp() > 1_700_000_000


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "message_count is too small"),
        ([{}], "Each message must contain either non-empty data, or at least one attribute"),
        ([{"data": b"x"}] * 1001, "message_count is too large. You passed 1001"),
        ([{"data": b"x" * (10 * 1024 * 1024 + 1)}], "too large"),
        ([{"data": b"x", "attributes": {"k" * 257: "v"}}], "attribute_key_size is too large"),
        ([{"data": b"x", "attributes": {"k": "v" * 1025}}], "attribute_value_size is too large"),
        ([{"data": b"x", "attributes": {"googclient": "v"}}], "reserved prefix"),
        ([{"data": b"x", "attributes": {str(n): "v" for n in range(101)}}], "attribute_count is too large"),
        ([{"data": b"x", "ordering_key": "k" * 1025}], "ordering_key_size is too large"),
        ([{"data": b"x", "ordering_key": "a"}, {"data": b"x", "ordering_key": "b"}], "the same ordering key"),
    ],
)
def test_a_request_with_one_bad_message_publishes_nothing(
    clients: Clients, messages: list[dict[str, Any]], words: str
) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    batch = (
        [{"data": b"good"}, *messages] if 0 < len(messages) < 1000 and "ordering_key" not in messages[0] else messages
    )
    error = refusal(clients.api.publish, topic=topic, messages=batch, timeout=20)
    assert isinstance(error, exceptions.InvalidArgument)
    assert words in error.message
    assert clients.pull(subscription, wait=False) == []


def test_the_batching_client_publishes_concurrently(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    futures = [clients.publisher.publish(topic, b"%d" % number) for number in range(500)]
    ids = {future.result(timeout=10) for future in futures}
    assert len(ids) == 500
    received = clients.pull_all(subscription, 500)
    assert {one.message.message_id for one in received} == ids


def test_subscriptions_outlive_their_topic(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    clients.publish(topic, b"x")
    clients.publisher.delete_topic(topic=topic)
    assert clients.subscriber.get_subscription(subscription=subscription).topic == "_deleted-topic_"
    clients.publisher.create_topic(name=topic)
    clients.publish(topic, b"to the new topic")
    assert [one.message.data for one in clients.pull(subscription)] == [b"x"]


def test_a_detached_subscription_keeps_nothing(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    clients.publish(topic, b"x")
    clients.publisher.detach_subscription(request={"subscription": subscription})
    assert clients.subscriber.get_subscription(subscription=subscription).detached
    assert list(clients.publisher.list_topic_subscriptions(topic=topic)) == []
    assert isinstance(refusal(clients.pull, subscription), exceptions.FailedPrecondition)
    again = refusal(clients.publisher.detach_subscription, request={"subscription": subscription})
    assert isinstance(again, exceptions.FailedPrecondition)


def test_policies_are_kept_and_a_stale_etag_is_refused(clients: Clients) -> None:
    topic = clients.topic()
    policy = clients.publisher.get_iam_policy(request={"resource": topic})
    policy.bindings.add(role="roles/pubsub.publisher", members=["user:somebody@example.com"])
    clients.publisher.set_iam_policy(request={"resource": topic, "policy": policy})
    kept = clients.publisher.get_iam_policy(request={"resource": topic})
    assert kept.bindings == policy.bindings
    stale = refusal(clients.publisher.set_iam_policy, request={"resource": topic, "policy": policy}, retry=None)
    assert isinstance(stale, exceptions.Aborted)
    allowed = clients.publisher.test_iam_permissions(
        request={"resource": topic, "permissions": ["pubsub.topics.publish"]}
    )
    assert list(allowed.permissions) == ["pubsub.topics.publish"]
