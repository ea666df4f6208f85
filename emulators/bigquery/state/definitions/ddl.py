"""DDL: the SQL layer's typed actions, done to the catalog and the tables."""

from collections.abc import Callable
from functools import partial

from emulators.bigquery.sql.model import SqlError, Statement
from emulators.bigquery.state.catalog import Catalog
from emulators.bigquery.state.definitions.ddl_objects import OBJECTS
from emulators.bigquery.state.definitions.ddl_schemas import SCHEMAS
from emulators.bigquery.state.definitions.ddl_tables import TABLES
from emulators.bigquery.state.jobs.performed import Performed
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.view import View


class Ddl:
    """Applies actions; data_statements adds those that need more than the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.handlers: dict[type, Callable[[Statement, View, Transaction], Performed]] = {
            action: partial(handler, catalog) for action, handler in (SCHEMAS | TABLES | OBJECTS).items()
        }

    def apply(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        """Do a statement's action in the transaction; ServiceError or SqlError in BigQuery's words."""
        handler = self.handlers.get(type(statement.action))
        if handler is None:
            raise SqlError(f"{statement.kind} is not supported by this emulator.", "notImplemented", 501)
        return handler(statement, view, transaction)
