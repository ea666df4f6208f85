"""Masking rules: what a masked column shows, in DuckDB SQL."""

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.definitions.schema import duckdb_type

# Of several rules that a caller has for one column the first counts.
BY_PRIORITY = ("SHA256", "RANDOM_HASH", "EMAIL_MASK", "LAST_FOUR_CHARACTERS", "FIRST_FOUR_CHARACTERS",
               "DATE_YEAR_MASK", "DEFAULT_MASKING_VALUE", "ALWAYS_NULL")  # fmt: skip
_HASH = "to_base64(unhex(sha256({0})))"
_TEXT = {
    "SHA256": _HASH,
    "RANDOM_HASH": "to_base64(unhex(sha256({0} || CAST(now() AS VARCHAR))))",
    "EMAIL_MASK": "CASE WHEN regexp_matches({0}, '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$') "
    f"THEN 'XXXXX@' || split_part({{0}}, '@', 2) ELSE {_HASH} END",
    "LAST_FOUR_CHARACTERS": f"CASE WHEN length({{0}}) > 4 THEN 'XXXXX' || right({{0}}, 4) ELSE {_HASH} END",
    "FIRST_FOUR_CHARACTERS": f"CASE WHEN length({{0}}) > 4 THEN left({{0}}, 4) || 'XXXXX' ELSE {_HASH} END",
}
_DEFAULTS = {
    "STRING": "''", "BYTES": "''", "INT64": "0", "FLOAT64": "0", "NUMERIC": "0", "BIGNUMERIC": "0", "BOOL": "false",
    "TIMESTAMP": "'1970-01-01 00:00:00+00'", "DATE": "'1970-01-01'", "TIME": "'00:00:00'", "DATETIME": "'1970-01-01'",
    "GEOGRAPHY": "'POINT(0 0)'", "JSON": "'null'",
}  # fmt: skip


def masked_sql(column: str, field: Field, rule: str) -> str:
    """The column under a rule, of the column's own type; NULL where the rule is not for it, and where it is denied."""
    kind, sql = duckdb_type(field), "NULL"
    if rule == "DEFAULT_MASKING_VALUE":
        sql = "[]" if field.mode == "REPEATED" else _DEFAULTS.get(field.type, "NULL")
    elif field.mode != "REPEATED" and field.type == "STRING" and rule in _TEXT:
        sql = _TEXT[rule].format(column)
    elif field.mode != "REPEATED" and field.type == "BYTES" and rule in ("SHA256", "RANDOM_HASH"):
        sql = f"unhex(sha256({column}))"
    elif field.mode != "REPEATED" and field.type in ("DATE", "DATETIME", "TIMESTAMP") and rule == "DATE_YEAR_MASK":
        sql = f"date_trunc('year', {column})"
    return f"CAST({sql} AS {kind})"
