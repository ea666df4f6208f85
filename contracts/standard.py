"""A document against the Open Data Contract Standard's own model: misspelt keys and wrong kinds of value."""

import functools
import types
import typing
from collections.abc import Iterator
from typing import Any, cast

import pydantic
from open_data_contract_standard.model import OpenDataContractStandard

from contracts.document import Document, KeyPath
from contracts.problems import did_you_mean, nearest


def parse(document: Document) -> OpenDataContractStandard:
    """The standard's model of a document.

    Problems go to the document; a misspelt key is read as what was meant and a value of the wrong kind is left out, so
    that everything else in the file is still checked.
    """
    trapped = {problem.line for problem in document.problems}
    if not isinstance(document.data, dict):
        document.refuse((), "a contract is a mapping of keys", "Start the file with `apiVersion: v3.1.0`.")
        return OpenDataContractStandard()
    _check_keys(document, (), document.data, OpenDataContractStandard)
    while True:
        try:
            return OpenDataContractStandard.model_validate(document.data, strict=True)
        except pydantic.ValidationError as error:
            _drop_invalid(document, error, trapped)


def _drop_invalid(document: Document, error: pydantic.ValidationError, trapped: set[int]) -> None:
    """Reports each wrong value and puts null in its place, which the standard's model takes everywhere."""
    wrong: set[KeyPath] = set()
    for detail in error.errors():
        path = _existing(document.data, detail["loc"])
        value = document.at(path)
        if document.line(path) not in trapped:
            shown = f"`{path[-1]}: {value}`" if isinstance(value, str | int | float | bool) else f"`{path[-1]}`"
            document.refuse(path, f"{shown}: {detail['msg'][0].lower()}{detail['msg'][1:]}", _kind_hint(detail, value))
        while not isinstance(
            path[-1], str
        ):  # an item of a list: without the whole list, so that others keep their place
            path = path[:-1]
        wrong.add(path)
    for path in sorted(wrong, key=len, reverse=True):
        document.at(path[:-1])[path[-1]] = None


def _kind_hint(detail: Any, value: Any) -> str:
    if detail["type"] == "string_type" and isinstance(value, int | float):
        return f'Write "{value}" in quotes.'
    if detail["type"] == "bool_type" and isinstance(value, str):
        return "Write true or false, without quotes."
    return ""


def _existing(data: Any, location: tuple[str | int, ...]) -> KeyPath:
    """The part of pydantic's location that exists in the data (it also names branches of unions)."""
    path: list[str | int] = []
    for step in location:
        if (isinstance(data, dict) and step in data) or (isinstance(data, list) and step in range(len(data))):
            data, path = data[cast(Any, step)], [*path, step]
    return tuple(path)


def _check_keys(document: Document, path: KeyPath, data: Any, model: type[pydantic.BaseModel]) -> None:
    fields = _fields(model)
    for key in list(data):
        place = (*path, key)
        if key not in fields:
            document.refuse(place, f"unknown key `{key}`", did_you_mean(key, fields))
            meant = nearest(key, fields)
            if meant is None or meant in data:
                del data[key]
                continue
            document.rename(place, meant)
            key, place = meant, (*path, meant)
        for below in _models(fields[key].annotation):
            for item_path, item in _mappings(place, data[key]):
                _check_keys(document, item_path, item, below)
            break


def _mappings(path: KeyPath, value: Any) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, dict):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield (*path, index), item


@functools.cache
def _fields(model: type[pydantic.BaseModel]) -> dict[str, Any]:
    """A model's fields by the keys of the document."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


@functools.cache
def _models(annotation: Any) -> tuple[type[pydantic.BaseModel], ...]:
    """The model classes that an annotation such as `list[Server] | None` allows."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return (annotation,)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, list):
        return tuple(model for part in typing.get_args(annotation) for model in _models(part))
    return ()
