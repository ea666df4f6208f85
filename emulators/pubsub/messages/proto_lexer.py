"""The words of a .proto file: https://protobuf.dev/reference/protobuf/proto3-spec/#lexical_elements."""

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""\s+ | //[^\n]* | /\*.*?\*/
    | (?P<string> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
    | (?P<number> 0[xX][0-9a-fA-F]+ | (?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? )
    | (?P<word> \.?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)* )
    | (?P<sign> [{}\[\]()<>=;,:+-] )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPE = re.compile(rb"\\(?:[xX]([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class ProtoSyntaxError(ValueError):
    """A definition that Protocol Buffers do not allow; the text says where and why."""


class Token(NamedTuple):
    """`kind` is string, number, word, sign or end; `text` is as it is written, `position` counts characters."""

    kind: str
    text: str
    position: int


def tokens(text: str) -> list[Token]:
    """The tokens of a definition and one of the kind end.

    Raises:
        ProtoSyntaxError: a character that begins none.
    """
    found, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ProtoSyntaxError(f"{place(text, position)}: unexpected character {text[position]!r}")
        if match.lastgroup:
            found.append(Token(match.lastgroup, match[match.lastgroup], position))
        position = match.end()
    return [*found, Token("end", "", position)]


def place(text: str, position: int) -> str:
    """line:column of a position, as protoc tells them."""
    before = text[:position]
    return f"{before.count(chr(10)) + 1}:{position - (before.rfind(chr(10)) + 1) + 1}"


def string_value(literal: str) -> bytes:
    """What a quoted literal stands for."""
    return _ESCAPE.sub(_unescaped, literal[1:-1].encode())


def _unescaped(match: re.Match[bytes]) -> bytes:
    hexadecimal, octal, short, long, character = match.groups()
    if hexadecimal or octal:
        return bytes((int(hexadecimal, 16) if hexadecimal else int(octal, 8) & 0xFF,))
    if short or long:
        return chr(int(short or long, 16)).encode()
    return _ESCAPES.get(character, character)


class Cursor:
    """A definition's tokens, read one after the other. Its methods raise ProtoSyntaxError where they find another."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._next = 0

    @property
    def present(self) -> Token:
        return self._tokens[self._next]

    @property
    def past(self) -> Token:
        return self._tokens[self._next - 1]

    def next(self) -> Token:
        self._next += 1
        return self.past

    def error(self, what: str, token: Token | None = None) -> ProtoSyntaxError:
        token = token or self.present
        return ProtoSyntaxError(f"{place(self._text, token.position)}: {what}")

    def sees(self, text: str) -> bool:
        token = self.present
        return token.text == text and token.kind != "string"

    def accept(self, text: str) -> bool:
        found = self.sees(text)
        self._next += found
        return found

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.error(f'expected "{text}", found "{self.present.text}"')

    def take(self, kind: str, what: str) -> str:
        token = self.present
        if token.kind != kind:
            raise self.error(f'expected {what}, found "{token.text}"')
        self._next += 1
        return token.text

    def name(self, what: str) -> str:
        name = self.take("word", what)
        if "." in name:
            self._next -= 1
            raise self.error(f'expected {what}, found "{name}"')
        return name

    def string(self) -> bytes:
        found = string_value(self.take("string", "a string"))
        while self.present.kind == "string":
            found += string_value(self.take("string", "a string"))
        return found

    def integer(self, what: str = "a number") -> int:
        negative = self.accept("-")
        text = self.take("number", what)
        try:
            number = int(text, 8) if text.startswith("0") and text.isdigit() else int(text, 0)
        except ValueError:
            self._next -= 1
            raise self.error(f"expected {what}, found {text}") from None
        return -number if negative else number

    def value(self) -> str | bytes:
        """A constant: bytes of a string, the text of anything else."""
        if self.present.kind == "string":
            return self.string()
        sign = "-" if self.accept("-") else ""
        token = self.present
        if token.kind not in ("word", "number"):
            raise self.error(f'expected a constant, found "{token.text}"')
        self._next += 1
        return sign + token.text
