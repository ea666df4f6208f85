"""Queries: WITH, SELECT, set operations, ORDER BY, LIMIT."""

from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.sources import SourceParser


class QueryParser(SourceParser):
    def query(self) -> nodes.Query:
        at = self.token.at
        query = nodes.Query(at, nodes.Node(at))
        if self.accept("WITH"):
            query.recursive = self.accept("RECURSIVE")
            query.ctes = [self._cte()]
            while self.accept(","):
                query.ctes.append(self._cte())
        query.body = self._set_operation()
        if self.accept("ORDER", "BY"):
            query.order_by = self.order_items()
        if self.accept("LIMIT"):
            query.limit = self.expression()
            if self.accept("OFFSET"):
                query.offset = self.expression()
        return query

    def _cte(self) -> nodes.With:
        at, name = self.token.at, self.identifier()
        self.expect("AS")
        self.expect("(")
        query = self.query()
        self.expect(")")
        return nodes.With(at, name, query)

    def _set_operation(self) -> nodes.Node:
        left = self._operand()
        while self.at_any("UNION", "INTERSECT", "EXCEPT") or (
            self.at_any("FULL", "LEFT", "INNER") and self.peek().upper in ("OUTER", "UNION", "INTERSECT", "EXCEPT")
        ):
            at = self.token.at
            if self.at_any("FULL", "LEFT", "INNER"):
                self.fail("Unsupported: FULL, LEFT and INNER set operations are not supported", at)
            op = self.advance().upper
            quantifier = self.advance().upper if self.at_any("ALL", "DISTINCT") else None
            if quantifier is None:
                self.fail(f"Syntax error: Expected keyword ALL or keyword DISTINCT but got {self.describe()}")
            by_name = self.accept("BY", "NAME")
            right = self._operand()
            name = f"{op} {quantifier}"
            if isinstance(left, nodes.SetOperation) and left.op == name and left.by_name == by_name:
                left.parts.append(right)
                continue
            if isinstance(left, nodes.SetOperation):
                self.fail(
                    "Syntax error: Different set operations cannot be used in the same query "
                    "without using parentheses for grouping",
                    at,
                )
            left = nodes.SetOperation(at, name, [left, right], by_name)
        return left

    def _operand(self) -> nodes.Node:
        if self.accept("("):
            query = self.query()
            self.expect(")")
            return query
        return self._select()

    def _select(self) -> nodes.Select:
        at = self.expect("SELECT").at
        select = nodes.Select(at, [])
        if self.accept("DISTINCT"):
            select.distinct = True
        else:
            self.accept("ALL")
        if self.at_word("AS", "STRUCT") or self.at_word("AS", "VALUE"):
            self.advance()
            select.as_kind = self.advance().upper
        select.items = [self.select_item()]
        while self.accept(","):
            if self.at_any("FROM") or self.token.kind == "end" or self.token.text == ")":
                break
            select.items.append(self.select_item())
        if self.accept("FROM"):
            select.source = self.source()
        if self.accept("WHERE"):
            select.where = self.expression()
        if self.accept("GROUP", "BY"):
            select.group_by = self._grouping()
        if self.accept("HAVING"):
            select.having = self.expression()
        if self.accept("QUALIFY"):
            select.qualify = self.expression()
        if self.accept("WINDOW"):
            while True:
                name = self.identifier()
                self.expect("AS")
                select.windows[name.lower()] = self.window()
                if not self.accept(","):
                    break
        return select

    def select_item(self) -> nodes.SelectItem | nodes.Star:
        at = self.token.at
        if self.accept("*"):
            return self._star(nodes.Star(at, None))
        expression = self.expression()
        if self.token.text == "." and self.peek().text == "*":
            self.advance()
            self.advance()
            return self._star(nodes.Star(at, expression))
        return nodes.SelectItem(at, expression, self.alias())

    def _star(self, star: nodes.Star) -> nodes.Star:
        if self.accept("EXCEPT"):
            star.excluded = self.names()
        if self.accept("REPLACE"):
            self.expect("(")
            while True:
                value = self.expression()
                self.expect("AS")
                star.replaced.append((self.identifier(), value))
                if not self.accept(","):
                    break
            self.expect(")")
        return star

    def _grouping(self) -> list[nodes.Node]:
        at = self.token.at
        if self.accept("ALL"):
            return [nodes.GroupingSet(at, "ALL", [])]
        found = [self._grouping_item()]
        while self.accept(","):
            found.append(self._grouping_item())
        return found

    def _grouping_item(self) -> nodes.Node:
        at = self.token.at
        for kind in ("ROLLUP", "CUBE"):
            if self.accept(kind):
                self.expect("(")
                items = self.expressions()
                self.expect(")")
                return nodes.GroupingSet(at, kind, items)
        if self.accept("GROUPING", "SETS"):
            self.expect("(")
            items = [self._grouping_set()]
            while self.accept(","):
                items.append(self._grouping_set())
            self.expect(")")
            return nodes.GroupingSet(at, "GROUPING SETS", items)
        return self.expression()

    def _grouping_set(self) -> nodes.Node:
        at = self.token.at
        if self.token.text == "(":
            self.advance()
            items = [] if self.token.text == ")" else self.expressions()
            self.expect(")")
            return nodes.GroupingSet(at, "SET", items)
        return self._grouping_item()
