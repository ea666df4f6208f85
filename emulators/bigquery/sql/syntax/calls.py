"""Function calls and what only they may hold: DISTINCT, IGNORE NULLS, ORDER BY, LIMIT, OVER, CAST, EXTRACT, date
parts."""

from collections.abc import Callable

from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.lexer import RESERVED
from emulators.bigquery.sql.syntax.types import TypeParser

_MODIFIERS = ("IGNORE", "RESPECT", "HAVING", "GROUP", "ORDER", "LIMIT")


class CallParser(TypeParser):
    def expressions(self) -> list[nodes.Node]:
        found = [self.expression()]
        while self.accept(","):
            found.append(self.expression())
        return found

    def at_query(self) -> bool:
        """Whether a query begins here, possibly in parentheses."""
        index = 0
        while self.peek(index).text == "(" and self.peek(index).kind == "op":
            index += 1
        word = self.peek(index).upper if index else self.token.upper
        following = self.peek(index + 1).text
        if word == "SELECT":
            return True
        if word == "WITH":
            return following != "("
        return word == "FROM"

    def at_whole_query(self) -> bool:
        """Whether what is in these parentheses is a query, and not an expression that begins with one."""
        if not self.at_query() or self.token.text != "(":
            return self.at_query()
        depth, index = 0, 0
        while self.peek(index).kind != "end":
            text = self.peek(index).text if self.peek(index).kind == "op" else ""
            depth += (text == "(") - (text == ")")
            index += 1
            if depth == 0:
                break
        after = self.peek(index)
        return after.text in (")", "|>") or after.upper in (
            "UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "FULL", "LEFT", "INNER", "OUTER"
        )  # fmt: skip

    def call(self, at: int, path: list[str], first: nodes.Node | None = None) -> nodes.Node:
        """name ( ... ) with the tokens at `(`; first: the argument that a chained call has before its name."""
        name = ".".join(part.upper() for part in path)
        special: Callable[[int], nodes.Node] | None = getattr(self, f"call_{name.lower()}", None)
        if first is not None and (special is not None or name == "GROUPING"):
            self.fail(f"Chained function calls do not support {name}", at)
        if special is not None:
            return special(at)
        call = nodes.Call(at, name, path, [] if first is None else [first])
        self.expect("(")
        if self.accept("*"):
            call.star = True
        elif self.token.text != ")":
            call.distinct = self.accept("DISTINCT")
            if first is None or not (self.token.text == ")" or self.at_any(*_MODIFIERS)):
                self._arguments(call)
            self._modifiers(call)
        self.expect(")")
        if self.at_any("IGNORE", "RESPECT") and self.peek().upper == "NULLS" and self.peek(2).upper == "OVER":
            call.nulls = self.advance().upper
            self.advance()
        if self.accept("OVER"):
            call.over = self.window()
        return call

    def _arguments(self, call: nodes.Call) -> None:
        while True:
            if self.token.kind == "word" and self.peek().text == "=>":
                name = self.identifier()
                self.advance()
                call.named.append((name.lower(), self._argument()))
            else:
                call.args.append(self._argument())
            if not self.accept(","):
                return

    def _argument(self) -> nodes.Node:
        if self.at_identifier() and self.peek().text == "->":
            at, name = self.token.at, self.identifier()
            self.advance()
            return nodes.Lambda(at, [name], self.expression())
        if self.token.text == "(" and self._at_lambda():
            at = self.token.at
            parameters = self.names()
            self.expect("->")
            return nodes.Lambda(at, parameters, self.expression())
        following = self.peek()
        is_name = following.kind == "quoted" or (following.kind == "word" and following.upper not in RESERVED)
        if self.token.upper in ("TABLE", "MODEL") and is_name:  # else a column of that name: countif(model is null)
            at = self.advance().at
            return nodes.TableSource(at, path=self.table_path())
        self.refuse_query("Each function argument")
        value = self.expression()
        if self.accept("AS"):
            name = self.identifier()
            return nodes.StructLiteral(value.at, None, [(name, value)])
        return value

    def refuse_query(self, what: str) -> None:
        """SqlError where a query stands without parentheses of its own."""
        if self.at_word("SELECT"):
            why = "to use a query as an expression, the query must be wrapped with additional parentheses"
            self.fail(f"{what} is an expression, not a query; {why} to make it a scalar subquery expression")

    def _at_lambda(self) -> bool:
        index = 1
        while self.peek(index).kind in ("word", "quoted") and self.peek(index + 1).text == ",":
            index += 2
        return self.peek(index + 1).text == ")" and self.peek(index + 2).text == "->"

    def _modifiers(self, call: nodes.Call) -> None:
        if self.at_any("IGNORE", "RESPECT") and self.peek().upper == "NULLS":
            call.nulls = self.advance().upper
            self.advance()
        if self.accept("HAVING"):
            which = "MAX" if self.accept("MAX") else "MIN" if self.accept("MIN") else self.fail()
            call.having = (which, self.expression())
        elif self.accept("GROUP", "BY"):
            call.group_by = self.expressions()
        if self.accept("ORDER", "BY"):
            call.order_by = self.order_items()
        if self.accept("LIMIT"):
            call.limit = self.expression()

    def order_items(self) -> list[nodes.OrderItem]:
        found = []
        while True:
            item = nodes.OrderItem(self.token.at, self.expression())
            if self.accept("COLLATE"):
                item.collate = self.string()
            if self.accept("DESC"):
                item.descending = True
            else:
                self.accept("ASC")
            if self.accept("NULLS"):
                item.nulls_first = self.advance().upper == "FIRST"
            found.append(item)
            if not self.accept(","):
                return found

    def window(self) -> nodes.Window:
        """A name, or ( [name] [PARTITION BY ...] [ORDER BY ...] [frame] )."""
        at = self.token.at
        if self.token.text != "(":
            return nodes.Window(at, self.identifier())
        self.expect("(")
        window = nodes.Window(at)
        if self.at_identifier() and not self.at_word("PARTITION"):
            window.name = self.identifier()
        if self.accept("PARTITION", "BY"):
            window.partition_by = self.expressions()
        if self.accept("ORDER", "BY"):
            window.order_by = self.order_items()
        if self.at_any("ROWS", "RANGE"):
            window.frame = self._frame()
        self.expect(")")
        return window

    def _frame(self) -> nodes.Frame:
        token = self.advance()
        if self.accept("BETWEEN"):
            start = self._bound()
            self.expect("AND")
            return nodes.Frame(token.at, token.upper, start, self._bound())
        return nodes.Frame(token.at, token.upper, self._bound(), ("CURRENT ROW", None))

    def _bound(self) -> tuple[str, nodes.Node | None]:
        if self.accept("CURRENT", "ROW"):
            return "CURRENT ROW", None
        if self.accept("UNBOUNDED"):
            side = self.advance().upper
            return f"UNBOUNDED {side}", None
        value = self.expression()
        side = self.token.upper
        if side not in ("PRECEDING", "FOLLOWING"):
            self.fail()
        self.advance()
        return side, value

    # --- calls of their own form
    # ---------------------------------------------------------------------------------------
    def call_safe_cast(self, at: int) -> nodes.Node:
        return self.cast(at, True)

    def word_cast(self) -> nodes.Node:
        return self.cast(self.expect("CAST").at, False)

    def cast(self, at: int, safe: bool) -> nodes.Node:
        self.expect("(")
        self.refuse_query(f"The argument to {'SAFE_CAST' if safe else 'CAST'}")
        operand = self.expression()
        self.expect("AS")
        node = nodes.Cast(at, operand, self.type(), safe)
        if self.accept("FORMAT"):
            node.format = self.expression()
            if self.accept("AT", "TIME", "ZONE"):
                node.zone = self.expression()
        self.expect(")")
        return node

    def word_extract(self) -> nodes.Node:
        at = self.expect("EXTRACT").at
        self.expect("(")
        part = self.date_part()
        self.expect("FROM")
        operand = self.expression()
        zone = self.expression() if self.accept("AT", "TIME", "ZONE") else None
        self.expect(")")
        return nodes.Extract(at, part, operand, zone)

    def date_part(self) -> nodes.Part:
        """A part, or WEEK(weekday)."""
        token = self.token
        if token.kind != "word":
            self.fail()
        self.advance()
        if token.upper == "WEEK" and self.accept("("):
            weekday = self.advance().upper
            self.expect(")")
            return nodes.Part(token.at, "WEEK", weekday)
        return nodes.Part(token.at, token.upper)
