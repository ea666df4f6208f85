"""Search and vector indexes: CREATE, ALTER and DROP."""

from typing import NoReturn

from emulators.bigquery.sql.syntax import definitions as d
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.columns import ColumnParser


class IndexParser(ColumnParser):
    def create_index(self, at: int, kind: str, or_replace: bool) -> d.CreateIndex:
        """{SEARCH | VECTOR} INDEX [IF NOT EXISTS] name ON table (columns) [STORING (columns)] [OPTIONS (...)]"""
        index = d.CreateIndex(at, kind=kind, or_replace=or_replace, if_not_exists=self.accept("IF", "NOT", "EXISTS"))
        index.name = self.identifier()
        self.expect("ON")
        index.table = self.table_path()
        self.expect("(")
        index.all_columns = kind == "SEARCH INDEX" and self.accept("ALL", "COLUMNS")
        if index.all_columns and self.accept("WITH", "COLUMN", "OPTIONS"):
            index.columns = self._columns_with_options()
        elif not index.all_columns:
            index.columns = self._indexed()
        self.expect(")")
        if kind == "VECTOR INDEX" and self.accept("STORING"):
            index.storing = self.names()
        if kind == "VECTOR INDEX" and self.accept("PARTITION", "BY"):
            self.expression()
        if self.at_word("OPTIONS"):
            index.options = self.options()
        index.text = self.text[at : self.tokens[self.index - 1].end]
        return index

    def _columns_with_options(self) -> list[tuple[str, nodes.Options]]:
        self.expect("(")
        found = self._indexed()
        self.expect(")")
        return found

    def _indexed(self) -> list[tuple[str, nodes.Options]]:
        found = []
        while True:
            name = self.identifier()
            found.append((name, self.options() if self.at_word("OPTIONS") else []))
            if not self.accept(","):
                return found

    def alter_index(self, kind: str) -> NoReturn:
        """ALTER {SEARCH | VECTOR} INDEX [IF EXISTS] name ON table ...: it needs what no project here has."""
        self.fail(
            f"ALTER {kind} requires a reservation assignment with job type BACKGROUND for the project that contains "
            "the table; drop the index and create it again"
        )

    def drop_index(self, at: int, kind: str) -> d.DropIndex:
        """{SEARCH | VECTOR} INDEX [IF EXISTS] name ON table"""
        index = d.DropIndex(at, kind=kind, if_exists=self.accept("IF", "EXISTS"), name=self.identifier())
        self.expect("ON")
        index.table = self.table_path()
        return index
