"""GEOGRAPHY: kept as WKT; edges are geodesics on a sphere. What is not exact is refused."""

from dataclasses import replace

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.calls import choose, no_function_signature, scalar
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.functions.registry import AGGREGATES, SCALARS, rule, table
from emulators.bigquery.sql.syntax import nodes

table(
    SCALARS,
    """
    ST_GEOGPOINT(FLOAT64, FLOAT64) -> GEOGRAPHY = bq_st_geogpoint({0}, {1})
    ST_GEOGFROMTEXT(STRING) -> GEOGRAPHY = bq_st_geogfromtext({0})
    ST_GEOGFROM(STRING) -> GEOGRAPHY = bq_st_geogfrom({0})
    ST_DUMPPOINTS(GEOGRAPHY) -> ARRAY<GEOGRAPHY> = bq_st_dumppoints({0})
    ST_DUMP(GEOGRAPHY, INT64) -> ARRAY<GEOGRAPHY> = bq_st_dumpof({0}, {1})
    ST_BUFFER(GEOGRAPHY, FLOAT64, FLOAT64) -> GEOGRAPHY = bq_st_buffer({0}, {1}, {2})
    ST_BUFFERWITHTOLERANCE(GEOGRAPHY, FLOAT64, FLOAT64) -> GEOGRAPHY = bq_st_bufferwithtolerance({0}, {1}, {2})
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
    ST_MAKELINE(GEOGRAPHY, GEOGRAPHY) -> GEOGRAPHY = (CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN bq_st_makeline([{0}, {1}]) END)
    ST_MAKELINE(ARRAY<GEOGRAPHY>) -> GEOGRAPHY = bq_st_makeline({0})
    ST_MAKEPOLYGON(GEOGRAPHY) -> GEOGRAPHY = (CASE WHEN {0} IS NOT NULL THEN bq_st_makepolygon([{0}]) END)
    ST_MAKEPOLYGON(GEOGRAPHY, ARRAY<GEOGRAPHY>) -> GEOGRAPHY = (CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN bq_st_makepolygon(list_prepend({0}, {1})) END)
    ST_MAKEPOLYGONORIENTED(ARRAY<GEOGRAPHY>) -> GEOGRAPHY = bq_st_makepolygon({0})
    ST_UNION(GEOGRAPHY, GEOGRAPHY) -> GEOGRAPHY = (CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN bq_st_union([{0}, {1}]) END)
    ST_UNION(ARRAY<GEOGRAPHY>) -> GEOGRAPHY = bq_st_union({0})
    ST_INTERSECTION(GEOGRAPHY, GEOGRAPHY) -> GEOGRAPHY = bq_st_intersection({0}, {1})
    ST_DIFFERENCE(GEOGRAPHY, GEOGRAPHY) -> GEOGRAPHY = bq_st_difference({0}, {1})
    ST_SIMPLIFY(GEOGRAPHY, FLOAT64) -> GEOGRAPHY = bq_st_simplify({0}, {1})
    ST_SNAPTOGRID(GEOGRAPHY, FLOAT64) -> GEOGRAPHY = bq_st_snaptogrid({0}, {1})
    ST_BUFFER(GEOGRAPHY, FLOAT64) -> GEOGRAPHY = bq_st_buffer({0}, {1}, 8)
    ST_BUFFER(GEOGRAPHY, FLOAT64, num_seg_quarter_circle => FLOAT64) -> GEOGRAPHY = bq_st_buffer({0}, {1}, {2})
    ST_BUFFERWITHTOLERANCE(GEOGRAPHY, FLOAT64, tolerance_meters => FLOAT64) -> GEOGRAPHY = bq_st_bufferwithtolerance({0}, {1}, {2})
    ST_CENTROID(GEOGRAPHY) -> GEOGRAPHY = bq_st_centroid({0})
    ST_AZIMUTH(GEOGRAPHY, GEOGRAPHY) -> FLOAT64 = bq_st_azimuth({0}, {1})
    ST_ANGLE(GEOGRAPHY, GEOGRAPHY, GEOGRAPHY) -> FLOAT64 = bq_st_angle({0}, {1}, {2})
    ST_BOUNDARY(GEOGRAPHY) -> GEOGRAPHY = bq_st_boundary({0})
    ST_EXTERIORRING(GEOGRAPHY) -> GEOGRAPHY = bq_st_exteriorring({0})
    ST_INTERIORRINGS(GEOGRAPHY) -> ARRAY<GEOGRAPHY> = bq_st_interiorrings({0})
    ST_LINEINTERPOLATEPOINT(GEOGRAPHY, FLOAT64) -> GEOGRAPHY = bq_st_lineinterpolatepoint({0}, {1})
    ST_LINELOCATEPOINT(GEOGRAPHY, GEOGRAPHY) -> FLOAT64 = bq_st_linelocatepoint({0}, {1})
    ST_LINESUBSTRING(GEOGRAPHY, FLOAT64, FLOAT64) -> GEOGRAPHY = bq_st_linesubstring({0}, {1}, {2})
    ST_BOUNDINGBOX(GEOGRAPHY) -> STRUCT<xmin FLOAT64, ymin FLOAT64, xmax FLOAT64, ymax FLOAT64> = bq_st_boundingbox({0})
    ST_CONVEXHULL(GEOGRAPHY) -> GEOGRAPHY = bq_st_convexhull({0})
    ST_MAXDISTANCE(GEOGRAPHY, GEOGRAPHY) -> FLOAT64 = bq_st_maxdistance({0}, {1})
    ST_HAUSDORFFDISTANCE(GEOGRAPHY, GEOGRAPHY) -> FLOAT64 = bq_st_hausdorffdistance({0}, {1}, false)
    ST_HAUSDORFFDISTANCE(GEOGRAPHY, GEOGRAPHY, directed => BOOL) -> FLOAT64 = bq_st_hausdorffdistance({0}, {1}, {2})
    ST_HAUSDORFFDWITHIN(GEOGRAPHY, GEOGRAPHY, FLOAT64) -> BOOL = (bq_st_hausdorffdistance({0}, {1}, false) <= {2})
    ST_HAUSDORFFDWITHIN(GEOGRAPHY, GEOGRAPHY, FLOAT64, directed => BOOL) -> BOOL = (bq_st_hausdorffdistance({0}, {1}, {3}) <= {2})
    ST_ASBINARY(GEOGRAPHY) -> BYTES = bq_st_asbinary({0})
    ST_GEOGFROMWKB(BYTES) -> GEOGRAPHY = bq_st_geogfromwkb({0})
    ST_GEOGFROMWKB(STRING) -> GEOGRAPHY = bq_st_geogfromwkb(bq_from_hex({0}))
    ST_GEOGFROM(BYTES) -> GEOGRAPHY = bq_st_geogfromwkb({0})
    ST_GEOHASH(GEOGRAPHY) -> STRING = bq_st_geohash({0}, 20)
    ST_GEOHASH(GEOGRAPHY, INT64) -> STRING = bq_st_geohash({0}, {1})
    ST_GEOGPOINTFROMGEOHASH(STRING) -> GEOGRAPHY = bq_st_geogpointfromgeohash({0})
    S2_CELLIDFROMPOINT(GEOGRAPHY) -> INT64 = bq_s2_cellidfrompoint({0}, 30)
    S2_CELLIDFROMPOINT(GEOGRAPHY, level => INT64) -> INT64 = bq_s2_cellidfrompoint({0}, {1})
    """,  # noqa: E501
)
table(
    AGGREGATES,
    """
    ST_EXTENT(GEOGRAPHY) -> STRUCT<xmin FLOAT64, ymin FLOAT64, xmax FLOAT64, ymax FLOAT64> = bq_st_extent(list({0}){w})
    ST_CENTROID_AGG(GEOGRAPHY) -> GEOGRAPHY = (CASE WHEN count({0}){w} > 0 THEN bq_st_centroid_agg(list({0}){w}) END)
    ST_UNION_AGG(GEOGRAPHY) -> GEOGRAPHY = (CASE WHEN count({0}){w} > 0 THEN bq_st_union(list_filter(list({0}){w}, lambda g: g IS NOT NULL)) END)
    """,  # noqa: E501
)

_FLAGS = ("oriented", "planar", "make_valid")


@rule("ST_GEOGFROMTEXT", "ST_GEOGFROM", "ST_GEOGFROMGEOJSON", named=True)
def from_text(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """ST_GEOGFROM...(text[, oriented => b][, planar => b][, make_valid => b])"""
    values = [a.expression(arg, scope) for arg in node.args]
    flags = {name.lower(): coerce(a, a.expression(value, scope), t.BOOL) for name, value in node.named}
    if len(values) == 2 and values[1].type == t.BOOL and node.name == "ST_GEOGFROMTEXT":
        flags["oriented"] = values.pop()
    if set(flags) - set(_FLAGS) or len(values) != 1:
        no_function_signature(a, node, values)
    if not flags:
        overload, values, kind = choose(a, node, SCALARS[node.name], values)
        return combine(overload.template.format(values[0].sql), kind, *values)
    if t.coerces(values[0].type, t.STRING) is None:
        no_function_signature(a, node, values)
    given = ", ".join(flags[name].sql if name in flags else "false" for name in _FLAGS)
    return combine(f"bq_st_geogfrom_as({values[0].sql}, {given})", t.GEOGRAPHY, *values, *flags.values())


# How many arguments there are before use_spheroid, where it may be the last one without its name.
_MEASURES = {"ST_AREA": 1, "ST_LENGTH": 1, "ST_PERIMETER": 1, "ST_DISTANCE": 2, "ST_MAXDISTANCE": 2,
             "ST_CLOSESTPOINT": 2, "ST_DWITHIN": 3}  # fmt: skip
_STYLES = {"endcap": "ROUND", "side": "BOTH"}  # of a buffer; a point's has no others


@rule(*_MEASURES, "ST_BUFFER", "ST_BUFFERWITHTOLERANCE", named=True)
def measured(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """F(...[, use_spheroid => FALSE]): the service measures on a sphere alone."""
    args, named = list(node.args), {name.lower(): value for name, value in node.named}
    spheroid = named.pop("use_spheroid", None)
    if spheroid is None and len(args) == _MEASURES.get(node.name, len(args)) + 1:
        spheroid = args.pop()
    for option in _STYLES.keys() & named.keys() if node.name not in _MEASURES else ():
        style = a.expression(named.pop(option), scope)
        if str(style.raw).upper() != _STYLES[option]:
            a.fail(f"{node.name} with {option} other than '{_STYLES[option]}' is not supported by this emulator", node)
    value = scalar(a, replace(node, args=args, named=list(named.items())), scope)
    if spheroid is None:
        return value
    flag = a.expression(spheroid, scope)
    if t.coerces(flag.type, t.BOOL) is None:
        no_function_signature(a, node, [a.expression(arg, scope) for arg in node.args])
    refused = f"CAST(bq.fail('{node.name}: use_spheroid = TRUE is not supported') AS {t.duckdb(value.type)})"
    return combine(f"CASE WHEN {flag.sql} THEN {refused} ELSE {value.sql} END", value.type, value, flag)
