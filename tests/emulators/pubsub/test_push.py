"""Push: a real HTTP server receives what is published."""

import asyncio
import base64
import datetime
import json
import queue
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import google.auth.transport.requests
import pytest
from google.api_core import exceptions
from google.oauth2 import id_token

from emulators.pubsub.state.broker import Broker
from emulators.pubsub.wire.id_tokens import IdTokens
from emulators.pubsub.wire.push import _Pusher
from tests.emulators.process import running
from tests.emulators.pubsub.process import Clients, Emulator


class Endpoint:
    """Answers each POST with the next status, and at the end of them with 204; keeps what came."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.received: queue.Queue[dict[str, Any]] = queue.Queue()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                is_wrapped = self.headers["Content-Type"] == "application/json"
                body = json.loads(raw) if is_wrapped else {"raw": raw}
                # Kept before it is answered: the answer lets the next message come, in a thread of its own.
                headers = {name.lower(): value for name, value in self.headers.items()}
                endpoint.received.put(
                    body | {"path": self.path, "type": self.headers["Content-Type"], "headers": headers}
                )
                self.send_response(endpoint.statuses.pop(0) if endpoint.statuses else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/push?token=x"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, count: int) -> list[dict[str, Any]]:
        return [self.received.get(timeout=10) for _ in range(count)]

    def texts(self, count: int) -> list[str]:
        return [base64.b64decode(one["message"]["data"]).decode() for one in self.take(count)]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    found = Endpoint()
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_a_message_is_wrapped(clients: Clients, endpoint: Endpoint) -> None:
    topic = clients.topic()
    name = clients.subscription(topic, push_config={"push_endpoint": endpoint.url}, enable_message_ordering=True)
    (id_,) = clients.publish(topic, b"hello", ordering_key="k", a="b")
    (got,) = endpoint.take(1)
    message = got["message"]
    assert (got["path"], got["type"], got["subscription"]) == ("/push?token=x", "application/json", name)
    assert (message["data"], message["attributes"], message["orderingKey"]) == ("aGVsbG8=", {"a": "b"}, "k")
    assert message["messageId"] == message["message_id"] == id_
    assert message["publishTime"] == message["publish_time"]
    assert "deliveryAttempt" not in got


def test_what_is_refused_comes_again_and_what_is_accepted_does_not(clients: Clients, endpoint: Endpoint) -> None:
    topic = clients.topic()
    clients.subscription(topic, push_config={"push_endpoint": endpoint.url})
    endpoint.statuses = [500, 302, 404]
    clients.publish(topic, b"a")
    assert endpoint.texts(4) == ["a"] * 4
    clients.publish(topic, b"b")
    assert endpoint.texts(1) == ["b"]


def test_a_keys_messages_keep_their_order(clients: Clients, endpoint: Endpoint) -> None:
    topic = clients.topic()
    clients.subscription(topic, push_config={"push_endpoint": endpoint.url}, enable_message_ordering=True)
    endpoint.statuses = [204, 204, 500]
    sent = [str(number) for number in range(8)]
    clients.publish(topic, *(text.encode() for text in sent), ordering_key="k")
    assert endpoint.texts(9) == ["0", "1", "2", *sent[2:]]


def test_dead_letters(clients: Clients, endpoint: Endpoint) -> None:
    topic, dead = clients.topic(), clients.topic()
    letters = clients.subscription(dead)
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    clients.subscription(topic, push_config={"push_endpoint": endpoint.url}, dead_letter_policy=policy)
    endpoint.statuses = [500] * 5
    clients.publish(topic, b"poison")
    assert [one["deliveryAttempt"] for one in endpoint.take(5)] == [1, 2, 3, 4, 5]
    assert [one.message.data for one in clients.pull_all(letters, 1)] == [b"poison"]


def test_from_pull_to_push_and_back(clients: Clients, endpoint: Endpoint) -> None:
    topic = clients.topic()
    name = clients.subscription(topic)
    clients.publish(topic, b"a")
    clients.subscriber.modify_push_config(subscription=name, push_config={"push_endpoint": endpoint.url})
    assert endpoint.texts(1) == ["a"]
    with pytest.raises(exceptions.FailedPrecondition, match="not supported for this subscription type"):
        clients.pull(name)
    clients.subscriber.modify_push_config(subscription=name, push_config={})
    clients.publish(topic, b"b")
    assert [one.message.data for one in clients.pull_all(name, 1)] == [b"b"]


def test_an_endpoint_that_is_not_there_yet(clients: Clients, endpoint: Endpoint) -> None:
    topic = clients.topic()
    name = clients.subscription(topic, push_config={"push_endpoint": "http://127.0.0.1:1/"})
    clients.publish(topic, b"a")
    clients.subscriber.modify_push_config(subscription=name, push_config={"push_endpoint": endpoint.url})
    assert endpoint.texts(1) == ["a"]


@pytest.mark.parametrize("metadata", [False, True])
def test_an_unwrapped_message_is_its_data(clients: Clients, endpoint: Endpoint, metadata: bool) -> None:
    topic = clients.topic()
    config = {"push_endpoint": endpoint.url, "no_wrapper": {"write_metadata": metadata}}
    name = clients.subscription(topic, push_config=config, enable_message_ordering=True)
    attributes = {"Content-Type": "text/csv", "colour": "red", "not a header": "x", "Host": "example.com"}
    (id_,) = clients.publish(topic, b"\xff raw", ordering_key="k", **attributes)
    (got,) = endpoint.take(1)
    assert got["raw"] == b"\xff raw"
    found = {key: value for key, value in got["headers"].items() if key.startswith("x-goog-") or key in ("colour",)}
    if not metadata:
        assert (found, got["type"]) == ({}, None)
        return
    assert abs(datetime.datetime.fromisoformat(found.pop("x-goog-pubsub-publish-time")).timestamp() - time.time()) < 60
    assert got["type"] == "text/csv"
    assert found == {
        "colour": "red",
        "x-goog-pubsub-subscription-name": name,
        "x-goog-pubsub-message-id": id_,
        "x-goog-pubsub-ordering-key": "k",
    }
    assert got["headers"]["host"] != "example.com"
    assert "not a header" not in got["headers"]


def test_the_version_of_the_format_is_told_and_kept(clients: Clients, endpoint: Endpoint) -> None:
    name = clients.subscription(clients.topic(), push_config={"push_endpoint": endpoint.url})
    config = clients.subscriber.get_subscription(subscription=name).push_config
    assert dict(config.attributes) == {"x-goog-version": "v1"}
    older = {"push_endpoint": endpoint.url, "attributes": {"x-goog-version": "v1beta2"}}
    clients.subscriber.modify_push_config(subscription=name, push_config=older)
    clients.subscriber.modify_push_config(subscription=name, push_config={"push_endpoint": endpoint.url})
    config = clients.subscriber.get_subscription(subscription=name).push_config
    assert dict(config.attributes) == {"x-goog-version": "v1beta2"}


def test_a_token_that_the_auth_service_vouches_for(tmp_path: Path, endpoint: Endpoint) -> None:
    email = "pusher@tests.iam.gserviceaccount.com"
    with running("auth", tmp_path / "auth") as address:
        emulator = Emulator(tmp_path / "pubsub", environment={"AUTH_EMULATOR_HOST": address.removeprefix("http://")})
        clients = Clients(emulator.target)
        for audience in ("", "https://receiver.example"):
            topic = clients.topic()
            token = {"service_account_email": email, "audience": audience}
            clients.subscription(topic, push_config={"push_endpoint": endpoint.url, "oidc_token": token})
            clients.publish(topic, b"a", b"b")
            for got in endpoint.take(2):
                scheme, _, value = got["headers"]["authorization"].partition(" ")
                request = google.auth.transport.requests.Request()
                claims = id_token.verify_token(
                    value, request, audience=audience or endpoint.url, certs_url=f"{address}/oauth2/v1/certs"
                )
                assert (scheme, claims["email"], claims["email_verified"]) == ("Bearer", email, True)
                assert claims["iss"] == "https://accounts.google.com"
                assert claims["azp"] == claims["sub"] != email
        bad = {"push_endpoint": endpoint.url, "oidc_token": {"service_account_email": "nobody"}}
        with pytest.raises(exceptions.InvalidArgument, match="oidc_token"):
            clients.subscription(clients.topic(), push_config=bad)
        clients.close()
        emulator.stop()


def test_without_the_address_of_the_auth_service_a_token_is_refused(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path, environment={"AUTH_EMULATOR_HOST": ""})
    clients = Clients(emulator.target)
    config = {"push_endpoint": "http://127.0.0.1:1", "oidc_token": {"service_account_email": "a@b.c"}}
    with pytest.raises(exceptions.MethodNotImplemented, match="AUTH_EMULATOR_HOST"):
        clients.subscription(clients.topic(), push_config=config)
    clients.close()
    emulator.stop()


def test_a_subscription_that_is_deleted_meanwhile(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    pusher = _Pusher(broker, "projects/p/subscriptions/gone", IdTokens())
    assert not asyncio.run(pusher._is_accepted(b"", 0, 1))
    broker.close()
