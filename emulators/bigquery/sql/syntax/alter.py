"""ALTER, DROP, UNDROP, TRUNCATE, GRANT, REVOKE, EXPORT DATA, LOAD DATA."""

from emulators.bigquery.sql.syntax import definitions as d
from emulators.bigquery.sql.syntax import statements as s
from emulators.bigquery.sql.syntax.create import INDEXES, CreateParser

_GRANTED = ("SCHEMA", "DATASET", "TABLE", "VIEW", "MATERIALIZED VIEW", "EXTERNAL TABLE")


class AlterParser(CreateParser):
    def statement_alter(self) -> s.Statement:
        at = self.expect("ALTER").at
        for index in INDEXES:
            if self.accept(*index.split()):
                self.alter_index(index)
        kind = self.object_kind()
        if_exists = self.accept("IF", "EXISTS")
        alter = d.Alter(at, kind=kind, name=self.table_path(), if_exists=if_exists)
        alter.changes.append(self._change())
        while self.accept(","):
            alter.changes.append(self._change())
        return alter

    def _change(self) -> d.ChangeNode:
        at = self.token.at
        if self.accept("SET"):
            if self.at_word("OPTIONS"):
                return d.ChangeNode(at, "SET OPTIONS", options=self.options())
            self.expect("DEFAULT")
            self.expect("COLLATE")
            return d.ChangeNode(at, "SET OPTIONS", options=[self.default_collation()])
        if self.accept("RENAME", "TO"):
            path = self.table_path()
            if len(path) > 1:
                self.fail(f"RENAME TO takes the new name of the table alone, not {'.'.join(path)}", at)
            return d.ChangeNode(at, "RENAME TO", new_name=path[0])
        if self.accept("RENAME"):
            self.accept("COLUMN")
            guarded = self.accept("IF", "EXISTS")
            name = self.identifier()
            self.expect("TO")
            return d.ChangeNode(at, "RENAME COLUMN", name, self.identifier(), guarded)
        if self.at_word("ADD", "REPLICA") or self.at_word("DROP", "REPLICA"):
            self.fail("Replicas of datasets are not supported by this emulator")
        if self.accept("ADD"):
            return self._add(at)
        if self.accept("DROP"):
            return self._drop_part(at)
        self.expect("ALTER")
        self.accept("COLUMN")
        guarded = self.accept("IF", "EXISTS")
        return self._alter_column(at, self.identifier(), guarded)

    def _add(self, at: int) -> d.ChangeNode:
        if self.at_word("PRIMARY", "KEY"):
            return d.ChangeNode(at, "ADD PRIMARY KEY", columns=self.primary_key())
        if self.at_word("FOREIGN", "KEY") or self.at_word("CONSTRAINT"):
            guarded, name = False, None
            if self.accept("CONSTRAINT"):
                guarded = self.accept("IF", "NOT", "EXISTS")
                name = self.identifier()
            return d.ChangeNode(at, "ADD FOREIGN KEY", guarded=guarded, foreign_key=self.foreign_key(name))
        self.accept("COLUMN")
        guarded = self.accept("IF", "NOT", "EXISTS")
        return d.ChangeNode(at, "ADD COLUMN", guarded=guarded, column=self.column())

    def _drop_part(self, at: int) -> d.ChangeNode:
        if self.accept("PRIMARY", "KEY"):
            return d.ChangeNode(at, "DROP PRIMARY KEY", guarded=self.accept("IF", "EXISTS"))
        what = "DROP CONSTRAINT" if self.accept("CONSTRAINT") else "DROP COLUMN"
        self.accept("COLUMN")
        guarded = self.accept("IF", "EXISTS")
        return d.ChangeNode(at, what, self.identifier(), guarded=guarded)

    def _alter_column(self, at: int, name: str, guarded: bool) -> d.ChangeNode:
        if self.accept("DROP", "NOT", "NULL"):
            return d.ChangeNode(at, "DROP NOT NULL", name, guarded=guarded)
        if self.accept("DROP", "DEFAULT"):
            return d.ChangeNode(at, "DROP DEFAULT", name, guarded=guarded)
        self.expect("SET")
        if self.at_word("OPTIONS"):
            return d.ChangeNode(at, "COLUMN OPTIONS", name, guarded=guarded, options=self.options())
        if self.accept("DATA", "TYPE"):
            return d.ChangeNode(at, "COLUMN TYPE", name, guarded=guarded, type=self.type())
        self.expect("DEFAULT")
        start = self.token.at
        default = self.expression()
        text = self.text[start : self.tokens[self.index - 1].end]
        return d.ChangeNode(at, "COLUMN DEFAULT", name, guarded=guarded, text=text, default=default)

    def statement_drop(self) -> s.Statement:
        at = self.expect("DROP").at
        if self.accept("ALL", "ROW", "ACCESS", "POLICIES"):
            self.expect("ON")
            return d.DropPolicy(at, table=self.table_path())
        for index in INDEXES:
            if self.accept(*index.split()):
                return self.drop_index(at, index)
        kind = self.object_kind()
        guarded = self.accept("IF", "EXISTS")
        if kind == "ROW ACCESS POLICY":
            policy = d.DropPolicy(at, name=self.identifier(), if_exists=guarded)
            self.expect("ON")
            policy.table = self.table_path()
            return policy
        drop = d.Drop(at, kind=kind, name=self.table_path(), if_exists=guarded)
        drop.cascade = self.accept("CASCADE")
        self.accept("RESTRICT")
        return drop

    def statement_undrop(self) -> s.Statement:
        at = self.expect("UNDROP", "SCHEMA").at
        guarded = self.accept("IF", "NOT", "EXISTS")
        undrop = d.UndropSchema(at, name=self.table_path(), if_not_exists=guarded)
        if self.at_word("OPTIONS"):
            undrop.options = self.options()
        return undrop

    def statement_truncate(self) -> s.Statement:
        at = self.expect("TRUNCATE", "TABLE").at
        return d.Truncate(at, name=self.table_path())

    def statement_grant(self) -> s.Statement:
        return self._grant(False)

    def statement_revoke(self) -> s.Statement:
        return self._grant(True)

    def _grant(self, revoke: bool) -> s.Statement:
        grant = d.GrantNode(self.advance().at, revoke=revoke)
        grant.roles = self.name_list()
        self.expect("ON")
        words = [self.advance().upper]
        while self.at_any("TABLE", "VIEW") and words[0] in ("EXTERNAL", "MATERIALIZED"):
            words.append(self.advance().upper)
        grant.resource = " ".join(words)
        if grant.resource not in _GRANTED:
            self.fail(f"GRANT and REVOKE on a {grant.resource} are not supported by this emulator")
        grant.name = self.table_path()
        self.expect("FROM" if revoke else "TO")
        grant.principals = [self.string()]
        while self.accept(","):
            grant.principals.append(self.string())
        return grant

    def statement_export(self) -> s.Statement:
        if self.at_word("EXPORT", "TABLE", "METADATA") or self.at_word("EXPORT", "MODEL"):
            self.fail(f"EXPORT {self.peek().upper} is not supported by this emulator")
        at = self.expect("EXPORT", "DATA").at
        if self.at_word("WITH", "CONNECTION"):
            self.fail("Unsupported: WITH CONNECTION is not supported")
        export = d.Export(at, options=self.options())
        self.expect("AS")
        export.query = self.query()
        return export

    def statement_load(self) -> s.Statement:
        load = d.Load(self.expect("LOAD", "DATA").at)
        load.overwrite = self.accept("OVERWRITE")
        if not load.overwrite:
            self.expect("INTO")
        load.temporary = self.accept("TEMP", "TABLE") or self.accept("TEMPORARY", "TABLE")
        load.name = self.table_path()
        if self.token.text == "(" and self.peek(2).text in (",", ")"):
            load.names = self.names()
        elif self.token.text == "(":
            load.columns = self.plain_columns()
        while not self.at_any("FROM"):
            if self.at_word("OVERWRITE", "PARTITIONS") or self.at_word("PARTITIONS"):
                self._load_partition(load)
            elif self.accept("PARTITION", "BY"):
                load.partition_by = self.expression()
            elif self.accept("CLUSTER", "BY"):
                load.cluster_by = self.name_list()
            elif self.at_word("OPTIONS"):
                load.options = self.options()
            else:
                self.fail()
        self.expect("FROM")
        self.expect("FILES")
        load.files = self.option_list()
        if self.accept("WITH", "PARTITION", "COLUMNS"):
            load.partition_columns = self.plain_columns() if self.token.text == "(" else []
        if self.at_word("WITH", "CONNECTION"):
            self.fail("Unsupported: WITH CONNECTION is not supported")
        return load

    def _load_partition(self, load: d.Load) -> None:
        """[OVERWRITE] PARTITIONS (column = value)"""
        if load.overwrite:
            self.fail("LOAD DATA OVERWRITE cannot have a PARTITIONS clause; use LOAD DATA INTO")
        load.overwrite = self.accept("OVERWRITE")
        self.expect("PARTITIONS")
        self.expect("(")
        name = self.any_name()
        self.expect("=")
        load.partition = (name, self.expression())
        self.expect(")")
