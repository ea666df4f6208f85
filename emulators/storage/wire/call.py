"""One request: its path, its query (each parameter known and well formed) and its JSON body."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from emulators.packed_bodies import unpacked
from emulators.storage.state import errors
from emulators.storage.state.encryption import hash_of
from emulators.storage.state.preconditions import Preconditions
from emulators.storage.state.store import Store

CONDITIONS = ("ifGenerationMatch", "ifGenerationNotMatch", "ifMetagenerationMatch", "ifMetagenerationNotMatch")
SOURCE_CONDITIONS = tuple(name.replace("if", "ifSource", 1) for name in CONDITIONS)

# What some method of the API acts on. Any other parameter is ignored, as in the service: the Node client sends its own.
_OF_THE_API = frozenset(
    (
        *(*CONDITIONS, *SOURCE_CONDITIONS, "contextKey", "copySourceAcl", "delimiter", "destinationKmsKeyName"),
        *(
            "destinationPredefinedAcl",
            "dropContextGroups",
            "enableObjectRetention",
            "endOffset",
            "filter",
            "generation",
        ),
        *("includeFoldersAsPrefixes", "kmsKeyName", "maxResults", "overrideUnlockedRetention", "pageToken"),
        *("predefinedAcl", "predefinedDefaultObjectAcl", "prefix", "recursive", "restoreToken", "rewriteToken"),
        *("serviceAccountEmail", "showDeletedKeys", "softDeleted", "sourceGeneration", "startOffset"),
    )
)
# Features that this emulator lacks and that some clients switch off by name.
_SWITCHES = ("enableObjectRetention", "includeFoldersAsPrefixes")
_FULL_LENGTH = 2**63


@dataclass(frozen=True)
class Call:
    """A request to a method of the API. `path` holds the decoded parts of the route that vary."""

    store: Store
    request: Request
    path: Mapping[str, str]

    def check_parameters(self, known: frozenset[str]) -> None:
        """Refuse a parameter that the method does not act on; an empty one, such as Go sends, asks for nothing."""
        for name, value in self.request.query_params.items():
            is_off = not value or (name in _SWITCHES and value.lower() == "false")
            if name in _OF_THE_API and name not in known and not is_off:
                raise errors.not_implemented(f"The parameter {name} of this method")

    def text(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default)

    def flag(self, name: str) -> bool:
        value = self.text(name, "false").lower()
        if value not in ("true", "false"):
            raise errors.invalid_parameter(f"Invalid value '{value}' for {name}: true or false expected.", name)
        return value == "true"

    def number(self, name: str) -> int | None:
        """A whole number from 0 to 2^63-1, or None where the parameter is absent."""
        value = self.request.query_params.get(name)
        if value is None:
            return None
        try:
            return whole_number(value, name)
        except errors.StorageError as error:
            raise errors.invalid_parameter(error.message, name) from None

    def required_number(self, name: str) -> int:
        """A whole number, or StorageError 400 where the parameter is absent."""
        value = self.number(name)
        if value is None:
            raise errors.required(name)
        return value

    def is_full(self, default: bool = False) -> bool:
        """Whether the answer shows access control lists, too; by `default` where the request does not say."""
        projection = self.text("projection")
        if projection not in ("", "full", "noAcl"):
            raise errors.invalid_parameter(f"Invalid value '{projection}' for projection.", "projection")
        return projection == "full" if projection else default

    def limit(self, parameter: str = "maxResults") -> int:
        """How many results a page may have, at most 1,000 as in the service."""
        wanted = self.number(parameter)
        if wanted == 0:
            raise errors.invalid_parameter(f"Invalid value '0' for {parameter}: at least 1 expected.", parameter)
        return min(wanted or 1000, 1000)

    @property
    def key_hash(self) -> str | None:
        """The hash of the customer's key that the request brings for its object; StorageError 400."""
        return self._key_hash("x-goog-encryption-")

    @property
    def source_key_hash(self) -> str | None:
        """That of the key of the object which is copied."""
        return self._key_hash("x-goog-copy-source-encryption-")

    def _key_hash(self, prefix: str) -> str | None:
        sent = self.request.headers
        return hash_of(*(sent.get(prefix + part) for part in ("algorithm", "key", "key-sha256")))

    def conditions(self, names: tuple[str, str, str, str] | tuple[str, ...] = CONDITIONS) -> Preconditions:
        return Preconditions(*(self.number(name) if name else None for name in names))

    async def body(self) -> dict[str, Any]:
        """The JSON object in the request's body; {} where there is no body."""
        return parse_object(await self.unpacked())

    async def unpacked(self) -> bytes:
        """The whole body of the request, unpacked where it came as gzip."""
        try:
            return unpacked(await self.request.body(), self.request.headers)
        except ValueError as error:
            raise errors.StorageError(400, "parseError", f"Parse Error: {error}") from None

    @property
    def base_url(self) -> str:
        """The address under which this client sees the emulator, for the links in a resource."""
        return f"{self.request.url.scheme}://{self.request.headers.get('host', 'localhost')}"


def whole_number(value: Any, name: str) -> int:
    """A number from 0 to 2^63-1, as the API writes it: digits, in JSON also in quotes."""
    text = str(value)
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) >= _FULL_LENGTH:
        raise errors.invalid(f"Invalid value '{value}' for {name}: a whole number expected.", name)
    return int(text)


def parse_object(data: bytes) -> dict[str, Any]:
    """A JSON object, or StorageError 400 with the place of the mistake; nothing, and null, is an empty one."""
    if not data.strip():
        return {}
    try:
        value = json.loads(data, parse_constant=_refuse_constant)
        # A lone surrogate (an escape of half a character) is in no encoding, so it could not be given back.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise errors.StorageError(400, "parseError", f"Parse Error: {error}") from error
    if value is None:
        return {}  # rclone copies with it
    if not isinstance(value, dict):
        raise errors.StorageError(400, "parseError", "Parse Error: a JSON object expected.")
    return value


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")
