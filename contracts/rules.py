"""The standard's `quality` entries of a table and of its columns -> typed rules (rendered by contracts/quality.py)."""

import re
from typing import Any, Literal, get_args

from open_data_contract_standard.model import DataQuality, SchemaObject

from contracts.document import Document, KeyPath
from contracts.model import Comparison, QualityRule
from contracts.problems import did_you_mean

METRICS = ("rowCount", "nullValues", "missingValues", "invalidValues", "duplicateValues")
Operator = Literal["=", "!=", ">", ">=", "<", "<=", "between", "not between"]
COMPARISONS: dict[str, Operator] = {
    "mustBe": "=",
    "mustNotBe": "!=",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": ">=",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "<=",
    "mustBeBetween": "between",
    "mustNotBeBetween": "not between",
}
_SEVERITIES = {None: True, "error": True, "warning": False}
_ARGUMENTS = {
    "missingValues": ("missingValues",),
    "invalidValues": ("validValues", "pattern", "minLength", "maxLength"),
    "duplicateValues": ("properties",),
}
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
assert set(COMPARISONS.values()) == set(get_args(Operator))


def read_rules(document: Document, path: KeyPath, table: SchemaObject) -> tuple[QualityRule, ...]:
    """All rules of a table that a machine can check; `type: text` is for people and is left out."""
    places: list[tuple[KeyPath, DataQuality, str | None]] = []
    places += [((*path, "quality", index), entry, None) for index, entry in enumerate(table.quality or ())]
    for number, column in enumerate(table.properties or ()):
        below = (*path, "properties", number, "quality")
        places += [((*below, index), entry, column.name) for index, entry in enumerate(column.quality or ())]
    names = [column.name for column in table.properties or () if column.name]
    rules: list[QualityRule] = []
    for place, entry, column_name in places:
        rule = _read_rule(document, place, str(table.name), entry, column_name, names)
        if rule is not None and any(other.name == rule.name for other in rules):
            document.refuse(place, f"quality rule `{rule.name}` is there twice", "Give each a `name` of its own.")
        elif rule is not None:
            rules.append(rule)
    return tuple(rules)


def _read_rule(
    document: Document, path: KeyPath, table: str, entry: DataQuality, column: str | None, names: list[str]
) -> QualityRule | None:
    before = len(document.problems)
    kind = entry.type or ("sql" if entry.query else "library")
    if kind == "text":
        return None
    if kind not in ("library", "sql"):
        document.refuse((*path, "type"), f"quality type `{kind}`", did_you_mean(kind, ("library", "sql", "text")))
        return None
    if entry.severity not in _SEVERITIES:
        hint = did_you_mean(str(entry.severity), ("error", "warning"))
        document.refuse((*path, "severity"), f"unknown severity `{entry.severity}`", hint)
    if entry.unit not in (None, "rows", "percent"):
        hint = did_you_mean(str(entry.unit), ("rows", "percent"))
        document.refuse((*path, "unit"), f"unknown unit `{entry.unit}`", hint)
    comparisons = _read_comparisons(document, path, entry)
    metric, columns = "sql", (column,) if column else tuple[str, ...]()
    if kind == "sql":
        _check_query(document, path, entry, column)
    else:
        metric, columns = _read_metric(document, path, entry, column, names)
    if len(document.problems) > before:
        return None
    arguments = entry.arguments or {}
    return QualityRule(
        name=entry.name or "_".join((*columns, metric)),
        table=table,
        metric=metric,
        columns=columns,
        comparisons=comparisons,
        unit="percent" if entry.unit == "percent" else "rows",
        blocking=_SEVERITIES[entry.severity],
        valid_values=tuple(arguments.get("validValues", ())),
        missing_values=tuple(arguments.get("missingValues", (None, ""))),
        pattern=arguments.get("pattern"),
        min_length=arguments.get("minLength"),
        max_length=arguments.get("maxLength"),
        query=entry.query,
        description=entry.description,
    )


def _read_comparisons(document: Document, path: KeyPath, entry: DataQuality) -> tuple[Comparison, ...]:
    found: list[Comparison] = []
    for key, operator in COMPARISONS.items():
        value: Any = getattr(entry, key)
        if value is None:
            continue
        bounds = value if isinstance(value, list) else [value]
        if any(isinstance(bound, bool) or not isinstance(bound, int | float) for bound in bounds):
            document.refuse(
                (*path, key), f"`{key}: {value}` is not a number", "A rule compares a count: write a number."
            )
        elif len(bounds) == 2 and bounds[0] > bounds[1]:
            document.refuse((*path, key), f"`{key}: {value}` is empty", "Write the smaller bound first.")
        else:
            found.append(Comparison(operator, tuple(value) if isinstance(value, list) else value))
    if not found and not any(problem.line == document.line(path) for problem in document.problems):
        document.refuse(path, "a quality rule without a comparison", f"Add one of: {', '.join(COMPARISONS)}.")
    return tuple(found)


def _read_metric(
    document: Document, path: KeyPath, entry: DataQuality, column: str | None, names: list[str]
) -> tuple[str, tuple[str, ...]]:
    metric = entry.metric or entry.rule
    if metric is None:
        document.refuse(path, "a quality rule without `metric`", f"Use one of: {', '.join(METRICS)}.")
        return "", ()
    if metric not in METRICS:
        document.refuse((*path, "metric"), f"unknown metric `{metric}`", did_you_mean(metric, METRICS))
        return "", ()
    _check_arguments(document, path, metric, entry.arguments or {}, names)
    if column is not None:
        if metric == "rowCount":
            document.refuse((*path, "metric"), "rowCount of a column", "Move it to the table's `quality`.")
        return metric, (column,)
    if metric == "duplicateValues":
        columns = (entry.arguments or {}).get("properties")
        if not isinstance(columns, list):
            hint = "Write arguments: {properties: [column, column]}, or move the rule to a column."
            document.refuse(path, "duplicateValues of a table names no columns", hint)
            return metric, ()
        return metric, tuple(str(name) for name in columns)
    if metric != "rowCount":
        document.refuse((*path, "metric"), f"{metric} of a table", "Move the rule to a column's `quality`.")
    if entry.unit == "percent":
        document.refuse((*path, "unit"), "rowCount in percent", "Use rows.")
    return metric, ()


def _check_arguments(
    document: Document, path: KeyPath, metric: str, arguments: dict[str, Any], names: list[str]
) -> None:
    known = _ARGUMENTS.get(metric, ())
    for key, value in arguments.items():
        place = (*path, "arguments", key)
        if key not in known:
            document.refuse(
                place, f"unknown argument `{key}` of {metric}", did_you_mean(key, known) if known else "Remove it."
            )
        elif key in ("validValues", "missingValues", "properties") and not isinstance(value, list):
            document.refuse(place, f"`{key}` is not a list", f"Write {key}: [...].")
        elif key in ("minLength", "maxLength") and (isinstance(value, bool) or not isinstance(value, int)):
            document.refuse(place, f"`{key}: {value}` is not a whole number")
        elif key == "pattern":
            _check_pattern(document, place, value)
        elif key == "properties":
            for name in value:
                if name not in names:
                    document.refuse(place, f"`{name}` is no column of the table", did_you_mean(str(name), names))
    if metric == "invalidValues" and not arguments:
        hint = f"Add arguments with one of: {', '.join(_ARGUMENTS[metric])}."
        document.refuse(path, "invalidValues without a description of the valid ones", hint)


def _check_pattern(document: Document, path: KeyPath, value: Any) -> None:
    try:
        re.compile(value)
    except (re.error, TypeError) as error:
        document.refuse(path, f"pattern `{value}` is no regular expression: {error}")


def _check_query(document: Document, path: KeyPath, entry: DataQuality, column: str | None) -> None:
    if not entry.query:
        document.refuse(path, "a quality rule of type sql without `query`", "Write a query that returns one number.")
        return
    known = ("object", "property") if column else ("object",)
    for name in _PLACEHOLDER.findall(entry.query):
        if name not in known:
            document.refuse((*path, "query"), f"unknown placeholder `${{{name}}}`", did_you_mean(name, known))
    if "${object}" not in entry.query:
        document.refuse((*path, "query"), "the query does not name ${object}", "Write `FROM ${object}` for the table.")
