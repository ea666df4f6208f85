"""Types, and the arguments and columns of routines, as REST writes them: StandardSqlDataType and its neighbours."""

from collections.abc import Iterable, Mapping
from typing import Any

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.syntax import definitions as d
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type


def rest_type(kind: Mapping[str, Any]) -> Type:
    """A StandardSqlDataType of the REST interface."""
    name = kind["typeKind"]
    if name == "ARRAY":
        return t.array(rest_type(kind["arrayElementType"]))
    if name == "STRUCT":
        return Type(
            "STRUCT", None, tuple((m.get("name"), rest_type(m["type"])) for m in kind["structType"].get("fields", []))
        )
    if name == "RANGE":
        return Type("RANGE", rest_type(kind["rangeElementType"]))
    return t.SIMPLE[name]


def argument_type(argument: Mapping[str, Any]) -> str:
    """The type of a routine's argument in the REST form, as SQL writes it."""
    kind = argument.get("argumentKind")
    if kind in ("FIXED_TABLE", "ANY_TABLE"):
        return table_type(argument.get("tableType") or {})
    return str(rest_type(argument["dataType"])) if "dataType" in argument else "ANY TYPE"


def table_type(given: Mapping[str, Any]) -> str:
    """A StandardSqlTableType as SQL writes it."""
    columns = given.get("columns") or ()
    listed = ", ".join(f"{column['name']} {rest_type(column['type'])}" for column in columns)
    return f"TABLE<{listed}>" if columns else "ANY TABLE"


def to_rest(kind: Type) -> dict[str, Any]:
    """A type as StandardSqlDataType."""
    if kind.kind == "ARRAY":
        assert kind.element is not None
        return {"typeKind": "ARRAY", "arrayElementType": to_rest(kind.element)}
    if kind.kind == "RANGE":
        assert kind.element is not None
        return {"typeKind": "RANGE", "rangeElementType": to_rest(kind.element)}
    if kind.kind == "STRUCT":
        return {
            "typeKind": "STRUCT",
            "structType": {"fields": [{"name": n, "type": to_rest(k)} for n, k in kind.fields]},
        }
    return {"typeKind": kind.kind}


def rest_columns(columns: Iterable[tuple[str, nodes.TypeNode]]) -> list[dict[str, Any]]:
    """The columns of TABLE<...> in the REST form."""
    return [{"name": name, "type": to_rest(t.of_node(kind))} for name, kind in columns]


def rest_argument(arg: d.Argument) -> dict[str, Any]:
    """An argument of CREATE FUNCTION and its like in the REST form."""
    found: dict[str, Any] = {"name": arg.name}
    if arg.columns is not None:
        if not arg.columns:
            return found | {"argumentKind": "ANY_TABLE"}
        return found | {"argumentKind": "FIXED_TABLE", "tableType": {"columns": rest_columns(arg.columns)}}
    if arg.type is None:
        found["argumentKind"] = "ANY_TYPE"
    else:
        found["dataType"] = to_rest(t.of_node(arg.type))
    if arg.mode is not None:
        found["mode"] = arg.mode
    if arg.not_aggregate:
        found["isAggregate"] = False
    return found
