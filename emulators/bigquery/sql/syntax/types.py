"""Types as they are written in SQL: INT64, NUMERIC(10, 2), ARRAY<STRUCT<a INT64, b STRING>>."""

from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.cursor import Cursor

ALIASES = {
    "INT": "INT64", "SMALLINT": "INT64", "INTEGER": "INT64", "BIGINT": "INT64", "TINYINT": "INT64", "BYTEINT": "INT64",
    "DECIMAL": "NUMERIC", "BIGDECIMAL": "BIGNUMERIC", "BOOLEAN": "BOOL",
}  # fmt: skip
NAMES = frozenset(
    [
        "INT64",
        "FLOAT64",
        "NUMERIC",
        "BIGNUMERIC",
        "BOOL",
        "STRING",
        "BYTES",
        "DATE",
        "TIME",
        "DATETIME",
        "TIMESTAMP",
        "JSON",
        "GEOGRAPHY",
        "INTERVAL",
        "ARRAY",
        "STRUCT",
        "RANGE",
    ]
)
_PARAMETERIZED = ("STRING", "BYTES", "NUMERIC", "BIGNUMERIC", "TIMESTAMP")


class TypeParser(Cursor):
    def at_type(self, ahead: int = 0) -> bool:
        name = self.peek(ahead).upper if ahead else self.token.upper
        return ALIASES.get(name, name) in NAMES

    def type(self) -> nodes.TypeNode:
        """A type, with its parameters; refuses names that BigQuery does not know."""
        token = self.token
        if token.kind not in ("word", "quoted"):
            self.fail()
        written = token.text if token.kind == "word" else str(token.value)
        name = ALIASES.get(written.upper(), written.upper())
        if name not in NAMES:
            self.fail(f"Type not found: {written}")
        self.advance()
        node = nodes.TypeNode(token.at, name)
        if name in ("ARRAY", "RANGE") and self.accept("<"):
            node.element = self.type()
            self.close_angle()
            if name == node.element.name == "ARRAY":
                self.fail("Arrays of arrays are not supported")
            if name == "RANGE" and node.element.name not in ("DATE", "DATETIME", "TIMESTAMP"):
                self.fail(f"Unsupported type: RANGE<{node.element.name}>")
        elif name in ("ARRAY", "RANGE") or (name == "STRUCT" and self.token.text != "<"):
            self.fail(f'Syntax error: Expected "<" but got {self.describe()}')
        elif name == "STRUCT" and self.accept("<"):
            self._members(node)
        elif self.token.text == "(" and self.token.kind == "op":
            if name not in _PARAMETERIZED:
                self.fail(f"{written} does not support type parameters")
            self.advance()
            node.parameters.append(self._parameter())
            while self.accept(","):
                node.parameters.append(self._parameter())
            self.expect(")")
            if name == "TIMESTAMP":
                self._check_precision(node.parameters)
        if self.accept("COLLATE"):
            node.collate = self.string()
        return node

    def _check_precision(self, parameters: list[int | str]) -> None:
        """A TIMESTAMP has six digits of a second, or twelve."""
        if parameters == [12]:
            self.fail("TIMESTAMP(12) is not supported by this emulator")
        if parameters != [6]:
            self.fail("The precision of a TIMESTAMP is 6 or 12")

    def _parameter(self) -> int | str:
        return "MAX" if self.accept("MAX") else self.integer()

    def _members(self, node: nodes.TypeNode) -> None:
        if self.accept(">"):
            return
        while True:
            named = self.token.kind in ("word", "quoted") and self.peek().kind in ("word", "quoted")
            name = self.any_name() if named else None
            node.members.append((name, self.member(name)))
            if not self.accept(","):
                break
        self.close_angle()

    def member(self, name: str | None) -> "nodes.TypeNode | nodes.ColumnNode":
        """A struct member's type; DDL allows NOT NULL and OPTIONS after it."""
        kind = self.type()
        if name is not None and (self.at_word("NOT", "NULL") or self.at_word("OPTIONS")):
            return self.column_rest(name, kind)
        return kind

    def column_rest(self, name: str, kind: nodes.TypeNode) -> nodes.ColumnNode:
        raise NotImplementedError

    def close_angle(self) -> None:
        """`>`; a `>>` closes two."""
        if self.token.text == ">>" and self.token.kind == "op":
            token = self.token
            half = type(token)("op", ">", token.at + 1, token.end, ">")
            self.tokens[self.index] = half
            self.token = half
            return
        self.expect(">")
