"""Set operations that match columns by name: BY NAME and CORRESPONDING."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.values import Column, Relation
from emulators.bigquery.sql.syntax import nodes


def matched(a: Analyzer, node: nodes.SetOperation, relations: list[Relation]) -> list[Relation]:
    """Every relation with the same columns in the same order; a column that one lacks is NULL there."""
    matching = node.matching
    assert matching is not None
    for relation in relations:
        if relation.value_table:
            a.fail(f"{node.op} with {_words(matching)} does not support value tables", matching)
    names = _names(a, node, matching, relations)
    return [_arranged(relation, names) for relation in relations]


def _words(matching: nodes.Matching) -> str:
    return "BY NAME" if matching.mode == "STRICT" else f"{matching.mode} BY NAME"


def _names(a: Analyzer, node: nodes.SetOperation, matching: nodes.Matching, relations: list[Relation]) -> list[str]:
    """The columns of the result: all, the left's, or those that all have, by the mode; then by the list."""
    owned = [[c.name for c in relation.columns] for relation in relations]
    sets = [{name.lower() for name in names} for names in owned]
    for names, own in zip(owned, sets, strict=True):
        if len(own) != len(names) or "" in own:
            a.fail(f"{node.op} with {_words(matching)} requires columns with unique names", matching)
    if matching.mode == "STRICT" and matching.columns is None and any(own != sets[0] for own in sets):
        missing = sorted(set[str]().union(*sets) - sets[0].intersection(*sets[1:]))
        a.fail(f"BY NAME set operation: columns {', '.join(missing)} are not in all queries", matching)
    if matching.mode == "FULL":
        kept = list({name.lower(): name for names in reversed(owned) for name in reversed(names)}.values())[::-1]
        order = [name.lower() for names in owned for name in names]
        kept.sort(key=lambda name: order.index(name.lower()))
    elif matching.mode == "LEFT":
        kept = owned[0]
    else:
        kept = [name for name in owned[0] if all(name.lower() in own for own in sets)]
    if matching.columns is not None:
        known = {name.lower(): name for name in kept}
        for name in matching.columns:
            if name.lower() not in known:
                a.fail(f"BY NAME set operation: column {name} is not in all queries", matching)
        kept = [known[name.lower()] for name in matching.columns]
    if not kept or (matching.mode == "LEFT" and not sets[0].intersection(*sets[1:])):
        a.fail("BY NAME set operation: the queries have no column in common", matching)
    return kept


def _arranged(relation: Relation, names: list[str]) -> Relation:
    places = {c.name.lower(): i for i, c in enumerate(relation.columns)}
    items, columns = [], []
    for name in names:
        i = places.get(name.lower())
        items.append(f"NULL AS {t.quoted(name)}" if i is None else f"{t.quoted(relation.names[i])} AS {t.quoted(name)}")
        columns.append(Column(name, t.quoted(name), t.NULL) if i is None else relation.columns[i])
    return Relation(f"SELECT {', '.join(items)} FROM ({relation.sql})", columns, names)
