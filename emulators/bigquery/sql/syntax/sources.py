"""What FROM holds: tables, joins, UNNEST, table functions, PIVOT, UNPIVOT, TABLESAMPLE."""

from emulators.bigquery.sql.syntax import nodes, pattern_nodes
from emulators.bigquery.sql.syntax.row_patterns import RowPatternParser


def _is_array(source: nodes.Source) -> bool:
    """UNNEST(...) or a path that may name an array of another source: a left join needs no condition then."""
    return isinstance(source, nodes.UnnestSource) or (isinstance(source, nodes.TableSource) and len(source.path) > 1)


class SourceParser(RowPatternParser):
    def source(self, commas: bool = True) -> nodes.Source:
        """One or more sources, joined; commas: not within parentheses.

        What joins beside a comma needs parentheses where it would not be clear what belongs together.
        """
        left, listed = self.operated(self.primary_source()), False
        while True:
            at = self.token.at
            if commas and self.accept(","):
                listed = True
                right = self.operated(self.primary_source())
                left = nodes.Join(at, left=left, right=right, kind="CROSS")
                continue
            kind = self.join_kind()
            if kind is None:
                return left
            if listed and kind in ("RIGHT", "FULL"):
                self.fail(f"Syntax error: {kind} JOIN must be parenthesized when following a comma join", at)
            right = self.operated(self.primary_source())
            join = nodes.Join(at, left=left, right=right, kind=kind)
            if self.at_any("ON", "USING"):
                self.condition(join)
            elif self.at_any("JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS") and not (
                kind == "CROSS" or isinstance(right, nodes.UnnestSource)  # neither waits for a condition
            ):
                if listed:
                    self.fail("Syntax error: Consecutive joins must be parenthesized when following a comma join")
                join.right = self._nested(right)
                self.condition(join)
            elif kind in ("RIGHT", "FULL") or (kind != "CROSS" and not _is_array(right)):
                self.fail(f"Syntax error: {kind} JOIN must have an immediately following ON or USING clause")
            left = self.operated(join)

    def _nested(self, left: nodes.Source) -> nodes.Source:
        """a JOIN b JOIN c ON ... ON ...: the inner join comes first."""
        while True:
            at = self.token.at
            kind = self.join_kind()
            if kind is None:
                return left
            join = nodes.Join(at, left=left, right=self.operated(self.primary_source()), kind=kind)
            self.condition(join)
            left = join
            if self.at_any("ON", "USING"):
                return left

    def condition(self, join: nodes.Join) -> None:
        if join.kind == "CROSS" and self.at_any("ON", "USING"):
            self.fail(f"Syntax error: CROSS JOIN cannot have an {self.token.upper} clause")
        if self.accept("ON"):
            join.on = self.expression()
        elif self.accept("USING"):
            join.using = self.names()

    def join_kind(self) -> str | None:
        if self.accept("JOIN") or self.accept("INNER", "JOIN"):
            return "INNER"
        if self.accept("CROSS", "JOIN"):
            return "CROSS"
        for kind in ("LEFT", "RIGHT", "FULL"):
            if self.at_any(kind) and self.peek().upper in ("JOIN", "OUTER"):
                self.advance()
                self.accept("OUTER")
                self.expect("JOIN")
                return kind
        return None

    def primary_source(self) -> nodes.Source:
        at = self.token.at
        if self.accept("UNNEST"):
            return self._unnest(at)
        if self.token.text == "(" and self.token.kind == "op":
            return self._parenthesised(at)
        if self.accept("LATERAL"):
            self.fail("Syntax error: Unexpected keyword LATERAL", at)
        path = self.table_path()
        if self.token.text == "(" and self.token.kind == "op":
            call = self.call(at, path)
            assert isinstance(call, nodes.Call)
            return nodes.FunctionSource(at, self._source_alias(), call=call)
        source = nodes.TableSource(at, path=path)
        if self.accept("FOR", "SYSTEM_TIME", "AS", "OF") or self.accept("FOR", "SYSTEM", "TIME", "AS", "OF"):
            source.as_of = self.expression()
        source.alias = self._source_alias()
        if self.accept("FOR", "SYSTEM_TIME", "AS", "OF"):
            source.as_of = self.expression()
        source.offset_alias = self._offset()
        return source

    def _offset(self) -> str | None:
        if not self.accept("WITH", "OFFSET"):
            return None
        if self.accept("AS"):
            return self.identifier()
        return self.identifier() if self._at_alias() else "offset"

    def _unnest(self, at: int) -> nodes.Source:
        self.expect("(")
        self.refuse_query("The argument to UNNEST")
        arrays = self.expressions()
        self.expect(")")
        source = nodes.UnnestSource(at, self._source_alias(), arrays=arrays)
        source.offset_alias = self._offset()
        return source

    def _parenthesised(self, at: int) -> nodes.Source:
        start = self.index
        if self.at_query():
            self.advance()
            if self.token.text != "(" or self._query_in_parentheses(start):
                if self.token.text == "(" and self.index != start + 1:
                    self.jump(start + 1)
                query = self.query()
                self.expect(")")
                return nodes.QuerySource(at, self._source_alias(), query=query)
            self.jump(start)
        self.expect("(")
        source = self.source(commas=False)
        self.expect(")")
        return source

    def _query_in_parentheses(self, start: int) -> bool:
        """Whether `((SELECT ...) ...` is a query (a set operation, or only parentheses) and not a join."""
        depth, index = 0, start + 1
        while index < len(self.tokens):
            text = self.tokens[index].text if self.tokens[index].kind == "op" else ""
            depth += (text == "(") - (text == ")")
            index += 1
            if depth == 0:
                break
        following = self.tokens[min(index, len(self.tokens) - 1)]
        return following.text == ")" or following.upper in ("UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT")

    def _at_alias(self) -> bool:
        if not self.at_identifier():
            return False
        word = self.token.upper
        if word in ("PIVOT", "UNPIVOT") and self.peek().text in ("(", "INCLUDE", "EXCLUDE", "include", "exclude"):
            return False
        if word == "MATCH_RECOGNIZE" and self.peek().text == "(":
            return False
        return not (word in ("WHEN", "SET", "CLONE", "BEGIN") and self.token.kind == "word" and word != "BEGIN")

    def _source_alias(self) -> str | None:
        if self.accept("AS"):
            return self.identifier()
        return self.identifier() if self._at_alias() else None

    def operated(self, source: nodes.Source) -> nodes.Source:
        while True:
            at = self.token.at
            if self.at_word("PIVOT", "("):
                source.operators.append(self.pivot(at))
            elif self.at_any("UNPIVOT") and self.token.kind == "word":
                source.operators.append(self.unpivot(at))
            elif self.at_word("MATCH_RECOGNIZE", "("):
                source.operators.append(self.matched(at))
            elif self.at_any("TABLESAMPLE"):
                source.operators.append(self.sample(at))
            else:
                return source

    def sample(self, at: int) -> nodes.Sample:
        self.expect("TABLESAMPLE", "SYSTEM", "(")
        percent = self.expression()
        self.expect("PERCENT", ")")
        return nodes.Sample(at, percent)

    def matched(self, at: int) -> pattern_nodes.MatchRecognize:
        found = self.match_recognize(at)
        found.alias = self._source_alias()
        return found

    def _aliased(self) -> nodes.SelectItem:
        at = self.token.at
        return nodes.SelectItem(at, self.expression(), self.alias())

    def pivot(self, at: int) -> nodes.Pivot:
        self.expect("PIVOT")
        self.expect("(")
        aggregates = [self._aliased()]
        while self.accept(","):
            aggregates.append(self._aliased())
        self.expect("FOR")
        column = self._binary(1)
        self.expect("IN")
        self.expect("(")
        values = [self._aliased()]
        while self.accept(","):
            values.append(self._aliased())
        self.expect(")")
        self.expect(")")
        return nodes.Pivot(at, aggregates, column, values, self._source_alias())

    def unpivot(self, at: int) -> nodes.Unpivot:
        self.expect("UNPIVOT")
        include = self.accept("INCLUDE", "NULLS")
        self.accept("EXCLUDE", "NULLS")
        self.expect("(")
        values = self.names() if self.token.text == "(" else [self.identifier()]
        self.expect("FOR")
        name = self.identifier()
        self.expect("IN")
        self.expect("(")
        columns: list[tuple[list[str], nodes.Node | None]] = []
        while True:
            group = self.names() if self.token.text == "(" else [self.identifier()]
            columns.append((group, self.expression() if self.accept("AS") else None))
            if not self.accept(","):
                break
        self.expect(")")
        self.expect(")")
        return nodes.Unpivot(at, values, name, columns, include, self._source_alias())
