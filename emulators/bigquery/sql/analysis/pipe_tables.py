"""The table that the operators of pipe syntax hand on."""

from dataclasses import dataclass, replace

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.sources import From
from emulators.bigquery.sql.analysis.values import Column, FromItem, Relation, Scope


@dataclass(slots=True)
class Table:
    """sql: what FROM can hold; where: a condition that waits for the next SELECT; columns are seen by their names,
    items by their aliases."""

    sql: str
    columns: list[Column]
    items: list[FromItem]
    hidden: list[Column]
    where: str = ""

    def source(self) -> From:
        """As the source of a query, of a join or of an operator; its condition comes after."""
        own = FromItem(None, self.columns, self.hidden)
        return From(self.sql + self.where, [(c.name, c.value()) for c in self.columns], [own, *self.items])

    def scope(self, parent: Scope | None) -> Scope:
        return Scope(parent, items=self.source().items)


def finished(table: Table, prefix: str) -> Relation:
    """The table as a query; prefix: its WITH clause."""
    names, used = [], set[str]()
    for i, column in enumerate(table.columns):
        name = column.name or f"f{i}_"
        names.append(f"{name}:{i}" if name.lower() in used else name)
        used.add(name.lower())
    listed = ", ".join(f"{c.sql} AS {t.quoted(n)}" for c, n in zip(table.columns, names, strict=True))
    columns = [Column(c.name, t.quoted(n), c.type, c.origin) for c, n in zip(table.columns, names, strict=True)]
    return Relation(f"{prefix}SELECT {listed} FROM {table.sql}{table.where}", columns, names)


def table_of(found: From) -> Table:
    """A source: its columns by name, its items by alias alone."""
    columns = []
    for name, value in found.columns:
        origin = next((c.origin for c in value.refs if c.sql == value.sql), None)
        columns.append(Column(name, value.sql, value.type, origin))
    hidden = [c for item in found.items if not item.qualified for c in item.hidden]
    items = [replace(item, qualified=True) for item in found.items if item.alias is not None]
    return Table(found.sql, columns, items, hidden)


def wrapped(a: Analyzer, table: Table, clause: str = "", added: tuple[str, ...] = (), opaque: bool = False) -> Table:
    """The table as a subquery with a clause after it; the added expressions become its last columns, "" named."""
    name, places = a.shared.alias(), dict[str, str]()

    def placed(column: Column) -> Column:
        sql = places.setdefault(column.sql, f"{name}.c{len(places)}")
        return Column(column.name, sql, column.type, None if opaque else column.origin)

    columns, hidden = [placed(c) for c in table.columns], [placed(c) for c in table.hidden]
    items = [
        replace(
            item,
            columns=[placed(c) for c in item.columns],
            hidden=[placed(c) for c in item.hidden],
            element=placed(item.element) if item.element is not None else None,
        )
        for item in table.items
    ]
    listed = [f"{sql} AS c{i}" for i, sql in enumerate(places)]
    listed += [f"{sql} AS n{i}" for i, sql in enumerate(added)]
    columns += [Column("", f"{name}.n{i}", t.NULL) for i in range(len(added))]
    return Table(
        f"(SELECT {', '.join(listed)} FROM {table.sql}{table.where}{clause}) AS {name}", columns, items, hidden
    )


def settled(a: Analyzer, table: Table) -> Table:
    """The table with no condition that waits."""
    return wrapped(a, table) if table.where else table
