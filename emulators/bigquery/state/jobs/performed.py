"""What a statement of DDL did, and the form of the functions that do it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from emulators.bigquery.sql.model import Statement, TableName
from emulators.bigquery.state.catalog import Catalog
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.view import View


@dataclass
class Performed:
    """What DDL did: operation is CREATE, REPLACE, SKIP, ALTER or DROP; affected counts rows of TRUNCATE and LOAD.

    kind: table, routine, schema or policy (of its target); statistics: what else a job's statistics.query says of it.
    """

    operation: str
    target: TableName | None = None
    kind: str = "table"
    affected: dict[str, int] | None = None
    statistics: dict[str, Any] = field(default_factory=dict)


Handler = Callable[[Catalog, Statement, View, Transaction], Performed]
