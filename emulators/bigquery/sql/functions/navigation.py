"""Numbering and navigation functions, which need OVER."""

from emulators.bigquery.sql.functions.registry import WINDOWS, table

table(
    WINDOWS,
    """
    ROW_NUMBER() -> INT64 = row_number(){w}
    RANK() -> INT64 = rank(){w}
    DENSE_RANK() -> INT64 = dense_rank(){w}
    PERCENT_RANK() -> FLOAT64 = percent_rank(){w}
    CUME_DIST() -> FLOAT64 = cume_dist(){w}
    NTILE(INT64) -> INT64 = ntile({0}){w}
    LEAD(T) -> T = lead({0}){w}
    LEAD(T, INT64) -> T = lead({0}, {1}){w}
    LEAD(T, INT64, T) -> T = lead({0}, {1}, {2}){w}
    LAG(T) -> T = lag({0}){w}
    LAG(T, INT64) -> T = lag({0}, {1}){w}
    LAG(T, INT64, T) -> T = lag({0}, {1}, {2}){w}
    FIRST_VALUE(T) -> T = first_value({0}{n}){w}
    LAST_VALUE(T) -> T = last_value({0}{n}){w}
    NTH_VALUE(T, INT64) -> T = nth_value({0}, {1}{n}){w}
    ST_CLUSTERDBSCAN(GEOGRAPHY, FLOAT64, INT64) -> INT64 = list_extract(bq_st_clusterdbscan(list({0}){w}, {1}, {2}), row_number(){w})
    PERCENTILE_CONT(NUMERIC, FLOAT64) -> NUMERIC = bq_bignumeric_to_numeric(bq_bignumeric_percentile(bq.known(list(bq.numeric_to_bignumeric({0})){w}), {1}))
    PERCENTILE_CONT(BIGNUMERIC, FLOAT64) -> BIGNUMERIC = bq_bignumeric_percentile(bq.known(list({0}){w}), {1})
    PERCENTILE_CONT(FLOAT64, FLOAT64) -> FLOAT64 = quantile_cont({0}, {1}){w}
    PERCENTILE_DISC(T, FLOAT64) -> T = quantile_disc({0}, {1}){w}
    """,  # noqa: E501
)
