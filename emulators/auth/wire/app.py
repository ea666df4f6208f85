"""The OAuth endpoints over HTTP (developers.google.com/identity/protocols/oauth2/service-account)."""

import json
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from emulators.auth.state.certificates import key_set, x509_by_key_id
from emulators.auth.state.jwt import Claims
from emulators.auth.state.tokens import GrantError, Issuer

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def application(issuer: Issuer) -> Starlette:
    """The endpoints over an issuer."""

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def token(request: Request) -> Response:
        return JSONResponse(_exchange(issuer, await _form(request), _endpoints(request)))

    async def token_info(request: Request) -> Response:
        """What a token says, by its access_token or id_token parameter."""
        parameters = dict(request.query_params) | await _form(request)
        if "id_token" in parameters:
            return JSONResponse(_as_strings(issuer.id_token_claims(parameters["id_token"])))
        claims = issuer.access_token_claims(parameters.get("access_token", ""))
        return JSONResponse(_as_strings(_info(claims)))

    async def user_info(request: Request) -> Response:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise GrantError("invalid_token", "An Authorization header with a bearer token is required.")
        claims = issuer.access_token_claims(value)
        return JSONResponse({"sub": claims["sub"], "email": claims["email"], "email_verified": True})

    async def certificates(_: Request) -> Response:
        return JSONResponse(x509_by_key_id(issuer.key))

    async def keys(_: Request) -> Response:
        return JSONResponse(key_set(issuer.key))

    async def id_token(request: Request) -> Response:
        """iamcredentials.projects.serviceAccounts.generateIdToken; that the caller may is not looked at."""
        body = await _json(request)
        if not isinstance(body.get("audience"), str) or not body["audience"]:
            raise HTTPException(400, "The audience must be set.")
        try:
            token = issuer.generate_id_token(
                request.path_params["email"], body["audience"], bool(body.get("includeEmail"))
            )
        except ValueError as error:
            raise HTTPException(404, f"Unknown service account: {error}") from error
        return JSONResponse({"token": token})

    routes = [
        Route("/healthz", health),
        Route("/token", token, methods=["POST"]),
        Route("/v1/projects/-/serviceAccounts/{email}:generateIdToken", id_token, methods=["POST"]),
        Route("/tokeninfo", token_info, methods=["GET", "POST"]),
        Route("/oauth2/v1/tokeninfo", token_info, methods=["GET", "POST"]),
        Route("/oauth2/v3/tokeninfo", token_info, methods=["GET", "POST"]),
        Route("/oauth2/v1/userinfo", user_info),
        Route("/oauth2/v3/userinfo", user_info),
        Route("/oauth2/v1/certs", certificates),
        Route("/oauth2/v3/certs", keys),
    ]
    return Starlette(routes=routes, exception_handlers={GrantError: _grant_error, HTTPException: _http_error})


def _exchange(issuer: Issuer, form: dict[str, str], endpoints: frozenset[str]) -> dict[str, object]:
    kind = form.get("grant_type")
    if kind == JWT_BEARER:
        return issuer.exchange_assertion(_required(form, "assertion"), endpoints)
    if not kind:
        raise GrantError("invalid_request", "Missing required parameter: grant_type")
    raise GrantError("unsupported_grant_type", f"Invalid grant_type: {kind}")


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise HTTPException(400, "Invalid JSON payload received.") from error
    return body if isinstance(body, dict) else {}


async def _form(request: Request) -> dict[str, str]:
    """The parameters of a urlencoded body."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


def _required(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        raise GrantError("invalid_request", f"Missing required parameter: {name}")
    return form[name]


def _endpoints(request: Request) -> frozenset[str]:
    """The addresses that mean this endpoint: the client's, and the same under the machine's other name."""
    port = request.url.port
    hosts = {request.headers.get("host", ""), f"localhost:{port}", f"127.0.0.1:{port}"}
    return frozenset(f"http://{host}/token" for host in hosts)


def _info(claims: Claims) -> dict[str, Any]:
    return {
        "azp": claims["sub"],
        "aud": claims["sub"],
        "sub": claims["sub"],
        "scope": claims["scope"],
        "exp": claims["exp"],
        "expires_in": claims["exp"] - int(time.time()),
        "email": claims["email"],
        "email_verified": True,
    }


def _as_strings(claims: dict[str, Any]) -> dict[str, str]:
    """The endpoint writes numbers and truth values as strings."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in claims.items()}


async def _grant_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, GrantError):
        raise error
    code = 401 if error.error == "unauthorized_client" else 400
    return JSONResponse({"error": error.error, "error_description": error.description}, code)


async def _http_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    body = {"code": error.status_code, "message": error.detail, "status": HTTPStatus(error.status_code).name}
    return JSONResponse({"error": body}, error.status_code)
