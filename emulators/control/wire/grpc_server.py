"""Bigtable's administration over gRPC, which is how Terraform's provider speaks to it: each call becomes the REST one.

The messages are Google's own; what a method is in REST follows from its name and the discovery document.
"""

import json
import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import json_format
from google.protobuf.message import Message
from starlette.datastructures import QueryParams

from emulators.control.api.document import load
from emulators.control.plane import standard
from emulators.control.services.registry import find_service
from emulators.control.state.errors import ControlError
from emulators.control.state.store import Store
from emulators.control.wire.messages import answer_class, request_class
from emulators.control.wire.reading import Place, read_call
from emulators.faults.grpc_calls import ThreadFaults
from emulators.faults.rules import Faults

Json = dict[str, Any]
logger = logging.getLogger(__name__)

SERVICE = "bigtableadmin"
_STANDARD = re.compile(r"(Create|Get|List|Delete|PartialUpdate|Update)([A-Z]\w+)")
_POLICY = re.compile(r"(Get|Set)IamPolicy|TestIamPermissions")
_STATUS = {"CONDITION_NOT_MET": "FAILED_PRECONDITION"}


@dataclass
class Rest:
    """A call as REST has it."""

    http: str
    path: str
    query: Json
    body: Json


def rest_of(name: str, given: Json) -> Rest:
    """What the method of this name is in REST."""
    matched = _STANDARD.fullmatch(name)
    if matched is None or _POLICY.fullmatch(name):
        custom = name[0].lower() + name[1:]
        key = "resource" if _POLICY.fullmatch(name) else "name"
        return Rest("POST", f"{given.pop(key, '')}:{custom}", {}, given)
    verb, noun = matched[1], matched[2][0].lower() + matched[2][1:]
    if verb in ("Get", "Delete"):
        return Rest(verb.upper(), given.pop("name", ""), given, {})
    if verb == "List":
        return Rest("GET", f"{given.pop('parent', '')}/{noun}", given, {})
    if verb == "Create":
        return _creation(given, noun)
    if noun in given:
        resource = given.pop(noun)
        return Rest("PATCH", resource.get("name", ""), given, resource)
    return Rest("PUT", given.get("name", ""), {}, given)


def _creation(given: Json, noun: str) -> Rest:
    """The body is the resource alone, or the whole request: the document says which."""
    path = f"{given.get('parent', '')}/{noun}s"
    document = load(f"{SERVICE}.v2")
    found = document.find("POST", path) if document else None
    if found and found[0].request.startswith("Create"):
        return Rest("POST", path, {}, {key: value for key, value in given.items() if key != "parent"})
    query = {key: value for key, value in given.items() if key not in ("parent", noun)}
    return Rest("POST", path, query, given.get(noun, {}))


class BigtableHandler(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Answers each unary method of Bigtable's two administration services."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """The handler of a method; None where it is none of Bigtable's administration."""
        package, _, name = details.method.lstrip("/").partition("/")
        if not package.startswith("google.bigtable.admin.v2."):
            return None

        def behave(data: bytes, context: grpc.ServicerContext) -> bytes:
            try:
                with self._lock:
                    return self._answer(name, data)
            except ControlError as error:
                code = grpc.StatusCode[_STATUS.get(error.status, error.status)]
                return context.abort(code, error.message)  # type: ignore[no-any-return]

        return grpc.unary_unary_rpc_method_handler(behave)

    def _answer(self, name: str, data: bytes) -> bytes:
        request: Message = request_class(name).FromString(data)
        rest = rest_of(name, json_format.MessageToDict(request))
        query = QueryParams([(key, _text(value)) for key, value in rest.query.items()])
        with self._store.transaction():
            body = json.dumps(rest.body).encode() if rest.body else b""
            place = Place(SERVICE, "v2", rest.path)
            call = read_call(self._store, find_service(SERVICE), place, rest.http, query, body)
            result = standard.answer(call)
        # What tells about the progress has a type of its own for each method; nobody asks for it.
        result.pop("metadata", None)
        return json_format.ParseDict(
            result, answer_class(call.method.response)(), ignore_unknown_fields=True
        ).SerializeToString()


def serve_bigtable(store: Store, address: str, faults: Faults) -> grpc.Server:
    """Start the server."""
    server = grpc.server(ThreadPoolExecutor(8), (BigtableHandler(store),), interceptors=[ThreadFaults(faults)])
    server.add_insecure_port(address)
    server.start()
    logger.info("Bigtable's administration on %s", address)
    return server


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
