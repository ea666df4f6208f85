"""Columns, constraints and options of DDL."""

from emulators.bigquery.sql.syntax import definitions as d
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.dml import DmlParser


class ColumnParser(DmlParser):
    def default_collation(self) -> tuple[str, nodes.Node]:
        """DEFAULT COLLATE 'und:ci', as an option."""
        at, name = self.token.at, self.string()
        if name not in ("", "und:ci"):
            self.fail(f"Collation '{name}' is not supported", at)
        return "default_collation", nodes.Literal(at, "STRING", name)

    def name_list(self) -> list[str]:
        found = [self.identifier()]
        while self.accept(","):
            found.append(self.identifier())
        return found

    def column_rest(self, name: str, kind: nodes.TypeNode) -> nodes.ColumnNode:
        """What follows `name TYPE`: NOT NULL, DEFAULT, keys, OPTIONS."""
        column = nodes.ColumnNode(kind.at, name, kind)
        while True:
            if self.accept("NOT", "NULL"):
                column.required = True
            elif self.accept("DEFAULT"):
                start = self.token.at
                column.default = self.expression()
                column.default_text = self.text[start : self.tokens[self.index - 1].end]
            elif self.accept("PRIMARY", "KEY"):
                column.primary_key = True
                self._not_enforced()
            elif self.at_any("REFERENCES") or self.at_word("CONSTRAINT"):
                constraint = self.identifier() if self.accept("CONSTRAINT") else None
                column.references = self._references(constraint, [name])
            elif self.at_word("OPTIONS"):
                column.options = self.options()
            else:
                return column

    def column(self) -> nodes.ColumnNode:
        name = self.identifier()
        kind = self.type()
        if self.at_any("GENERATED"):
            self.fail(f"Column {name}: GENERATED columns are not supported by this emulator")
        return self.column_rest(name, kind)

    def plain_columns(self) -> list[nodes.ColumnNode]:
        self.expect("(")
        found = []
        while self.token.text != ")":
            found.append(self.column())
            if not self.accept(","):
                break
        self.expect(")")
        return found

    def view_columns(self) -> list[nodes.ColumnNode]:
        """( name [OPTIONS(...)], ... ): types come from the query."""
        self.expect("(")
        found = []
        while True:
            at, name = self.token.at, self.identifier()
            column = nodes.ColumnNode(at, name, nodes.TypeNode(at, ""))
            if self.at_word("OPTIONS"):
                column.options = self.options()
            found.append(column)
            if not self.accept(","):
                break
        self.expect(")")
        return found

    def column_list(self, create: d.Create) -> None:
        self.expect("(")
        if self.token.text == ")":
            self.fail("A table must define at least one column.")
        columns: list[nodes.ColumnNode] = []
        while self.token.text != ")":
            if self.at_word("PRIMARY", "KEY"):
                self._key_of_table(create)
            elif self.at_word("FOREIGN", "KEY") or self.at_word("CONSTRAINT"):
                self._constraint(create)
            else:
                columns.append(self.column())
            if not self.accept(","):
                break
        self.expect(")")
        create.columns = columns
        for column in columns:
            if column.primary_key:
                self._set_key(create, column.at, [column.name])
        create.foreign_keys += [c.references for c in columns if c.references]

    def _constraint(self, create: d.Create) -> None:
        name = self.identifier() if self.accept("CONSTRAINT") else None
        if self.at_word("PRIMARY", "KEY"):
            self._key_of_table(create)
        else:
            create.foreign_keys.append(self.foreign_key(name))

    def _key_of_table(self, create: d.Create) -> None:
        at = self.token.at
        self._set_key(create, at, self.primary_key())

    def _set_key(self, create: d.Create, at: int, columns: list[str]) -> None:
        if create.primary_key:
            self.fail("A table can have one primary key; name its columns in PRIMARY KEY (...)", at)
        create.primary_key = columns

    def primary_key(self) -> list[str]:
        self.expect("PRIMARY", "KEY")
        columns = self.names()
        self._not_enforced()
        return columns

    def foreign_key(self, name: str | None) -> nodes.ForeignKeyNode:
        self.expect("FOREIGN", "KEY")
        return self._references(name, self.names())

    def _references(self, name: str | None, columns: list[str]) -> nodes.ForeignKeyNode:
        at = self.expect("REFERENCES").at
        table = self.table_path()
        key = nodes.ForeignKeyNode(at, name, columns, table, self.names())
        self._not_enforced()
        return key

    def _not_enforced(self) -> None:
        if not self.accept("NOT", "ENFORCED"):
            self.fail("Enforced constraints are not supported; use NOT ENFORCED")
