"""GEOGRAPHY: kept as WKT; edges are geodesics on a sphere. What is not exact is refused."""

from emulators.bigquery.sql.functions.registry import AGGREGATES, SCALARS, table

table(
    SCALARS,
    """
    ST_GEOGPOINT(FLOAT64, FLOAT64) -> GEOGRAPHY = bq_st_geogpoint({0}, {1})
    ST_GEOGFROMTEXT(STRING) -> GEOGRAPHY = bq_st_geogfromtext({0})
    ST_GEOGFROM(STRING) -> GEOGRAPHY = bq_st_geogfromtext({0})
    ST_GEOGFROMGEOJSON(STRING) -> GEOGRAPHY = bq_st_geogfromgeojson({0})
    ST_ASTEXT(GEOGRAPHY) -> STRING = {0}
    ST_ASGEOJSON(GEOGRAPHY) -> STRING = bq_st_asgeojson({0})
    ST_GEOMETRYTYPE(GEOGRAPHY) -> STRING = bq_st_geometrytype({0})
    ST_DIMENSION(GEOGRAPHY) -> INT64 = bq_st_dimension({0})
    ST_NPOINTS(GEOGRAPHY) -> INT64 = bq_st_npoints({0})
    ST_NUMPOINTS(GEOGRAPHY) -> INT64 = bq_st_npoints({0})
    ST_NUMGEOMETRIES(GEOGRAPHY) -> INT64 = bq_st_numgeometries({0})
    ST_ISEMPTY(GEOGRAPHY) -> BOOL = bq_st_isempty({0})
    ST_ISCOLLECTION(GEOGRAPHY) -> BOOL = bq_st_iscollection({0})
    ST_ISCLOSED(GEOGRAPHY) -> BOOL = bq_st_isclosed({0})
    ST_ISRING(GEOGRAPHY) -> BOOL = bq_st_isring({0})
    ST_X(GEOGRAPHY) -> FLOAT64 = bq_st_x({0})
    ST_Y(GEOGRAPHY) -> FLOAT64 = bq_st_y({0})
    ST_STARTPOINT(GEOGRAPHY) -> GEOGRAPHY = bq_st_pointn({0}, CAST(1 AS BIGINT))
    ST_ENDPOINT(GEOGRAPHY) -> GEOGRAPHY = bq_st_pointn({0}, CAST(-1 AS BIGINT))
    ST_POINTN(GEOGRAPHY, INT64) -> GEOGRAPHY = bq_st_pointn({0}, {1})
    ST_DUMP(GEOGRAPHY) -> ARRAY<GEOGRAPHY> = bq_st_dump({0})
    ST_DISTANCE(GEOGRAPHY, GEOGRAPHY) -> FLOAT64 = bq_st_distance({0}, {1})
    ST_DWITHIN(GEOGRAPHY, GEOGRAPHY, FLOAT64) -> BOOL = (bq_st_distance({0}, {1}) <= {2})
    ST_LENGTH(GEOGRAPHY) -> FLOAT64 = bq_st_length({0})
    ST_PERIMETER(GEOGRAPHY) -> FLOAT64 = bq_st_perimeter({0})
    ST_AREA(GEOGRAPHY) -> FLOAT64 = bq_st_area({0})
    ST_EQUALS(GEOGRAPHY, GEOGRAPHY) -> BOOL = bq_st_equals({0}, {1})
    ST_INTERSECTS(GEOGRAPHY, GEOGRAPHY) -> BOOL = bq_st_intersects({0}, {1})
    ST_DISJOINT(GEOGRAPHY, GEOGRAPHY) -> BOOL = (NOT bq_st_intersects({0}, {1}))
    ST_COVERS(GEOGRAPHY, GEOGRAPHY) -> BOOL = bq_st_covers({0}, {1})
    ST_COVEREDBY(GEOGRAPHY, GEOGRAPHY) -> BOOL = bq_st_covers({1}, {0})
    ST_CONTAINS(GEOGRAPHY, GEOGRAPHY) -> BOOL = bq_st_contains({0}, {1})
    ST_WITHIN(GEOGRAPHY, GEOGRAPHY) -> BOOL = bq_st_contains({1}, {0})
    ST_TOUCHES(GEOGRAPHY, GEOGRAPHY) -> BOOL = bq_st_touches({0}, {1})
    ST_INTERSECTSBOX(GEOGRAPHY, FLOAT64, FLOAT64, FLOAT64, FLOAT64) -> BOOL = bq_st_intersectsbox({0}, {1}, {2}, {3}, {4})
    ST_CLOSESTPOINT(GEOGRAPHY, GEOGRAPHY) -> GEOGRAPHY = bq_st_closestpoint({0}, {1})
    ST_MAKELINE(GEOGRAPHY, GEOGRAPHY) -> GEOGRAPHY = bq_st_makeline([{0}, {1}])
    ST_MAKELINE(ARRAY<GEOGRAPHY>) -> GEOGRAPHY = bq_st_makeline({0})
    ST_MAKEPOLYGON(GEOGRAPHY) -> GEOGRAPHY = bq_st_makepolygon([{0}])
    ST_MAKEPOLYGON(GEOGRAPHY, ARRAY<GEOGRAPHY>) -> GEOGRAPHY = bq_st_makepolygon(list_prepend({0}, {1}))
    ST_MAKEPOLYGONORIENTED(ARRAY<GEOGRAPHY>) -> GEOGRAPHY = bq_st_makepolygon({0})
    ST_UNION(GEOGRAPHY, GEOGRAPHY) -> GEOGRAPHY = bq_st_union([{0}, {1}])
    ST_UNION(ARRAY<GEOGRAPHY>) -> GEOGRAPHY = bq_st_union({0})
    ST_INTERSECTION(GEOGRAPHY, GEOGRAPHY) -> GEOGRAPHY = bq_st_intersection({0}, {1})
    ST_DIFFERENCE(GEOGRAPHY, GEOGRAPHY) -> GEOGRAPHY = bq_st_difference({0}, {1})
    ST_SIMPLIFY(GEOGRAPHY, FLOAT64) -> GEOGRAPHY = bq_st_simplify({0}, {1})
    ST_SNAPTOGRID(GEOGRAPHY, FLOAT64) -> GEOGRAPHY = bq_st_snaptogrid({0}, {1})
    ST_CENTROID(GEOGRAPHY) -> GEOGRAPHY = bq_st_centroid({0})
    """,  # noqa: E501
)
table(
    AGGREGATES,
    """
    ST_UNION_AGG(GEOGRAPHY) -> GEOGRAPHY = bq_st_union(list_filter(list({0}){w}, lambda g: g IS NOT NULL))
    """,
)
