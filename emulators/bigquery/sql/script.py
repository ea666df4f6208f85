"""Running a script: its statements one by one, variables, control flow, exceptions, procedures."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

from emulators.bigquery.sql import actions
from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, Environment
from emulators.bigquery.sql.analysis.coercion import assign
from emulators.bigquery.sql.analysis.constants import evaluate, value_sql
from emulators.bigquery.sql.analysis.routines import rest_type
from emulators.bigquery.sql.analysis.statements import analyse, finish, load_rules, rows_of
from emulators.bigquery.sql.analysis.values import Scope, Value
from emulators.bigquery.sql.model import SqlError, Statement
from emulators.bigquery.sql.syntax import definitions as d
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import statements as s
from emulators.bigquery.sql.syntax.scripting import parse_script
from emulators.bigquery.sql.system_variables import assign_system, forget_error, keep, keep_error, require_settable
from emulators.bigquery.sql.types import Type

_MAX_STEPS = 100_000
_BREATH = 100  # so often a loop that asks for nothing lets the state layer look whether the job is cancelled
Steps = Generator[Statement, None, None]
_ASSIGN = "Cannot coerce expression of type {source} to type {target}"


class _Break(Exception):
    def __init__(self, label: str | None) -> None:
        self.label = label


class _Continue(_Break):
    pass


class _Return(Exception):
    pass


class Script(Iterator[Statement]):
    """The statements of a script, each analysed when it is asked for; see translate.py for how it is used.

    kind: SCRIPT, or the statement's own kind when there is only one (known after the first step).
    """

    def __init__(self, environment: Environment, text: str) -> None:
        load_rules()
        self.environment, self.text = environment, text
        self.nodes = parse_script(text)
        self._steps = self._run(self.nodes, text)
        self._pending: Statement | None = None
        self._finished = False
        self._rows: Sequence[Sequence[Any]] = ()
        self._kind = "SCRIPT"
        self._steps_taken = 0
        self._procedures: list[str | None] = [None]  # the names of those that run
        self._blocks: list[set[str]] = [set()]  # the variables that the blocks around declare

    @property
    def is_script(self) -> bool:
        """Whether BigQuery would run this as a script with child jobs."""
        plain = [n for n in self.nodes if not (isinstance(n, d.CreateRoutine) and n.temporary)]
        if len(self.nodes) == 1:
            plain = list(self.nodes)
        return len(plain) != 1 or isinstance(
            plain[0],
            (s.Declare, s.Set, s.Block, s.If, s.CaseStatement, s.Loop, s.For, s.CallStatement, s.ExecuteImmediate),
        )

    @property
    def kind(self) -> str:
        """SCRIPT, or the kind of the only statement (as soon as it has been yielded)."""
        return "SCRIPT" if self.is_script else self._kind

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
        self._rows = rows or ()
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

    # --- running ---------------------------------------------------------------------------------------------------
    def _run(self, statements: Iterable[s.Statement], text: str) -> Steps:
        try:
            yield from self._each(statements, text)
        except _Return:
            return
        except _Break as jump:
            word = "CONTINUE" if isinstance(jump, _Continue) else "BREAK"
            raise SqlError(f"{word} is not allowed outside of a loop body") from None

    def _each(self, statements: Iterable[s.Statement], text: str) -> Steps:
        for node in statements:
            self._steps_taken += 1
            try:
                yield from self._one(node, text)
            except SqlError as error:
                if error.statement is None:
                    error.statement = text[node.at : node.end]
                    error.frames.append(_frame(text, node.at, self._procedures[-1]))
                raise

    def _one(self, node: s.Statement, text: str) -> Steps:
        rule = getattr(self, f"_{type(node).__name__.lower()}", None)
        if rule is not None:
            yield from rule(node, text)
            return
        statement = analyse(self.environment, text, node)
        if statement.action is not None or statement.duckdb is not None or isinstance(node, s.Transaction):
            yield statement

    def _value(self, node: nodes.Node, text: str, wanted: Type | None = None) -> Generator[Statement, None, Value]:
        """The value of an expression, as a literal; read from DuckDB by the state layer when it needs tables."""
        a = Analyzer(self.environment, text)
        value = a.expression(node, Scope())
        kind = t.INT64 if value.type.kind == "NULL" else value.type
        if wanted is not None:
            value, kind = assign(a, value, wanted, _ASSIGN, node), wanted
        sql = value.sql if kind != t.INTERVAL else f"CAST({value.sql} AS VARCHAR)"
        if not a.shared.scans:
            found = evaluate(sql, kind)
        else:
            text_here = text[node.at :]
            yield Statement(
                "SELECT",
                text_here,
                f"SELECT {finish(a, sql)} AS v",
                schema=(t.to_field("v", kind),),
                reads=tuple(a.shared.reads),
                scans=tuple(a.shared.scanned),
                wants_rows=True,
            )
            found = self._rows[0][0] if self._rows else None
        return Value(value_sql(found, kind), kind)

    def _condition(self, node: nodes.Node, text: str) -> Generator[Statement, None, bool]:
        value = yield from self._value(node, text, t.BOOL)
        return bool(evaluate(value.sql))

    def _declare(self, node: s.Declare, text: str) -> Steps:
        kind = t.of_node(node.type) if node.type is not None else None
        for name in node.names:
            if any(name.lower() in block for block in self._blocks):
                raise SqlError(f"Variable '{name}' redeclaration is not allowed")
        if node.default is not None:
            value = yield from self._value(node.default, text, kind)
        else:
            assert kind is not None
            value = Value(value_sql(None, kind), kind)
        for name in node.names:
            self._blocks[-1].add(name.lower())
            self.environment.variables[name.lower()] = value

    def _set(self, node: s.Set, text: str) -> Steps:
        assert node.value is not None
        if not node.several:
            yield from self._assign(node.targets[0], node.value, text)
            return
        value = yield from self._value(node.value, text)
        if value.type.kind != "STRUCT" or len(value.type.fields) != len(node.targets):
            raise SqlError(
                f"Number of variables ({len(node.targets)}) does not match the number of fields of {value.type}"
            )
        for target, own, (_, kind) in zip(node.targets, t.struct_names(value.type), value.type.fields, strict=True):
            self._store(target, Value(f"struct_extract({value.sql}, {t.text(own)})", kind))

    def _assign(self, target: str, node: nodes.Node, text: str) -> Steps:
        if target.startswith("@@"):
            name = target[2:].lower()
            require_settable(name)
            value = yield from self._value(node, text, t.STRING)
            assign_system(self.environment, name, value, self._steps_taken == 1)
            return
        known = self.environment.variables.get(target.lower())
        if known is None:
            raise SqlError(f"Undeclared variable: {target}")
        self.environment.variables[target.lower()] = yield from self._value(node, text, known.type)

    def _store(self, target: str, value: Value) -> None:
        if target.startswith("@@"):
            assign_system(self.environment, target[2:].lower(), value, self._steps_taken == 1)
            return
        known = self.environment.variables.get(target.lower())
        if known is None:
            raise SqlError(f"Undeclared variable: {target}")
        a = Analyzer(self.environment, "")
        fitted = assign(a, value, known.type, _ASSIGN, None)
        found = evaluate(fitted.sql, known.type)
        self.environment.variables[target.lower()] = Value(value_sql(found, known.type), known.type)

    # --- blocks and control flow -------------------------------------------------------------------------------------
    def _block(self, node: s.Block, text: str) -> Steps:
        self._blocks.append(set())
        try:
            yield from self._each(node.body, text)
        except SqlError as error:
            if node.handler is None:
                raise
            before = keep_error(self.environment, error)
            try:
                yield from self._each(node.handler, text)
            finally:
                forget_error(self.environment, before)
        except _Break as jump:
            if jump.label is None or jump.label.lower() != (node.label or "").lower() or isinstance(jump, _Continue):
                raise
        finally:
            for name in self._blocks.pop():
                self.environment.variables.pop(name, None)

    def _if(self, node: s.If, text: str) -> Steps:
        for condition, body in node.branches:
            if (yield from self._condition(condition, text)):
                yield from self._each(body, text)
                return
        yield from self._each(node.otherwise, text)

    def _casestatement(self, node: s.CaseStatement, text: str) -> Steps:
        for condition, body in node.branches:
            test = condition if node.operand is None else nodes.Binary(condition.at, "=", node.operand, condition)
            if (yield from self._condition(test, text)):
                yield from self._each(body, text)
                return
        if node.otherwise is not None:
            yield from self._each(node.otherwise, text)

    def _loop(self, node: s.Loop, text: str) -> Steps:
        for step in range(1, _MAX_STEPS + 1):
            if step % _BREATH == 0:
                yield Statement("SELECT", "", "SELECT 1", wants_rows=True)
            if (
                node.kind == "WHILE"
                and node.condition is not None
                and not (yield from self._condition(node.condition, text))
            ):
                return
            try:
                yield from self._each(node.body, text)
            except _Break as jump:
                if not _mine(jump, node.label):
                    raise
                if not isinstance(jump, _Continue):
                    return
            if (
                node.kind == "REPEAT"
                and node.condition is not None
                and (yield from self._condition(node.condition, text))
            ):
                return
        raise SqlError(f"The loop ran {_MAX_STEPS} times without an end")

    def _for(self, node: s.For, text: str) -> Steps:
        assert node.query is not None
        a = Analyzer(self.environment, text)
        relation = a.query(node.query, None)
        kind = Type("STRUCT", None, tuple((c.name or None, c.type) for c in relation.columns))
        yield Statement(
            "SELECT",
            text[node.query.at :],
            finish(a, rows_of(relation)),
            reads=tuple(a.shared.reads),
            scans=tuple(a.shared.scanned),
            wants_rows=True,
        )
        saved = self.environment.variables.get(node.variable.lower())
        for row in list(self._rows):
            self.environment.variables[node.variable.lower()] = Value(value_sql(list(row), kind), kind)
            try:
                yield from self._each(node.body, text)
            except _Break as jump:
                if not _mine(jump, node.label):
                    raise
                if not isinstance(jump, _Continue):
                    break
        self.environment.variables.pop(node.variable.lower(), None)
        if saved is not None:
            self.environment.variables[node.variable.lower()] = saved

    def _jump(self, node: s.Jump, text: str) -> Steps:
        yield from ()
        if node.kind == "RETURN":
            raise _Return
        raise (_Continue if node.kind == "CONTINUE" else _Break)(node.label)

    def _raise(self, node: s.Raise, text: str) -> Steps:
        if node.message is None:
            message = self.environment.system.get("error.message")
            if message is None:
                raise SqlError("Cannot re-raise an existing exception outside of an exception handler")
            raise SqlError(str(evaluate(message.sql)))
        value = yield from self._value(node.message, text, t.STRING)
        raise SqlError(str(evaluate(value.sql)))

    def _assert(self, node: s.Assert, text: str) -> Steps:
        assert node.condition is not None
        if not (yield from self._condition(node.condition, text)):
            raise SqlError(node.message or "Assertion failed")

    # --- calls -------------------------------------------------------------------------------------------------------
    def _executeimmediate(self, node: s.ExecuteImmediate, text: str) -> Steps:
        assert node.sql is not None
        value = yield from self._value(node.sql, text, t.STRING)
        inner_text = evaluate(value.sql)
        if inner_text is None:
            raise SqlError("Dynamic SQL in EXECUTE IMMEDIATE cannot be NULL")
        named, positional = {}, []
        for item in node.using:
            given = yield from self._value(item.expression, text)
            if item.alias:
                named[item.alias.lower()] = given
            else:
                positional.append(given)
        inner = parse_script(inner_text)
        if len(inner) != 1:
            raise SqlError("Dynamic SQL in EXECUTE IMMEDIATE must be a single statement")
        env = self.environment
        saved = env.named, env.positional
        env.named, env.positional = named, tuple(positional)
        try:
            statement = analyse(env, inner_text, inner[0])
        finally:
            env.named, env.positional = saved
        if not node.into:
            yield statement
            return
        yield Statement(
            statement.kind,
            statement.text,
            statement.duckdb,
            schema=statement.schema,
            reads=statement.reads,
            scans=statement.scans,
            wants_rows=True,
        )
        self._into(node.into, statement, self._rows)

    def _into(self, targets: list[str], statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        if len(targets) != len(statement.schema):
            raise SqlError(
                f"EXECUTE IMMEDIATE INTO has {len(targets)} variables but the query returns {len(statement.schema)} columns"  # noqa: E501
            )
        if len(rows) > 1:
            raise SqlError("EXECUTE IMMEDIATE INTO: the query returned more than one row")
        for i, (target, field) in enumerate(zip(targets, statement.schema, strict=True)):
            kind = t.of_field(field)
            self._store(target, Value(value_sql(rows[0][i] if rows else None, kind), kind))

    def _callstatement(self, node: s.CallStatement, text: str) -> Steps:
        a = Analyzer(self.environment, text)
        if [part.upper() for part in node.path] == ["BQ", "REFRESH_MATERIALIZED_VIEW"] and len(node.args) == 1:
            value = yield from self._value(node.args[0], text, t.STRING)
            name = a.table_name(str(evaluate(value.sql)).split("."), node)
            yield Statement("CALL", text[node.at : node.end], action=actions.RefreshMaterializedView(name), target=name)
            return
        if [part.upper() for part in node.path] == ["BQ", "ABORT_SESSION"] and len(node.args) < 2:
            session = None
            for argument in node.args:
                session = evaluate((yield from self._value(argument, text, t.STRING)).sql)
            yield Statement("CALL", text[node.at : node.end], action=actions.AbortSession(session))
            return
        name = a.table_name(node.path, node)
        routine = a.catalog.routine(name)
        if routine is None or routine.get("routineType") != "PROCEDURE":
            a.fail(f"Procedure not found: {'.'.join(node.path)}", node)
        yield from self._procedure(routine, f"{name.project}.{name.dataset}.{name.table}", node, text)

    def _procedure(self, routine: Any, name: str, node: s.CallStatement, text: str) -> Steps:
        wanted = routine.get("arguments", [])
        if len(wanted) != len(node.args):
            raise SqlError(
                f"Procedure {'.'.join(node.path)} takes {len(wanted)} arguments, but was called with {len(node.args)}"
            )
        given: dict[str, Value] = {}
        outputs: list[tuple[str, str]] = []
        for arg, value in zip(wanted, node.args, strict=True):
            kind = rest_type(arg["dataType"]) if "dataType" in arg else None
            mode = arg.get("mode", "IN")
            if mode != "IN":
                if not isinstance(value, nodes.Path) or value.parts[0].lower() not in self.environment.variables:
                    raise SqlError(f"Procedure argument {arg['name']} is {mode}: it needs a variable")
                outputs.append((arg["name"].lower(), value.parts[0]))
            if mode == "OUT":
                assert kind is not None
                given[arg["name"].lower()] = Value(value_sql(None, kind), kind)
            else:
                given[arg["name"].lower()] = yield from self._value(value, text, kind)
        outer = self.environment.variables
        self.environment.variables = given
        body = routine["definitionBody"]
        blocks, self._blocks = self._blocks, [set()]
        self._procedures.append(name)
        try:
            yield from self._each(parse_script(body), body)
        except _Return:
            pass
        except SqlError as error:
            error.frames.append(_frame(text, node.at, self._procedures[-2]))
            raise
        finally:
            self._procedures.pop()
            self._blocks = blocks
            finished, self.environment.variables = self.environment.variables, outer
        for name, target in outputs:
            self._store(target, finished[name])


def _frame(text: str, at: int, procedure: str | None) -> dict[str, Any]:
    """Where a statement is, in a procedure or in the script itself; lines and columns count from 1."""
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return {"line": line, "column": column, "filename": None, "location": procedure}


def _mine(jump: _Break, label: str | None) -> bool:
    return jump.label is None or jump.label.lower() == (label or "").lower()
