"""The parser's hands: looking at tokens, taking them, and saying in BigQuery's words what was not expected."""

from typing import NoReturn

from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.lexer import RESERVED, Token, integer, position, tokens


class Cursor:
    """A position in the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.index = 0
        self.token = self.tokens[0]
        self.positional = 0

    def advance(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.index += 1
            self.token = self.tokens[self.index]
        return token

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    def jump(self, index: int) -> None:
        self.index, self.token = index, self.tokens[index]

    def at_word(self, *words: str) -> bool:
        """Whether the next tokens are these keywords, in order."""
        if self.token.upper != words[0]:
            return False
        return all(self.peek(i).upper == word for i, word in enumerate(words) if i)

    def at_any(self, *words: str) -> bool:
        return self.token.upper in words

    def accept(self, *words: str) -> bool:
        """Take these keywords or operators if they come next."""
        if not self.at_word(*words):
            return False
        for _ in words:
            self.advance()
        return True

    def expect(self, *words: str) -> Token:
        token = self.token
        for word in words:
            token = self.token
            if token.upper != word:
                quoted = f'"{word}"' if not word[0].isalpha() else f"keyword {word}"
                self.fail(f"Syntax error: Expected {quoted} but got {self.describe()}")
            self.advance()
        return token

    def fail(self, message: str | None = None, at: int | None = None) -> NoReturn:
        at = self.token.at if at is None else at
        raise SqlError(f"{message or f'Syntax error: Unexpected {self.describe()}'} at {position(self.text, at)}")

    def describe(self) -> str:
        """The next token as BigQuery's messages name it."""
        token = self.token
        if token.kind == "end":
            return "end of script"
        if token.kind == "word":
            return f"keyword {token.upper}" if token.upper in RESERVED else f'identifier "{token.text}"'
        if token.kind == "quoted":
            return f"identifier {token.text}"
        names = {
            "string": "string literal",
            "bytes": "bytes literal",
            "int": "integer literal",
            "float": "floating point literal",
        }
        if token.kind in names:
            text = token.text if token.kind in ("string", "bytes") else f'"{token.text}"'
            return f"{names[token.kind]} {text}"
        return f'"{token.text}"'

    def at_identifier(self) -> bool:
        token = self.token
        return token.kind == "quoted" or (token.kind == "word" and token.upper not in RESERVED)

    def identifier(self) -> str:
        if not self.at_identifier():
            self.fail()
        return name_of(self.advance())

    def any_name(self) -> str:
        """A name where even a reserved word is allowed (after a dot)."""
        if self.token.kind not in ("word", "quoted"):
            self.fail()
        return name_of(self.advance())

    def alias(self) -> str | None:
        """[AS] alias, if there is one."""
        if self.accept("AS"):
            return self.identifier()
        return name_of(self.advance()) if self.at_identifier() else None

    def string(self) -> str:
        if self.token.kind != "string":
            self.fail(f"Syntax error: Expected string literal but got {self.describe()}")
        return str(self.advance().value)

    def integer(self) -> int:
        if self.token.kind != "int":
            self.fail(f"Syntax error: Expected integer literal but got {self.describe()}")
        return integer(self.text, self.advance())

    def names(self) -> list[str]:
        """( name, ... )"""
        self.expect("(")
        found = [self.identifier()]
        while self.accept(","):
            found.append(self.identifier())
        self.expect(")")
        return found

    def table_path(self) -> list[str]:
        """project.dataset.table: dashes are allowed in the first part, dots inside backticks separate."""
        parts: list[str] = []
        while True:
            if self.token.kind == "quoted":
                parts.extend(name_of(self.advance()).split("."))
            elif not parts and self.at_identifier():
                parts.extend(self._dashed())
            else:
                parts.append(self.any_name())
            if not self.accept("."):
                return parts

    def _dashed(self) -> list[str]:
        name, end = self.token.text, self.token.end
        self.advance()
        while self.token.text == "-" and self.token.at == end and self.peek().at == self.token.end:
            following = self.peek()
            if following.kind not in ("word", "int", "float"):
                break
            self.advance()
            piece = self.advance()
            name, end = f"{name}-{piece.text}", piece.end
            while self.token.kind in ("word", "int") and self.token.at == end and not name.endswith("."):
                piece = self.advance()
                name, end = name + piece.text, piece.end
            if name.endswith("."):
                return [name[:-1], self.any_name()]
        return [name]

    def query(self) -> "nodes.Query":
        raise NotImplementedError

    def expression(self) -> nodes.Node:
        raise NotImplementedError


def name_of(token: Token) -> str:
    return str(token.value) if token.kind == "quoted" else token.text
