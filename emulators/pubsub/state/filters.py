"""The Pub/Sub filter language: `attributes.type = "a" AND NOT hasPrefix(attributes.region, "eu")`.

Grammar (https://cloud.google.com/pubsub/docs/subscription-message-filter): tests joined by AND or by OR, never both
without parentheses; NOT or - before a test; keys are words or quoted strings, values are quoted strings.
"""

import re
from collections.abc import Callable, Mapping

from emulators.pubsub.state.errors import PubsubError, invalid

Predicate = Callable[[Mapping[str, str]], bool]

MAX_BYTES = 256
_TOKEN = re.compile(
    r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[A-Za-z0-9_][A-Za-z0-9_\-]*)|(?P<sign>!=|[=:.,()\-]))'
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([0-7]{3})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def compile_filter(text: str) -> Predicate:
    """A test of a message's attributes.

    Raises:
        PubsubError: INVALID_ARGUMENT; the filter is too long or not of the language (says where).
    """
    if len(text.encode()) > MAX_BYTES:
        raise invalid(f"Invalid filter: it has {len(text.encode())} bytes, and the maximum is {MAX_BYTES}.")
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, int, bool]] = []  # token, where it starts, whether it was quoted
        self._next = 0
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if not match:
                raise self._error(
                    position + len(text[position:]) - len(text[position:].lstrip()), "unexpected character"
                )
            self._tokens.append((match[match.lastgroup or 0], match.start(match.lastgroup or 0), bool(match["string"])))
            position = match.end()

    def _error(self, position: int, what: str) -> PubsubError:
        return invalid(f"Invalid filter: {what} at position {position} of {self._text!r}.")

    def parse(self) -> Predicate:
        predicate = self._expression()
        if self._next < len(self._tokens):
            token, position, _ = self._tokens[self._next]
            hint = "; AND and OR need parentheses to be combined" if token in ("AND", "OR") else ""
            raise self._error(position, f"unexpected {token!r}{hint}")
        return predicate

    def _peek(self) -> str:
        if self._next < len(self._tokens):
            token, _, quoted = self._tokens[self._next]
            return "" if quoted else token
        return ""

    def _take(self, expected: str) -> None:
        if self._peek() != expected:
            raise self._expected(repr(expected))
        self._next += 1

    def _expected(self, what: str) -> PubsubError:
        if self._next < len(self._tokens):
            token, position, _ = self._tokens[self._next]
            return self._error(position, f"expected {what}, found {token!r}")
        return self._error(len(self._text), f"expected {what}, found the end")

    def _expression(self) -> Predicate:
        terms = [self._term()]
        joint = self._peek()
        while joint in ("AND", "OR") and self._peek() == joint:
            self._next += 1
            terms.append(self._term())
        if len(terms) == 1:
            return terms[0]
        combine = all if joint == "AND" else any
        return lambda attributes: combine(term(attributes) for term in terms)

    def _term(self) -> Predicate:
        if self._peek() in ("NOT", "-"):
            self._next += 1
            negated = self._term()
            return lambda attributes: not negated(attributes)
        if self._peek() == "(":
            self._next += 1
            inner = self._expression()
            self._take(")")
            return inner
        return self._has_prefix() if self._peek() == "hasPrefix" else self._test()

    def _has_prefix(self) -> Predicate:
        self._take("hasPrefix")
        self._take("(")
        self._take("attributes")
        self._take(".")
        key = self._key()
        self._take(",")
        prefix = self._value("a prefix")
        self._take(")")
        return lambda attributes: attributes.get(key, "").startswith(prefix) and key in attributes

    def _test(self) -> Predicate:
        self._take("attributes")
        if self._peek() == ":":
            self._next += 1
            present = self._key()
            return lambda attributes: present in attributes
        self._take(".")
        key = self._key()
        sign = self._peek()
        if sign not in ("=", "!="):
            raise self._expected("'=' or '!='")
        self._next += 1
        value = self._value("a value")
        if sign == "=":
            return lambda attributes: attributes.get(key) == value
        return lambda attributes: attributes.get(key) != value

    def _key(self) -> str:
        return self._operand("an attribute's key", bare=True)

    def _value(self, what: str) -> str:
        return self._operand(what, bare=False)

    def _operand(self, what: str, bare: bool) -> str:
        if self._next >= len(self._tokens):
            raise self._expected(what)
        token, _, quoted = self._tokens[self._next]
        if not quoted and not (bare and re.match(r"\w", token)):
            raise self._expected(f"{what} in double quotes" if not bare else what)
        self._next += 1
        return _ESCAPE.sub(_unescape, token[1:-1]) if quoted else token


def _unescape(match: re.Match[str]) -> str:
    unicode, hexadecimal, octal, character = match.groups()
    if character:
        return _ESCAPES.get(character, character)
    return chr(int(octal, 8) if octal else int(unicode or hexadecimal, 16))
