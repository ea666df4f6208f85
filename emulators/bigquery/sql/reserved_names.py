"""Names of columns that BigQuery keeps for itself."""

_PREFIXES = ("_PARTITION", "_TABLE_", "_FILE_", "_ROW_TIMESTAMP", "__ROOT__", "_COLIDENTIFIER")


def refusal(name: str) -> str | None:
    """Why no table, and no result, has a column of that name; None for a name that one may have."""
    if not name.upper().startswith(_PREFIXES):
        return None
    return (
        f'Invalid field name "{name}". Field names are not allowed to start with the (case-insensitive) prefixes '
        f"{', '.join(_PREFIXES[:-1])} and {_PREFIXES[-1]}"
    )
