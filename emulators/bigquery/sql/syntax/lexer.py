"""GoogleSQL text to tokens, each with its offset, so that every error can say where it is."""

import re
from dataclasses import dataclass

from emulators.bigquery.sql.model import SqlError

RESERVED = frozenset(
    [
        "ALL",
        "AND",
        "ANY",
        "ARRAY",
        "AS",
        "ASC",
        "ASSERT_ROWS_MODIFIED",
        "AT",
        "BETWEEN",
        "BY",
        "CASE",
        "CAST",
        "COLLATE",
        "CONTAINS",
        "CREATE",
        "CROSS",
        "CUBE",
        "CURRENT",
        "DEFAULT",
        "DEFINE",
        "DESC",
        "DISTINCT",
        "ELSE",
        "END",
        "ENUM",
        "ESCAPE",
        "EXCEPT",
        "EXCLUDE",
        "EXISTS",
        "EXTRACT",
        "FALSE",
        "FETCH",
        "FOLLOWING",
        "FOR",
        "FROM",
        "FULL",
        "GROUP",
        "GROUPING",
        "GROUPS",
        "HASH",
        "HAVING",
        "IF",
        "IGNORE",
        "IN",
        "INNER",
        "INTERSECT",
        "INTERVAL",
        "INTO",
        "IS",
        "JOIN",
        "LATERAL",
        "LEFT",
        "LIKE",
        "LIMIT",
        "LOOKUP",
        "MERGE",
        "NATURAL",
        "NEW",
        "NO",
        "NOT",
        "NULL",
        "NULLS",
        "OF",
        "ON",
        "OR",
        "ORDER",
        "OUTER",
        "OVER",
        "PARTITION",
        "PRECEDING",
        "PROTO",
        "QUALIFY",
        "RANGE",
        "RECURSIVE",
        "RESPECT",
        "RIGHT",
        "ROLLUP",
        "ROWS",
        "SELECT",
        "SET",
        "SOME",
        "STRUCT",
        "TABLESAMPLE",
        "THEN",
        "TO",
        "TREAT",
        "TRUE",
        "UNBOUNDED",
        "UNION",
        "UNNEST",
        "USING",
        "WHEN",
        "WHERE",
        "WINDOW",
        "WITH",
        "WITHIN",
    ]
)

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|\#[^\n]*|/\*.*?\*/)
    |(?P<string>(?i:r|b|rb|br)?(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))
    |(?P<quoted>`(?:\\.|[^`\\\n])*`)
    |(?P<float>(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    |(?P<int>0[xX][0-9a-fA-F]+|\d+)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<system>@@[A-Za-z_][A-Za-z0-9_.]*)
    |(?P<param>@(?:[A-Za-z_][A-Za-z0-9_]*|`[^`]*`))
    |(?P<op>\|>|<<|>>|<=|>=|<>|!=|\|\||=>|->|\+=|-=|[-+*/=<>().,;?\[\]{}~&|^@:!$%])""",
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r"\w+", re.ASCII)
_ESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|X[0-9a-fA-F]{2}|[0-7]{3}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)


@dataclass(slots=True)
class Token:
    """kind: word, quoted, string, bytes, int, float, param, system, op or end; upper: the keyword, empty when
    quoted."""

    kind: str
    text: str
    at: int
    end: int
    upper: str
    value: str | bytes | None = None


def position(text: str, at: int) -> str:
    """The offset as BigQuery writes it: `[line:column]`, both from 1."""
    line = text.count("\n", 0, at) + 1
    return f"[{line}:{at - (text.rfind(chr(10), 0, at) + 1) + 1}]"


def tokens(text: str) -> list[Token]:
    """All tokens of the text, ended by one of kind `end`; raises SqlError where no token begins."""
    found: list[Token] = []
    at, size = 0, len(text)
    match = _TOKEN.match
    while at < size:
        m = match(text, at)
        if m is None or (text.startswith("/*", at) and m.end() == at + 1):
            raise SqlError(f"Syntax error: {_illegal(text, at)} at {position(text, at)}")
        kind, end, raw = m.lastgroup or "", m.end(), m.group()
        if kind in ("int", "float"):
            kind, end = _part_of_path(found, text, at) or (kind, end)
            raw = text[at:end]
        if kind == "word":
            found.append(Token(kind, raw, at, end, raw.upper()))
        elif kind == "op":
            found.append(Token(kind, raw, at, end, raw))
        elif kind == "string":
            value = _string(text, raw, at)
            literal = Token("bytes" if isinstance(value, bytes) else "string", raw, at, end, "", value)
            if found and found[-1].kind in ("string", "bytes"):
                literal = _concatenated(text, found.pop(), literal)
            found.append(literal)
        elif kind == "quoted":
            if raw == "``":
                raise SqlError(f"Syntax error: Invalid empty identifier at {position(text, at)}")
            found.append(Token(kind, raw, at, end, "", _unescape(text, raw[1:-1], at, False)))
        elif kind != "space":
            found.append(Token(kind, raw, at, end, ""))
        at = end
    found.append(Token("end", "", size, size, ""))
    return found


def _part_of_path(found: list[Token], text: str, at: int) -> tuple[str, int] | None:
    """The kind and end of what begins like a number but goes on with a path: the dot or, after one, a name."""
    if text[at] == ".":
        return ("op", at + 1) if _is_path(found[-2:]) else None
    if found and found[-1].text == "." and _is_path(found[-3:-1]):
        name = _NAME.match(text, at)
        assert name is not None
        return "word", name.end()
    return None


def _is_path(before: list[Token]) -> bool:
    """Whether a dot after these two tokens separates the parts of a path."""
    if not before:
        return False
    last = before[-1]
    if last.kind == "word":
        return last.upper not in RESERVED or before[0].text == "."
    return last.kind in ("quoted", "param") or last.text in (")", "]", "?")


def _concatenated(text: str, first: Token, second: Token) -> Token:
    """Two literals, one after the other, are one literal."""
    if first.kind != second.kind:
        raise SqlError(
            f"Syntax error: string and bytes literals cannot be concatenated. at {position(text, second.at)}"
        )
    if first.end == second.at:
        why = f"concatenated {first.kind} literals must be separated by whitespace or comments"
        raise SqlError(f"Syntax error: {why} at {position(text, second.at)}")
    assert first.value is not None
    value = first.value + second.value  # type: ignore[operator]
    return Token(first.kind, text[first.at : second.end], first.at, second.end, "", value)


def integer(text: str, token: Token) -> int:
    """The number of an integer token: decimal, whatever zeros it begins with, or hexadecimal."""
    if len(token.text) > 100:
        raise SqlError(f"Invalid integer literal: {token.text[:30]}... at {position(text, token.at)}")
    return int(token.text, 16 if token.text[:2] in ("0x", "0X") else 10)


def _illegal(text: str, at: int) -> str:
    if text[at] in "'\"":
        return "Unclosed string literal"
    if text[at] == "`":
        return "Unclosed identifier literal"
    if text.startswith("/*", at):
        return "Unclosed comment"
    return f'Illegal input character "{text[at]}"'


def _string(text: str, raw: str, at: int) -> str | bytes:
    quote = raw.index("'") if "'" in raw[:3] and not raw.lstrip("rRbB").startswith('"') else raw.index('"')
    prefix, body = raw[:quote].lower(), raw[quote:]
    width = 3 if body[:3] in ("'''", '"""') and len(body) >= 6 else 1
    body = body[width:-width]
    is_bytes = "b" in prefix
    if "r" not in prefix:
        body = _unescape(text, body, at, is_bytes)
    return _bytes(body) if is_bytes else body


def _bytes(body: str) -> bytes:
    """Escapes of a bytes literal were kept as surrogates (U+DC00 + byte), other characters are UTF-8."""
    return body.encode("utf-8", "surrogateescape")


def _unescape(text: str, body: str, at: int, is_bytes: bool) -> str:
    if "\\" not in body:
        return body

    def one(m: re.Match[str]) -> str:
        escape = m.group(1)
        if len(escape) == 3:  # of hexadecimal or octal digits
            code = int(escape[1:], 16) if escape[0] in "xX" else int(escape, 8)
            if code > 255:
                raise SqlError(f"Syntax error: Illegal escape sequence: \\{escape} at {position(text, at)}")
            return chr(0xDC00 + code) if is_bytes and code >= 0x80 else chr(code)
        if escape[0] in "uU" and len(escape) > 1 and not is_bytes:
            code = int(escape[1:], 16)
            if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:  # no character, or half of one
                raise SqlError(f"Syntax error: Illegal escape sequence: \\{escape} at {position(text, at)}")
            return chr(code)
        if escape not in _ESCAPES:
            raise SqlError(f"Syntax error: Illegal escape sequence: \\{escape} at {position(text, at)}")
        return _ESCAPES[escape]

    return _ESCAPE.sub(one, body)
