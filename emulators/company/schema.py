"""The company's database: six tables, as its own developers would have written them.

The company does not read Sluice's contracts: it stands in for a system that knows nothing of Sluice. Its tables and
contracts/saas.odcs.yaml are two descriptions of one thing, and a test compares them.

A row is a dict of values that JSON can hold: int, bool, str, dict, None. Money is decimal text ("49.00"), a date is
"2026-01-31", a moment is "2026-01-31T08:15:00.000123+00:00". Postgres reads each as it stands.
"""

from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
Key = tuple[int, ...]


@dataclass(frozen=True)
class Column:
    """A column: name, Postgres type, whether it may be NULL."""

    name: str
    type: str
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """A table: its columns in order, its primary key, and foreign keys as (column, table that it refers to)."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[tuple[str, str], ...] = ()

    def key_of(self, row: Row) -> Key:
        """The primary key's values of a row."""
        return tuple(row[name] for name in self.key)

    def ddl(self) -> str:
        """CREATE TABLE IF NOT EXISTS, with primary and foreign keys."""
        lines = [f"{c.name} {c.type}{'' if c.nullable else ' NOT NULL'}" for c in self.columns]
        lines.append(f"PRIMARY KEY ({', '.join(self.key)})")
        lines += [f"FOREIGN KEY ({column}) REFERENCES {table}" for column, table in self.references]
        return f"CREATE TABLE IF NOT EXISTS {self.name} (\n  " + ",\n  ".join(lines) + "\n);"


def _columns(text: str) -> tuple[Column, ...]:
    """'name type' pairs divided by commas; a type that ends in ? may be NULL."""
    pairs = [item.split() for item in text.split(";")]
    return tuple(Column(name, kind.rstrip("?"), kind.endswith("?")) for name, kind in pairs)


ACCOUNTS = Table(
    "accounts",
    ("account_id",),
    _columns(
        "account_id bigint; name text; email text?; country text?; plan text; is_active boolean; settings jsonb?; "
        "created_at timestamptz; updated_at timestamptz"
    ),
)
USERS = Table(
    "users",
    ("user_id",),
    _columns(
        "user_id bigint; account_id bigint; email text?; full_name text?; role text; is_active boolean; "
        "created_at timestamptz; updated_at timestamptz"
    ),
    (("account_id", "accounts"),),
)
SUBSCRIPTIONS = Table(
    "subscriptions",
    ("subscription_id",),
    _columns(
        "subscription_id bigint; account_id bigint; plan text; status text; seats integer; mrr numeric(12,2); "
        "started_on date; ended_on date?; updated_at timestamptz"
    ),
    (("account_id", "accounts"),),
)
BILLING_EVENTS = Table(
    "billing_events",
    ("billing_event_id",),
    _columns(
        "billing_event_id bigint; account_id bigint; subscription_id bigint?; kind text; amount numeric(12,2); "
        "currency char(3); occurred_at timestamptz; updated_at timestamptz"
    ),
    (("account_id", "accounts"), ("subscription_id", "subscriptions")),
)
INCIDENTS = Table(
    "incidents",
    ("incident_id",),
    _columns(
        "incident_id bigint; account_id bigint; severity text; status text; title text?; opened_at timestamptz; "
        "resolved_at timestamptz?; updated_at timestamptz"
    ),
    (("account_id", "accounts"),),
)
INCIDENT_EVENTS = Table(
    "incident_events",
    ("incident_id", "position"),
    _columns("incident_id bigint; position integer; kind text; note text?; occurred_at timestamptz"),
    (("incident_id", "incidents"),),
)

# In the order in which they can be created and filled.
TABLES: dict[str, Table] = {
    table.name: table for table in (ACCOUNTS, USERS, SUBSCRIPTIONS, BILLING_EVENTS, INCIDENTS, INCIDENT_EVENTS)
}

# Where the company stands, written in each of its transactions: what the ledger is compared with after a crash.
PROGRESS_DDL = """
CREATE TABLE IF NOT EXISTS company_progress (
  company text PRIMARY KEY,
  transaction_number bigint NOT NULL
);"""


def ddl() -> str:
    """Every table's CREATE TABLE IF NOT EXISTS, and indexes on the foreign keys so that deletes stay cheap."""
    indexes = [
        f"CREATE INDEX IF NOT EXISTS {table.name}_{column} ON {table.name} ({column});"
        for table in TABLES.values()
        for column, _ in table.references
        if column != table.key[0]
    ]
    return "\n".join([*(table.ddl() for table in TABLES.values()), *indexes, PROGRESS_DDL])
