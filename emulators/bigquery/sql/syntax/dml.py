"""INSERT, UPDATE, DELETE, MERGE."""

from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import statements as s
from emulators.bigquery.sql.syntax.queries import QueryParser


class DmlParser(QueryParser):
    def statement_insert(self) -> s.Statement:
        at = self.expect("INSERT").at
        self.accept("INTO")
        insert = s.Insert(at, table=self.table_path())
        if self.token.text == "(" and not self.at_query():
            insert.columns = self.names()
        if self.accept("VALUES"):
            insert.rows = [self._row()]
            while self.accept(","):
                insert.rows.append(self._row())
        else:
            insert.query = self.query()
        return insert

    def _row(self) -> list[nodes.Node]:
        self.expect("(")
        row = self.expressions()
        self.expect(")")
        return row

    def statement_update(self) -> s.Statement:
        update = s.Update(self.expect("UPDATE").at, table=self.table_path())
        update.alias = self._target_alias()
        self.expect("SET")
        update.assignments = self._assignments()
        if self.accept("FROM"):
            update.source = self.source()
        if self.accept("WHERE"):
            update.where = self.expression()
        else:
            self.fail("UPDATE must have a WHERE clause", update.at)
        return update

    def _target_alias(self) -> str | None:
        if self.accept("AS"):
            return self.identifier()
        return self.identifier() if self.at_identifier() else None

    def _assignments(self) -> list[s.Assignment]:
        found = []
        while True:
            at, path = self.token.at, [self.identifier()]
            while self.accept("."):
                path.append(self.any_name())
            self.expect("=")
            found.append(s.Assignment(at, path, self.expression()))
            if not self.accept(","):
                return found

    def statement_delete(self) -> s.Statement:
        at = self.expect("DELETE").at
        self.accept("FROM")
        delete = s.Delete(at, table=self.table_path())
        delete.alias = self._target_alias()
        if self.accept("WHERE"):
            delete.where = self.expression()
        else:
            self.fail("DELETE must have a WHERE clause", at)
        return delete

    def statement_merge(self) -> s.Statement:
        at = self.expect("MERGE").at
        self.accept("INTO")
        merge = s.Merge(at, table=self.table_path())
        merge.alias = self._target_alias()
        self.expect("USING")
        merge.source = self.operated(self.primary_source())
        self.expect("ON")
        merge.on = self.expression()
        while self.at_any("WHEN"):
            merge.clauses.append(self._merge_clause())
        if not merge.clauses:
            self.fail(f"Syntax error: Expected keyword WHEN but got {self.describe()}")
        return merge

    def _merge_clause(self) -> s.MergeClause:
        at = self.expect("WHEN").at
        match = "MATCHED"
        if self.accept("NOT"):
            match = "TARGET"
        self.expect("MATCHED")
        if match == "TARGET" and self.accept("BY"):
            match = "SOURCE" if self.accept("SOURCE") else "TARGET"
            if match == "TARGET":
                self.expect("TARGET")
        condition = self.expression() if self.accept("AND") else None
        self.expect("THEN")
        if match != "TARGET" and self.accept("DELETE"):
            return s.MergeClause(at, match, condition, "DELETE")
        if match != "TARGET" and self.accept("UPDATE"):
            self.expect("SET")
            return s.MergeClause(at, match, condition, "UPDATE", self._assignments())
        self.expect("INSERT")
        clause = s.MergeClause(at, match, condition, "INSERT")
        if self.token.text == "(":
            clause.columns = self.names()
        if self.accept("ROW"):
            clause.row = True
        else:
            self.expect("VALUES")
            clause.values = self._row()
        return clause
