"""Lines in pieces: cut where edges meet them, and joined to lines again as S2 does it."""

from collections import Counter, defaultdict
from functools import partial

from emulators.bigquery.sql.geography import sphere
from emulators.bigquery.sql.geography.codes import leaf_cell
from emulators.bigquery.sql.geography.shapes import Line, Point

Edge = tuple[Point, Point]


def middle(edge: Edge) -> Point:
    a, b = map(sphere.vector, edge)
    return sphere.degrees(sphere.unit((a[0] + b[0], a[1] + b[1], a[2] + b[2])))


def cut(edges: list[Edge], others: list[Edge]) -> list[Edge]:
    """The edges in their order, in pieces that the others neither cross nor touch between their ends."""
    found: list[Edge] = []
    for a, b in edges:
        points = {p for other in others for p in _meetings((a, b), other)}
        inner = sorted(points - {a, b}, key=partial(_apart, a))
        found += zip([a, *inner], [*inner, b], strict=True)
    return [edge for edge in found if edge[0] != edge[1]]


def _apart(p: Point, q: Point) -> float:
    return sphere.angle(sphere.vector(p), sphere.vector(q))


def _meetings(edge: Edge, other: Edge) -> list[Point]:
    """Where two edges cross, or an end of the other one lies on the edge."""
    touching = [p for p in other if sphere.on_edge(p, edge)]
    if touching or any(sphere.on_edge(p, other) for p in edge):
        return [next((end for end in edge if _apart(end, p) < sphere.ON), p) for p in touching]
    first, second = sorted((edge, other))  # the same point, whichever of the two asks
    met = sphere.crossing(*map(sphere.vector, (*first, *second)))
    if met is None:
        return []
    longitude, latitude = sphere.degrees(met)
    return [(float(f"{longitude:.15g}"), float(f"{latitude:.15g}"))]


def joined(pieces: list[Edge]) -> tuple[Line, ...]:
    """Lines as long as can be: they end where their pieces end, or where more than two meet.

    A line has the direction of its first piece, if that begins at such an end; else S2 begins with the pieces turned
    around, in the order in which its cells number their vertices; closed lines come last.
    """
    degree = Counter(p for piece in pieces for p in piece)
    around: defaultdict[Point, list[Edge]] = defaultdict(list)
    for piece in pieces:
        for p in piece:
            around[p].append(piece)
    turned = sorted(((b, a) for a, b in pieces), key=lambda edge: (leaf_cell(edge[0]), leaf_cell(edge[1])))
    left = set(pieces)
    starts = [edge for edge in (*pieces, *turned) if degree[edge[0]] != 2]
    return tuple(_line(edge, left, around) for edge in (*starts, *pieces) if edge in left or edge[::-1] in left)


def _line(edge: Edge, left: set[Edge], around: dict[Point, list[Edge]]) -> Line:
    found = list(edge)
    left -= {edge, (edge[1], edge[0])}
    while len(around[found[-1]]) == 2 and found[-1] != found[0]:
        following = next((piece for piece in around[found[-1]] if piece in left), None)
        if following is None:
            break
        left.discard(following)
        found.append(following[1] if following[0] == found[-1] else following[0])
    return tuple(found)
