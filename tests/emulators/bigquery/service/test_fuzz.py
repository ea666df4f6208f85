"""Malformed requests get an error of the service's form: never a 500, a hang or a dead server."""

import json
import random
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.emulators.bigquery.service.conftest import PROJECT, Service

JUNK: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x",
    "a" * 5000,
    [],
    [None],
    {},
    {"a": {}},
    "\u0000",
    "$",
    "2024-13-45",
    ["x", 1],
]
TABLE = {"projectId": PROJECT, "datasetId": "fuzz", "tableId": "t"}
FIELD = {"name": "a", "type": "INTEGER", "mode": "NULLABLE"}
BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/datasets", {"datasetReference": {"datasetId": "fuzz2"}, "labels": {"a": "b"}, "location": "EU"}),
    ("PATCH", "/datasets/fuzz", {"labels": {"a": "b"}, "description": "x", "access": []}),
    (
        "POST",
        "/datasets/fuzz/tables",
        {
            "tableReference": TABLE,
            "schema": {"fields": [FIELD]},
            "clustering": {"fields": ["a"]},
            "timePartitioning": {"type": "DAY", "field": "a"},
        },
    ),
    (
        "POST",
        "/datasets/fuzz/tables",
        {"tableReference": TABLE, "view": {"query": "SELECT 1 AS a", "useLegacySql": False}},
    ),
    (
        "POST",
        "/datasets/fuzz/tables",
        {
            "tableReference": TABLE,
            "externalDataConfiguration": {
                "sourceFormat": "PARQUET",
                "sourceUris": ["gs://b/x/*"],
                "hivePartitioningOptions": {"mode": "CUSTOM", "sourceUriPrefix": "gs://b/x/{d:DATE}"},
            },
        },
    ),
    ("PATCH", "/datasets/fuzz/tables/real", {"schema": {"fields": [FIELD]}, "labels": {}, "expirationTime": "1"}),
    (
        "POST",
        "/datasets/fuzz/tables/real/insertAll",
        {"rows": [{"insertId": "a", "json": {"a": 1}}], "ignoreUnknownValues": False},
    ),
    (
        "POST",
        "/jobs",
        {
            "configuration": {
                "query": {
                    "query": "SELECT 1",
                    "useLegacySql": False,
                    "destinationTable": TABLE,
                    "defaultDataset": {"datasetId": "fuzz"},
                    "queryParameters": [],
                }
            }
        },
    ),
    (
        "POST",
        "/jobs",
        {"configuration": {"load": {"destinationTable": TABLE, "sourceUris": ["gs://b/o"], "sourceFormat": "CSV"}}},
    ),
    ("POST", "/jobs", {"configuration": {"copy": {"sourceTable": TABLE, "destinationTable": TABLE}}}),
    ("POST", "/jobs", {"configuration": {"extract": {"sourceTable": TABLE, "destinationUris": ["gs://b/o"]}}}),
    (
        "POST",
        "/queries",
        {
            "query": "SELECT @p",
            "parameterMode": "NAMED",
            "timeoutMs": 1000,
            "maxResults": 1,
            "queryParameters": [{"name": "p", "parameterType": {"type": "INT64"}, "parameterValue": {"value": "1"}}],
        },
    ),
    (
        "POST",
        "/datasets/fuzz/routines",
        {"routineReference": {"routineId": "f"}, "routineType": "SCALAR_FUNCTION", "definitionBody": "1"},
    ),
    ("POST", "/datasets/fuzz/tables/real:setIamPolicy", {"policy": {"bindings": [{"role": "r", "members": ["m"]}]}}),
]


def mutate(value: Any, chance: random.Random) -> Any:
    """The same JSON with one place or another replaced, removed or repeated."""
    if isinstance(value, dict):
        found = {key: mutate(inner, chance) for key, inner in value.items() if chance.random() > 0.05}
        return found if chance.random() > 0.05 else chance.choice(JUNK)
    if isinstance(value, list):
        return (
            [mutate(inner, chance) for inner in value] * chance.choice([1, 1, 1, 2])
            if chance.random() > 0.1
            else chance.choice(JUNK)
        )
    return value if chance.random() > 0.2 else chance.choice(JUNK)


def send(service: Service, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}{path}"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture(scope="module", autouse=True)
def target(service: Service) -> None:
    send(service, "POST", "/datasets", json.dumps({"datasetReference": {"datasetId": "fuzz"}}).encode())
    for name in ("real", "steady"):
        table = {"tableReference": TABLE | {"tableId": name}, "schema": {"fields": [FIELD]}}
        assert send(service, "POST", "/datasets/fuzz/tables", json.dumps(table).encode())[0] == 200


@pytest.mark.parametrize("case", range(len(BODIES)))
def test_a_mutated_body_is_answered_in_form(service: Service, case: int) -> None:
    method, path, body = BODIES[case]
    chance = random.Random(case)
    for _ in range(40):
        sent = json.dumps(mutate(body, chance)).encode()
        status, answer = send(service, method, path, sent)
        detail = f"{method} {path} {sent!r} -> {status} {answer!r}"
        assert status < 500 or status in (501, 503), detail
        found = json.loads(answer) if answer else {}
        if status >= 400:
            assert found["error"]["code"] == status and found["error"]["errors"][0]["reason"], detail
        elif "status" in found and "errorResult" in found.get("status", {}):
            assert found["status"]["errorResult"]["reason"] != "internalError", detail


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'"x"', b"null", b"{" * 10_000])
def test_a_body_that_is_no_object_is_refused(service: Service, body: bytes) -> None:
    status, answer = send(service, "POST", "/jobs", body)
    assert status == 400 and json.loads(answer)["error"]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "maxResults=-1",
        "maxResults=x",
        "pageToken=%00",
        "startIndex=99999999999999999999",
        "timeoutMs=-5",
        "maxResults=0",
    ],
)
def test_odd_paging_is_answered(service: Service, query: str) -> None:
    for path in ("/datasets", "/datasets/fuzz/tables", "/datasets/fuzz/tables/steady/data", "/jobs"):
        status, answer = send(service, "GET", f"{path}?{query}", b"")
        assert status in (200, 400), (path, query, status, answer)


def test_an_unknown_path_is_not_found(service: Service) -> None:
    for path in ("/nothing", "/datasets/fuzz/tables/real/data/more", "/datasets/%00", "/jobs/../jobs/x"):
        status, answer = send(service, "GET", path, b"")
        assert status == 404 and json.loads(answer)["error"]["errors"][0]["reason"] == "notFound"
