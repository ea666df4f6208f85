"""Queries: WITH, SELECT, set operations, ORDER BY, LIMIT."""

from emulators.bigquery.sql.syntax import nodes, pipe_nodes
from emulators.bigquery.sql.syntax.pipes import PipeParser


class QueryParser(PipeParser):
    def query(self) -> nodes.Query:
        at = self.token.at
        query = nodes.Query(at, nodes.Node(at))
        if self.accept("WITH"):
            query.recursive = self.accept("RECURSIVE")
            query.ctes = [self.cte()]
            while self.accept(","):
                if self.at_any("SELECT", "FROM"):
                    why = "Trailing comma after the WITH clause before the main query is not allowed"
                    self.fail(f"Syntax error: {why}")
                query.ctes.append(self.cte())
        if self.accept("FROM"):
            query.body = self.pipes(self.source())
            return query
        query.body = self._set_operation()
        if self.accept("ORDER", "BY"):
            query.order_by = self.order_items()
        if self.accept("LIMIT"):
            query.limit = self.expression()
            if self.accept("OFFSET"):
                query.offset = self.expression()
        return self._piped(query)

    def _piped(self, query: nodes.Query) -> nodes.Query:
        """The query, or a pipeline that begins with it; its WITH stays in front."""
        alias = None
        if self.at_word("AS") and self.peek(2).text == "|>":
            self.advance()
            alias = pipe_nodes.PipeAs(self.token.at, self.identifier())
        if self.token.text != "|>":
            return query
        start = nodes.Query(query.at, query.body, [], False, query.order_by, query.limit, query.offset)
        pipeline = self.pipes(start)
        if alias is not None:
            pipeline.operators.insert(0, alias)
        return nodes.Query(query.at, pipeline, query.ctes, query.recursive)

    def cte(self) -> nodes.With:
        at, name = self.token.at, self.identifier()
        self.expect("AS")
        self.expect("(")
        query = self.query()
        self.expect(")")
        return nodes.With(at, name, query)

    def _set_operation(self) -> nodes.Node:
        left = self._operand()
        while self.at_set_operation():
            at = self.token.at
            op, mode = self.set_operator()
            matching = self.matching(mode)
            if self.at_word("FROM"):
                why = "FROM queries following a set operation must be parenthesized"
                self.fail(f"Syntax error: Unexpected FROM; {why}")
            right = self._operand()
            if isinstance(left, nodes.SetOperation) and left.op == op and left.matching is matching is None:
                left.parts.append(right)
                continue
            if isinstance(left, nodes.SetOperation) and left.op != op:
                self.fail(
                    "Syntax error: Different set operations cannot be used in the same query "
                    "without using parentheses for grouping",
                    at,
                )
            left = nodes.SetOperation(at, op, [left, right], matching)
        return left

    def at_set_operation(self) -> bool:
        return self.at_any("UNION", "INTERSECT", "EXCEPT") or (
            self.at_any("FULL", "LEFT", "INNER", "OUTER")
            and self.peek().upper in ("OUTER", "UNION", "INTERSECT", "EXCEPT")
        )

    def set_operator(self) -> tuple[str, str | None]:
        """[INNER | [FULL | LEFT] [OUTER]] UNION | INTERSECT | EXCEPT, ALL | DISTINCT: the operator and its mode."""
        mode = self.advance().upper if self.at_any("FULL", "LEFT", "INNER") else None
        if self.accept("OUTER"):
            mode = mode or "FULL"
        op = self.advance().upper
        quantifier = self.advance().upper if self.at_any("ALL", "DISTINCT") else None
        if quantifier is None:
            self.fail(f"Syntax error: Expected keyword ALL or keyword DISTINCT but got {self.describe()}")
        if quantifier == "ALL" and op != "UNION":
            self.fail(f"{op} ALL is not supported; use {op} DISTINCT")
        return f"{op} {quantifier}", mode

    def matching(self, mode: str | None) -> nodes.Matching | None:
        """BY NAME [ON (columns)], or [STRICT] CORRESPONDING [BY (columns)]."""
        at = self.token.at
        if self.accept("BY", "NAME"):
            columns = self.names() if self.accept("ON") else None
            return nodes.Matching(at, mode or "STRICT", columns)
        strict = self.accept("STRICT")
        if strict or self.at_word("CORRESPONDING"):
            self.expect("CORRESPONDING")
            columns = self.names() if self.accept("BY") else None
            return nodes.Matching(at, mode or ("STRICT" if strict else "INNER"), columns)
        if mode is not None:
            self.fail(f"Syntax error: Expected keyword BY or keyword CORRESPONDING but got {self.describe()}")
        return None

    def _operand(self) -> nodes.Node:
        if self.accept("("):
            query = self.query()
            self.expect(")")
            return query
        return self.select()

    def select(self) -> nodes.Select:
        at = self.expect("SELECT").at
        select = nodes.Select(at, [])
        if self.at_word("WITH", "DIFFERENTIAL_PRIVACY"):
            self.fail("SELECT WITH DIFFERENTIAL_PRIVACY is not supported by this emulator")
        if self.accept("WITH", "AGGREGATION_THRESHOLD"):
            select.threshold = self.options() if self.at_word("OPTIONS") else []
        if self.accept("DISTINCT"):
            select.distinct = True
        else:
            self.accept("ALL")
        if self.at_word("AS", "STRUCT") or self.at_word("AS", "VALUE"):
            self.advance()
            select.as_kind = self.advance().upper
        if self.at_word("FROM"):
            self.fail("Syntax error: SELECT list must not be empty")
        select.items = [self.select_item()]
        while self.accept(","):
            if self.at_any("FROM") or self.token.kind == "end" or self.token.text in (")", ";", "|>"):
                break
            select.items.append(self.select_item())
        if self.accept("FROM"):
            select.source = self.source()
        if self.accept("WHERE"):
            select.where = self.expression()
        if self.accept("GROUP", "BY"):
            select.group_by = self.grouping()
        if self.accept("HAVING"):
            select.having = self.expression()
        if self.accept("QUALIFY"):
            select.qualify = self.expression()
        select.windows = self.named_windows()
        return select

    def options(self) -> nodes.Options:
        """OPTIONS ( name = expression, ... )"""
        self.expect("OPTIONS")
        return self.option_list()

    def option_list(self) -> nodes.Options:
        self.expect("(")
        found: nodes.Options = []
        while self.token.text != ")":
            name = self.any_name()
            self.expect("=")
            found.append((name.lower(), self.expression()))
            if not self.accept(","):
                break
        self.expect(")")
        return found

    def named_windows(self) -> dict[str, nodes.Window]:
        found: dict[str, nodes.Window] = {}
        if self.accept("WINDOW"):
            while True:
                name = self.identifier()
                if name.lower() in found:
                    self.fail(f"Duplicate window alias {name}")
                self.expect("AS")
                found[name.lower()] = self.window()
                if not self.accept(","):
                    break
        return found

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

    def grouping(self) -> list[nodes.Node]:
        at = self.token.at
        if self.accept("ALL"):
            return [nodes.GroupingSet(at, "ALL", [])]
        if self.accept("(", ")"):
            return [nodes.GroupingSet(at, "SET", [])]
        found = [self.grouping_item()]
        while self.accept(","):
            found.append(self.grouping_item())
        return found

    def grouping_item(self) -> nodes.Node:
        at = self.token.at
        for kind in ("ROLLUP", "CUBE"):
            if self.accept(kind):
                self.expect("(")
                parts = [self._grouping_set()]
                while self.accept(","):
                    parts.append(self._grouping_set())
                self.expect(")")
                return nodes.GroupingSet(at, kind, parts)
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
        return self.grouping_item()
