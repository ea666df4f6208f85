"""Scripts: statements, blocks, control flow; and the parser that holds all of the grammar."""

from collections.abc import Callable
from functools import lru_cache

from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import statements as s
from emulators.bigquery.sql.syntax.alter import AlterParser


class Parser(AlterParser):
    """Everything that BigQuery's SQL allows and this emulator understands; the rest is a syntax error."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.labels: list[str] = []

    def script(self) -> list[s.Statement]:
        found = self._statements(())
        if self.token.kind != "end":
            self.fail()
        return found

    def _statements(self, until: tuple[str, ...]) -> list[s.Statement]:
        found: list[s.Statement] = []
        while self.token.kind != "end":
            if self.accept(";"):
                continue
            if self.token.upper in until:
                break
            if self.at_word("DECLARE") and found and not isinstance(found[-1], s.Declare):
                self.fail("Variable declarations are allowed only at the start of a block or script")
            found.append(self.statement())
            if self.token.kind != "end" and not self.accept(";"):
                self.fail(f"Syntax error: Expected end of input but got {self.describe()}")
        return found

    def statement(self) -> s.Statement:
        token = self.token
        if (
            token.kind == "word"
            and self.peek().text == ":"
            and self.peek(2).upper in ("LOOP", "WHILE", "REPEAT", "FOR", "BEGIN")
        ):
            return self._labelled()
        rule: Callable[[], s.Statement] | None = (
            getattr(self, f"statement_{token.upper.lower()}", None) if token.upper else None
        )
        if rule is not None:
            found = rule()
        elif self.at_query():
            found = s.QueryStatement(token.at, query=self.query())
        else:
            self.fail()
        found.end = self.tokens[self.index - 1].end
        return found

    def _labelled(self) -> s.Statement:
        """label: LOOP ... END LOOP [label], and the like; no two around one another have the same label."""
        label = self.identifier()
        if label.lower() in self.labels:
            self.fail(f"Nested block or loop label {label} is already in use")
        self.expect(":")
        self.labels.append(label.lower())
        found = self.statement()
        self.labels.pop()
        if self.at_identifier() and self.identifier().lower() != label.lower():
            self.fail(f"Mismatched end label; expected {label}")
        assert isinstance(found, s.Labelled)  # as the words behind the colon say
        found.label = label
        found.end = self.tokens[self.index - 1].end
        return found

    def statement_declare(self) -> s.Statement:
        declare = s.Declare(self.expect("DECLARE").at, names=self.name_list())
        if self.at_type() and not self.at_word("DEFAULT"):
            declare.type = self.type()
        if self.accept("DEFAULT"):
            declare.default = self.expression()
        elif declare.type is None:
            self.fail(f"Syntax error: Expected a type or keyword DEFAULT but got {self.describe()}")
        return declare

    def statement_set(self) -> s.Statement:
        at = self.expect("SET").at
        several = self.token.text == "("
        if several:
            self.expect("(")
        targets = [self._variable()]
        while several and self.accept(","):
            targets.append(self._variable())
        if several:
            self.expect(")")
        self.expect("=")
        return s.Set(at, targets=targets, value=self.expression(), several=several)

    def _variable(self) -> str:
        if self.token.kind == "system":
            return self.advance().text.lower()
        return self.identifier()

    def statement_begin(self) -> s.Statement:
        if self.at_word("BEGIN", "TRANSACTION") or self.peek().text in (";", ""):
            at = self.expect("BEGIN").at
            self.accept("TRANSACTION")
            return s.Transaction(at, action="BEGIN")
        return self.block_statement()

    def block_statement(self) -> s.Statement:
        block = s.Block(self.expect("BEGIN").at)
        block.body = self._statements(("END", "EXCEPTION"))
        if self.accept("EXCEPTION"):
            self.expect("WHEN", "ERROR", "THEN")
            block.handler = self._statements(("END",))
        self.expect("END")
        return block

    def statement_commit(self) -> s.Statement:
        return self._transaction("COMMIT")

    def statement_rollback(self) -> s.Statement:
        return self._transaction("ROLLBACK")

    def _transaction(self, action: str) -> s.Statement:
        at = self.advance().at
        self.accept("TRANSACTION")
        return s.Transaction(at, action=action)

    def statement_if(self) -> s.Statement:
        statement = s.If(self.expect("IF").at)
        condition = self.expression()
        self.expect("THEN")
        statement.branches.append((condition, self._statements(("ELSEIF", "ELSE", "END"))))
        while self.accept("ELSEIF"):
            condition = self.expression()
            self.expect("THEN")
            statement.branches.append((condition, self._statements(("ELSEIF", "ELSE", "END"))))
        if self.accept("ELSE"):
            statement.otherwise = self._statements(("END",))
        self.expect("END", "IF")
        return statement

    def statement_case(self) -> s.Statement:
        statement = s.CaseStatement(self.expect("CASE").at)
        if not self.at_any("WHEN"):
            statement.operand = self.expression()
        while self.accept("WHEN"):
            condition = self.expression()
            self.expect("THEN")
            statement.branches.append((condition, self._statements(("WHEN", "ELSE", "END"))))
        if self.accept("ELSE"):
            statement.otherwise = self._statements(("END",))
        self.expect("END", "CASE")
        return statement

    def statement_loop(self) -> s.Statement:
        loop = s.Loop(self.expect("LOOP").at, body=self._statements(("END",)))
        self.expect("END", "LOOP")
        return loop

    def statement_while(self) -> s.Statement:
        loop = s.Loop(self.expect("WHILE").at, kind="WHILE", condition=self.expression())
        self.expect("DO")
        loop.body = self._statements(("END",))
        self.expect("END", "WHILE")
        return loop

    def statement_repeat(self) -> s.Statement:
        loop = s.Loop(self.expect("REPEAT").at, kind="REPEAT", body=self._statements(("UNTIL",)))
        self.expect("UNTIL")
        loop.condition = self.expression()
        self.expect("END", "REPEAT")
        return loop

    def statement_for(self) -> s.Statement:
        loop = s.For(self.expect("FOR").at, variable=self.identifier())
        self.expect("IN")
        self.expect("(")
        loop.query = self.query()
        self.expect(")")
        self.expect("DO")
        loop.body = self._statements(("END",))
        self.expect("END", "FOR")
        return loop

    def _jump(self, kind: str) -> s.Statement:
        at = self.advance().at
        return s.Jump(at, kind=kind, label=self.identifier() if self.at_identifier() else None)

    def statement_break(self) -> s.Statement:
        return self._jump("BREAK")

    def statement_leave(self) -> s.Statement:
        return self._jump("BREAK")

    def statement_continue(self) -> s.Statement:
        return self._jump("CONTINUE")

    def statement_iterate(self) -> s.Statement:
        return self._jump("CONTINUE")

    def statement_return(self) -> s.Statement:
        return s.Jump(self.advance().at, kind="RETURN")

    def statement_raise(self) -> s.Statement:
        statement = s.Raise(self.expect("RAISE").at)
        if self.accept("USING"):
            self.expect("MESSAGE", "=")
            statement.message = self.expression()
        return statement

    def statement_assert(self) -> s.Statement:
        statement = s.Assert(self.expect("ASSERT").at, condition=self.expression())
        if self.accept("AS"):
            statement.message = self.string()
        return statement

    def statement_call(self) -> s.Statement:
        call = s.CallStatement(self.expect("CALL").at, path=self.table_path())
        self.expect("(")
        call.args = [] if self.token.text == ")" else self.expressions()
        self.expect(")")
        return call

    def statement_execute(self) -> s.Statement:
        at = self.token.at
        self.expect("EXECUTE", "IMMEDIATE")
        statement = s.ExecuteImmediate(at, sql=self.expression())
        if self.accept("INTO"):
            statement.into = self.name_list()
        if self.accept("USING"):
            statement.using = [self._aliased()]
            while self.accept(","):
                statement.using.append(self._aliased())
        return statement


@lru_cache(maxsize=128)  # a tree takes thirty times as much memory as its text
def parse_script(text: str) -> tuple[s.Statement, ...]:
    """The statements of a script. The tree is shared between calls: nobody may change it."""
    try:
        return tuple(Parser(text).script())
    except RecursionError:
        raise SqlError("The query is too deeply nested to be parsed") from None


@lru_cache(maxsize=512)
def parse_query(text: str) -> nodes.Query:
    """One query (of a view, of a table function)."""
    parser = Parser(text)
    query = parser.query()
    parser.accept(";")
    if parser.token.kind != "end":
        parser.fail()
    return query


@lru_cache(maxsize=512)
def parse_expression(text: str) -> nodes.Node:
    """One expression (of a function's body, a default, a row filter)."""
    parser = Parser(text)
    expression = parser.expression()
    if parser.token.kind != "end":
        parser.fail()
    return expression
