"""Routines over REST: what they are listed with, which definitions are refused, who may do what."""

from typing import Any

import pytest
import requests
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from tests.emulators.bigquery.service.conftest import PROJECT, Service

INTEGER = {"typeKind": "INT64"}
ONE = {"arguments": [{"name": "x", "dataType": INTEGER}]}


def call(service: Service, method: str, path: str, body: Any = None, **parameters: str) -> tuple[int, Any]:
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}/datasets/{path}"
    answer = requests.request(method, address, json=body, params=parameters, timeout=20)
    found = answer.json()
    return answer.status_code, found["error"]["message"] if "error" in found else found


def routine(dataset: str, name: str, kind: str, body: str, **more: Any) -> dict[str, Any]:
    reference = {"projectId": PROJECT, "datasetId": dataset, "routineId": name}
    return {"routineReference": reference, "routineType": kind, "language": "SQL", "definitionBody": body} | more


def test_a_list_tells_routines_apart_and_a_mask_says_what_else(service: Service, dataset: str) -> None:
    for name, kind, body in (("f", "SCALAR_FUNCTION", "x + 1"), ("t", "TABLE_VALUED_FUNCTION", "select x as y")):
        made = routine(dataset, name, kind, body, **ONE)
        assert call(service, "POST", f"{dataset}/routines", made)[0] == 200
    assert call(service, "POST", f"{dataset}/routines", routine(dataset, "p", "PROCEDURE", "begin select 1; end"))
    listed = call(service, "GET", f"{dataset}/routines")[1]["routines"]
    assert [one["routineReference"]["routineId"] for one in listed] == ["f", "p", "t"]
    assert all({"etag", "language", "routineType"} <= one.keys() and "definitionBody" not in one for one in listed)
    asked = call(service, "GET", f"{dataset}/routines", readMask="definitionBody", filter="routineType:PROCEDURE")[1]
    assert asked == {"routines": [{"definitionBody": "begin select 1; end"}]}
    assert call(service, "GET", f"{dataset}/routines/f", readMask="arguments.name")[1] == {"arguments": [{"name": "x"}]}


@pytest.mark.parametrize(
    "kind, body, more, text",
    [
        ("SCALAR_FUNCTION", "x +", ONE, "Syntax error"),
        ("SCALAR_FUNCTION", "y + 1", ONE, "Unrecognized name: y"),
        ("SCALAR_FUNCTION", "x", ONE | {"returnType": {"typeKind": "DATE"}}, "DATE"),
        ("TABLE_VALUED_FUNCTION", "select z", ONE, "Unrecognized name: z"),
        ("SCALAR_FUNCTION", "x", {"arguments": [{"name": "x", "dataType": {}}]}, "Invalid data type"),
    ],
)
def test_a_definition_that_is_wrong_is_not_kept(
    service: Service, dataset: str, kind: str, body: str, more: dict[str, Any], text: str
) -> None:
    status, message = call(service, "POST", f"{dataset}/routines", routine(dataset, "f", kind, body, **more))
    assert status == 400 and text in message
    assert call(service, "GET", f"{dataset}/routines/f")[0] == 404


def test_a_remote_function_is_kept_but_cannot_be_called(service: Service, dataset: str) -> None:
    remote = {"endpoint": "https://example.com/f", "connection": f"projects/{PROJECT}/locations/us/connections/c"}
    made = routine(dataset, "f", "SCALAR_FUNCTION", "", remoteFunctionOptions=remote, returnType=INTEGER, **ONE)
    assert call(service, "POST", f"{dataset}/routines", made)[1]["remoteFunctionOptions"] == remote
    body = {"query": f"select {dataset}.f(1)", "useLegacySql": False}
    answer = requests.post(f"{service.address}/bigquery/v2/projects/{PROJECT}/queries", json=body, timeout=20)
    assert "Remote functions are not supported" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["tables/none", "routines/none", "tables/none/rowAccessPolicies/none"])
def test_permissions_on_what_is_not_there(service: Service, dataset: str, path: str) -> None:
    asked = {"permissions": ["bigquery.tables.get"]}
    assert call(service, "POST", f"{dataset}/{path}:testIamPermissions", asked)[0] == 404
    assert call(service, "POST", f"{dataset}:testIamPermissions", asked) == (200, asked)


@pytest.mark.parametrize(
    "body",
    [
        "options (strict_mode = false) begin select * from {d}.nothing; end",
        "begin create temp table made as select 1 as a; select b from made; end",
        "begin declare x int64 default 1; while x < 3 do set x = x + 1; end while; select x, n; end",
    ],
)
def test_strict_mode_checks_what_is_known(client: bigquery.Client, dataset: str, body: str) -> None:
    client.query_and_wait(f"create procedure {dataset}.p(n int64) {body.format(d=dataset)}")
    client.query_and_wait(f"drop procedure {dataset}.p")


def test_statements_hold_to_the_names_that_routines_may_have(client: bigquery.Client, dataset: str) -> None:
    for kind, body in (("FUNCTION", "(1)"), ("TABLE FUNCTION", "SELECT 1 AS a"), ("PROCEDURE", "")):
        tail = "BEGIN END" if kind == "PROCEDURE" else f"AS {body}"
        with pytest.raises(BadRequest, match='Invalid routine ID "f-1"'):
            client.query_and_wait(f"CREATE {kind} {dataset}.`f-1`() {tail}")
