"""Aggregate functions; {w} carries FILTER and OVER, so each is a window function too."""

from emulators.bigquery.sql.functions.registry import AGGREGATES, table

table(
    AGGREGATES,
    """
    COUNT() -> INT64 = count(*){w}
    COUNT(T) -> INT64 = count({d}{0}){w}
    COUNTIF(BOOL) -> INT64 = count({d}CASE WHEN {0} THEN true END){w}
    SUM(INT64) -> INT64 = CAST(sum({d}{0}){w} AS BIGINT)
    SUM(NUMERIC) -> NUMERIC = bq.numeric_sum(sum({d}{0}){w})
    SUM(BIGNUMERIC) -> BIGNUMERIC = bq.bignumeric_sum(sum({d}{0}){w})
    SUM(FLOAT64) -> FLOAT64 = bq.float_in_range(sum({d}{0}){w}, bool_and(isfinite({0})){w})
    SUM(INTERVAL) -> INTERVAL = bq.interval_sum(list({d}{0}){w})
    AVG(INT64) -> FLOAT64 = avg({d}{0}){w}
    AVG(NUMERIC) -> NUMERIC = bq.numeric_average(sum({d}{0}){w}, count({d}{0}){w})
    AVG(BIGNUMERIC) -> BIGNUMERIC = bq.bignumeric_average(sum({d}{0}){w}, count({d}{0}){w})
    AVG(FLOAT64) -> FLOAT64 = bq.float_in_range(avg({d}{0}){w}, bool_and(isfinite({0})){w})
    AVG(INTERVAL) -> INTERVAL = bq.interval_average(list({d}{0}){w})
    MIN(FLOAT64) -> FLOAT64 = bq.least_number(min({0}){w}, max({0}){w})
    MIN(T) -> T = min({0}){w}
    MAX(T) -> T = max({0}){w}
    ANY_VALUE(T) -> T = any_value({0}){w}
    MAX_BY(T, O) -> T = arg_max_null({0}, {1}){w}
    MIN_BY(T, O) -> T = arg_min_null({0}, {1}){w}
    ARRAY_AGG(T) -> ARRAY<T> = list({d}{0}{o}){w}
    ARRAY_CONCAT_AGG(ARRAY<T>) -> ARRAY<T> = flatten(list({0}{o}){w})
    STRING_AGG(STRING) -> STRING = string_agg({d}{0}, ','{o}){w}
    STRING_AGG(STRING, STRING) -> STRING = string_agg({d}{0}, {1}{o}){w}
    STRING_AGG(BYTES) -> BYTES = bq_from_latin1(string_agg({d}bq_latin1({0}), ','{o}){w})
    STRING_AGG(BYTES, BYTES) -> BYTES = bq_from_latin1(string_agg({d}bq_latin1({0}), bq_latin1({1}){o}){w})
    LOGICAL_AND(BOOL) -> BOOL = bool_and({0}){w}
    LOGICAL_OR(BOOL) -> BOOL = bool_or({0}){w}
    BIT_AND(INT64) -> INT64 = bit_and({0}){w}
    BIT_OR(INT64) -> INT64 = bit_or({0}){w}
    BIT_XOR(INT64) -> INT64 = bit_xor({d}{0}){w}
    CORR(FLOAT64, FLOAT64) -> FLOAT64 = bq.if_finite(bool_and(isfinite({0} + {1})){w}, CASE WHEN regr_count({0}, {1}){w} > 1 THEN corr(bq.finite({0}), bq.finite({1})){w} END)
    COVAR_POP(FLOAT64, FLOAT64) -> FLOAT64 = bq.if_finite(bool_and(isfinite({0} + {1})){w}, covar_pop(bq.finite({0}), bq.finite({1})){w})
    COVAR_SAMP(FLOAT64, FLOAT64) -> FLOAT64 = bq.if_finite(bool_and(isfinite({0} + {1})){w}, covar_samp(bq.finite({0}), bq.finite({1})){w})
    STDDEV(FLOAT64) -> FLOAT64 = bq.if_finite(bool_and(isfinite({0})){w}, stddev_samp({d}bq.finite({0})){w})
    STDDEV_SAMP(FLOAT64) -> FLOAT64 = bq.if_finite(bool_and(isfinite({0})){w}, stddev_samp({d}bq.finite({0})){w})
    STDDEV_POP(FLOAT64) -> FLOAT64 = bq.if_finite(bool_and(isfinite({0})){w}, stddev_pop({d}bq.finite({0})){w})
    VARIANCE(FLOAT64) -> FLOAT64 = bq.if_finite(bool_and(isfinite({0})){w}, var_samp({d}bq.finite({0})){w})
    VAR_SAMP(FLOAT64) -> FLOAT64 = bq.if_finite(bool_and(isfinite({0})){w}, var_samp({d}bq.finite({0})){w})
    VAR_POP(FLOAT64) -> FLOAT64 = bq.if_finite(bool_and(isfinite({0})){w}, var_pop({d}bq.finite({0})){w})
    APPROX_COUNT_DISTINCT(T) -> INT64 = count(DISTINCT {0}){w}
    APPROX_QUANTILES(T, INT64) -> ARRAY<T> = quantile_disc({d}{0}, list_transform(range({1} + 1), lambda q: q / {1})){w}
    APPROX_TOP_COUNT(BIGNUMERIC, INT64) -> ARRAY<STRUCT<value BIGNUMERIC, count INT64>> = list_transform(bq.top_sum(list(struct_pack(v := {0}, w := 1)){w}, {1}), lambda e: struct_pack("value" := e."value", "count" := CAST(e."sum" AS BIGINT)))
    APPROX_TOP_COUNT(T, INT64) -> ARRAY<STRUCT<value T, count INT64>> = bq.top_count(list({0}){w}, {1})
    APPROX_TOP_SUM(T, INT64, INT64) -> ARRAY<STRUCT<value T, sum INT64>> = CAST(bq.top_sum(list(struct_pack(v := {0}, w := bq.weight({1}))){w}, {2}) AS {type})
    APPROX_TOP_SUM(T, NUMERIC, INT64) -> ARRAY<STRUCT<value T, sum NUMERIC>> = CAST(bq.top_sum(list(struct_pack(v := {0}, w := bq.weight({1}))){w}, {2}) AS {type})
    APPROX_TOP_SUM(T, BIGNUMERIC, INT64) -> ARRAY<STRUCT<value T, sum BIGNUMERIC>> = CAST(bq.top_sum(list(struct_pack(v := {0}, w := bq.weight({1}))){w}, {2}) AS {type})
    APPROX_TOP_SUM(T, FLOAT64, INT64) -> ARRAY<STRUCT<value T, sum FLOAT64>> = CAST(bq.top_sum(list(struct_pack(v := {0}, w := bq.weight({1}))){w}, {2}) AS {type})
    HLL_COUNT.INIT(INT64) -> BYTES = bq_hll_init_numbers(list({d}{0}){w}, 15)
    HLL_COUNT.INIT(INT64, INT64) -> BYTES = bq_hll_init_numbers(list({d}{0}){w}, {1})
    HLL_COUNT.INIT(STRING) -> BYTES = bq_hll_init_texts(list({d}{0}){w}, 15)
    HLL_COUNT.INIT(STRING, INT64) -> BYTES = bq_hll_init_texts(list({d}{0}){w}, {1})
    HLL_COUNT.INIT(BYTES) -> BYTES = bq_hll_init_bytes(list({d}{0}){w}, 15)
    HLL_COUNT.INIT(BYTES, INT64) -> BYTES = bq_hll_init_bytes(list({d}{0}){w}, {1})
    HLL_COUNT.MERGE(BYTES) -> INT64 = bq_hll_extract(bq_hll_merge_partial(list({d}{0}){w}))
    HLL_COUNT.MERGE_PARTIAL(BYTES) -> BYTES = bq_hll_merge_partial(list({d}{0}){w})
    GROUPING(T) -> INT64 = CAST(grouping({0}) AS BIGINT)
    """,  # noqa: E501
)
