"""Object contexts, and the listings that they filter."""

import uuid
from typing import Any

import pytest
import requests
from google.cloud import storage


@pytest.fixture
def url(storage_address: str, bucket: storage.Bucket) -> str:
    return f"{storage_address}/storage/v1/b/{bucket.name}/o"


def write(url: str, name: str, **contexts: str) -> Any:
    body = {"contexts": {"custom": {key: {"value": value} for key, value in contexts.items()}}}
    start = requests.post(
        url.replace("/storage/v1", "/upload/storage/v1"),
        params={"uploadType": "resumable", "name": name},
        json=body,
        timeout=5,
    )
    return requests.put(start.headers["Location"], data=b"x", timeout=5).json()


def custom(resource: Any) -> dict[str, str]:
    found = resource.get("contexts", {}).get("custom", {})
    return {key: payload["value"] for key, payload in found.items()}


def test_contexts_say_when_they_came_and_changed(url: str) -> None:
    made = write(url, "a", color="red", size="9")["contexts"]["custom"]
    assert made["color"] == {
        "value": "red",
        "createTime": made["color"]["createTime"],
        "updateTime": made["color"]["createTime"],
    }
    body = {"contexts": {"custom": {"color": {"value": "blue"}, "shape": {"value": "round"}}}}
    changed = requests.patch(f"{url}/a", json=body, timeout=5).json()["contexts"]["custom"]
    assert custom({"contexts": {"custom": changed}}) == {"color": "blue", "size": "9", "shape": "round"}
    assert changed["color"]["createTime"] == made["color"]["createTime"] <= changed["color"]["updateTime"]
    assert changed["size"] == made["size"]


def test_null_removes_one_or_all(url: str) -> None:
    write(url, "a", color="red", size="9")
    one = requests.patch(f"{url}/a", json={"contexts": {"custom": {"color": None}}}, timeout=5).json()
    assert custom(one) == {"size": "9"}
    for everything in ({"contexts": {"custom": None}}, {"contexts": None}):
        write(url, "a", color="red")
        assert "contexts" not in requests.patch(f"{url}/a", json=everything, timeout=5).json()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('contexts."color":*', ["blue", "red"]),
        ('contexts."color"="red"', ["red"]),
        ('contexts."color"=""', []),
        ('NOT contexts."color":*', ["d/x", "none"]),
        ('-contexts."color"="red"', ["blue", "d/x", "none"]),
    ],
)
def test_a_filter_chooses_objects(url: str, text: str, names: list[str]) -> None:
    write(url, "red", color="red")
    write(url, "blue", color="blue", size="9")
    write(url, "none")
    write(url, "d/x", size="9")
    found = requests.get(url, params={"filter": text}, timeout=5).json()
    assert [item["name"] for item in found.get("items", [])] == names
    found = requests.get(url, params={"filter": text, "delimiter": "/"}, timeout=5).json()
    assert found["prefixes"] == ["d/"], "prefixes are exempt"


@pytest.mark.parametrize("text", ['contexts."a"', "name=x", 'contexts."a":* AND contexts."b":*', 'contexts."a">"b"'])
def test_another_filter_is_refused(url: str, text: str) -> None:
    assert requests.get(url, params={"filter": text}, timeout=5).status_code == 400


@pytest.mark.parametrize(
    "custom",
    [
        {"google:x": {"value": "y"}},
        {"_x": {"value": "y"}},
        {"a/b": {"value": "y"}},
        {"a" * 257: {"value": "y"}},
        {"a": {"value": ""}},
        {"a": {"value": 5}},
        {"a": {}},
        {"a": {"value": 'say "x"'}},
        {"a": {"value": "b", "extendedDataTypeUrl": "type.googleapis.com/x"}},
        {f"k{number}": {"value": "v"} for number in range(51)},
        [],
    ],
)
def test_contexts_that_cannot_be_are_refused(url: str, custom: Any) -> None:
    write(url, "a")
    assert requests.patch(f"{url}/a", json={"contexts": {"custom": custom}}, timeout=5).status_code == 400


def test_a_copy_has_them_unless_it_drops_or_brings_others(url: str, bucket: storage.Bucket) -> None:
    write(url, "a", color="red")
    rewrite = f"{url}/a/rewriteTo/b/{bucket.name}/o/b"

    def copied(body: Any, **query: str) -> dict[str, str]:
        return custom(requests.post(rewrite, params=query, json=body, timeout=5).json()["resource"])

    assert copied({}) == copied({"contentType": "x/y"}) == {"color": "red"}
    assert copied({"contexts": {"custom": {"size": {"value": "9"}}}}) == {"size": "9"}
    assert copied({}, dropContextGroups="custom") == {}
    assert requests.post(rewrite, params={"dropContextGroups": "all"}, timeout=5).status_code == 400


def test_a_composition_has_those_of_its_sources(url: str) -> None:
    write(url, "a", color="red")
    write(url, "b", size="9")
    write(url, "c", color="blue")

    def composed(*names: str, **query: str) -> requests.Response:
        body = {"sourceObjects": [{"name": name} for name in names]}
        return requests.post(f"{url}/made/compose", params=query, json=body, timeout=5)

    assert custom(composed("a", "b").json()) == {"color": "red", "size": "9"}
    assert custom(composed("a", "b", dropContextGroups="custom").json()) == {}
    assert composed("a", "c").status_code == 400


def test_a_restored_object_has_them(url: str, bucket: storage.Bucket) -> None:
    generation = write(url, "a", color="red")["generation"]
    bucket.delete_blob("a")
    restored = requests.post(f"{url}/a/restore", params={"generation": generation}, timeout=5).json()
    assert custom(restored) == {"color": "red"}


def test_one_context_is_shown_in_full(url: str) -> None:
    name = uuid.uuid4().hex
    write(url, name, color="red")
    found = requests.get(f"{url}/{name}/viewFullContext", params={"contextKey": "color"}, timeout=5).json()
    assert (found["kind"], found["key"], found["value"]) == ("storage#objectFullContext", "color", "red")
    absent = requests.get(f"{url}/{name}/viewFullContext", params={"contextKey": "size"}, timeout=5)
    assert absent.status_code == 404
