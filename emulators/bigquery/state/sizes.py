"""How many rows and bytes a table has, in BigQuery's logical sizes."""

from emulators.bigquery.sql.model import Field, TableName
from emulators.bigquery.state.catalog import Catalog, Table, quote

_FIXED = {"INT64": 8, "FLOAT64": 8, "BOOL": 1, "NUMERIC": 16, "BIGNUMERIC": 32, "DATE": 8, "TIME": 8, "DATETIME": 8,
          "TIMESTAMP": 8, "INTERVAL": 16, "RANGE": 16}  # fmt: skip
_SAMPLE = 2_000


class Sizes:
    """Row counts are exact; bytes are the mean of a sample of rows times their number."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: dict[str, tuple[int, int, int]] = {}

    def of(self, table: Table) -> tuple[int, int]:
        """(rows, bytes) of a native table; (0, 0) for others."""
        if table.kind not in ("TABLE", "SNAPSHOT"):
            return 0, 0
        modified = self._catalog.modified(table)
        known = self._known.get(str(table.name))
        if known is not None and known[0] == modified:
            return known[1], known[2]
        cursor = self._catalog.store.cursor()
        try:
            rows = int(cursor.execute(f"SELECT count(*) FROM {table.physical}").fetchall()[0][0])
            width = " + ".join(_width(field, quote(field.name)) for field in table.fields) or "0"
            sample = f"SELECT avg({width}) FROM (SELECT * FROM {table.physical} LIMIT {_SAMPLE})"
            mean = float(cursor.execute(sample).fetchall()[0][0] or 0)
        finally:
            cursor.close()
        self._known[str(table.name)] = modified, rows, round(rows * mean)
        return rows, round(rows * mean)

    def estimate(self, name: TableName) -> int:
        """Bytes of a table that is read; 0 when it is not native."""
        table = self._catalog.table(name)
        return 0 if table is None else self.of(table)[1]


def _width(field: Field, path: str) -> str:
    if field.mode == "REPEATED" or field.type in ("STRUCT", "JSON"):
        return f"coalesce(octet_length(encode(CAST({path} AS VARCHAR))), 0)"
    if field.type in _FIXED:
        return f"CASE WHEN {path} IS NULL THEN 0 ELSE {_FIXED[field.type]} END"
    measured = path if field.type == "BYTES" else f"encode({path})"
    return f"coalesce(2 + octet_length({measured}), 0)"
