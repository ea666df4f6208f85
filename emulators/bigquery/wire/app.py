"""The REST service: routes, errors in the service's form, and a thread for each request."""

import logging
import re
from collections.abc import Callable

import anyio.to_thread
import duckdb
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from emulators.bigquery.sql.errors import from_duckdb
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.state.errors import ServiceError, invalid
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire import (
    datasets,
    discovery,
    jobs,
    models,
    policies,
    projects,
    routines,
    row_policies,
    tabledata,
    tables,
    uploads,
)
from emulators.bigquery.wire.batch import answer_batch
from emulators.bigquery.wire.browsers import share
from emulators.bigquery.wire.parameters import check_parameters, declared
from emulators.bigquery.wire.replies import packed, refusal, shaped
from emulators.packed_bodies import unpacked

log = logging.getLogger("bigquery")
Handler = Callable[[Warehouse, Request, bytes], Response]
_DATASET, _TABLE = "/projects/{project}/datasets/{dataset}", "/projects/{project}/datasets/{dataset}/tables/{table}"
_ROUTINE = "/projects/{project}/datasets/{dataset}/routines/{routine}"
_ROW_POLICY = _TABLE + "/rowAccessPolicies/{policy}"
_THREADS = 200  # many wait for a job and do nothing

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/projects", projects.listing),
    ("GET", "/projects/{project}/serviceAccount", projects.service_account),
    ("POST", "/projects/{project}/datasets", datasets.insert),
    ("GET", "/projects/{project}/datasets", datasets.listing),
    ("GET", _DATASET, datasets.get),
    ("PATCH", _DATASET, datasets.patch),
    ("PUT", _DATASET, datasets.update),
    ("DELETE", _DATASET, datasets.delete),
    ("POST", _DATASET + ":undelete", datasets.undelete),
    ("POST", _DATASET + "/tables", tables.insert),
    ("GET", _DATASET + "/tables", tables.listing),
    ("GET", _TABLE, tables.get),
    ("PATCH", _TABLE, tables.patch),
    ("PUT", _TABLE, tables.update),
    ("DELETE", _TABLE, tables.delete),
    ("GET", _TABLE + "/data", tabledata.listing),
    ("POST", _TABLE + "/insertAll", tabledata.insert),
    ("POST", _DATASET + ":getIamPolicy", policies.get_dataset),
    ("POST", _DATASET + ":setIamPolicy", policies.set_dataset),
    ("POST", _DATASET + ":testIamPermissions", policies.test_dataset),
    ("POST", _TABLE + ":getIamPolicy", policies.get_table),
    ("POST", _TABLE + ":setIamPolicy", policies.set_table),
    ("POST", _TABLE + ":testIamPermissions", policies.test_table),
    ("POST", _ROUTINE + ":getIamPolicy", policies.get_routine),
    ("POST", _ROUTINE + ":setIamPolicy", policies.set_routine),
    ("POST", _ROUTINE + ":testIamPermissions", policies.test_routine),
    ("GET", _TABLE + "/rowAccessPolicies", row_policies.listing),
    ("POST", _TABLE + "/rowAccessPolicies", row_policies.insert),
    ("POST", _TABLE + "/rowAccessPolicies:batchDelete", row_policies.delete_several),
    ("GET", _ROW_POLICY, row_policies.get),
    ("PUT", _ROW_POLICY, row_policies.update),
    ("DELETE", _ROW_POLICY, row_policies.delete),
    ("POST", _ROW_POLICY + ":getIamPolicy", row_policies.get_iam),
    ("POST", _ROW_POLICY + ":testIamPermissions", policies.test_table),
    ("POST", _DATASET + "/routines", routines.insert),
    ("GET", _DATASET + "/routines", routines.listing),
    ("GET", _ROUTINE, routines.get),
    ("PUT", _ROUTINE, routines.update),
    ("DELETE", _ROUTINE, routines.delete),
    ("GET", _DATASET + "/models", models.listing),
    *((method, _DATASET + "/models/{model}", models.get) for method in ("GET", "PATCH", "DELETE")),
    ("POST", "/projects/{project}/jobs", jobs.insert),
    ("GET", "/projects/{project}/jobs", jobs.listing),
    ("GET", "/projects/{project}/jobs/{job}", jobs.get),
    ("POST", "/projects/{project}/jobs/{job}/cancel", jobs.cancel),
    ("DELETE", "/projects/{project}/jobs/{job}/delete", jobs.delete),
    ("POST", "/projects/{project}/queries", jobs.query),
    ("GET", "/projects/{project}/queries/{job}", jobs.results),
    ("POST", "/upload/projects/{project}/jobs", uploads.start),
    ("PUT", "/upload/projects/{project}/jobs", uploads.proceed),
    ("GET", "/discovery", discovery.document),
)
_PREFIX = re.compile(r"^/(resumable/)?(?P<upload>upload/)?bigquery/v2(?=/)")
_BATCH = re.compile(r"^/batch(/bigquery/v2)?$")
_DISCOVERY = re.compile(r"^/(discovery/v1/apis/bigquery/v2/rest|\$discovery/rest|bigquery/v2/\$discovery/rest)$")


def _compile(template: str) -> re.Pattern[str]:
    """A path template; a value holds no slash, and no colon before a custom verb."""
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+?)", re.escape(template).replace(r"\{", "{").replace(r"\}", "}"))
    return re.compile(pattern)


class Router:
    """Dispatches by method and path; /bigquery/v2 in front is optional."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        custom_verbs_first = sorted(ROUTES, key=lambda route: ":" not in route[1])
        self._routes = [
            (method, _compile(template), handler, declared(method, template))
            for method, template, handler in custom_verbs_first
        ]
        self._limiter: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request) if request.method != "OPTIONS" else Response()
        share(request, response)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        if path == "/healthz":
            return Response("ok")
        if _BATCH.match(path) and request.method == "POST":
            return await answer_batch(request, self._answer)
        if _DISCOVERY.match(path):
            path = "/discovery"
        prefix = _PREFIX.match(path)
        if prefix:
            path = ("/upload" if prefix.group("upload") else "") + path[prefix.end() :]
        handler = self._find(request, path)
        if handler is None:
            return refusal(
                ServiceError(
                    404, "notFound", f"Not found: {request.method} {request.url.path} is no method of this service."
                )
            )
        body = b""
        if handler is uploads.proceed:
            request.state.file = await uploads.spool(self._warehouse, request)
        else:
            body = await request.body()
        try:
            body = unpacked(body, request.headers)
        except ValueError as error:
            return refusal(invalid(str(error)))
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(_THREADS)
        return await anyio.to_thread.run_sync(self._run, handler, request, body, limiter=self._limiter)

    def _find(self, request: Request, path: str) -> Handler | None:
        for method, pattern, handler, parameters in self._routes:
            if method == request.method and (match := pattern.fullmatch(path)):
                request.scope["path_params"] = match.groupdict()
                request.state.parameters = parameters
                return handler
        return None

    def _run(self, handler: Handler, request: Request, body: bytes) -> Response:
        try:
            if request.state.parameters is not None:
                check_parameters(request, request.state.parameters)
            return packed(request, shaped(request, handler(self._warehouse, request, body)))
        except ServiceError as error:
            return refusal(error)
        except SqlError as error:
            return refusal(ServiceError(error.status, error.reason, error.message, "query"))
        except duckdb.OutOfMemoryException as error:
            exceeded = from_duckdb(error)
            return refusal(ServiceError(exceeded.status, exceeded.reason, exceeded.message))
        except Exception as error:
            log.exception("%s %s failed", request.method, request.url.path)
            return refusal(ServiceError(500, "internalError", f"{type(error).__name__}: {error}"))


def application(warehouse: Warehouse) -> Starlette:
    """The ASGI application over a warehouse."""
    return Starlette(routes=[Mount("/", Router(warehouse))])
