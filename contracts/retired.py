"""Tables that a source once had and that may be deleted: the contract's own customProperty `retired`."""

from collections.abc import Collection, Sequence

from open_data_contract_standard.model import CustomProperty

from contracts.document import Document
from contracts.problems import did_you_mean

PROPERTY = "retired"


def read_retired(
    document: Document, properties: Sequence[CustomProperty] | None, tables: Collection[str]
) -> tuple[str, ...]:
    """Names of retired tables, as `{property: retired, value: [plans]}` lists them; none of them may still be there."""
    names: list[str] = []
    for index, item in enumerate(properties or ()):
        path = ("customProperties", index)
        if item.property != PROPERTY:
            hint = did_you_mean(str(item.property), (PROPERTY,))
            document.refuse(path, f"unknown customProperty `{item.property}` of the contract", hint)
        elif not isinstance(item.value, list) or not all(isinstance(name, str) for name in item.value):
            hint = "Write {property: retired, value: [plans], description: why and since when}."
            document.refuse((*path, "value"), "retired is not a list of table names", hint)
        else:
            for name in sorted(set(item.value) & set(tables)):
                hint = "Take it out of `schema`, or leave it out here."
                document.refuse((*path, "value"), f"table `{name}` is retired and still in `schema`", hint)
            names += item.value
    return tuple(dict.fromkeys(names))
