"""ST_CLUSTERDBSCAN: density-based clusters of geographies, by their distances on the sphere."""

from functools import lru_cache

from emulators.bigquery.sql.geography import sphere
from emulators.bigquery.sql.geography.shapes import from_wkt


def st_clusterdbscan(shapes: list[str | None], radius: float, size: int) -> list[int | None]:
    """The cluster of each geography, from 0 in order of their first core members; NULL for noise and for nothing.

    A core has at least `size` geographies within `radius` metres, itself among them; what is near a core is in its
    cluster.
    """
    return list(_clusters(tuple(shapes), radius, size))


@lru_cache(maxsize=16)  # a window function is asked once for each row
def _clusters(shapes: tuple[str | None, ...], radius: float, size: int) -> tuple[int | None, ...]:
    if radius < 0 or size < 0:
        raise ValueError("ST_CLUSTERDBSCAN: epsilon and the minimum of geographies must not be negative")
    given = [None if wkt is None else from_wkt(wkt) for wkt in shapes]
    near: list[list[int]] = [
        []
        if one is None or one.empty
        else [j for j, other in enumerate(given) if other and not other.empty and sphere.distance(one, other) <= radius]
        for one in given
    ]
    found: list[int | None] = [None] * len(given)
    clusters = 0
    for i, around in enumerate(near):
        if found[i] is not None or not around or len(around) < size:
            continue
        found[i], waiting = clusters, list(around)
        while waiting:
            j = waiting.pop()
            if found[j] is None:
                found[j] = clusters
                if len(near[j]) >= size:
                    waiting += near[j]
        clusters += 1
    return tuple(found)
