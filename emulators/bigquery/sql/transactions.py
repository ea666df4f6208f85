"""What a transaction takes: no DDL on anything that stays."""

from emulators.bigquery.sql.model import SqlError, Statement

_DDL = (
    "DDL statements are not supported in a transaction, other than those creating or dropping temporary tables or "
    "temporary functions."
)


def require_transactional(statement: Statement) -> None:
    """Raises SqlError for a statement that cannot be part of a transaction."""
    lasting = statement.target is None or statement.target.dataset != "_SESSION"
    if lasting and statement.kind.startswith(("CREATE_", "DROP_", "ALTER_")):
        raise SqlError(_DDL)
