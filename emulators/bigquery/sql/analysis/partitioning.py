"""PARTITION BY of a table."""

from emulators.bigquery.sql import actions
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.constants import python_value
from emulators.bigquery.sql.analysis.values import Scope
from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.syntax import nodes


def partitioning(a: Analyzer, node: nodes.Node | None, schema: tuple[Field, ...]) -> actions.Partitioning | None:  # noqa: RET503
    """PARTITION BY: a DATE column, X_TRUNC(column, part), DATE(column), _PARTITIONDATE, RANGE_BUCKET(...)."""
    if node is None:
        return None
    if isinstance(node, nodes.Path):
        if node.parts[0].upper() in ("_PARTITIONDATE", "_PARTITIONTIME"):
            return actions.Partitioning("ingestion")
        return _by_column(a, node, schema)
    if isinstance(node, nodes.Call):
        return _by_call(a, node, schema)
    a.fail(
        "PARTITION BY expression must be DATE(<timestamp_column>), a DATE column, or one of the *_TRUNC and RANGE_BUCKET forms",  # noqa: E501
        node,
    )


def _by_column(a: Analyzer, node: nodes.Path, schema: tuple[Field, ...]) -> actions.Partitioning:
    field = next((one for one in schema if one.name.lower() == node.parts[0].lower()), None)
    if field is None:
        a.fail(f"Unrecognized name: {node.parts[0]}", node)
    if field.type != "DATE":
        a.fail(
            "PARTITION BY expression must be DATE(<timestamp_column>), DATE(<datetime_column>), DATETIME_TRUNC(...), TIMESTAMP_TRUNC(...), a DATE column, or RANGE_BUCKET(...)",  # noqa: E501
            node,
        )
    return actions.Partitioning("time", field.name, "DAY")


_OF_DATES = ("MONTH", "YEAR")  # what DATE_TRUNC of a column may say: by days, it is the column alone
_OF_MOMENTS = ("HOUR", "DAY", *_OF_DATES)


def _by_call(a: Analyzer, node: nodes.Call, schema: tuple[Field, ...]) -> actions.Partitioning:  # noqa: RET503
    first = node.args[0] if node.args else None
    if not isinstance(first, nodes.Path):
        a.fail("PARTITION BY expression must name a column", node)
    column = next((one.name for one in schema if one.name.lower() == first.parts[0].lower()), None)
    ingestion = first.parts[0].upper() in ("_PARTITIONTIME", "_PARTITIONDATE")
    if column is None and not ingestion:
        a.fail(f"Unrecognized name: {first.parts[0]}", first)
    if node.name == "DATE":
        return actions.Partitioning("ingestion") if ingestion else actions.Partitioning("time", column)
    if node.name.endswith("_TRUNC") and len(node.args) == 2 and isinstance(node.args[1], nodes.Path):
        grain = node.args[1].parts[0].upper()
        if grain not in (_OF_DATES if node.name == "DATE_TRUNC" else _OF_MOMENTS):
            a.fail(f"PARTITION BY does not support the {grain} granularity", node)
        return actions.Partitioning("ingestion" if ingestion else "time", column, grain)
    if node.name == "RANGE_BUCKET" and len(node.args) == 2 and isinstance(node.args[1], nodes.Call):
        return actions.Partitioning("range", column, "", *_range(a, node.args[1]))
    a.fail("PARTITION BY expression is not supported", node)


def _range(a: Analyzer, node: nodes.Call) -> tuple[int, int, int]:
    """The start, end and step of GENERATE_ARRAY, which are constants."""
    values = [a.expression(argument, Scope()) for argument in node.args]
    numbers = [number for value in values if value.constant and isinstance(number := python_value(value), int)]
    if node.name != "GENERATE_ARRAY" or len(numbers) < len(values) or len(numbers) not in (2, 3):
        a.fail("RANGE_BUCKET in PARTITION BY needs GENERATE_ARRAY(start, end[, step]) of constant integers", node)
    return numbers[0], numbers[1], numbers[2] if len(numbers) == 3 else 1


def named_by(node: nodes.Node | None) -> tuple[Field, ...]:
    """The column that PARTITION BY names, where columns are only known once the files are read."""
    first = node.args[0] if isinstance(node, nodes.Call) and node.args else node
    return (Field(first.parts[0], "DATE"),) if isinstance(first, nodes.Path) else ()
