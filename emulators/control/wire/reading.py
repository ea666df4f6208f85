"""From an HTTP request to a call: which method, with which parameters, and whether all of it has the right form."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import QueryParams

from emulators.control.api import values
from emulators.control.api.document import REQUIRED, Document, load
from emulators.control.api.method import Method
from emulators.control.api.schema import Checker
from emulators.control.plane import enabled, names
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import ControlError, invalid, unimplemented
from emulators.control.state.store import Store

Json = dict[str, Any]

_HOST = ".googleapis.com"
_VERSION = re.compile(r"(?:([a-z]+)/)?(v\d+[a-z\d]*)/(.+)")
_HOSTLESS = {"compute": "compute", "dns": "dns", "sql": "sqladmin", "v1b3": "dataflow"}
"""Services that their first word gives away: some clients keep only the end of a configured address."""


@dataclass(frozen=True)
class Place:
    """Where a request goes: a service's label, a version, and the path after it with its escapes."""

    label: str
    version: str
    path: str


def read_place(raw_path: str) -> Place:
    """The place that a path names. Raises ControlError NOT_FOUND where it names none."""
    first, _, rest = raw_path.lstrip("/").partition("/")
    label = first.removesuffix(_HOST)
    if first == label:
        label, rest = _HOSTLESS.get(first, ""), raw_path.lstrip("/")
    matched = _VERSION.fullmatch(rest)
    if not label or matched is None:
        raise ControlError("NOT_FOUND", f"The requested URL {raw_path} was not found on this server.")
    return Place(label, matched[2], matched[3].removesuffix("/"))  # some clients end a collection with a slash


def read_call(store: Store, service: Service, place: Place, http: str, parameters: QueryParams, data: bytes) -> Call:
    """The call that a request makes.

    Raises:
        ControlError: no method has this path, or a parameter or the body is not what the method takes.
    """
    document = load(f"{service.label}.{place.version}")
    path = "/".join(_decoded(part) for part in place.path.split("/"))
    found = document.find(http, path) if document else None
    if document and found is None and service.later_version:
        document = load(f"{service.label}.{service.later_version}")
        found = document.find(http, path) if document else None
    if document is None or found is None:
        raise ControlError("NOT_FOUND", f"There is no method {http} {place.version}/{path}.")
    method, in_path = found
    _check_path(method, in_path)
    checker = Checker(document, service.more, service.optional)
    query = _query(document, method, parameters)
    body = checker.check(method.request, _sent(method, in_path, data), _root(method.request)) if method.request else {}
    name = names.with_project_id(store, method.key(path))
    names.remember_project(store, name)
    enabled.require(store, service.label, name)
    return Call(store, service, document, checker, method, name, in_path, query, body)


def _sent(method: Method, in_path: dict[str, str], data: bytes) -> Json:
    """The body; where it is a request's whole message, without the fields that the path has told already."""
    sent = _object(data)
    told = in_path if method.request.endswith("Request") else {}
    return {name: value for name, value in sent.items() if values.camel(name) not in told}


def _root(schema: str) -> str:
    """Where a body begins in the paths of its fields: a resource is a field of the request's message."""
    if schema.endswith("Request"):
        return ""
    return values.snake(re.sub(r"^Google\w*?V\d(?:beta\d)?(?=[A-Z])", "", schema))


def _check_path(method: Method, in_path: dict[str, str]) -> None:
    for name, value in in_path.items():
        pattern = method.parameters.get(name, {}).get("pattern", "")
        if pattern and not pattern.startswith("^") and not re.fullmatch(pattern, value):
            raise invalid(name, f"Invalid value '{value}' for '{name}': it must match {pattern}")


def _query(document: Document, method: Method, parameters: QueryParams) -> Json:
    """The parameters, by their names in the document and of their types."""
    result: Json = {}
    for key in dict.fromkeys(parameters.keys()):
        texts = parameters.getlist(key)
        name = key if key in method.parameters else values.camel(key)
        if key.removeprefix("$") in document.parameters:
            _standard(key.removeprefix("$"), texts[0])
            continue
        described = method.parameters.get(name, {})
        if described.get("location") != "query":
            where = f"Unknown name \"{key}\": Cannot bind query parameter. Field '{key}' could not be found."
            raise invalid(key, f"Invalid JSON payload received. {where}")
        try:
            found = [values.parameter(described, text) for text in texts]
        except ValueError as error:
            text = f"Invalid value at '{key}' ({error}), {values.excerpt(texts[0])}"
            raise invalid(key, text) from None
        result[name] = found if described.get("repeated") else found[-1]
    for name, one in method.parameters.items():
        is_required = one.get("required") or REQUIRED in one.get("behaves", ())
        # A page's size is called required here and there, and never is.
        if one.get("location") == "query" and is_required and name != "pageSize" and result.get(name) in (None, ""):
            raise invalid(name, f"Missing required parameter: {name}")
    return result


def _standard(name: str, value: str) -> None:
    """The parameters of every method: refuse those that would change the form of the answer.

    Clients of the newer kind send $alt=json;enum-encoding=int, and read enums by their names as well.
    """
    if (name == "alt" and value.partition(";")[0] != "json") or name == "callback":
        raise unimplemented(f"The parameter {name}={value}")


def _decoded(part: str) -> str:
    """A segment of a path without its escapes, but for an escaped slash, which is not one."""
    try:
        text = unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise invalid("name", f"The path is not valid UTF-8: {part}") from None
    if any(ord(letter) < 32 for letter in text):
        raise invalid("name", "The path holds a control character.")
    return text.replace("/", "%2F")


def _object(data: bytes) -> Json:
    if not data.strip():
        return {}
    try:
        value = json.loads(data, parse_constant=_refuse_constant)
        # A lone surrogate (an escape of half a character) is in no encoding, so it could not be given back.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ControlError(
            "INVALID_ARGUMENT", f"Invalid JSON payload received. {error}", reason="parseError"
        ) from error
    if not isinstance(value, dict):
        raise ControlError("INVALID_ARGUMENT", "Invalid JSON payload received. Root element must be a message.")
    return value


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")
