"""Legacy SQL, as far as it says the same as GoogleSQL: one table or subquery, plain expressions, functions by table.

What means something else there (a comma in FROM is a union, joins drop rows, WITHIN, table decorators) is refused.
"""

import re

from emulators.bigquery.sql.legacy_functions import SAME, TEMPLATES, date_add
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.syntax.lexer import Token, position, tokens

_BRACKETED = re.compile(r"\b(?:from|join)\s*\[", re.IGNORECASE)
_CASTS = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "STRING": "STRING", "BOOLEAN": "BOOL"}
_WORDS = frozenset(
    ["SELECT", "FROM", "WHERE", "GROUP", "ORDER", "BY", "HAVING", "LIMIT", "AS", "AND", "OR", "NOT", "IN", "IS", "NULL",
     "TRUE", "FALSE", "ASC", "DESC", "CASE", "WHEN", "THEN", "ELSE", "END", "BETWEEN", "LIKE", "DISTINCT", "OVER",
     "PARTITION"]
)  # fmt: skip
_OPERATORS = frozenset(
    ["+", "-", "*", "/", "=", "<", ">", "<=", ">=", "<>", "!=", "(", ")", ",", ".", "&", "|", "^", "~", "<<", ">>"]
)
_RESERVED = frozenset(["JOIN", "EACH", "WITHIN", "FLATTEN", "OMIT", "UNION", "IGNORE", "CONTAINS", "CROSS", "TOP"])
_ENDS_FROM = ("WHERE", "GROUP", "ORDER", "HAVING", "LIMIT")


def is_meant(text: str, asked: bool | None) -> bool:
    """Whether a query is legacy SQL: a first line #legacySQL or #standardSQL counts more than what was asked for.

    The service takes legacy SQL where nobody asks; here it is GoogleSQL then, unless it reads a [bracketed.table].
    """
    first = text.lstrip().partition("\n")[0].strip().lower()
    if asked is None:
        asked = _BRACKETED.search(text) is not None
    return {"#legacysql": True, "#standardsql": False}.get(first, asked)


def translate(text: str) -> str:
    """The same query in GoogleSQL; SqlError notImplemented for what is not known to be the same."""
    return _Legacy(text).query()


class _Legacy:
    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.index = text, tokens(text), 0

    def refuse(self, what: str, token: Token) -> SqlError:
        where = position(self.text, token.at)
        return SqlError(f"Legacy SQL: {what} is not supported by this emulator at {where}", "notImplemented", 501)

    def query(self) -> str:
        if self.tokens[0].upper != "SELECT":
            raise self.refuse("a statement other than SELECT", self.tokens[0])
        return " ".join(_named(self._until(None)))

    def _until(self, end: str | None) -> list[str]:
        """Tokens up to a closing parenthesis; `source` is where FROM has begun and not ended."""
        found: list[str] = []
        source = False
        while self.index < len(self.tokens):
            token = self.tokens[self.index]
            written = self.text[token.at : token.end]
            upper = written.upper()
            if token.kind == "end":
                break
            if written == end:
                return found
            if source and written == ",":
                raise self.refuse("a comma in FROM", token)
            source = (source or upper == "FROM") and upper not in _ENDS_FROM
            self.index += 1
            found.append(self._one(token, written, upper))
        if end is not None:
            where = position(self.text, len(self.text))
            raise SqlError(f"Syntax error: Expected {end} but got end of script at {where}")
        return found

    def _one(self, token: Token, written: str, upper: str) -> str:
        following = self.tokens[self.index]
        call = self.text[following.at : following.end] == "("
        if written == "[":
            return self._bracketed(token)
        if written == "(":
            return self._parenthesised()
        if token.kind == "word" and call and upper in _CASTS:
            self.index += 1
            return f"SAFE_CAST({self._parenthesised()} AS {_CASTS[upper]})"
        if token.kind == "word" and call and upper not in SAME and upper not in _WORDS:
            return self._call(token, upper)
        if token.kind == "word" and upper not in _WORDS and upper in _RESERVED:
            raise self.refuse(upper, token)
        if token.kind in ("word", "int", "float", "string") or written in _OPERATORS:
            return written
        raise self.refuse(written, token)

    def _call(self, token: Token, name: str) -> str:
        """A function that GoogleSQL calls otherwise."""
        self.index += 1
        if name == "CAST":
            return self._cast(token)
        arguments = self._arguments()
        template = TEMPLATES.get((name, len(arguments)))
        if template is not None:
            return template.format(*arguments)
        made = date_add(*arguments) if name == "DATE_ADD" and len(arguments) == 3 else None
        if made is None:
            raise self.refuse(f"function {name}", token)
        return made

    def _cast(self, token: Token) -> str:
        *value, kind = self._until(")")
        self.index += 1
        if kind.upper() not in _CASTS or not value or value.pop().upper() != "AS":
            raise self.refuse("this CAST", token)
        return f"SAFE_CAST({' '.join(value)} AS {_CASTS[kind.upper()]})"

    def _arguments(self) -> list[str]:
        """Up to the closing parenthesis, at the commas."""
        found: list[list[str]] = [[]]
        for part in self._until(")"):
            if part == ",":
                found.append([])
            else:
                found[-1].append(part)
        self.index += 1
        return [" ".join(part) for part in found if part]

    def _parenthesised(self) -> str:
        inner = self._until(")")
        self.index += 1
        return f"({' '.join(_named(inner))})"

    def _bracketed(self, token: Token) -> str:
        """[project:dataset.table], [dataset.table] or [column]."""
        close = self.text.find("]", token.end)
        name = self.text[token.end : close] if close > 0 else ""
        while self.index < len(self.tokens) and self.tokens[self.index].at <= close:
            self.index += 1
        if not name or any(letter in name for letter in "@$`*"):
            raise self.refuse("a table decorator", token)
        return f"`{name.replace(':', '.', 1)}`"


def _named(parts: list[str]) -> list[str]:
    """A SELECT whose columns have the names that legacy SQL gives them: a.b without an alias is a_b."""
    words = [part.upper() for part in parts]
    if words[:1] != ["SELECT"]:
        return parts
    end = words.index("FROM") if "FROM" in words else len(words)
    found, item = parts[:1], list[str]()
    for part in [*parts[1:end], ","]:
        if part != ",":
            item.append(part)
            continue
        names, dots = item[::2], item[1::2]
        if dots and set(dots) == {"."} and len(names) > len(dots) and all(name.isidentifier() for name in names):
            item = [*item, "AS", "_".join(names)]
        found, item = [*found, *item, part], []
    return found[:-1] + parts[end:]
