"""An argument that DuckDB's macros would copy too often is computed once, under a name.

DuckDB copies a macro's argument to each place that reads it, so that calls within calls grow as the product of their
places: SUBSTR of a hash of eight columns, cast to INT64, was planned for half a second.
"""

import hashlib
from collections.abc import Callable, Sequence

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.values import Value
from emulators.bigquery.sql.functions.expansion import expanded

MANY = 2000  # words; what is less costs less as copies, each planned once, than as a list of one element for each row


def once(values: Sequence[Value], fill: Callable[[Sequence[Value]], str]) -> str:
    """fill(values), with names for them where that would become too much SQL."""
    filled = fill(values)
    if "bq." not in filled or sum(len(value.sql) for value in values) < 100 or expanded(filled) < MANY:
        return filled
    return named(values, fill)


def named(values: Sequence[Value], fill: Callable[[Sequence[Value]], str]) -> str:
    """fill(names for the values), within a lambda that binds them; fill(values) where all are literals.

    Literals stay where they are: some of DuckDB's functions want constants. Equal values have equal names, so that
    GROUP BY knows the expression again.
    """
    members = ", ".join(t.member(f"a{place}", value.sql) for place, value in enumerate(values) if not value.literal)
    if not members:
        return fill(values)
    name = f"once_{hashlib.md5(members.encode()).hexdigest()[:16]}"
    inside = [
        value if value.literal else value.with_sql(f"struct_extract({name}, 'a{place}')", value.type)
        for place, value in enumerate(values)
    ]
    return f"list_transform([struct_pack({members})], lambda {name}: {fill(inside)})[1]"
