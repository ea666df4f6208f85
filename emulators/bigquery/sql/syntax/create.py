"""CREATE: schemas, tables, views, routines, row access policies."""

from emulators.bigquery.sql.syntax import definitions as d
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import statements as s
from emulators.bigquery.sql.syntax.indexes import IndexParser

_KINDS = (
    ("SNAPSHOT", "TABLE"), ("EXTERNAL", "TABLE"), ("MATERIALIZED", "VIEW"), ("TABLE", "FUNCTION"), ("AGGREGATE",
    "FUNCTION"),
    ("ROW", "ACCESS", "POLICY"), ("SCHEMA",), ("TABLE",), ("VIEW",), ("FUNCTION",), ("PROCEDURE",),
)  # fmt: skip

INDEXES = ("SEARCH INDEX", "VECTOR INDEX")
_REFUSED = (
    ("MODEL",), ("ASSIGNMENT",), ("BI_CAPACITY",), ("CAPACITY",), ("CONNECTION",), ("EXTERNAL", "SCHEMA"),
    ("ORGANIZATION",), ("PROJECT",), ("RESERVATION",), ("PROPERTY", "GRAPH"), ("DATA_POLICY",),
)  # fmt: skip


class CreateParser(IndexParser):
    def object_kind(self) -> str:  # noqa: RET503
        for words in _KINDS:
            if self.accept(*words):
                return " ".join(words)
        for words in _REFUSED:
            if self.at_word(*words):
                article = "an" if words[0][0] in "AEIO" else "a"
                self.fail(f"Definitions of {article} {' '.join(words)} are not supported by this emulator")
        self.fail()

    def statement_create(self) -> s.Statement:
        at = self.expect("CREATE").at
        or_replace = self.accept("OR", "REPLACE")
        temporary = self.accept("TEMP") or self.accept("TEMPORARY")
        for index in INDEXES:
            if self.accept(*index.split()):
                return self.create_index(at, index, or_replace)
        kind = self.object_kind()
        if_not_exists = self.accept("IF", "NOT", "EXISTS")
        if or_replace and if_not_exists:
            self.fail(f"CREATE {kind} cannot have both OR REPLACE and IF NOT EXISTS", at)
        if kind == "ROW ACCESS POLICY":
            return self._policy(at, or_replace, if_not_exists)
        if kind.endswith(("FUNCTION", "PROCEDURE")):
            routine = d.CreateRoutine(at, kind=kind, name=self.table_path(), or_replace=or_replace)
            routine.if_not_exists, routine.temporary = if_not_exists, temporary
            return self._routine(routine)
        create = d.Create(at, kind=kind, name=self.table_path(), or_replace=or_replace, if_not_exists=if_not_exists)
        create.temporary = temporary
        return self._table(create)

    def _table(self, create: d.Create) -> d.Create:
        for method in ("LIKE", "COPY", "CLONE"):
            if self.accept(method):
                create.method, create.source = method, self.table_path()
                if self.accept("FOR", "SYSTEM_TIME", "AS", "OF"):
                    create.as_of = self.expression()
        if self.token.text == "(":
            if create.kind in ("VIEW", "MATERIALIZED VIEW"):
                create.columns = self.view_columns()
            else:
                self.column_list(create)
        while self._clause(create):
            pass
        if self.accept("AS"):
            start = self.token.at
            create.query = self.query()
            create.query_text = self.text[start : self.tokens[self.index - 1].end]
        return create

    def _clause(self, create: d.Create) -> bool:
        if self.accept("PARTITION", "BY"):
            create.partition_by = self.expression()
        elif self.accept("CLUSTER", "BY"):
            create.cluster_by = self.name_list()
        elif self.at_word("OPTIONS"):
            create.options += self.options()
        elif self.accept("WITH", "PARTITION", "COLUMNS"):
            create.partition_columns = self.plain_columns() if self.token.text == "(" else []
        elif self.accept("DEFAULT", "COLLATE"):
            create.options.append(self.default_collation())
        elif self.at_word("WITH", "CONNECTION"):
            self.fail("Unsupported: WITH CONNECTION is not supported")
        elif self.accept("CLONE") or self.accept("COPY"):
            create.method, create.source = self.tokens[self.index - 1].upper, self.table_path()
            if self.accept("FOR", "SYSTEM_TIME", "AS", "OF"):
                create.as_of = self.expression()
        else:
            return False
        return True

    def _routine(self, routine: d.CreateRoutine) -> s.Statement:
        self.expect("(")
        while self.token.text != ")":
            routine.arguments.append(self._argument_of(routine.kind))
            if not self.accept(","):
                break
        self.expect(")")
        while self._routine_clause(routine):
            pass
        if routine.kind == "PROCEDURE" and self.at_word("BEGIN"):
            start = self.token.at
            self.block_statement()
            routine.body = self.text[start : self.tokens[self.index - 1].end]
        elif self.accept("AS"):
            self._body(routine)
        while self._routine_clause(routine):
            pass
        return routine

    def _argument_of(self, kind: str) -> d.Argument:
        at, mode = self.token.at, None
        if kind == "PROCEDURE" and self.at_any("IN", "OUT", "INOUT") and self.peek().kind in ("word", "quoted"):
            mode = self.advance().upper
        name = self.identifier()
        if kind == "TABLE FUNCTION" and self.accept("ANY", "TABLE"):
            return d.Argument(at, name, None, columns=[])
        if kind == "TABLE FUNCTION" and self.accept("TABLE"):
            return d.Argument(at, name, None, columns=self._table_columns())
        if self.accept("ANY", "TYPE"):
            argument = d.Argument(at, name, None, mode)
        else:
            argument = d.Argument(at, name, self.type(), mode)
        if self.accept("NOT", "AGGREGATE"):
            argument.not_aggregate = True
        return argument

    def _table_columns(self) -> list[tuple[str, nodes.TypeNode]]:
        """< name TYPE, ... >"""
        self.expect("<")
        columns = [(self.identifier(), self.type())]
        while self.accept(","):
            columns.append((self.identifier(), self.type()))
        self.close_angle()
        return columns

    def _routine_clause(self, routine: d.CreateRoutine) -> bool:
        if self.accept("RETURNS"):
            if self.accept("TABLE"):
                routine.returns_table = self._table_columns()
            else:
                routine.returns = self.type()
        elif self.accept("LANGUAGE"):
            routine.language = self.any_name().upper()
        elif self.accept("DETERMINISTIC"):
            routine.determinism = "DETERMINISTIC"
        elif self.accept("NOT", "DETERMINISTIC"):
            routine.determinism = "NOT_DETERMINISTIC"
        elif self.at_word("OPTIONS"):
            routine.options = self.options()
        elif self.at_any("REMOTE"):
            self.fail("Unsupported: remote functions are not supported")
        else:
            return False
        return True

    def _body(self, routine: d.CreateRoutine) -> None:
        if self.token.kind == "string" and routine.language != "SQL":
            routine.body = self.string()
            return
        start = self.token.at
        if routine.kind == "TABLE FUNCTION":
            self.query()
            routine.body = self.text[start : self.tokens[self.index - 1].end]
            return
        self.expect("(")
        start = self.token.at
        self.expression()
        routine.body = self.text[start : self.tokens[self.index - 1].end]
        self.expect(")")

    def _policy(self, at: int, or_replace: bool, if_not_exists: bool) -> s.Statement:
        policy = d.CreatePolicy(at, name=self.identifier(), or_replace=or_replace, if_not_exists=if_not_exists)
        self.expect("ON")
        policy.table = self.table_path()
        if self.accept("GRANT", "TO"):
            self.expect("(")
            policy.grantees.append(self.string())
            while self.accept(","):
                policy.grantees.append(self.string())
            self.expect(")")
        self.expect("FILTER")
        self.expect("USING")
        self.expect("(")
        start = self.token.at
        policy.filter = self.expression()
        policy.filter_text = self.text[start : self.tokens[self.index - 1].end]
        self.expect(")")
        return policy

    def block_statement(self) -> s.Statement:
        raise NotImplementedError
