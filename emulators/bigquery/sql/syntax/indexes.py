"""Search and vector indexes: CREATE and DROP."""

from emulators.bigquery.sql.syntax import definitions as d
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

    def _columns_with_options(self) -> list[str]:
        self.expect("(")
        found = self._indexed()
        self.expect(")")
        return found

    def _indexed(self) -> list[str]:
        found = []
        while True:
            found.append(self.identifier())
            if self.at_word("OPTIONS"):
                self.options()
            if not self.accept(","):
                return found

    def drop_index(self, at: int, kind: str) -> d.DropIndex:
        """{SEARCH | VECTOR} INDEX [IF EXISTS] name ON table"""
        index = d.DropIndex(at, kind=kind, if_exists=self.accept("IF", "EXISTS"), name=self.identifier())
        self.expect("ON")
        index.table = self.table_path()
        return index
