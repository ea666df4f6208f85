"""Which ST_ function DuckDB knows under which types; a GEOGRAPHY is its WKT text."""

from collections.abc import Callable
from typing import Any

from emulators.bigquery.sql.geography import buffers, codes, extents, functions, lines

_G = "VARCHAR"
_BOX = "STRUCT(xmin DOUBLE, ymin DOUBLE, xmax DOUBLE, ymax DOUBLE)"
FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (functions.st_geogpoint, ("DOUBLE", "DOUBLE"), _G),
    (functions.st_geogfromtext, ("VARCHAR",), _G),
    (functions.st_geogfromgeojson, ("VARCHAR",), _G),
    (functions.st_asgeojson, (_G,), "VARCHAR"),
    (functions.st_geometrytype, (_G,), "VARCHAR"),
    (functions.st_dimension, (_G,), "BIGINT"),
    (functions.st_npoints, (_G,), "BIGINT"),
    (functions.st_numgeometries, (_G,), "BIGINT"),
    (functions.st_isempty, (_G,), "BOOLEAN"),
    (functions.st_iscollection, (_G,), "BOOLEAN"),
    (functions.st_isclosed, (_G,), "BOOLEAN"),
    (functions.st_isring, (_G,), "BOOLEAN"),
    (functions.st_x, (_G,), "DOUBLE"),
    (functions.st_y, (_G,), "DOUBLE"),
    (functions.st_pointn, (_G, "BIGINT"), _G),
    (functions.st_dump, (_G,), "VARCHAR[]"),
    (functions.st_distance, (_G, _G), "DOUBLE"),
    (functions.st_length, (_G,), "DOUBLE"),
    (functions.st_perimeter, (_G,), "DOUBLE"),
    (functions.st_area, (_G,), "DOUBLE"),
    (functions.st_equals, (_G, _G), "BOOLEAN"),
    (functions.st_intersects, (_G, _G), "BOOLEAN"),
    (functions.st_covers, (_G, _G), "BOOLEAN"),
    (functions.st_contains, (_G, _G), "BOOLEAN"),
    (functions.st_touches, (_G, _G), "BOOLEAN"),
    (functions.st_intersectsbox, (_G, "DOUBLE", "DOUBLE", "DOUBLE", "DOUBLE"), "BOOLEAN"),
    (functions.st_closestpoint, (_G, _G), _G),
    (functions.st_makeline, ("VARCHAR[]",), _G),
    (functions.st_makepolygon, ("VARCHAR[]",), _G),
    (functions.st_union, ("VARCHAR[]",), _G),
    (functions.st_intersection, (_G, _G), _G),
    (functions.st_difference, (_G, _G), _G),
    (functions.st_simplify, (_G, "DOUBLE"), _G),
    (functions.st_snaptogrid, (_G, "DOUBLE"), _G),
    (buffers.st_buffer, (_G, "DOUBLE", "DOUBLE"), _G),
    (buffers.st_bufferwithtolerance, (_G, "DOUBLE", "DOUBLE"), _G),
    (lines.st_azimuth, (_G, _G), "DOUBLE"),
    (lines.st_angle, (_G, _G, _G), "DOUBLE"),
    (lines.st_boundary, (_G,), _G),
    (lines.st_exteriorring, (_G,), _G),
    (lines.st_interiorrings, (_G,), "VARCHAR[]"),
    (lines.st_lineinterpolatepoint, (_G, "DOUBLE"), _G),
    (lines.st_linelocatepoint, (_G, _G), "DOUBLE"),
    (lines.st_linesubstring, (_G, "DOUBLE", "DOUBLE"), _G),
    (extents.st_boundingbox, (_G,), _BOX),
    (extents.st_extent, ("VARCHAR[]",), _BOX),
    (extents.st_convexhull, (_G,), _G),
    (extents.st_maxdistance, (_G, _G), "DOUBLE"),
    (extents.st_hausdorffdistance, (_G, _G, "BOOLEAN"), "DOUBLE"),
    (extents.st_centroid, (_G,), _G),
    (extents.st_centroid_agg, ("VARCHAR[]",), _G),
    (codes.st_asbinary, (_G,), "BLOB"),
    (codes.st_geogfromwkb, ("BLOB",), _G),
    (codes.st_geohash, (_G, "BIGINT"), "VARCHAR"),
    (codes.st_geogpointfromgeohash, ("VARCHAR",), _G),
    (codes.s2_cellidfrompoint, (_G, "BIGINT"), "BIGINT"),
)
# These may give NULL, so they are registered to see it.
MAY_BE_NULL = (
    "st_pointn", "st_distance", "st_closestpoint", "st_azimuth", "st_angle", "st_boundingbox", "st_extent",
    "st_maxdistance", "st_hausdorffdistance",
)  # fmt: skip
