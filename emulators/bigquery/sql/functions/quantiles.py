"""KLL_QUANTILES: quantiles from sketches, which can be merged."""

from emulators.bigquery.sql.functions.registry import AGGREGATES, SCALARS, table

table(
    AGGREGATES,
    """
    KLL_QUANTILES.INIT_INT64(INT64) -> BYTES = bq_kll_init_integers(list({0}){w}, 1000)
    KLL_QUANTILES.INIT_INT64(INT64, INT64) -> BYTES = bq_kll_init_integers(list({0}){w}, {1})
    KLL_QUANTILES.INIT_INT64(INT64, INT64, weight => INT64) -> BYTES = bq_kll_init_weighted_integers(list(struct_pack(v := {0}, w := {2})){w}, {1})
    KLL_QUANTILES.INIT_FLOAT64(FLOAT64) -> BYTES = bq_kll_init_floats(list({0}){w}, 1000)
    KLL_QUANTILES.INIT_FLOAT64(FLOAT64, INT64) -> BYTES = bq_kll_init_floats(list({0}){w}, {1})
    KLL_QUANTILES.INIT_FLOAT64(FLOAT64, INT64, weight => INT64) -> BYTES = bq_kll_init_weighted_floats(list(struct_pack(v := {0}, w := {2})){w}, {1})
    KLL_QUANTILES.MERGE_PARTIAL(BYTES) -> BYTES = bq_kll_merge(list({0}){w})
    KLL_QUANTILES.MERGE_INT64(BYTES, INT64) -> ARRAY<INT64> = bq_kll_integers(bq_kll_merge(list({0}){w}), {1})
    KLL_QUANTILES.MERGE_FLOAT64(BYTES, INT64) -> ARRAY<FLOAT64> = bq_kll_floats(bq_kll_merge(list({0}){w}), {1})
    KLL_QUANTILES.MERGE_POINT_INT64(BYTES, FLOAT64) -> INT64 = bq_kll_integer(bq_kll_merge(list({0}){w}), {1})
    KLL_QUANTILES.MERGE_POINT_FLOAT64(BYTES, FLOAT64) -> FLOAT64 = bq_kll_float(bq_kll_merge(list({0}){w}), {1})
    """,  # noqa: E501
)
table(
    SCALARS,
    """
    KLL_QUANTILES.EXTRACT_INT64(BYTES, INT64) -> ARRAY<INT64> = bq_kll_integers({0}, {1})
    KLL_QUANTILES.EXTRACT_FLOAT64(BYTES, INT64) -> ARRAY<FLOAT64> = bq_kll_floats({0}, {1})
    KLL_QUANTILES.EXTRACT_POINT_INT64(BYTES, FLOAT64) -> INT64 = bq_kll_integer({0}, {1})
    KLL_QUANTILES.EXTRACT_POINT_FLOAT64(BYTES, FLOAT64) -> FLOAT64 = bq_kll_float({0}, {1})
    """,
)
