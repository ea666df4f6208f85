"""Pipe syntax: what may follow `|>`."""

from collections.abc import Callable
from typing import TypeVar

from emulators.bigquery.sql.syntax import nodes, pipe_nodes
from emulators.bigquery.sql.syntax.sources import SourceParser

T = TypeVar("T")


class PipeParser(SourceParser):
    def pipes(self, start: nodes.Query | nodes.Source) -> nodes.Pipeline:
        """The operators that follow, if any."""
        pipeline = nodes.Pipeline(start.at, start)
        while self.accept("|>"):
            pipeline.operators.append(self._pipe())
        return pipeline

    def _pipe(self) -> nodes.Node:
        word = self.token.upper.lower()
        rule: Callable[[int], nodes.Node] | None = getattr(self, f"pipe_{word}", None) if word else None
        if rule is None:
            self.fail()
        return rule(self.token.at)

    def pipe_select(self, at: int) -> nodes.Node:
        return self.select()

    def pipe_extend(self, at: int) -> nodes.Node:
        self.advance()
        return pipe_nodes.PipeExtend(at, self._several(self.select_item), self.named_windows())

    def pipe_window(self, at: int) -> nodes.Node:
        """The older name of EXTEND with window functions."""
        self.advance()
        return pipe_nodes.PipeExtend(at, self._several(self.select_item), {})

    def pipe_call(self, at: int) -> nodes.Node:
        self.advance()
        function = self.primary_source()
        if not isinstance(function, nodes.FunctionSource):
            self.fail()
        return pipe_nodes.PipeCall(at, function)

    def pipe_set(self, at: int) -> nodes.Node:
        self.advance()
        return pipe_nodes.PipeSet(at, self._several(self._assigned))

    def _assigned(self) -> tuple[str, nodes.Node]:
        name = self.identifier()
        self.expect("=")
        return name, self.expression()

    def pipe_drop(self, at: int) -> nodes.Node:
        self.advance()
        return pipe_nodes.PipeDrop(at, self._several(self.identifier))

    def pipe_rename(self, at: int) -> nodes.Node:
        self.advance()
        return pipe_nodes.PipeRename(at, self._several(self._renamed))

    def _renamed(self) -> tuple[str, str]:
        old = self.identifier()
        self.accept("AS")
        return old, self.identifier()

    def pipe_as(self, at: int) -> nodes.Node:
        self.advance()
        return pipe_nodes.PipeAs(at, self.identifier())

    def pipe_where(self, at: int) -> nodes.Node:
        self.advance()
        return pipe_nodes.PipeWhere(at, self.expression())

    def pipe_distinct(self, at: int) -> nodes.Node:
        self.advance()
        return pipe_nodes.PipeDistinct(at)

    def pipe_aggregate(self, at: int) -> nodes.Node:
        self.advance()
        found = pipe_nodes.PipeAggregate(at, [], [])
        if not self.at_any("GROUP"):
            found.items = self._several(self._ordered_item)
        if self.accept("GROUP"):
            found.grouped, found.ordered = True, self.accept("AND", "ORDER")
            self.expect("BY")
            found.keys = self._several(self._key)
        return found

    def _key(self) -> tuple[nodes.SelectItem, nodes.OrderItem | None]:
        return self._with_order(self.grouping_item())

    def _ordered_item(self) -> tuple[nodes.SelectItem, nodes.OrderItem | None]:
        return self._with_order(self.expression())

    def _with_order(self, expression: nodes.Node) -> tuple[nodes.SelectItem, nodes.OrderItem | None]:
        item = nodes.SelectItem(expression.at, expression, self.alias())
        if not self.at_any("ASC", "DESC"):
            return item, None
        order = nodes.OrderItem(self.token.at, expression, self.advance().upper == "DESC")
        if self.accept("NULLS"):
            order.nulls_first = self.advance().upper == "FIRST"
        return item, order

    def pipe_order(self, at: int) -> nodes.Node:
        self.expect("ORDER", "BY")
        return pipe_nodes.PipeOrder(at, self.order_items())

    def pipe_limit(self, at: int) -> nodes.Node:
        self.advance()
        return pipe_nodes.PipeLimit(at, self.expression(), self.expression() if self.accept("OFFSET") else None)

    def pipe_with(self, at: int) -> nodes.Node:
        self.advance()
        recursive = self.accept("RECURSIVE")
        return pipe_nodes.PipeWith(at, self._several(self.cte), recursive)

    def pipe_join(self, at: int) -> nodes.Node:
        """[INNER | LEFT | RIGHT | FULL | CROSS] JOIN, or a set operation that begins with LEFT, FULL or INNER."""
        if self.at_set_operation():
            return self.pipe_union(at)
        join = nodes.Join(at, kind=self.join_kind() or self.fail())
        join.right = self.operated(self.primary_source())
        self.condition(join)
        return join

    pipe_inner = pipe_left = pipe_right = pipe_full = pipe_cross = pipe_join

    def pipe_union(self, at: int) -> nodes.Node:
        """UNION ALL (query), (query) ...: the parts but for the first."""
        op, mode = self.set_operator()
        matching = self.matching(mode)
        return pipe_nodes.PipeSetOperation(at, nodes.SetOperation(at, op, self._several(self._part), matching))

    pipe_intersect = pipe_except = pipe_outer = pipe_union

    def _part(self) -> nodes.Node:
        self.expect("(")
        query = self.query()
        self.expect(")")
        return query

    def pipe_pivot(self, at: int) -> nodes.Node:
        return self.pivot(at)

    def pipe_unpivot(self, at: int) -> nodes.Node:
        return self.unpivot(at)

    def pipe_match_recognize(self, at: int) -> nodes.Node:
        return self.matched(at)

    def pipe_tablesample(self, at: int) -> nodes.Node:
        return self.sample(at)

    def _several(self, one: Callable[[], T]) -> list[T]:
        """One or more, with commas between, and one more after the last if they like."""
        found = [one()]
        while self.accept(","):
            if self.token.kind == "end" or self.token.text in (")", ";", "|>") or self.at_any("GROUP"):
                break
            found.append(one())
        return found

    # --- what the grammar of queries brings ---------------------------------------------------------------------------
    def select(self) -> nodes.Select:
        raise NotImplementedError

    def select_item(self) -> nodes.SelectItem | nodes.Star:
        raise NotImplementedError

    def named_windows(self) -> dict[str, nodes.Window]:
        raise NotImplementedError

    def grouping_item(self) -> nodes.Node:
        raise NotImplementedError

    def cte(self) -> nodes.With:
        raise NotImplementedError

    def at_set_operation(self) -> bool:
        raise NotImplementedError

    def set_operator(self) -> tuple[str, str | None]:
        raise NotImplementedError

    def matching(self, mode: str | None) -> nodes.Matching | None:
        raise NotImplementedError
