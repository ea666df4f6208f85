"""JSON."""

from emulators.bigquery.sql.functions.registry import SCALARS, table

table(
    SCALARS,
    """
    PARSE_JSON(STRING) -> JSON = bq.parse_json({0})
    TO_JSON_STRING(JSON) -> STRING = CAST({0} AS VARCHAR)
    JSON_TYPE(JSON) -> STRING = bq.json_type({0})
    JSON_VALUE(JSON) -> STRING = bq.json_scalar({0}, '$')
    JSON_VALUE(STRING) -> STRING = bq.json_scalar({0}, '$')
    JSON_VALUE(JSON, STRING) -> STRING = bq.json_scalar({0}, bq_json_path({1}))
    JSON_VALUE(STRING, STRING) -> STRING = bq.json_scalar({0}, bq_json_path({1}))
    JSON_EXTRACT_SCALAR(JSON) -> STRING = bq.json_scalar({0}, '$')
    JSON_EXTRACT_SCALAR(STRING) -> STRING = bq.json_scalar({0}, '$')
    JSON_EXTRACT_SCALAR(JSON, STRING) -> STRING = bq.json_scalar({0}, bq_json_path({1}))
    JSON_EXTRACT_SCALAR(STRING, STRING) -> STRING = bq.json_scalar({0}, bq_json_path({1}))
    JSON_QUERY(JSON) -> JSON = {0}
    JSON_QUERY(STRING) -> STRING = bq.json_at_text({0}, '$')
    JSON_QUERY(JSON, STRING) -> JSON = json_extract({0}, bq_json_path({1}))
    JSON_QUERY(STRING, STRING) -> STRING = bq.json_at_text({0}, bq_json_path({1}))
    JSON_EXTRACT(JSON) -> JSON = {0}
    JSON_EXTRACT(STRING) -> STRING = bq.json_at_text({0}, '$')
    JSON_EXTRACT(JSON, STRING) -> JSON = json_extract({0}, bq_json_path({1}))
    JSON_EXTRACT(STRING, STRING) -> STRING = bq.json_at_text({0}, bq_json_path({1}))
    JSON_QUERY_ARRAY(JSON) -> ARRAY<JSON> = bq.json_items({0}, '$')
    JSON_QUERY_ARRAY(STRING) -> ARRAY<STRING> = bq.json_items_text({0}, '$')
    JSON_QUERY_ARRAY(JSON, STRING) -> ARRAY<JSON> = bq.json_items({0}, bq_json_path({1}))
    JSON_QUERY_ARRAY(STRING, STRING) -> ARRAY<STRING> = bq.json_items_text({0}, bq_json_path({1}))
    JSON_EXTRACT_ARRAY(JSON) -> ARRAY<JSON> = bq.json_items({0}, '$')
    JSON_EXTRACT_ARRAY(STRING) -> ARRAY<STRING> = bq.json_items_text({0}, '$')
    JSON_EXTRACT_ARRAY(JSON, STRING) -> ARRAY<JSON> = bq.json_items({0}, bq_json_path({1}))
    JSON_EXTRACT_ARRAY(STRING, STRING) -> ARRAY<STRING> = bq.json_items_text({0}, bq_json_path({1}))
    JSON_VALUE_ARRAY(JSON) -> ARRAY<STRING> = bq.json_scalars({0}, '$')
    JSON_VALUE_ARRAY(STRING) -> ARRAY<STRING> = bq.json_scalars({0}, '$')
    JSON_VALUE_ARRAY(JSON, STRING) -> ARRAY<STRING> = bq.json_scalars({0}, bq_json_path({1}))
    JSON_VALUE_ARRAY(STRING, STRING) -> ARRAY<STRING> = bq.json_scalars({0}, bq_json_path({1}))
    JSON_EXTRACT_STRING_ARRAY(JSON) -> ARRAY<STRING> = bq.json_scalars({0}, '$')
    JSON_EXTRACT_STRING_ARRAY(STRING) -> ARRAY<STRING> = bq.json_scalars({0}, '$')
    JSON_EXTRACT_STRING_ARRAY(JSON, STRING) -> ARRAY<STRING> = bq.json_scalars({0}, bq_json_path({1}))
    JSON_EXTRACT_STRING_ARRAY(STRING, STRING) -> ARRAY<STRING> = bq.json_scalars({0}, bq_json_path({1}))
    BOOL(JSON) -> BOOL = bq.json_bool({0})
    INT64(JSON) -> INT64 = bq.json_int64({0})
    FLOAT64(JSON) -> FLOAT64 = bq.json_float64({0})
    DOUBLE(JSON) -> FLOAT64 = bq.json_float64({0})
    LAX_BOOL(JSON) -> BOOL = bq.lax_bool({0})
    LAX_INT64(JSON) -> INT64 = bq.lax_int64({0})
    LAX_FLOAT64(JSON) -> FLOAT64 = bq.lax_float64({0})
    LAX_DOUBLE(JSON) -> FLOAT64 = bq.lax_float64({0})
    LAX_STRING(JSON) -> STRING = json_extract_string({0}, '$')
    """,
)
