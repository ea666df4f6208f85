"""A script as the state layer runs it: its statements one by one, each analysed when it is asked for."""

from collections.abc import Iterator, Sequence
from typing import Any

from emulators.bigquery.sql.analysis.analyzer import Environment
from emulators.bigquery.sql.analysis.statements import load_rules
from emulators.bigquery.sql.model import SqlError, Statement
from emulators.bigquery.sql.scripting.interpreter import Interpreter
from emulators.bigquery.sql.syntax import definitions as d
from emulators.bigquery.sql.syntax import statements as s
from emulators.bigquery.sql.syntax.scripting import parse_script
from emulators.bigquery.sql.system_variables import keep

_SCRIPTING = (s.Declare, s.Set, s.Block, s.If, s.CaseStatement, s.Loop, s.For, s.CallStatement, s.ExecuteImmediate)


class Script(Iterator[Statement]):
    """The statements of a script, each analysed when it is asked for; see translate.py for how it is used.

    kind: SCRIPT, or the statement's own kind when there is only one (known after the first step).
    """

    def __init__(self, environment: Environment, text: str) -> None:
        load_rules()
        self.environment, self.text = environment, text
        self.nodes = parse_script(text)
        self._interpreter = Interpreter(environment)
        self._steps = self._interpreter.run(self.nodes, text)
        self._pending: Statement | None = None
        self._finished = False
        self._kind = "SCRIPT"

    @property
    def is_script(self) -> bool:
        """Whether BigQuery would run this as a script with child jobs."""
        plain = [n for n in self.nodes if not (isinstance(n, d.CreateRoutine) and n.temporary)]
        if len(self.nodes) == 1:
            plain = list(self.nodes)
        return len(plain) != 1 or isinstance(plain[0], _SCRIPTING)

    @property
    def kind(self) -> str:
        """SCRIPT, or the kind of the only statement (as soon as it has been yielded)."""
        if self.is_script:
            return "SCRIPT"
        return "ASSERT" if isinstance(self.nodes[-1], s.Assert) else self._kind

    def __next__(self) -> Statement:
        if self._pending is not None:
            statement, self._pending = self._pending, None
            return statement
        if self._finished:
            raise StopIteration
        statement = next(self._steps)
        self._kind = statement.kind
        return statement

    def done(self, rows: Sequence[Sequence[Any]] | None = None, affected: int | None = None) -> None:
        """The statement last yielded has run: its rows when it wanted them, the number of rows that it changed."""
        self._interpreter.rows = rows or ()
        if affected is not None:
            keep(self.environment, {"row_count": affected})

    def failed(self, error: SqlError) -> bool:
        """The statement last yielded has failed. True: a handler of the script takes it, go on; False: raise the
        error."""
        try:
            self._pending = self._steps.throw(error)
        except StopIteration:
            self._finished = True
        except SqlError as raised:
            if raised is error:
                return False
            raise
        return True
