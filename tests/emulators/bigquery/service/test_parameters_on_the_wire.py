"""Query parameters as clients of other languages write them."""

from typing import Any

import requests

from tests.emulators.bigquery.service.conftest import PROJECT, Service


def ask(service: Service, **request: Any) -> requests.Response:
    url = f"{service.address}/bigquery/v2/projects/{PROJECT}/queries"
    return requests.post(url, json={"useLegacySql": False} | request, timeout=20)


def scalar(kind: str, value: str, **name: str) -> dict[str, Any]:
    return name | {"parameterType": {"type": kind}, "parameterValue": {"value": value}}


def test_the_node_client_writes_the_mode_in_small_letters(service: Service) -> None:
    named = ask(service, query="select @a", parameterMode="named", queryParameters=[scalar("STRING", "x", name="a")])
    assert named.json()["rows"] == [{"f": [{"v": "x"}]}]
    placed = ask(service, query="select ?", parameterMode="positional", queryParameters=[scalar("INT64", "1")])
    assert placed.json()["rows"] == [{"f": [{"v": "1"}]}]
    assert ask(service, query="select 1", parameterMode="other").status_code == 400


def test_an_array_of_arrays_is_no_parameter(service: Service) -> None:
    kind = {"type": "ARRAY", "arrayType": {"type": "ARRAY", "arrayType": {"type": "INT64"}}}
    refused = ask(service, query="select ?", queryParameters=[{"parameterType": kind, "parameterValue": {}}])
    assert (refused.status_code, "Arrays of arrays" in refused.json()["error"]["message"]) == (400, True)


def test_parameters_have_names_of_their_own_or_none(service: Service) -> None:
    twice = ask(service, query="select @a", queryParameters=[scalar("INT64", n, name=name) for n, name in ("1a", "2A")])
    assert (twice.status_code, "Duplicate query parameter" in twice.json()["error"]["message"]) == (400, True)
    mixed = ask(service, query="select @a, ?", queryParameters=[scalar("INT64", "1", name="a"), scalar("INT64", "2")])
    assert (mixed.status_code, "but not both" in mixed.json()["error"]["message"]) == (400, True)


def test_the_node_client_writes_nanoseconds(service: Service) -> None:
    given = [
        scalar("TIMESTAMP", "2020-01-01T00:00:00.123456000Z"),
        scalar("DATETIME", "2020-01-01T00:00:00.123456000"),
        scalar("TIME", "00:00:00.123456000"),
    ]
    query = "select format_timestamp('%E6S', ?), format_datetime('%E6S', ?), format_time('%E6S', ?)"
    answer = ask(service, query=query, parameterMode="positional", queryParameters=given)
    assert [cell["v"] for cell in answer.json()["rows"][0]["f"]] == ["00.123456"] * 3
    finer = ask(service, query="select ?", queryParameters=[scalar("TIMESTAMP", "2020-01-01T00:00:00.123456789Z")])
    assert finer.status_code == 400
