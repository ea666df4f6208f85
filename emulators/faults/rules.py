"""Faults that an emulator shall have: rules in `<state>/faults.json`, read again when the file changes."""

import json
import logging
import random
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

FILE = "faults.json"
HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
RESET = "RESET"  # the connection ends without an answer; over gRPC, where it is shared, UNAVAILABLE
_NAMES = {str(number): name for name, number in HTTP_STATUS.items()}
_EXEMPT = ("* /healthz", "* /_faults", "/grpc.health.v1.Health/*")  # the supervisor would start the service again


@dataclass(frozen=True)
class Rule:
    """What happens to `rate` of the calls of a method.

    Attributes:
        method: a pattern with *: `POST /upload/storage/*` over REST; over gRPC the name, `Publish`, or the whole path.
        error: one of HTTP_STATUS, its number as text, RESET, or empty (nothing but latency).
        latency: seconds before the call is looked at.
        after: the work is done, and only its answer is lost.
        times: how many calls at most; None for no end.
    """

    method: str = "*"
    rate: float = 1.0
    error: str = ""
    latency: float = 0.0
    after: bool = False
    times: int | None = None

    def matches(self, method: str) -> bool:
        """Whether the rule is about a method."""
        return fnmatchcase(method, self.method) or fnmatchcase(method.rpartition("/")[2], self.method)


def read_rule(found: Mapping[str, Any]) -> Rule:
    """A rule from JSON. Raises ValueError with what is wrong."""
    unknown = set(found) - {field.name for field in fields(Rule)}
    if unknown:
        known = ", ".join(field.name for field in fields(Rule))
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}; it has {known}")
    rule = Rule(**{**found, "error": _error(str(found.get("error", "")))})
    if not 0 <= rule.rate <= 1:
        raise ValueError(f"rate is {rule.rate}, and must be between 0 and 1")
    if not 0 <= rule.latency <= 600:
        raise ValueError(f"latency is {rule.latency}, and must be between 0 and 600 seconds")
    if not rule.error and not rule.latency:
        raise ValueError("a fault needs an error or a latency")
    return rule


def _error(text: str) -> str:
    name = _NAMES.get(text, text.upper())
    if name not in ("", RESET, *HTTP_STATUS):
        known = ", ".join([RESET, *(f"{name} ({number})" for name, number in HTTP_STATUS.items())])
        raise ValueError(f"unknown error {text!r}; known are {known}")
    return name


def read_rules(content: str | bytes) -> list[Rule]:
    """The rules of `{"faults": [...]}`. Raises ValueError with what is wrong."""
    found = json.loads(content)
    if not isinstance(found, dict) or not isinstance(found.get("faults"), list):
        raise ValueError('expected {"faults": [{"method": "*", "rate": 0.3, "error": "503", ...}, ...]}')
    try:
        return [read_rule(each) for each in found["faults"]]
    except TypeError as error:
        raise ValueError(f"a fault is an object of numbers and text: {error}") from None


def write_rules(state: Path, rules: Sequence[Rule]) -> None:
    """Make these the faults of the service whose state lies in `state`, at once, whether it runs or not."""
    state.mkdir(parents=True, exist_ok=True)
    if not rules:
        (state / FILE).unlink(missing_ok=True)
        return
    draft = state / f"{FILE}.new"
    draft.write_text(json.dumps({"faults": [asdict(rule) for rule in rules]}, indent=1))
    draft.replace(state / FILE)


class Faults:
    """The faults of one service: decides for each call."""

    def __init__(self, state: Path) -> None:
        self._state, self._path = state, state / FILE
        self._guard = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._rules: list[Rule] = []
        self._fired: list[int] = []
        self._dice = random.Random()
        self._reload()

    def choose(self, method: str) -> Rule | None:
        """The fault of this call; None for none. `method` is `GET /path` or a gRPC path."""
        if self._stamp() != self._seen:
            self._reload()
        if not self._rules or any(fnmatchcase(method, exempt) for exempt in _EXEMPT):
            return None
        with self._guard:
            for number, rule in enumerate(self._rules):
                if rule.times is not None and self._fired[number] >= rule.times:
                    continue
                if rule.matches(method) and self._dice.random() < rule.rate:
                    self._fired[number] += 1
                    return rule
        return None

    def set(self, rules: Iterable[Rule]) -> None:
        """Other rules from now on; they are kept for the next start, too."""
        write_rules(self._state, list(rules))
        self._reload()

    def describe(self) -> dict[str, Any]:
        """The rules, and to how many calls each has happened."""
        with self._guard:
            pairs = zip(self._rules, self._fired, strict=True)
            return {"faults": [asdict(rule) | {"fired": fired} for rule, fired in pairs]}

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _reload(self) -> None:
        with self._guard:
            stamp = self._stamp()
            try:
                rules = read_rules(self._path.read_bytes()) if stamp else []
            except (OSError, ValueError) as error:
                log.error("%s is not used: %s", self._path, error)
                rules = []
            if rules or self._rules:
                log.warning("faults from now on: %s", "; ".join(map(str, rules)) or "none")
            self._rules, self._fired, self._seen = rules, [0] * len(rules), stamp
