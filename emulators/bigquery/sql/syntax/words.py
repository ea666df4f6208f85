"""Words that begin an expression of their own form: word_<keyword> returns None when it is a plain name."""

from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.calls import CallParser


class WordParser(CallParser):
    def word_null(self) -> nodes.Node:
        return nodes.Literal(self.advance().at, "NULL", None)

    def word_true(self) -> nodes.Node:
        return nodes.Literal(self.advance().at, "BOOL", True)

    def word_false(self) -> nodes.Node:
        return nodes.Literal(self.advance().at, "BOOL", False)

    def word_default(self) -> nodes.Node:
        return nodes.DefaultValue(self.advance().at)

    def word_case(self) -> nodes.Node:
        at = self.expect("CASE").at
        operand = None if self.token.upper == "WHEN" else self.expression()
        whens = []
        while self.accept("WHEN"):
            condition = self.expression()
            self.expect("THEN")
            whens.append((condition, self.expression()))
        if not whens:
            self.fail(f"Syntax error: Expected keyword WHEN but got {self.describe()}")
        otherwise = self.expression() if self.accept("ELSE") else None
        self.expect("END")
        return nodes.Case(at, operand, whens, otherwise)

    def word_exists(self) -> nodes.Node:
        at = self.expect("EXISTS").at
        self.expect("(")
        query = self.query()
        self.expect(")")
        return nodes.Subquery(at, "exists", query)

    def word_array(self) -> nodes.Node:
        token = self.expect("ARRAY")
        if self.token.text == "[":
            return self.array_literal(None, token.at)
        if self.accept("("):
            query = self.query()
            self.expect(")")
            return nodes.Subquery(token.at, "array", query)
        self.jump(self.index - 1)
        kind = self.type()
        return self.array_literal(kind, token.at)

    def word_struct(self) -> nodes.Node:
        token = self.token
        typed = None
        if self.peek().text == "(":
            self.advance()
        else:
            typed = self.type()
        self.expect("(")
        items: list[tuple[str | None, nodes.Node]] = []
        if self.token.text != ")":
            while True:
                value = self.expression()
                if typed is not None and self.at_word("AS"):
                    self.fail("STRUCT constructor cannot specify both an explicit type and field names with AS")
                items.append((self.identifier() if self.accept("AS") else None, value))
                if not self.accept(","):
                    break
        self.expect(")")
        return nodes.StructLiteral(token.at, typed, items)

    def word_interval(self) -> nodes.Node | None:
        at = self.expect("INTERVAL").at
        value = self.operand()
        unit = self.any_name().upper()
        until = self.any_name().upper() if self.accept("TO") else None
        return nodes.Interval(at, value, unit, until)

    def word_range(self) -> nodes.Node:
        token = self.token
        if self.peek().text == "(":
            self.advance()
            return self.call(token.at, ["RANGE"])
        kind = self.type()
        assert kind.element is not None
        return nodes.Literal(token.at, f"RANGE<{kind.element.name}>", self.string())

    def word_with(self) -> nodes.Node | None:
        at = self.expect("WITH").at
        self.expect("(")
        bindings = []
        while self.at_identifier() and self.peek().upper == "AS":
            name = self.identifier()
            self.expect("AS")
            bindings.append((name, self.expression()))
            self.expect(",")
        body = self.expression()
        self.expect(")")
        return nodes.WithExpression(at, bindings, body)

    def array_literal(self, kind: nodes.TypeNode | None, at: int) -> nodes.Node:
        self.expect("[")
        items = [] if self.token.text == "]" else self.expressions()
        self.expect("]")
        return nodes.ArrayLiteral(at, kind, items)

    # --- what the grammar of operators brings -------------------------------------------------------------------------
    def operand(self) -> nodes.Node:
        """An expression without comparisons, AND and OR."""
        raise NotImplementedError
