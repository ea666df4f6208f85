"""EDIT_DISTANCE of texts with characters of several bytes, each of which DuckDB's levenshtein counts."""


def edit_distance(one: str, other: str) -> int:
    """The number of characters to insert, remove or replace to make one text of the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, x in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]
