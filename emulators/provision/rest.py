"""A REST service of Google's, spoken to plainly: JSON in, JSON out, its own error told."""

import json
import os
from typing import Any
from urllib.parse import urlencode

import urllib3

from emulators.provision.errors import AlreadyThereError, ProvisionError

_RETRIES = urllib3.Retry(
    total=6,
    connect=3,
    backoff_factor=0.1,
    backoff_max=2,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,
)


class Rest:
    """One service at the address that an environment variable names."""

    def __init__(self, variable: str) -> None:
        """Raises ProvisionError when the variable is not set."""
        address = os.environ.get(variable)
        if not address:
            raise ProvisionError(f"{variable} is not set", "make local-env prints the environment.")
        self.variable = variable
        self.address = (address if "://" in address else f"http://{address}").rstrip("/")
        self._pool = urllib3.PoolManager(retries=_RETRIES, timeout=30)

    def get(self, path: str) -> dict[str, Any] | None:
        """A resource, or None where there is none."""
        return self._call("GET", path, None, none_is=404)

    def post(self, path: str, body: Any, **query: str) -> dict[str, Any]:
        """Create. Raises ProvisionError with the service's message when it refuses."""
        return self._call("POST", _with(path, query), body) or {}

    def patch(self, path: str, body: Any, **query: str) -> dict[str, Any]:
        """Change. Raises ProvisionError with the service's message when it refuses."""
        return self._call("PATCH", _with(path, query), body) or {}

    def _call(self, method: str, path: str, body: Any, none_is: int | None = None) -> dict[str, Any] | None:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        try:
            response = self._pool.request(method, self.address + path, body=data, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            hint = f"Is it running? {self.variable} is {self.address}."
            raise ProvisionError(f"no answer to {method} {path}: {error}", hint) from error
        if response.status == none_is:
            return None
        if response.status == 409 and method == "POST":
            raise AlreadyThereError(f"{method} {path}: {_message(response.data)}", "Run it again.")
        if response.status >= 400:
            hint = "See the contract." if response.status < 500 else "Run it again."
            raise ProvisionError(f"{method} {path}: {response.status} {_message(response.data)}", hint)
        return dict(json.loads(response.data)) if response.data else {}


def _with(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _message(data: bytes) -> str:
    """Google's error message; the text itself where it is no such error."""
    try:
        return str(json.loads(data)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return data.decode(errors="replace")[:500]
