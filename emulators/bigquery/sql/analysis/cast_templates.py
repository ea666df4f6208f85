"""What CAST makes of each pair of types, in DuckDB SQL."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.types import Type

# source -> target: template of {0}. A pair that is not here is refused, as BigQuery does.
CASTS = {
    ("INT64", "FLOAT64"): "CAST({0} AS DOUBLE)",
    ("INT64", "NUMERIC"): "CAST({0} AS DECIMAL(38,9))",
    ("INT64", "BIGNUMERIC"): "bq.int64_to_bignumeric({0})",
    ("INT64", "BOOL"): "({0} != 0)",
    ("INT64", "STRING"): "CAST({0} AS VARCHAR)",
    ("FLOAT64", "INT64"): "bq.float_to_int64({0})",
    ("FLOAT64", "NUMERIC"): "bq.float_to_numeric({0})",
    ("FLOAT64", "BIGNUMERIC"): "bq.float_to_bignumeric({0})",
    ("FLOAT64", "STRING"): "bq.float_text({0})",
    ("NUMERIC", "INT64"): "CAST({0} AS BIGINT)",
    ("NUMERIC", "FLOAT64"): "CAST({0} AS DOUBLE)",
    ("NUMERIC", "BIGNUMERIC"): "bq.numeric_to_bignumeric({0})",
    ("NUMERIC", "STRING"): "bq.decimal_text({0})",
    ("BIGNUMERIC", "INT64"): "bq_bignumeric_to_int64({0})",
    ("BIGNUMERIC", "FLOAT64"): "bq.bignumeric_to_float({0})",
    ("BIGNUMERIC", "NUMERIC"): "bq_bignumeric_to_numeric({0})",
    ("BIGNUMERIC", "STRING"): "bq.bignumeric_text({0})",
    ("BOOL", "INT64"): "CAST({0} AS BIGINT)",
    ("BOOL", "STRING"): "CAST({0} AS VARCHAR)",
    ("STRING", "INT64"): "bq.to_int64({0})",
    ("STRING", "FLOAT64"): "bq.to_float64({0})",
    ("STRING", "NUMERIC"): "bq.to_numeric({0})",
    ("STRING", "BIGNUMERIC"): "bq.to_bignumeric({0})",
    ("STRING", "BOOL"): "bq.to_bool({0})",
    ("STRING", "BYTES"): "encode({0})",
    ("STRING", "DATE"): "bq.to_date({0})",
    ("STRING", "TIME"): "bq.to_time({0})",
    ("STRING", "DATETIME"): "bq.to_datetime({0})",
    ("STRING", "TIMESTAMP"): "bq.to_timestamp({0})",
    ("STRING", "INTERVAL"): "bq.to_interval({0})",
    ("BYTES", "STRING"): "bq.bytes_to_string({0})",
    ("DATE", "STRING"): "bq.date_text({0})",
    ("DATE", "DATETIME"): "CAST({0} AS TIMESTAMP)",
    ("DATE", "TIMESTAMP"): "CAST({0} AS TIMESTAMPTZ)",
    ("DATETIME", "STRING"): "bq.datetime_text({0})",
    ("DATETIME", "DATE"): "CAST({0} AS DATE)",
    ("DATETIME", "TIME"): "CAST({0} AS TIME)",
    ("DATETIME", "TIMESTAMP"): "CAST({0} AS TIMESTAMPTZ)",
    ("TIME", "STRING"): "bq.time_text({0})",
    ("TIMESTAMP", "STRING"): "bq.timestamp_text({0})",
    ("TIMESTAMP", "DATE"): "CAST({0} AS DATE)",
    ("TIMESTAMP", "TIME"): "CAST(CAST({0} AS TIMESTAMP) AS TIME)",
    ("TIMESTAMP", "DATETIME"): "CAST({0} AS TIMESTAMP)",
    ("INTERVAL", "STRING"): "bq.interval_text({0})",
    ("GEOGRAPHY", "STRING"): "{0}",
    ("STRING", "GEOGRAPHY"): "bq_st_geogfromtext({0})",
}


def recast(sql: str, source: Type, target: Type, depth: int = 0) -> str:
    """A value as another type: DuckDB's own cast, but where BIGNUMERIC is, because a BIGNUM is another number."""
    if source == target or source.kind == "NULL" or "BIGNUMERIC" not in f"{source} {target}":
        return f"CAST({sql} AS {t.duckdb(target)})"
    one = f"recast{depth}"
    if source.kind == target.kind == "ARRAY" and source.element is not None and target.element is not None:
        return f"list_transform({sql}, lambda {one}: {recast(one, source.element, target.element, depth + 1)})"
    if source.kind == target.kind == "STRUCT":
        members = ", ".join(f"{t.quoted(n)} := {_member(sql, source, n, k, depth)}" for n, k in _members(target))
        return f"CASE WHEN {sql} IS NULL THEN NULL ELSE struct_pack({members}) END"
    if (source.kind, target.kind) not in CASTS:
        raise SqlError(f"Invalid cast from {source} to {target}")
    return CASTS[source.kind, target.kind].format(sql)


def _members(kind: Type) -> list[tuple[str, Type]]:
    return [(name, member) for name, (_, member) in zip(t.struct_names(kind), kind.fields, strict=True)]


def _member(sql: str, source: Type, name: str, target: Type, depth: int) -> str:
    """A struct's member by its name, or NULL."""
    for own, kind in _members(source):
        if own.lower() == name.lower():
            return recast(f"struct_extract({sql}, {t.text(own)})", kind, target, depth)
    return f"CAST(NULL AS {t.duckdb(target)})"


# SAFE_CAST without an error on the way: DuckDB's TRY computes a batch row by row when one of them fails.
SAFE_CASTS = {
    ("STRING", kind): f"bq.{kind.lower()}_or({{0}}, NULL)"
    for kind in ("INT64", "FLOAT64", "NUMERIC", "BOOL", "DATE", "TIME", "DATETIME", "TIMESTAMP")
} | {("STRING", "BIGNUMERIC"): "bq_bignumeric_or_null({0})"}
