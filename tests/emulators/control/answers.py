"""What tests ask of an answer."""

import json
from typing import Any

import pytest
import requests
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]


def refusal(request: Any) -> dict[str, Any]:
    """The error of a request that must be refused, in the form of the service."""
    with pytest.raises(HttpError) as caught:
        request.execute()
    error: dict[str, Any] = json.loads(caught.value.content)["error"]
    assert error["code"] == caught.value.resp.status and error["message"]
    return error


def fields(error: dict[str, Any]) -> list[str]:
    """The paths of the fields at fault."""
    return [violation["field"] for detail in error["details"] for violation in detail["fieldViolations"]]


def holds(whole: Any, part: Any) -> bool:
    """Whether all of `part` is in `whole`."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and holds(whole[name], value) for name, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(holds(one, other) for one, other in zip(whole, part, strict=True))
    return bool(whole == part)


def make_agent(address: str, project: str, label: str) -> str:
    """Ask for the account as which a service acts in a project; its e-mail."""
    url = f"{address}/serviceusage.googleapis.com/v1/projects/{project}/services/{label}.googleapis.com"
    made = requests.post(f"{url}:generateServiceIdentity", json={}, timeout=10).json()
    email: str = made["response"]["email"]
    return email
