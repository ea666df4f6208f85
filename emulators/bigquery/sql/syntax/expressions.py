"""Expressions: precedence climbing over GoogleSQL's operators."""

from typing import TypeGuard

from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.lexer import RESERVED, integer
from emulators.bigquery.sql.syntax.words import WordParser

_COMPARISONS = ("=", "<", ">", "<=", ">=", "<>", "!=")
_BINARY = {"|": 1, "^": 2, "&": 3, "<<": 4, ">>": 4, "+": 5, "-": 5, "*": 6, "/": 6, "||": 6}


def _is_positive(node: nodes.Node) -> TypeGuard[nodes.Literal]:
    """Whether it is a number without a sign."""
    return isinstance(node, nodes.Literal) and node.kind in ("INT64", "FLOAT64") and not str(node.value).startswith("-")


class ExpressionParser(WordParser):
    def expression(self) -> nodes.Node:
        return self._or()

    def _or(self) -> nodes.Node:
        left = self._and()
        while self.token.upper == "OR":
            at = self.advance().at
            left = nodes.Binary(at, "OR", left, self._and())
        return left

    def _and(self) -> nodes.Node:
        left = self._not()
        while self.token.upper == "AND":
            at = self.advance().at
            left = nodes.Binary(at, "AND", left, self._not())
        return left

    def _not(self) -> nodes.Node:
        if self.token.upper == "NOT":
            at = self.advance().at
            return nodes.Unary(at, "NOT", self._not())
        return self._comparison()

    def _comparison(self) -> nodes.Node:
        """Comparisons do not follow one another: (x < y) IS FALSE needs its parentheses."""
        left, token = self._binary(1), self.token
        if token.kind == "op" and token.text in _COMPARISONS:
            self.advance()
            op = "!=" if token.text == "<>" else token.text
            return nodes.Binary(token.at, op, left, self._binary(1))
        if token.upper == "IS":
            return self._is(left)
        if token.upper in ("IN", "BETWEEN", "LIKE") or (
            token.upper == "NOT" and self.peek().upper in ("IN", "BETWEEN", "LIKE")
        ):
            return self._predicate(left)
        return left

    def _is(self, left: nodes.Node) -> nodes.Node:  # noqa: RET503
        at = self.expect("IS").at
        negated = self.accept("NOT")
        if self.accept("DISTINCT", "FROM"):
            return nodes.Binary(at, "IS NOT DISTINCT FROM" if negated else "IS DISTINCT FROM", left, self._binary(1))
        for what in ("NULL", "TRUE", "FALSE", "UNKNOWN"):
            if self.accept(what):
                return nodes.Is(at, left, what, negated)
        self.fail()

    def _predicate(self, left: nodes.Node) -> nodes.Node:
        at = self.token.at
        negated = self.accept("NOT")
        if self.accept("BETWEEN"):
            low = self._binary(1)
            self.expect("AND")
            return nodes.Between(at, left, low, self._binary(1), negated)
        if self.accept("LIKE"):
            return self._like(at, left, negated)
        self.expect("IN")
        if self.accept("UNNEST"):
            self.expect("(")
            array = self.expression()
            self.expect(")")
            return nodes.In(at, left, negated, array=array)
        if self.token.kind in ("param", "op") and self.token.text != "(":
            return nodes.In(at, left, negated, array=self._binary(1))
        self.expect("(")
        if self.at_whole_query():
            query = self.query()
            self.expect(")")
            return nodes.In(at, left, negated, query=query)
        items = self.expressions()
        self.expect(")")
        return nodes.In(at, left, negated, items=items)

    def _like(self, at: int, left: nodes.Node, negated: bool) -> nodes.Node:
        for quantifier in ("ANY", "SOME", "ALL"):
            if self.accept(quantifier):
                name = "ALL" if quantifier == "ALL" else "ANY"
                if self.accept("UNNEST"):
                    self.expect("(")
                    array = self.expression()
                    self.expect(")")
                    return nodes.Like(at, left, [], negated, name, array)
                self.expect("(")
                if self.at_whole_query():
                    start, query = self.token.at, self.query()
                    self.expect(")")
                    return nodes.Like(at, left, [], negated, name, nodes.Subquery(start, "array", query))
                patterns = self.expressions()
                self.expect(")")
                return nodes.Like(at, left, patterns, negated, name)
        return nodes.Like(at, left, [self._binary(1)], negated)

    def operand(self) -> nodes.Node:
        return self._binary(1)

    def _binary(self, minimum: int) -> nodes.Node:
        left = self._unary()
        while True:
            token = self.token
            level = _BINARY.get(token.text) if token.kind == "op" else None
            if level is None or level < minimum:
                return left
            self.advance()
            left = nodes.Binary(token.at, token.text, left, self._binary(level + 1))

    def _unary(self) -> nodes.Node:
        token = self.token
        if token.kind == "op" and token.text in ("-", "+", "~"):
            self.advance()
            operand = self._unary()
            if token.text == "-" and _is_positive(operand):
                return nodes.Literal(token.at, operand.kind, "-" + operand.value)
            return nodes.Unary(token.at, token.text, operand)
        enclosed = token.kind == "op" and token.text == "("
        return self._postfix(self._primary(), enclosed)

    def _postfix(self, base: nodes.Node, enclosed: bool) -> nodes.Node:
        """enclosed: the base stands in parentheses, so that a function's name may follow it even if it is a path."""
        while True:
            token = self.token
            if token.kind != "op" or token.text not in (".", "["):
                return base
            self.advance()
            if token.text == ".":
                if self.token.text == "*":
                    self.jump(self.index - 1)
                    return base
                base = self._dot(base, enclosed)
            else:
                base = self._subscript(base, token.at)
            enclosed = False

    def _dot(self, base: nodes.Node, enclosed: bool) -> nodes.Node:
        """base.field, path.function(...), or a chained call: base.function(...) and base.(path.function)(...)."""
        start = self.token.at
        if self.accept("("):
            names = self.table_path()
            self.expect(")")
            return self.call(start, names, base)
        name = self.any_name()
        is_call = self.token.text == "(" and self.token.kind == "op"
        if isinstance(base, nodes.Path) and not (is_call and enclosed):
            parts = [*base.parts, name]
            return self.call(base.at, parts) if is_call else nodes.Path(base.at, parts)
        return self.call(start, [name], base) if is_call else nodes.Member(start, base, name)

    def _subscript(self, base: nodes.Node, at: int) -> nodes.Node:
        mode = ""
        if (
            self.token.upper in ("OFFSET", "ORDINAL", "SAFE_OFFSET", "SAFE_ORDINAL", "KEY", "SAFE_KEY")
            and self.peek().text == "("
        ):
            mode = self.advance().upper
            self.expect("(")
            index = self.expression()
            self.expect(")")
        else:
            index = self.expression()
        self.expect("]")
        return nodes.Index(at, base, index, mode)

    def _primary(self) -> nodes.Node:  # noqa: RET503
        token = self.token
        kind = token.kind
        if kind == "word":
            return self._word()
        if kind == "quoted":
            self.advance()
            parts = str(token.value).split(".") if "." in str(token.value) else [str(token.value)]
            if self.token.text == "(" and self.token.kind == "op":
                return self.call(token.at, parts)
            return nodes.Path(token.at, [str(token.value)] if len(parts) == 1 else parts)
        if kind in ("int", "float", "string", "bytes"):
            self.advance()
            if kind in ("int", "float") and self.token.kind == "word" and self.token.at == token.end:
                self.fail("Syntax error: Missing whitespace between literal and alias")
            if kind == "int":
                return nodes.Literal(token.at, "INT64", str(integer(self.text, token)))
            if kind == "float":
                return nodes.Literal(token.at, "FLOAT64", token.text)
            return nodes.Literal(token.at, kind.upper(), token.value)
        if kind == "param":
            self.advance()
            return nodes.Parameter(token.at, token.text[1:].strip("`"))
        if kind == "system":
            self.advance()
            return nodes.SystemVariable(token.at, token.text[2:].lower())
        if token.text == "?":
            self.advance()
            self.positional += 1
            return nodes.Parameter(token.at, None, self.positional - 1)
        if token.text == "(":
            return self._parenthesis()
        if token.text == "[":
            return self.array_literal(None, token.at)
        self.fail()

    def _parenthesis(self) -> nodes.Node:
        at = self.expect("(").at
        if self.at_whole_query():
            query = self.query()
            self.expect(")")
            return nodes.Subquery(at, "scalar", query)
        items = self.expressions()
        self.expect(")")
        return items[0] if len(items) == 1 else nodes.StructLiteral(at, None, [("", item) for item in items])

    def _word(self) -> nodes.Node:
        token = self.token
        word = token.upper
        following = self.peek()
        special = getattr(self, f"word_{word.lower()}", None)
        if special is not None:
            found = special()
            if found is not None:
                return found  # type: ignore[no-any-return]
        if following.kind == "string" and word in (
            "DATE",
            "TIME",
            "DATETIME",
            "TIMESTAMP",
            "NUMERIC",
            "BIGNUMERIC",
            "DECIMAL",
            "BIGDECIMAL",
            "JSON",
        ):
            self.advance()
            kind = {"DECIMAL": "NUMERIC", "BIGDECIMAL": "BIGNUMERIC"}.get(word, word)
            return nodes.Literal(token.at, kind, self.string())
        if (
            following.text == "("
            and following.kind == "op"
            and (word not in RESERVED or word in ("LEFT", "RIGHT", "IF", "GROUPING", "COLLATE"))
        ):
            self.advance()
            return self.call(token.at, [token.text])
        if word in RESERVED:
            self.fail()
        self.advance()
        return nodes.Path(token.at, [token.text])
