"""IF and its kin, and functions of no theme of their own."""

from emulators.bigquery.sql.functions.registry import SCALARS, table

table(
    SCALARS,
    """
    IF(BOOL, T, T) -> T = (CASE WHEN {0} THEN {1} ELSE {2} END)
    IFNULL(T, T) -> T = COALESCE({0}, {1})
    COALESCE(T, T...) -> T = COALESCE({all})
    NULLIF(E, E) -> E = NULLIF({0}, {1})
    ZEROIFNULL(N) -> N = COALESCE({0}, CAST(0 AS {type}))
    NULLIFZERO(N) -> N = NULLIF({0}, CAST(0 AS {type}))
    ~ GENERATE_UUID() -> STRING = CAST(uuid() AS VARCHAR)
    """,
)
