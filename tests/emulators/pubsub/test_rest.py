"""REST: the same resources and messages as over gRPC, in Google's JSON; by requests, and by gcloud where it is."""

import base64
import gzip
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherRestTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberRestTransport

from tests.emulators.pubsub.process import PROJECT, Clients, Emulator

DEFINITION = '{"type": "record", "name": "A", "fields": [{"name": "a", "type": "string"}]}'


class Rest:
    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"

    def __call__(self, verb: str, path: str, body: Any = None, status: int = 200, **query: Any) -> Any:
        answer = requests.request(verb, f"{self.base}/v1/{path}", json=body, params=query, timeout=10)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def rest(emulator: Emulator) -> Rest:
    return Rest(emulator.rest_port)


def test_a_topic_lives_and_dies(rest: Rest, clients: Clients) -> None:
    name = clients.name("topics")
    body = {"labels": {"a": "b"}, "messageRetentionDuration": "600s"}
    made = rest("PUT", name, body)
    assert made == {"name": name, "state": "ACTIVE"} | body
    assert rest("GET", name) == made
    assert dict(clients.publisher.get_topic(topic=name).labels) == {"a": "b"}
    update = {"topic": {"labels": {"c": "d"}}, "updateMask": "labels,messageRetentionDuration"}
    assert rest("PATCH", name, update) == {"name": name, "state": "ACTIVE", "labels": {"c": "d"}}
    assert name in [one["name"] for one in rest("GET", f"{PROJECT}/topics", pageSize=1000)["topics"]]
    assert rest("PUT", name, {}, status=409)["error"]["status"] == "ALREADY_EXISTS"
    assert rest("DELETE", name) == {}
    error = rest("GET", name, status=404)["error"]
    assert error["message"] == f"Resource not found (resource={name.rpartition('/')[2]})."
    assert error["errors"][0]["reason"] == "notFound"


def test_messages_pass_from_rest_to_grpc_and_back(rest: Rest, clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.name("subscriptions")
    made = rest("PUT", subscription, {"topic": topic, "ackDeadlineSeconds": 20})
    assert (made["messageRetentionDuration"], made["expirationPolicy"]) == ("604800s", {"ttl": "2678400s"})
    message = {"data": base64.b64encode(b"\xff").decode(), "attributes": {"a": "b"}}
    (given,) = rest("POST", f"{topic}:publish", {"messages": [message]})["messageIds"]
    (received,) = rest("POST", f"{subscription}:pull", {"maxMessages": 5})["receivedMessages"]
    assert received["message"] | {"publishTime": ""} == message | {"messageId": given, "publishTime": ""}
    rest("POST", f"{subscription}:modifyAckDeadline", {"ackIds": [received["ackId"]], "ackDeadlineSeconds": 0})
    (again,) = clients.pull(subscription)
    assert again.message.data == b"\xff"
    rest("POST", f"{subscription}:acknowledge", {"ackIds": [again.ack_id]})
    assert rest("POST", f"{subscription}:pull", {"maxMessages": 5, "returnImmediately": True}) == {}
    rest("POST", f"{subscription}:seek", {"time": "2020-01-01T00:00:00Z"})
    assert rest("GET", f"{topic}/subscriptions") == {"subscriptions": [subscription]}
    assert rest("POST", f"{subscription}:detach") == {}


def test_schemas_and_their_refusals(rest: Rest, clients: Clients) -> None:
    name = clients.name("schemas")
    schema = {"type": "AVRO", "definition": DEFINITION}
    made = rest("POST", f"{PROJECT}/schemas", schema, schemaId=name.rpartition("/")[2])
    assert (made["name"], made["type"]) == (name, "AVRO")
    assert "definition" not in rest("GET", name, view="BASIC")
    assert rest("GET", f"{name}:listRevisions", view="FULL")["schemas"] == [made]
    settings = {"schema": name, "encoding": "JSON"}
    topic = rest("PUT", clients.name("topics"), {"schemaSettings": settings})
    assert topic["schemaSettings"] == settings
    bad = {"messages": [{"data": base64.b64encode(b'{"a": 1}').decode()}]}
    error = rest("POST", f"{topic['name']}:publish", bad, status=400)["error"]
    assert error["details"][0]["reason"] == "INVALID_JSON_AVRO_MESSAGE"
    rest("POST", f"{PROJECT}/schemas:validate", {"schema": schema})
    rest("DELETE", name)


def test_policies(rest: Rest, clients: Clients) -> None:
    topic = clients.topic()
    policy = rest("GET", f"{topic}:getIamPolicy", **{"options.requestedPolicyVersion": 3})
    policy["bindings"] = [{"role": "roles/pubsub.publisher", "members": ["user:a@example.com"]}]
    kept = rest("POST", f"{topic}:setIamPolicy", {"policy": policy})
    assert kept["bindings"] == policy["bindings"]
    assert rest("GET", f"{topic}:getIamPolicy") == kept
    assert rest("POST", f"{topic}:setIamPolicy", {"policy": policy}, status=409)["error"]["status"] == "ABORTED"


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "words"),
    [
        ("PUT", f"{PROJECT}/topics/abc", {"nonsense": 1}, 400, "nonsense"),
        ("PUT", f"{PROJECT}/topics/abc", ["no object"], 400, "Invalid JSON payload"),
        ("PUT", f"{PROJECT}/topics/1", {}, 400, "Invalid resource name"),
        ("PUT", f"{PROJECT}/subscriptions/abc", {"topic": f"{PROJECT}/topics/missing"}, 404, "resource=missing"),
        ("POST", f"{PROJECT}/topics/abc:explode", {}, 404, "was not found"),
        ("PUT", f"{PROJECT}/topics/abc", {"messageTransforms": [{"aiInference": {}}]}, 501, "message_transforms"),
        ("GET", f"{PROJECT}/topics?pageSize=many", None, 400, "pageSize"),
    ],
)
def test_what_is_wrong_is_refused_in_googles_form(
    rest: Rest, verb: str, path: str, body: Any, status: int, words: str
) -> None:
    error = rest(verb, path, body, status=status)["error"]
    assert error["code"] == status
    assert words in error["message"]


def test_a_body_that_is_no_json_is_refused(rest: Rest) -> None:
    answer = requests.put(f"{rest.base}/v1/{PROJECT}/topics/abc", data=b"{", timeout=10)
    assert answer.status_code == 400
    assert requests.get(f"{rest.base}/healthz", timeout=10).status_code == 200


def test_sigterm_ends_a_pull_that_waits(state: Path) -> None:
    emulator = Emulator(state, "--rest-port", "0")
    clients, own = Clients(emulator.target), Rest(emulator.rest_port)
    subscription = clients.subscription(clients.topic())
    clients.close()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(requests.post, f"{own.base}/v1/{subscription}:pull", json={"maxMessages": 1}, timeout=20)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.5)
        assert emulator.stop() == 0
        assert waiting.exception(timeout=5) is not None or waiting.result().status_code >= 500


@pytest.mark.skipif(not shutil.which("gcloud"), reason="gcloud is not installed on this machine")
def test_gcloud_works(rest: Rest, clients: Clients) -> None:
    topic, subscription = clients.name("topics"), clients.name("subscriptions")
    environment = os.environ | {
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB": f"{rest.base}/",
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
    }

    def gcloud(*words: str) -> str:
        done = subprocess.run(
            ["gcloud", "pubsub", *words], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    gcloud("topics", "create", topic, "--labels=a=b")
    gcloud("subscriptions", "create", subscription, f"--topic={topic}", "--ack-deadline=30")
    gcloud("topics", "publish", topic, "--message=hello", "--attribute=c=d")
    shown = gcloud(
        "subscriptions", "pull", subscription, "--auto-ack", "--format=value(message.data, message.attributes)"
    )
    assert "hello" in shown or base64.b64encode(b"hello").decode() in shown
    assert clients.pull(subscription, wait=False) == []


def test_a_body_may_be_packed_and_a_patch_may_be_a_post(rest: Rest, clients: Clients) -> None:
    """As Google's Java clients send them."""
    url = f"{rest.base}/v1/{clients.name('topics')}"
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert requests.put(url, data=gzip.compress(b'{"labels": {"a": "b"}}'), headers=headers, timeout=10).ok
    change = gzip.compress(b'{"topic": {"labels": {"c": "d"}}, "updateMask": "labels"}')
    changed = requests.post(url, data=change, headers=headers | {"X-HTTP-Method-Override": "PATCH"}, timeout=10)
    assert changed.json()["labels"] == {"c": "d"}
    assert requests.put(url, data=b"{}", headers=headers, timeout=10).status_code == 400


def test_an_answer_is_cut_to_its_fields(rest: Rest, clients: Clients) -> None:
    name = clients.topic(labels={"a": "b"})
    assert rest("GET", name, fields="labels/a", **{"$.xgafv": "1", "access_token": "x", "uploadType": ""}) == {
        "labels": {"a": "b"}
    }
    assert "labels(" in rest("GET", name, fields="labels(", status=400)["error"]["message"]
    assert rest("GET", name, alt="proto", status=400)["error"]["status"] == "INVALID_ARGUMENT"


def test_the_official_client_over_rest(rest: Rest, clients: Clients) -> None:
    options = {"host": rest.base, "credentials": AnonymousCredentials()}
    publisher = PublisherClient(transport=PublisherRestTransport(**options))
    subscriber = SubscriberClient(transport=SubscriberRestTransport(**options))
    topic = publisher.create_topic(name=clients.name("topics")).name
    name = subscriber.create_subscription(name=clients.name("subscriptions"), topic=topic).name
    publisher.publish(topic=topic, messages=[{"data": b"\xff", "ordering_key": "k"}])
    (received,) = subscriber.pull(subscription=name, max_messages=1).received_messages
    assert (received.message.data, received.message.ordering_key) == (b"\xff", "k")
    subscriber.acknowledge(subscription=name, ack_ids=[received.ack_id])
    assert list(publisher.list_topic_subscriptions(topic=topic)) == [name]
