"""TF_IDF: how much the terms of a document say about it, among other documents."""

import json
import math
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_MOST = 1_048_576


def tf_idf(
    document: list[str | None] | None, documents: str | None, most: int | None, threshold: int | None
) -> list[dict[str, Any]] | None:
    """Each term of the document with its weight; NULL stands for all that are not in the dictionary.

    documents: the distinct terms of each one, a JSON array a line.
    """
    if most is None or not 0 <= most <= _MOST:
        raise ValueError(f"TF_IDF: max_distinct_tokens must be between 0 and {_MOST}, but is {most}")
    if threshold is None or threshold < 0:
        raise ValueError(f"TF_IDF: frequency_threshold must not be negative, but is {threshold}")
    if document is None or documents is None:
        return None
    known = _dictionary(documents, most, threshold)
    counts = Counter(term if term in known else None for term in document)
    if None in counts and not known:
        raise ValueError(
            f"TF_IDF with an empty dictionary is not supported by this emulator: no term is in {threshold} documents; "
            "give a lower frequency_threshold, or a higher max_distinct_tokens"
        )
    # what is not in the dictionary weighs as much as what is in it does on average
    unknown = math.fsum(known.values()) / len(known) if known else 0.0
    ordered = sorted(counts, key=lambda term: (term is not None, term or ""))
    return [
        {"term": term, "tf_idf": counts[term] / len(document) * (unknown if term is None else known[term])}
        for term in ordered
    ]


@lru_cache(maxsize=4)
def _dictionary(documents: str, most: int, threshold: int) -> dict[str, float]:
    """The terms that are in the most documents, in at least so many, with how rare they are."""
    each = [json.loads(line) for line in documents.split("\n")]
    found = Counter(term for terms in each for term in terms)
    often = sorted((term for term, count in found.items() if count >= threshold), key=lambda w: (-found[w], w))
    return {term: math.log(1 + len(each) / (1 + found[term])) for term in often[:most]}


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (tf_idf, ("VARCHAR[]", "VARCHAR", "BIGINT", "BIGINT"), "STRUCT(term VARCHAR, tf_idf DOUBLE)[]"),
)
SEES_NULL = ("tf_idf",)
