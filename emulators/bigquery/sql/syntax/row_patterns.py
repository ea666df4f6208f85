"""MATCH_RECOGNIZE (PARTITION BY ... ORDER BY ... MEASURES ... PATTERN ... DEFINE ...)."""

from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import pattern_nodes as p
from emulators.bigquery.sql.syntax.expressions import ExpressionParser


class RowPatternParser(ExpressionParser):
    def match_recognize(self, at: int) -> p.MatchRecognize:
        """The clause up to its closing parenthesis."""
        self.expect("MATCH_RECOGNIZE")
        self.expect("(")
        partition_by = self.expressions() if self.accept("PARTITION", "BY") else []
        self.expect("ORDER", "BY")
        order_by = self.order_items()
        self.expect("MEASURES")
        measures = [self._measure()]
        while self.accept(","):
            measures.append(self._measure())
        overlapping = self._skips_to_next_row()
        self.expect("PATTERN")
        self.expect("(")
        pattern = self._pattern_choice()
        self.expect(")")
        self.expect("DEFINE")
        symbols = [self._pattern_symbol()]
        while self.accept(","):
            symbols.append(self._pattern_symbol())
        longest = self._longest() if self.accept("OPTIONS") else None
        self.expect(")")
        return p.MatchRecognize(at, partition_by, order_by, measures, overlapping, pattern, symbols, longest)

    def _measure(self) -> nodes.SelectItem:
        at = self.token.at
        expression = self.expression()
        if not (self.token.upper == "AS" or self.at_identifier()):
            self.fail("Each expression of MEASURES needs an alias")
        return nodes.SelectItem(at, expression, self.alias())

    def _skips_to_next_row(self) -> bool:
        if not self.accept("AFTER"):
            return False
        self.expect("MATCH", "SKIP")
        if self.accept("TO", "NEXT", "ROW"):
            return True
        self.expect("PAST", "LAST", "ROW")
        return False

    def _pattern_symbol(self) -> tuple[str, nodes.Node]:
        name = self.identifier()
        self.expect("AS")
        return name, self.expression()

    def _longest(self) -> nodes.Node | None:
        self.expect("(")
        if self.accept(")"):
            return None
        self.expect("USE_LONGEST_MATCH")
        self.expect("=")
        value = self.expression()
        self.expect(")")
        return value

    def _pattern_choice(self) -> nodes.Node:
        """Sequences with bars between them; two bars without a space have an empty sequence between them."""
        at, parts = self.token.at, [self._pattern_sequence()]
        while self.token.kind == "op" and self.token.text in ("|", "||"):
            token = self.advance()
            if token.text == "||":
                parts.append(p.Sequence(token.at, []))
            parts.append(self._pattern_sequence())
        return parts[0] if len(parts) == 1 else p.Choice(at, parts)

    def _pattern_sequence(self) -> nodes.Node:
        at, parts = self.token.at, []
        while self.at_identifier() or (self.token.kind == "op" and self.token.text in ("(", "^", "$")):
            parts.append(self._pattern_repeated(self._pattern_part()))
        return parts[0] if len(parts) == 1 else p.Sequence(at, parts)

    def _pattern_part(self) -> nodes.Node:
        token = self.token
        if self.at_identifier():
            return p.Symbol(token.at, self.identifier())
        self.advance()
        if token.text != "(":
            return p.Anchor(token.at, token.text)
        found = self._pattern_choice()
        self.expect(")")
        return found

    def _pattern_repeated(self, part: nodes.Node) -> nodes.Node:
        token = self.token
        zero, one = (nodes.Literal(token.at, "INT64", number) for number in ("0", "1"))
        signs: dict[str, tuple[nodes.Node | None, nodes.Node | None]] = {
            "?": (zero, one), "*": (zero, None), "+": (one, None),
        }  # fmt: skip
        if token.kind != "op" or token.text not in (*signs, "{"):
            return part
        self.advance()
        low, high = signs[token.text] if token.text in signs else self._pattern_braces()
        return p.Repeat(token.at, part, low, high, self.accept("?"))

    def _pattern_braces(self) -> tuple[nodes.Node | None, nodes.Node | None]:
        low = None if self.token.text == "," else self.expression()
        high = low
        if self.accept(","):
            high = None if self.token.text == "}" else self.expression()
            if low is None and high is None:
                self.fail()
        self.expect("}")
        return low, high
