"""Requests of web pages from other origins: preflights, and what a browser needs to see in an answer.

Source: cloud.google.com/storage/docs/cross-origin. A bucket's settings are for the XML API; the JSON API lets
every origin in.
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

Headers = dict[str, str]


def preflight(request: Request, rules: list[dict[str, Any]] | None) -> Response:
    """The answer to OPTIONS: what may be sent, or nothing where no rule fits. `rules` None: everything may."""
    sent = request.headers
    method = sent.get("access-control-request-method", "")
    wanted = [name.strip() for name in sent.get("access-control-request-headers", "").split(",") if name.strip()]
    if rules is None:
        rules = [{"origin": [sent.get("origin", "*")], "method": [method], "responseHeader": wanted}]
    rule = _rule(rules, sent.get("origin", ""), method)
    if rule is None or not method:
        return Response()
    allowed = {name.lower() for name in rule.get("responseHeader", ())}
    if "*" not in allowed and {name.lower() for name in wanted} - allowed:
        return Response()
    headers = _allowed(rule, sent["origin"]) | {"Access-Control-Allow-Methods": ", ".join(rule.get("method", ()))}
    headers["Access-Control-Max-Age"] = str(rule.get("maxAgeSeconds", 3600))
    if wanted:
        headers["Access-Control-Allow-Headers"] = ", ".join(wanted)
    return Response(headers=headers)


def exposed(request: Request, rules: list[dict[str, Any]] | None) -> Mapping[str, str]:
    """The headers that let a page read an answer; none for a request from no page or one that no rule lets in."""
    origin = request.headers.get("origin")
    if origin is None:
        return {}
    if rules is None:
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    rule = _rule(rules, origin, request.method)
    if rule is None:
        return {}
    names = ", ".join(rule.get("responseHeader", ()))
    return _allowed(rule, origin) | ({"Access-Control-Expose-Headers": names} if names else {})


def _allowed(rule: dict[str, Any], origin: str) -> Headers:
    if "*" in rule.get("origin", ()):
        return {"Access-Control-Allow-Origin": "*"}
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _rule(rules: list[dict[str, Any]], origin: str, method: str) -> dict[str, Any] | None:
    """The first rule that an origin and a method fit."""
    for rule in rules:
        origins, methods = rule.get("origin", ()), rule.get("method", ())
        if ("*" in origins or origin in origins) and ("*" in methods or method in methods):
            return rule
    return None
